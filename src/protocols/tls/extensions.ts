/** The extension block that ends a hello and other messages (RFC 8446 §4.2). */
import { u16 } from '../../bytes/read.ts'
import { vectorEnd } from './vector.ts'

/** Type and length. */
const HEADER_BYTES = 4
/** Extensions of one message that are read; a hello of today has about 20. */
export const EXTENSIONS_MAX = 256

/** What is made of an extension: it goes `into` what is made of the message. Its content is `from`..`to`. */
type Visit<T> = (into: T, type: number, b: Uint8Array, from: number, to: number) => void

/** Calls `visit` with each extension of the block at `at`, until one does not fit. */
export function forEachExtension<T>(b: Uint8Array, at: number, end: number, into: T, visit: Visit<T>): void {
  const blockEnd = vectorEnd(b, at, 2, end)
  let from = at + 2 + HEADER_BYTES
  for (let count = 0; from <= blockEnd && count < EXTENSIONS_MAX; count++) {
    const to = from + u16(b, from - 2)
    if (to > blockEnd) return
    visit(into, u16(b, from - HEADER_BYTES), b, from, to)
    from = to + HEADER_BYTES
  }
}
