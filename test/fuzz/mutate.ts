/**
 * Breaks captures: seeded, knowing where lengths, flags and sequence numbers are. Every case is one seed and
 * a few changes.
 */
import type { Random } from '../scenario/random.ts'
import { createRandom } from '../scenario/random.ts'
import { mapCapture } from './capture-map.ts'
import type { Fields } from './capture-map.ts'
import type { Seed } from './corpus.ts'

export interface Case {
  readonly bytes: Uint8Array
  /** The seed and each change in words. */
  readonly says: readonly string[]
}

interface Change {
  readonly says: string
  readonly bytes: Uint8Array
}

type Mutation = (b: Uint8Array, fields: Fields, random: Random) => Change

const CHANGES_MAX = 6
const GROWTH_MAX = 65_536 // octets that one case may be larger than its seed
const BOUNDARIES = [
  0, 1, 2, 3, 4, 7, 8, 15, 16, 19, 20, 27, 28, 0x7f, 0x80, 0xff, 0x100, 0x5dc, 0x7fff, 0x8000, 0xffff,
  0x10000, 0x40000, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff,
]

const changed = (b: Uint8Array, says: string, change: (copy: Uint8Array) => void): Change => {
  const bytes = b.slice()
  change(bytes)
  return { says, bytes }
}

function put(b: Uint8Array, at: number, octets: number, value: number, bigEndian: boolean): void {
  for (let i = 0; i < octets && at + i < b.length; i++)
    b[at + i] = value >>> (8 * (bigEndian ? octets - 1 - i : i))
}

const get = (b: Uint8Array, at: number, octets: number, bigEndian: boolean): number => {
  let value = 0
  for (let i = 0; i < octets; i++) value = value * 256 + (b[at + (bigEndian ? i : octets - 1 - i)] ?? 0)
  return value
}

/** A value that somebody might not expect: a boundary, a neighbour, the size of the file, anything. */
function odd(old: number, size: number, random: Random): number {
  const choice = random.between(0, 9)
  if (choice < 4) return random.pick(BOUNDARIES)
  if (choice < 7) return (old + random.pick([-1, 1, -2, 2, -4, 4, -1460, 1460, 65_536])) >>> 0
  if (choice < 8) return size + random.between(-20, 20)
  return random.bits()
}

const oneByte: Mutation = (b, _, random) => {
  const at = random.between(0, b.length - 1),
    value = random.chance(0.5) ? random.bits() & 255 : b[at]! ^ (1 << random.between(0, 7))
  return changed(b, `octet ${at} = ${value}`, (copy) => {
    copy[at] = value
  })
}

const fileWord: Mutation = (b, { words, bigEndian }, random) => {
  if (words.length === 0) return oneByte(b, { records: [], words, headers: [], bigEndian }, random)
  const at = random.pick(words),
    octets = random.chance(0.8) ? 4 : 2
  const value = odd(get(b, at, octets, bigEndian), b.length, random)
  return changed(b, `word of ${octets} at ${at} = ${value}`, (copy) =>
    put(copy, at, octets, value, bigEndian),
  )
}

const headerField: Mutation = (b, fields, random) => {
  if (fields.headers.length === 0) return oneByte(b, fields, random)
  const [at, octets] = random.pick(fields.headers)
  const value = odd(get(b, at, octets, true), 1500, random)
  return changed(b, `header field of ${octets} at ${at} = ${value}`, (copy) =>
    put(copy, at, octets, value, true),
  )
}

const cut: Mutation = (b, _, random) => {
  const at = random.between(0, b.length)
  return { says: `cut at ${at}`, bytes: b.slice(0, at) }
}

const splice = (b: Uint8Array, at: number, drop: number, insert: Uint8Array): Uint8Array =>
  new Uint8Array(Buffer.concat([b.subarray(0, at), insert, b.subarray(at + drop)]))

const shifted: Mutation = (b, _, random) => {
  const at = random.between(0, b.length - 1),
    length = random.between(1, 40)
  if (random.chance(0.5))
    return { says: `${length} octets out at ${at}`, bytes: splice(b, at, length, new Uint8Array(0)) }
  return {
    says: `${length} octets in at ${at}`,
    bytes: splice(b, at, 0, random.fill(new Uint8Array(length))),
  }
}

/** Records repeated, dropped or moved: retransmissions, gaps and disorder that lengths do not show. */
const records: Mutation = (b, fields, random) => {
  if (fields.records.length < 3) return oneByte(b, fields, random)
  const from = random.between(1, fields.records.length - 1),
    to = random.between(1, fields.records.length - 1)
  const [at, length] = fields.records[from]!,
    [target] = fields.records[to]!
  const record = b.slice(at, at + length)
  const how = random.between(0, 2)
  if (how === 0) return { says: `record ${from} dropped`, bytes: splice(b, at, length, new Uint8Array(0)) }
  if (how === 1) return { says: `record ${from} again before ${to}`, bytes: splice(b, target, 0, record) }
  const without = splice(b, at, length, new Uint8Array(0))
  return {
    says: `record ${from} moved before ${to}`,
    bytes: splice(without, target > at ? target - length : target, 0, record),
  }
}

const payload: Mutation = (b, fields, random) => {
  if (fields.records.length === 0) return oneByte(b, fields, random)
  const [at, length] = random.pick(fields.records)
  const start = at + Math.min(length - 1, random.between(16 + 54, Math.max(16 + 54, length - 1)))
  const count = random.between(1, 8)
  return changed(b, `${count} octets of payload at ${start}`, (copy) => {
    random.fill(copy, start, Math.min(copy.length, start + count))
  })
}

/** More often what finds more. */
const MUTATIONS: readonly Mutation[] = [
  oneByte,
  fileWord,
  fileWord,
  headerField,
  headerField,
  headerField,
  headerField,
  cut,
  shifted,
  records,
  records,
  payload,
  payload,
]

/** Case `number` of run `seed`: the same on every machine as long as the corpus is. */
export function mutated(seeds: readonly Seed[], seed: number, number: number): Case {
  const random = createRandom(Math.imul(seed, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b))
  const origin = random.pick(seeds)
  let bytes = origin.bytes
  const says = [origin.name]
  for (let left = random.between(1, CHANGES_MAX); left > 0 && bytes.length > 0; left--) {
    if (bytes.length > origin.bytes.length + GROWTH_MAX) break
    const change = random.pick(MUTATIONS)(bytes, mapCapture(bytes), random)
    bytes = change.bytes
    says.push(change.says)
  }
  return { bytes, says }
}
