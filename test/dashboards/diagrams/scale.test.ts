/** Axes: positions stay inside, ticks are round and few. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  across,
  countTicks,
  logShareOf,
  logTicks,
  microsOf,
  roundUp,
  secondTicks,
  shareOf,
  timeTicks,
  clockPrecision,
} from '../../../dashboards/diagrams/scale.ts'

const span = fc.tuple(
  fc.double({ min: 0, max: 1e6, noNaN: true }),
  fc.double({ min: 1e-3, max: 1e6, noNaN: true }),
)

describe('positions', () => {
  test('a value is a share of its range, and stands at the edge outside of it', () => {
    const range = { from: 100, to: 300 }
    expect([50, 100, 150, 300, 400].map((v) => shareOf(v, range))).toEqual([0, 0, 0.25, 1, 1])
  })
  test('an empty range has one place', () => expect(shareOf(5, { from: 5, to: 5 })).toBe(0))
  test('decades are equally far from one another on a logarithmic axis', () => {
    const range = { from: 1, to: 1000 }
    expect([1, 10, 100, 1000].map((v) => Math.round(logShareOf(v, range) * 3 * 1e9) / 1e9)).toEqual([
      0, 1, 2, 3,
    ])
    expect(logShareOf(0, range)).toBe(0)
  })
  test('a share is written with two decimals', () => expect(across(1 / 3)).toBe('33.33%'))
})

describe('ticks', () => {
  test('seconds are counted in steps that people use', () => {
    expect(secondTicks({ from: 0, to: 420 }, 8)).toEqual([0, 60, 120, 180, 240, 300, 360, 420])
    expect(secondTicks({ from: 299.5, to: 300.5 }, 5)).toEqual([299.5, 299.75, 300, 300.25, 300.5])
    expect(secondTicks({ from: 3, to: 3 }, 5)).toEqual([3])
  })
  test('never more than asked for, all inside, rising', () =>
    fc.assert(
      fc.property(span, fc.integer({ min: 2, max: 12 }), ([from, length], most) => {
        const range = { from, to: from + length }
        const ticks = secondTicks(range, most)
        expect(ticks.length).toBeLessThanOrEqual(most)
        for (const [i, tick] of ticks.entries()) {
          expect(tick).toBeGreaterThanOrEqual(from - length * 1e-6 - 1e-6)
          expect(tick).toBeLessThanOrEqual(range.to + length * 1e-6 + 1e-6)
          if (i > 0) expect(tick).toBeGreaterThan(ticks[i - 1]!)
        }
      }),
      { numRuns: 200 },
    ))
  test('counts are whole', () => {
    expect(countTicks(310, 5)).toEqual([0, 100, 200, 300])
    expect(countTicks(3, 5)).toEqual([0, 1, 2, 3])
    expect(countTicks(0, 5)).toEqual([0])
    expect([3, 7, 33, 200].map((to) => countTicks(to, 4))).toEqual([
      [0, 1, 2, 3],
      [0, 2, 4, 6],
      [0, 10, 20, 30],
      [0, 100, 200],
    ])
  })
  test('times are round in their zone', () => {
    const from = Date.parse('2026-11-20T20:58:00Z')
    const to = Date.parse('2026-11-21T03:12:00Z')
    const iso = (offset: number): string[] =>
      timeTicks({ from, to }, 8, offset).map((t) => new Date(t).toISOString().slice(11, 16))
    expect(iso(0)).toEqual(['21:00', '22:00', '23:00', '00:00', '01:00', '02:00', '03:00'])
    // Half an hour east of UTC: the full hours of that zone.
    expect(iso(1_800_000)).toEqual(['21:30', '22:30', '23:30', '00:30', '01:30', '02:30'])
  })
  test('a logarithmic axis is marked where devices are set', () =>
    expect(logTicks({ from: 1, to: 4000 })).toEqual([1, 10, 60, 300, 900, 3600]))
  test('an axis ends at a round number, at least as far as asked', () => {
    expect([0, 0.3, 1, 299, 420, 421, 9999].map(roundUp)).toEqual([1, 0.3, 1, 300, 420, 500, 10_000])
    fc.assert(
      fc.property(fc.double({ min: 1e-3, max: 1e7, noNaN: true }), (n) => {
        expect(roundUp(n)).toBeGreaterThanOrEqual(n * (1 - 1e-6))
        expect(roundUp(n)).toBeLessThanOrEqual(n * 1.34 + 1e-6)
      }),
    )
  })
})

test('times keep their microseconds', () => {
  expect(microsOf('2026-11-21T02:07:58.173060Z') - microsOf('2026-11-21T02:07:58.172Z')).toBe(1060)
  expect(microsOf('1970-01-01T00:00:01Z')).toBe(1_000_000)
})

test.each([10, 60, 300, 599, 600, 3600])('marks on an axis of %i s do not look alike', (length) => {
  const range = { from: Date.parse('2026-11-21T02:10:43Z'), to: 0 }
  range.to = range.from + length * 1000
  const digits = clockPrecision(range) === 'second' ? 19 : 16
  const texts = timeTicks(range, 8).map((tick) => new Date(tick).toISOString().slice(0, digits))
  expect(new Set(texts).size).toBe(texts.length)
})
