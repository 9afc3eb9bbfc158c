/** The extension block that ends a hello and other messages (RFC 8446 §4.2). */
import { u16 } from '../../bytes/read.ts'
import { vectorEnd } from './vector.ts'

/** Extensions of one message that are read; a hello of today has about 20. */
export const EXTENSIONS_MAX = 256

/**
 * Calls `visit` with type and content bounds of each extension of the block at `at`, until one does not fit.
 */
export function forEachExtension(
  b: Uint8Array,
  at: number,
  end: number,
  visit: (type: number, from: number, to: number) => void,
): void {
  const blockEnd = vectorEnd(b, at, 2, end)
  let here = at + 2
  for (let count = 0; here + 4 <= blockEnd && count < EXTENSIONS_MAX; count++) {
    const contentEnd = vectorEnd(b, here + 2, 2, blockEnd)
    if (contentEnd < 0) return
    visit(u16(b, here), here + 4, contentEnd)
    here = contentEnd
  }
}
