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
  [{}, '312/s', false, '312/s'],
  [{ packetsPerSecond: 41_200, drops: null, lagSeconds: null }, '41.2 k/s', false, '41.2 k/s'],
  [{ packetsPerSecond: 1_300_000 }, '1.3 M/s', false, '1.3 M/s'],
  [{ packetsPerSecond: null }, '…', false, ''],
  [{ lagSeconds: 38, drops: 7 }, 'late 38 s', true, '312/s, late 38 s, 7 lost'],
  [{ drops: 1204 }, '1,204 lost', true, '312/s, 1,204 lost'],
  [{ stopped: 'eth0 is gone' }, 'stopped', true, '312/s, stopped, eth0 is gone'],
])('%o', (more, words, isBad, all) => {
  const told = tapWords({ ...tap, ...more })
  const plain = (text: string): string => text.replaceAll('\u00a0', ' ')
  expect({ ...told, words: plain(told.words), all: plain(told.all) }).toEqual({ words, isBad, all })
})
