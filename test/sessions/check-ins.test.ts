import { describe, expect, test } from 'vitest'
import { atLeastByChance, learnedInterval, SAMPLES_MIN } from '../../src/sessions/check-ins.ts'
import { seconds } from '../../src/model/time.ts'

describe('an interval learned from the agent itself', () => {
  const regular = (n: number): number[] => Array.from({ length: n }, (_, i) => seconds(900 + (i % 3)))

  test('needs enough of them', () => {
    expect(learnedInterval(regular(SAMPLES_MIN - 1))).toBeNull()
    expect(learnedInterval(regular(SAMPLES_MIN))).toBe(seconds(901))
  })

  test('is the middle one: a weekend in between does not count', () => {
    expect(learnedInterval([...regular(7), seconds(200_000)])).toBe(seconds(901))
  })

  test('is none where they have no rhythm', () => {
    expect(learnedInterval([60, 300, 900, 2000, 5000, 9000].map(seconds))).toBeNull()
  })
})

test('so many in step by chance, of so many that were away', () => {
  expect(atLeastByChance(1, 1)).toBeCloseTo(0.2, 10)
  expect(atLeastByChance(2, 2)).toBeCloseTo(0.04, 10)
  expect(atLeastByChance(1, 5)).toBe(1)
  // 1 - 0.8^10 - 10 * 0.2 * 0.8^9 - 45 * 0.04 * 0.8^8
  expect(atLeastByChance(3, 10)).toBeCloseTo(0.3222004736, 9)
  expect(atLeastByChance(5000, 10_000)).toBe(1)
})
