import { expect, test } from 'vitest'
import { tapRates } from '../../../src/cli/serve/tap-rates.ts'

const reading = (...packets: number[]) => ({
  stage: 'read' as const,
  fraction: 0.1,
  packets: 0,
  inputs: packets.map((n) => ({ packets: n, drops: n / 100 })),
})

test('packets a second are those of the last minute, of each input by itself', () => {
  let now = 1_000
  const rates = tapRates(() => now)
  expect([rates.isReading(), rates.packetsPerSecond(0), rates.drops(0)]).toEqual([false, null, null])
  now += 100
  rates.note(reading(500, 0))
  // Too soon for a rate.
  expect([rates.isReading(), rates.packetsPerSecond(0), rates.drops(0)]).toEqual([true, null, 5])
  now += 900
  rates.note(reading(4_000, 100))
  expect([rates.packetsPerSecond(0), rates.packetsPerSecond(1), rates.drops(0)]).toEqual([4_000, 100, 40])
  // Slower from then on: after a minute the first second counts no more.
  for (let second = 1; second <= 90; second++) {
    now += 1_000
    rates.note(reading(4_000 + 10 * second, 100))
  }
  expect([rates.packetsPerSecond(0), rates.packetsPerSecond(1)]).toEqual([10, 0])
})

test('a stage that reads nothing has no rates', () => {
  let now = 0
  const rates = tapRates(() => now)
  now = 2_000
  rates.note(reading(10))
  rates.note({ ...reading(), stage: 'prove' })
  expect([rates.isReading(), rates.packetsPerSecond(0), rates.drops(0)]).toEqual([false, null, null])
})
