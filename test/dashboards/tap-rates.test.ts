import { expect, test } from 'vitest'
import { tapWords } from '../../dashboards/tap-rates.ts'

const tap = {
  capture: 1,
  name: 'eth0',
  tap: 'client',
  isLive: true,
  packetsPerSecond: 312,
  drops: 0,
  lagSeconds: 0.2,
  stopped: null,
}

test.each([
  [{}, '312/s', false],
  [{ packetsPerSecond: 41_200, drops: null, lagSeconds: null }, '41.2 k/s', false],
  [{ packetsPerSecond: 1_300_000 }, '1.3 M/s', false],
  [{ packetsPerSecond: null }, '…', false],
  [{ lagSeconds: 38 }, '312/s, late 38 s', true],
  [{ drops: 1204 }, '312/s, 1,204 lost', true],
  [{ stopped: 'eth0 is gone' }, 'stopped', true],
])('%o', (more, words, isBad) => {
  const told = tapWords({ ...tap, ...more })
  expect({ ...told, words: told.words.replaceAll(/[\u2009\u202f\u00a0]/g, ' ') }).toEqual({ words, isBad })
})
