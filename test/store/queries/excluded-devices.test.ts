/** Which documented defaults a measured timer rules out. */
import { expect, test } from 'vitest'
import { excludedDevices } from '../../../src/store/queries/excluded-devices.ts'

const timer = (lowerSeconds: number | null, upperSeconds: number | null) => ({
  lowerSeconds,
  upperSeconds,
  survived: 1,
  severed: 1,
  candidates: [],
  safeKeepAliveSeconds: null,
})

test('documented neighbours of the interval, in order; those that fit are none of them', () =>
  expect(excludedDevices(timer(299.9, 300.1))).toEqual([
    { device: 'Azure Load Balancer', seconds: 240 },
    { device: 'AWS Network Load Balancer', seconds: 350 },
    { device: 'nginx stream proxy_timeout', seconds: 600 },
  ]))

test('without both bounds nothing is ruled out', () => {
  expect(excludedDevices(timer(null, 300))).toEqual([])
  expect(excludedDevices(timer(300, null))).toEqual([])
})
