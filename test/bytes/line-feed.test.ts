import fc from 'fast-check'
import { expect, test } from 'vitest'
import { lineFeed, wordsOf } from '../../src/bytes/line-feed.ts'

const LARGE = 1 << 16

test('the first LF is found, by words and by octets, wherever it lies', () => {
  const octet = fc.constantFrom(10, 9, 11, 0, 13, 0x8a, 0x0b, 0xff, 65)
  const bytes = new Uint8Array(LARGE)
  const words = wordsOf(bytes)
  expect(words).toHaveLength(LARGE / 4)
  fc.assert(
    fc.property(fc.array(octet, { maxLength: 24 }), fc.nat(7), fc.nat(24), (octets, at, length) => {
      bytes.fill(10, 0, 64)
      bytes.set(octets, at)
      const end = at + Math.min(length, octets.length)
      const found = bytes.subarray(0, end).indexOf(10, at)
      const expected = found < 0 ? end : found
      expect([lineFeed(bytes, words, at, end), lineFeed(bytes, null, at, end)]).toEqual([expected, expected])
    }),
    { numRuns: 1000 },
  )
})

test('views are kept for large arrays that lie on a word’s edge', () => {
  const large = new Uint8Array(LARGE + 8)
  expect(wordsOf(large)).toBe(wordsOf(large))
  expect(wordsOf(large.subarray(4))).toHaveLength(LARGE / 4 + 1)
  expect(wordsOf(large.subarray(1))).toBeNull()
  expect(wordsOf(new Uint8Array(LARGE - 1))).toBeNull()
})
