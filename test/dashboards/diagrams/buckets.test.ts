/** Many values as few marks: nothing is lost, nothing is drawn twice. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { block, columnsOf, lanesOf, merged, stacked } from '../../../dashboards/diagrams/buckets.ts'

const range = { from: 0, to: 420 }

describe('columns', () => {
  test('the end belongs to the last column, what is outside to none', () =>
    expect(columnsOf([0, 105, 209, 420, 421, -1], range, 4)).toEqual([1, 2, 0, 1]))
  test('every value inside is in one column', () =>
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 420, noNaN: true }), { maxLength: 300 }),
        fc.integer({ min: 1, max: 90 }),
        (values, columns) => {
          const counts = columnsOf(values, range, columns)
          expect(counts).toHaveLength(columns)
          expect(counts.reduce((a, b) => a + b, 0)).toBe(values.length)
        },
      ),
    ))
  test('a mark stands for more values only if the highest column needs it', () => {
    expect(stacked([0, 3, 14], 14)).toEqual({ each: 1, marks: [0, 3, 14] })
    expect(stacked([1, 0, 2000], 14)).toEqual({ each: 143, marks: [1, 0, 14] })
    expect(stacked([], 14)).toEqual({ each: 1, marks: [] })
  })
})

test('a block is centred and bounded', () => {
  expect(block(3, 7, { x: 8, y: 7 }, 63)).toEqual([
    { dx: -8, dy: 0 },
    { dx: 0, dy: 0 },
    { dx: 8, dy: 0 },
  ])
  expect(block(9, 7, { x: 8, y: 7 }, 63).at(-1)).toEqual({ dx: -16, dy: 7 })
  expect(block(2000, 7, { x: 8, y: 7 }, 63)).toHaveLength(63)
})

describe('lanes', () => {
  test('intervals that overlap lie in different lanes, others share one', () =>
    expect(
      lanesOf(
        [
          { from: 0, to: 5 },
          { from: 3, to: 8 },
          { from: 5, to: 9 },
          { from: 6, to: 7 },
        ],
        2,
      ),
    ).toEqual([0, 1, 0, null]))
  test('no two of a lane overlap', () =>
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(100), fc.nat(40)), { maxLength: 40 }), (all) => {
        const intervals = all
          .map(([from, length]) => ({ from, to: from + length }))
          .sort((a, b) => a.from - b.from)
        const lanes = lanesOf(intervals, 4)
        for (const [i, lane] of lanes.entries())
          for (const [j, other] of lanes.entries())
            if (i < j && lane !== null && lane === other)
              expect(intervals[j]!.from).toBeGreaterThanOrEqual(intervals[i]!.to)
      }),
    ))
  test('intervals that touch are drawn as one', () =>
    expect(
      merged(
        [
          { from: 5, to: 6 },
          { from: 0, to: 2 },
          { from: 2.5, to: 4 },
          { from: 1, to: 1.5 },
        ],
        0.5,
      ),
    ).toEqual([
      { from: 0, to: 4 },
      { from: 5, to: 6 },
    ]))
})
