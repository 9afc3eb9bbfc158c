import { expect, test } from 'vitest'
import { HopLimits } from '../../src/connections/hop-limits.ts'

const noted = (...limits: number[]): HopLimits => {
  const hopLimits = new HopLimits()
  for (const limit of limits) hopLimits.note(1, limit, false)
  return hopLimits
}

test('the latest counts; of a host that was not seen there is none', () => {
  expect(noted(64, 62).latest(1)).toBe(62)
  expect(noted(64).latest(2)).toBeNull()
})

test('a route that changes leaves one; one that changes back and forth leaves none', () => {
  expect(noted(64, 62, 62).isOneOfSeveral(1, 62)).toBe(false)
  const both = noted(64, 62, 64)
  expect([64, 62, 128, 63, 60].map((limit) => both.isOneOfSeveral(1, limit))).toEqual([
    true,
    true,
    true,
    false,
    false,
  ])
  expect(both.isOneOfSeveral(2, 64)).toBe(false)
})

test('so does one SYN that comes with two', () => {
  const hopLimits = noted(64)
  hopLimits.note(1, 63, true)
  expect(hopLimits.isOneOfSeveral(1, 64)).toBe(true)
})
