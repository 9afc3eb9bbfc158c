import fc from 'fast-check'
import { expect, test } from 'vitest'
import { axis, percent, roundAxis } from '../../../src/cli/report/axis.ts'

test.each([
  [0, 420, 7, [0, 60, 120, 180, 240, 300, 360, 420]],
  [299.5, 300.5, 6, [299.5, 299.75, 300, 300.25, 300.5]],
  [10, 75, 7, [10, 20, 30, 40, 50, 60, 70]],
])('%d to %d in at most %d steps', (from, to, most, ticks) => {
  expect(axis(from, to, most).ticks).toEqual(ticks)
})

test('a round axis ends on a tick', () => {
  expect(roundAxis(0, 390, 7)).toEqual({
    from: 0,
    to: 420,
    step: 60,
    ticks: [0, 60, 120, 180, 240, 300, 360, 420],
  })
})

test('places are held at the ends', () => {
  expect([-1, 0, 1, 2, 4, 5].map((value) => percent({ from: 0, to: 4 }, value))).toEqual([
    0, 0, 25, 50, 100, 100,
  ])
})

test('any axis has few ticks, all of them on it', () => {
  const seconds = fc.double({ min: 0, max: 2e9, noNaN: true })
  fc.assert(
    fc.property(seconds, seconds, fc.integer({ min: 2, max: 9 }), (a, b, most) => {
      for (const { from, to, step, ticks } of [
        axis(Math.min(a, b), Math.max(a, b), most),
        roundAxis(0, a, most),
      ]) {
        expect(ticks.length).toBeLessThanOrEqual(most + 2)
        expect(ticks.every((tick) => tick >= from - step / 1e6 && tick <= to + step / 1e6)).toBe(true)
      }
    }),
  )
})
