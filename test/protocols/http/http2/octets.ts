/** Frames and header blocks for stories of HTTP/2 (RFC 9113 §4.1, RFC 7541 §6). */
import { CODE_LENGTHS } from '../../../../src/protocols/http/http2/huffman.data.ts'
import { PREFACE } from '../../../../src/protocols/http/http2/frames.data.ts'
import type { StoryPart } from '../../parser.case.ts'
import type { Side } from '../../../../src/model/packet.ts'

export type Octets = readonly number[]

export const DATA = 0,
  HEADERS = 1,
  RST_STREAM = 3,
  SETTINGS = 4,
  PUSH_PROMISE = 5,
  PING = 6,
  GOAWAY = 7,
  WINDOW_UPDATE = 8,
  CONTINUATION = 9
export const END_STREAM = 1,
  END_HEADERS = 4,
  PADDED = 8,
  HAS_PRIORITY = 32

export const word = (value: number): Octets => [
  (value >>> 24) & 0xff,
  (value >>> 16) & 0xff,
  (value >>> 8) & 0xff,
  value & 0xff,
]

export const textOf = (text: string): Octets => [...Buffer.from(text, 'latin1')]

export const frame = (type: number, flags: number, stream: number, payload: Octets = []): Octets => [
  ...word(payload.length).slice(1),
  type,
  flags,
  ...word(stream),
  ...payload,
]

export const setting = (id: number, value: number): Octets => [id >> 8, id & 0xff, ...word(value)]

export const preface: Octets = [...Buffer.from(PREFACE)]
export const settings = (...of: Octets[]): Octets => frame(SETTINGS, 0, 0, of.flat())

export const part = (side: Side, ...frames: Octets[]): StoryPart => ({
  side,
  bytes: Uint8Array.from(frames.flat()),
})

/** An integer with a prefix of so many bits, below `mark` (§5.1). */
export function integer(value: number, bits: number, mark: number): Octets {
  const full = (1 << bits) - 1
  if (value < full) return [mark | value]
  const octets = [mark | full]
  let rest = value - full
  for (; rest >= 128; rest = Math.floor(rest / 128)) octets.push((rest % 128) | 128)
  return [...octets, rest]
}

export const string = (text: string): Octets => [...integer(text.length, 7, 0), ...textOf(text)]

/** An entry of a table, by its index. */
export const indexed = (index: number): Octets => integer(index, 7, 0x80)
/** A literal that the dynamic table takes up; the name by its index or as text. */
export const added = (name: string | number, value: string): Octets =>
  typeof name === 'number'
    ? [...integer(name, 6, 0x40), ...string(value)]
    : [0x40, ...string(name), ...string(value)]
/** A literal that it does not take up. */
export const plain = (name: string | number, value: string): Octets =>
  typeof name === 'number'
    ? [...integer(name, 4, 0), ...string(value)]
    : [0, ...string(name), ...string(value)]
export const tableSize = (size: number): Octets => integer(size, 5, 0x20)

/** Huffman codes as strings of bits, out of their lengths (the code is canonical). */
function codes(): string[] {
  const symbols = CODE_LENGTHS.map((length, symbol) => ({ length, symbol }))
  symbols.sort((a, b) => a.length - b.length || a.symbol - b.symbol)
  const bits: string[] = []
  let code = 0
  let before = 0
  for (const { length, symbol } of symbols) {
    code *= 2 ** (length - before)
    before = length
    bits[symbol] = (code++).toString(2).padStart(length, '0')
  }
  return bits
}
const CODES = codes()

export function huffman(text: string): Octets {
  const bits = textOf(text)
    .map((octet) => CODES[octet]!)
    .join('')
  const padded = bits.padEnd(Math.ceil(bits.length / 8) * 8, '1')
  return (padded.match(/.{8}/g) ?? []).map((octet) => Number.parseInt(octet, 2))
}

export const hex = (text: string): Uint8Array =>
  Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'))
