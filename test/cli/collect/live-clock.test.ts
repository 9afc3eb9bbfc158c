import { expect, test } from 'vitest'
import { LiveClock } from '../../../src/cli/collect/live-clock.ts'

const MS = 1_000
const T = 1_700_000_000e6

test('without packets time passes, less the largest delay that was seen', () => {
  let now = T
  const clock = new LiveClock({ isOurs: true, now: () => now })
  expect(clock.now).toBe(-Infinity)
  clock.packets(T - 100 * MS, T - 20 * MS)
  expect(clock.lagSeconds).toBe(0.02)
  now += 50 * MS
  // 100 ms of delay and 30 of margin are not yet over.
  expect(clock.now).toBe(T - 20 * MS)
  now += 450 * MS
  expect(clock.now).toBe(T - 20 * MS + 500 * MS - 130 * MS)
})

test("another machine's clock is taken as it is", () => {
  let now = T
  const clock = new LiveClock({ isOurs: false, now: () => now })
  clock.packets(T - 3_600e6, T - 3_600e6)
  expect(clock.lagSeconds).toBe(0)
  now += 5e6
  clock.packets(T - 3_600e6 + 1e6, T - 3_600e6 + 1e6)
  expect(clock.lagSeconds).toBe(4)
  clock.caughtUp()
  expect(clock.lagSeconds).toBe(0)
})

test('a large delay is forgotten when two periods passed without one', () => {
  let now = T
  const clock = new LiveClock({ isOurs: true, now: () => now })
  clock.packets(T - 10e6, T)
  for (let i = 1; i <= 3; i++) {
    now = T + i * 61e6
    clock.packets(now, now)
  }
  now += 1e6
  expect(clock.now).toBe(now - 30 * MS)
})
