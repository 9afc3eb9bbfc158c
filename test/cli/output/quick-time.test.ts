import fc from 'fast-check'
import { expect, test } from 'vitest'
import { quickIsoTime } from '../../../src/cli/output/quick-time.ts'
import { isoTime } from '../../../src/model/time.ts'

test('agrees with the model for every time, in any order', () => {
  const usual = fc.integer({ min: 0, max: 4_102_444_800_000_000 })
  const any = fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER })
  fc.assert(
    fc.property(fc.array(fc.oneof(usual, any), { minLength: 1, maxLength: 5 }), (times) => {
      expect(times.map(quickIsoTime)).toEqual(times.map(isoTime))
    }),
    { numRuns: 1000 },
  )
})

test.each([
  [1_795_226_886_123_456, '2026-11-21T02:08:06.123456Z'],
  [0, '1970-01-01T00:00:00.000000Z'],
  [-1, '1969-12-31T23:59:59.999999Z'],
  [86_399_999_999, '1970-01-01T23:59:59.999999Z'],
])('%i is %s', (at, text) => {
  expect(quickIsoTime(at)).toBe(text)
})

test('what no calendar holds is given as a number', () => {
  expect([NaN, Infinity].map(quickIsoTime)).toEqual(['NaN', 'Infinity'])
})
