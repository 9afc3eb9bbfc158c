import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isoTime, milliseconds, seconds, toSeconds } from '../../src/model/time.ts'

test.each<[number, string]>([
  [0, '1970-01-01T00:00:00.000000Z'],
  [1_795_226_886_123_456, '2026-11-21T02:08:06.123456Z'],
  [1_795_226_886_000_000, '2026-11-21T02:08:06.000000Z'],
  [999, '1970-01-01T00:00:00.000999Z'],
  [-1, '1969-12-31T23:59:59.999999Z'],
  [2 ** 53 - 1, '2255-06-05T23:47:34.740991Z'],
  [253_402_300_800_000_000, '+010000-01-01T00:00:00.000000Z'],
  [8.64e18, '+275760-09-13T00:00:00.000000Z'],
  [8.65e18, '8650000000000000000'],
  [Infinity, 'Infinity'],
  [Number.NaN, 'NaN'],
])('%d is %s', (at, text) => {
  expect(isoTime(at)).toBe(text)
})

test('the text says the very microsecond, and sorts as time does', () => {
  const micros = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })
  fc.assert(
    fc.property(micros, micros, (a, b) => {
      const text = isoTime(a)
      expect(Date.parse(text.replace(/\d{3}Z$/, 'Z')) * 1000 + Number(text.slice(-4, -1))).toBe(a)
      expect(Math.sign(a - b)).toBe(text < isoTime(b) ? -1 : text > isoTime(b) ? 1 : 0)
    }),
  )
})

test('spans are whole microseconds', () => {
  expect([seconds(1.5), seconds(0.000_000_6), milliseconds(0.0004), toSeconds(1_500_000)]).toEqual([
    1_500_000, 1, 0, 1.5,
  ])
})
