/**
 * Vectors of the TLS presentation language (RFC 8446 §3.4): a length field, then that many octets. Bounds are
 * checked here.
 */
import { u16 } from '../../bytes/read.ts'

/** Width of a length field, in octets. */
type LengthWidth = 1 | 2 | 3

/**
 * Where the vector ends whose length field stands at `at`; its content begins at `at + width`.
 * -1 if it does not fit before `end`.
 */
export function vectorEnd(b: Uint8Array, at: number, width: LengthWidth, end: number): number {
  if (at < 0 || at + width > end) return -1
  let length = b[at]!
  for (let i = 1; i < width; i++) length = (length << 8) | b[at + i]!
  const to = at + width + length
  return to <= end ? to : -1
}

/** The 16-bit numbers between `from` and `to`; an odd last octet is left out. */
export function numbers16(b: Uint8Array, from: number, to: number): number[] {
  const numbers: number[] = []
  for (let at = from; at + 2 <= to; at += 2) numbers.push(u16(b, at))
  return numbers
}

/**
 * What Buffer's own toString calls. Called on the octets where they lie, it saves the making of a Buffer
 * (measured: half the time).
 */
const hexSlice = (Buffer.prototype as { hexSlice?: (this: Uint8Array, start: number, end: number) => string })
  .hexSlice

/** Octets `from`..`to` in lower-case hex digits; empty if there are none. */
export function hex(b: Uint8Array, from: number, to: number): string {
  if (to <= from) return ''
  if (hexSlice !== undefined) return hexSlice.call(b, from, to)
  return Buffer.from(b.buffer, b.byteOffset + from, to - from).toString('hex')
}
