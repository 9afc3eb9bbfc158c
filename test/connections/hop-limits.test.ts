import { expect, test } from 'vitest'
import {
  type HopLimits,
  isOneOfSeveral,
  latestHopLimit,
  noteHopLimit,
} from '../../src/connections/hop-limits.ts'

const noted = (...limits: number[]): HopLimits => {
  const hopLimits: HopLimits = new Map()
  for (const limit of limits) noteHopLimit(hopLimits, 1, limit, false)
  return hopLimits
}

test('the latest counts; of a host that was not seen there is none', () => {
  expect(latestHopLimit(noted(64, 62), 1)).toBe(62)
  expect(latestHopLimit(noted(64), 2)).toBeNull()
})

test('a route that changes leaves one; one that changes back and forth leaves none', () => {
  expect(isOneOfSeveral(noted(64, 62, 62), 1, 62)).toBe(false)
  const both = noted(64, 62, 64)
  expect([64, 62, 128, 63, 60].map((limit) => isOneOfSeveral(both, 1, limit))).toEqual([
    true,
    true,
    true,
    false,
    false,
  ])
  expect(isOneOfSeveral(both, 2, 64)).toBe(false)
})

test('so does one SYN that comes with two', () => {
  const hopLimits = noted(64)
  noteHopLimit(hopLimits, 1, 63, true)
  expect(isOneOfSeveral(hopLimits, 1, 64)).toBe(true)
})
