/** Labels never lie on one another. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { beside, clusters, rowsOf, shortened, spread } from '../../../dashboards/diagrams/labels.ts'

describe('rows', () => {
  test('the first ones get the topmost row', () =>
    expect(
      rowsOf(
        [
          { left: 0, right: 50 },
          { left: 40, right: 90 },
          { left: 100, right: 120 },
          { left: 45, right: 60 },
        ],
        2,
      ),
    ).toEqual([0, 1, 0, null]))
  test('labels of one row never touch', () =>
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 900 }), fc.integer({ min: 1, max: 200 })), {
          maxLength: 30,
        }),
        fc.integer({ min: 1, max: 4 }),
        (all, rows) => {
          const boxes = all.map(([left, width]) => ({ left, right: left + width }))
          const placed = rowsOf(boxes, rows)
          for (const [i, row] of placed.entries())
            for (const [j, other] of placed.entries())
              if (i < j && row !== null && row === other)
                expect(boxes[i]!.right + 8 <= boxes[j]!.left || boxes[j]!.right + 8 <= boxes[i]!.left).toBe(
                  true,
                )
        },
      ),
    ))
})

describe('beside a mark', () => {
  test('to the right where there is room', () =>
    expect(beside(100, 80, 640)).toEqual({ left: 106, right: 186, anchor: 'start' }))
  test('to the left near the end', () =>
    expect(beside(600, 80, 640)).toEqual({ left: 514, right: 594, anchor: 'end' }))
  test('on the wished side where both have room', () =>
    expect(beside(300, 80, 640, 6, 'end')).toEqual({ left: 214, right: 294, anchor: 'end' }))
  test('inside wherever it fits on a side', () =>
    fc.assert(
      fc.property(fc.nat(640), fc.integer({ min: 1, max: 300 }), fc.boolean(), (at, width, isEnd) => {
        const { left, right } = beside(at, width, 640, 6, isEnd ? 'end' : 'start')
        if (at + 6 + width <= 640 || at - 6 - width >= 0) expect(left >= 0 && right <= 640).toBe(true)
      }),
    ))
})

describe('spread', () => {
  test('what fits stays', () => expect(spread([0, 50, 100], 20, 200)).toEqual([0, 50, 100]))
  test('what touches moves down, and up again at the end', () => {
    expect(spread([10, 12, 14], 20, 200)).toEqual([10, 30, 50])
    expect(spread([150, 170, 190], 20, 200)).toEqual([140, 160, 180])
  })
  test('boxes never touch, and stay inside while there is room', () =>
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 12 }), (wished) => {
        const tops = spread(
          [...wished].sort((a, b) => a - b),
          30,
          400,
        )
        for (const [i, top] of tops.entries()) {
          if (i > 0) expect(top - tops[i - 1]!).toBeGreaterThanOrEqual(30)
          expect(top).toBeGreaterThanOrEqual(0)
          expect(top + 30).toBeLessThanOrEqual(400)
        }
      }),
    ))
})

test('marks close to one another are one', () =>
  expect(clusters([0.5, 0.1, 0.505, 0.9], 0.01)).toEqual([
    { at: 0.1, indices: [1] },
    { at: 0.5, indices: [0, 2] },
    { at: 0.9, indices: [3] },
  ]))

test('a cut text says so', () => {
  expect(shortened('node01', 6)).toBe('node01')
  expect(shortened('node01.example.com', 6)).toBe('node0…')
})
