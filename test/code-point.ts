/** Any code point as a unit of random strings. fast-check's own, `binary`, keeps a table of all of them: 85
 *  MB that every later collection of the worker looks through. */
import fc from 'fast-check'

const SURROGATES_FROM = 0xd800
const SURROGATES = 0x800
const LAST = 0x10_ffff

/** One code point that is no surrogate: `fc.string({ unit: codePoint })`. */
export const codePoint: fc.Arbitrary<string> = fc
  .integer({ min: 0, max: LAST - SURROGATES })
  .map((n) => String.fromCodePoint(n < SURROGATES_FROM ? n : n + SURROGATES))
