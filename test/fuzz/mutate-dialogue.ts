/**
 * Breaks conversations: seeded, knowing what protocols are made of. Lengths in front of what they count,
 * numbers in text, lines, messages that come twice, too early, from the other side or out of another
 * conversation; and however the octets are cut into segments, with losses.
 */
import type { Side } from '../../src/model/packet.ts'
import type { Random } from '../scenario/random.ts'
import { createRandom } from '../scenario/random.ts'
import { sealer, secretOf } from '../protocols/tls/craft.ts'
import type { SecretName } from '../protocols/tls/craft.ts'
import type { Dialogue, Part } from './dialogues.ts'

/** A segment, or octets that the capture lacks. */
export type Step =
  | { readonly side: Side; readonly bytes: Uint8Array }
  | { readonly side: Side; readonly missing: number }

export interface DialogueCase {
  readonly says: readonly string[]
  readonly steps: readonly Step[]
  readonly secrets: string
  readonly isOrderly: boolean
}

const CHANGES_MAX = 5
const PARTS_MAX = 400
const PART_OCTETS_MAX = 300_000
const BOUNDARIES = [0, 1, 2, 3, 4, 5, 0x7f, 0x80, 0xff, 0x100, 0x3fff, 0x4000, 0x4800, 0x7fff, 0x8000, 0xffff]
const HUGE = [0x10000, 0xffffff, 0x7fffffff, 0x80000000, 0xffffffff]
const NUMBERS = [
  '0',
  '-1',
  '1',
  '00',
  '2147483648',
  '4294967295',
  '9007199254740993',
  '1e9',
  '99999999999999999999',
  '0x10',
  'ffffffffffffffff',
  '',
]
const TOKENS = [
  '\r\n',
  '\n',
  '\r',
  '\r\n\r\n',
  '\0',
  ' ',
  '\t',
  ':',
  ';',
  ',',
  '=',
  '"',
  '\\',
  '%',
  '[',
  ']',
  'HTTP/1.1 200 OK\r\n',
  'GET / HTTP/1.1\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Content-Length: 5\r\n',
  'Content-Encoding: gzip, br, deflate\r\n',
  'Connection: Upgrade\r\n',
  'Set-Cookie: ',
  'Cookie: ',
  'Expect: 100-continue\r\n',
  '\r\n.\r\n',
  '250-',
  'STARTTLS\r\n',
  'BDAT 9 LAST\r\n',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  '\xc0\x0c',
  '\x16\x03\x03',
  '\x17\x03\x03',
  '\x15\x03\x03\0\x02\x02\x28',
  '\x1f\x8b\x08',
  '\xff\xff',
  '\x30\x82',
  '\x30\x80',
]

type Change = (parts: Part[], random: Random, others: readonly Dialogue[]) => string

const latin1 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'))
const spliced = (b: Uint8Array, at: number, drop: number, insert: Uint8Array): Uint8Array =>
  new Uint8Array(Buffer.concat([b.subarray(0, at), insert, b.subarray(at + drop)]))

/** Replaces the octets of one part that has some; says what was done. */
const inPart =
  (change: (b: Uint8Array, random: Random) => [string, Uint8Array] | null): Change =>
  (parts, random) => {
    const at = random.between(0, parts.length - 1),
      part = parts[at]!
    if (part.bytes.length === 0) return `part ${at} is empty`
    const changed = change(part.bytes, random)
    if (changed === null || changed[1].length > PART_OCTETS_MAX) return `part ${at} stays`
    parts[at] = { ...part, bytes: changed[1] }
    return `part ${at}: ${changed[0]}`
  }

const octet = inPart((b, random) => {
  const at = random.between(0, b.length - 1),
    copy = b.slice()
  copy[at] = random.chance(0.5) ? random.bits() : copy[at]! ^ (1 << random.between(0, 7))
  return [`octet ${at} = ${copy[at]}`, copy]
})

const read = (b: Uint8Array, at: number, width: number): number =>
  b.subarray(at, at + width).reduce((value, one) => value * 256 + one, 0)
function write(b: Uint8Array, at: number, width: number, value: number): void {
  for (let i = width - 1, rest = value; i >= 0; i--, rest = Math.floor(rest / 256)) b[at + i] = rest % 256
}

/** A field of 1 to 4 octets that may be a length: it counts octets that are there, or nearly so. */
function lengthField(b: Uint8Array, random: Random): [at: number, width: number] {
  for (let tries = 0; tries < 24; tries++) {
    const width = random.between(1, 3),
      at = random.between(0, Math.max(0, b.length - width - 1))
    const value = read(b, at, width),
      left = b.length - at - width
    if (value > 0 && value <= left && (value === left || random.chance(width / 6))) return [at, width]
  }
  const width = random.between(1, 4)
  return [random.between(0, Math.max(0, b.length - width)), width]
}

const length = inPart((b, random) => {
  const [at, width] = lengthField(b, random),
    copy = b.slice(),
    old = read(b, at, width)
  const near = old + random.pick([-1, 1, -2, 2, 4, -4, 256])
  const value = Math.max(0, random.chance(0.4) ? near : random.pick(random.chance(0.8) ? BOUNDARIES : HUGE))
  write(copy, at, Math.min(width, b.length - at), value)
  return [`length of ${width} at ${at} = ${value}`, copy]
})

/** What a length counts grows or shrinks, and the length with it: valid again, one level of it at least. */
const resized = inPart((b, random) => {
  const [at, width] = lengthField(b, random),
    value = read(b, at, width),
    grows = random.chance(0.5)
  const count = grows ? random.pick([1, 7, 255, 4096, 65_000]) : random.between(0, value)
  const insert = grows ? random.fill(new Uint8Array(count)) : new Uint8Array(0)
  const copy = spliced(b, at + width, grows ? 0 : count, insert)
  write(copy, at, Math.min(width, copy.length - at), value + (grows ? count : -count))
  return [`${grows ? 'grown' : 'shrunk'} by ${count} at ${at}`, copy]
})

const numberText = inPart((b, random) => {
  const found = [
    ...Buffer.from(b)
      .toString('latin1')
      .matchAll(/[0-9]+/g),
  ]
  if (found.length === 0) return null
  const one = random.pick(found),
    value = random.pick(NUMBERS)
  return [`number at ${one.index} = '${value}'`, spliced(b, one.index, one[0].length, latin1(value))]
})

const token = inPart((b, random) => {
  const at = random.between(0, b.length),
    text = random.pick(TOKENS)
  return [
    `${JSON.stringify(text)} at ${at}`,
    spliced(b, at, random.chance(0.3) ? text.length : 0, latin1(text)),
  ]
})

const range = inPart((b, random) => {
  const at = random.between(0, b.length - 1),
    count = random.between(1, random.chance(0.5) ? 16 : b.length)
  const piece = b.slice(at, at + count)
  if (random.chance(0.4)) return [`${count} octets out at ${at}`, spliced(b, at, count, new Uint8Array(0))]
  const times = random.pick([1, 1, 2, 30]),
    to = random.between(0, b.length)
  const repeated = new Uint8Array(Buffer.concat(Array.from({ length: times }, () => piece)))
  return [`${count} octets of ${at} again at ${to}, ${times} times`, spliced(b, to, 0, repeated)]
})

/** A line of text repeated, dropped or moved: header fields, replies, chunks. */
const line = inPart((b, random) => {
  const lines = Buffer.from(b).toString('latin1').split('\n')
  if (lines.length < 3) return null
  const at = random.between(0, lines.length - 2),
    times = random.pick([0, 2, 2, 3, 100])
  const copy = lines.flatMap((text, i) => (i === at ? new Array<string>(times).fill(text) : [text]))
  return [`line ${at} ${times} times`, latin1(copy.join('\n'))]
})

/** Whole messages: twice, not at all, elsewhere, from the other side. */
const order: Change = (parts, random) => {
  const at = random.between(0, parts.length - 1),
    to = random.between(0, parts.length - 1),
    part = parts[at]!
  switch (random.between(0, 4)) {
    case 0:
      parts.splice(to, 0, ...Array.from({ length: random.pick([1, 1, 40]) }, () => part))
      return `part ${at} again before ${to}`
    case 1:
      if (parts.length > 1) parts.splice(at, 1)
      return `part ${at} dropped`
    case 2:
      parts.splice(to, 0, ...parts.splice(at, 1))
      return `part ${at} moved to ${to}`
    case 3:
      parts[at] = { ...part, side: (1 - part.side) as Side }
      return `part ${at} from the other side`
    default:
      parts.length = at + 1
      return `the end after part ${at}`
  }
}

/** Messages, or octets of one, of another conversation. */
const foreign: Change = (parts, random, others) => {
  const other = random.pick(others),
    at = random.between(0, parts.length - 1),
    from = random.between(0, other.parts.length - 1)
  if (random.chance(0.5)) {
    parts.splice(at, 0, ...other.parts.slice(from, from + random.between(1, 6)))
    return `parts from ${from} of ${other.name} before ${at}`
  }
  const taken = other.parts[from]!.bytes,
    start = random.between(0, taken.length),
    part = parts[at]!
  const to = random.between(0, part.bytes.length)
  const piece = taken.subarray(start, start + random.between(1, 400))
  parts[at] = { ...part, bytes: spliced(part.bytes, to, random.chance(0.5) ? piece.length : 0, piece) }
  return `${piece.length} octets of ${other.name} in part ${at} at ${to}`
}

/** More often what finds more. */
const CHANGES: readonly Change[] = [
  octet,
  octet,
  length,
  length,
  length,
  length,
  resized,
  resized,
  numberText,
  numberText,
  token,
  token,
  range,
  line,
  order,
  order,
  foreign,
  foreign,
]

/** Contents become records: all octets as they go over the wire. */
function sealed(parts: readonly Part[]): Part[] {
  const sealers = new Map<SecretName, ReturnType<typeof sealer>>()
  return parts.map(({ side, bytes, sealed: seal }) => {
    if (seal === undefined) return { side, bytes }
    const by = sealers.get(seal.by) ?? sealer(secretOf(seal.by))
    sealers.set(seal.by, by)
    return { side, bytes: by(seal.type, bytes.subarray(0, 16_384)) }
  })
}

/** Segments: as they are, joined, in pieces, octet by octet; now and then one is lost. */
function segmented(parts: readonly Part[], random: Random): Step[] {
  const manner = random.between(0, 4),
    losses = random.chance(0.3) ? 0.1 : 0,
    steps: Step[] = []
  for (const { side, bytes } of parts) {
    for (let at = 0; at < bytes.length;) {
      const size = [
        bytes.length,
        1460,
        random.between(1, 40),
        bytes.length < 2000 ? 1 : 700,
        random.between(1, 3000),
      ]
      const to = Math.min(bytes.length, at + size[manner]!)
      if (random.chance(losses)) steps.push({ side, missing: to - at })
      else steps.push({ side, bytes: bytes.slice(at, to) })
      at = to
    }
  }
  if (random.chance(0.02)) steps.push({ side: 0, missing: random.pick([1, 65_535, 2 ** 31 - 1]) })
  return steps
}

/** Case `number` of run `seed`. */
export function mutatedDialogue(all: readonly Dialogue[], seed: number, number: number): DialogueCase {
  const random = createRandom(Math.imul(seed, 0x9e3779b1) ^ Math.imul(number + 1, 0xc2b2ae35))
  // Those that are written by hand are few, and reach most: every second case is one of them.
  const origin = random.chance(0.5) ? all[random.between(0, Math.min(15, all.length) - 1)]! : random.pick(all)
  const parts = [...origin.parts],
    says = [origin.name]
  for (let left = random.between(1, CHANGES_MAX); left > 0 && parts.length < PARTS_MAX; left--)
    says.push(random.pick(CHANGES)(parts, random, all))
  return {
    says,
    steps: segmented(sealed(parts), random),
    secrets: origin.secrets,
    isOrderly: random.chance(0.6),
  }
}
