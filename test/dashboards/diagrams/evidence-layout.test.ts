/** Signed bars from a common zero. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { byWeight, layBars, strength } from '../../../dashboards/diagrams/evidence-layout.ts'

const item = (weight: number) => ({ test: 'hop limit', weight, observed: '' })

test('bars grow to the right for, to the left against, from one zero', () => {
  const { zero, bars } = layBars([item(4), item(0), item(-1)])
  expect(zero).toBe(0.25)
  expect(bars).toEqual([
    { from: 0.25, width: 0.75, side: 'for' },
    { from: 0.247, width: 0.006, side: 'neither' },
    { from: 0.0625, width: 0.1875, side: 'against' },
  ])
})

test('no bar leaves the figure, and widths are in proportion', () =>
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -60, max: 60 }), { minLength: 1, maxLength: 12 }), (weights) => {
      const { bars } = layBars(weights.map(item))
      const scale = bars
        .map(({ width }, i) => width / Math.abs(weights[i]!))
        .filter((_, i) => weights[i] !== 0)
      for (const one of scale) expect(one).toBeCloseTo(scale[0]!, 9)
      for (const { from, width } of bars) {
        expect(from).toBeGreaterThanOrEqual(-1e-9)
        expect(from + width).toBeLessThanOrEqual(1 + 1e-9)
      }
    }),
  ))

test('for first, against last; what weighs nothing stays', () =>
  expect(byWeight([item(-2), item(0), item(5), item(1)]).map(({ weight }) => weight)).toEqual([5, 1, 0, -2]))

test('weights in words', () =>
  expect([5, -3, 2, 1.5, 0].map(strength)).toEqual(['decisive', 'strong', 'medium', 'weak', 'neutral']))
