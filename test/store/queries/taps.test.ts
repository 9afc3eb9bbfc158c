import { expect, test } from 'vitest'
import { beginCollection, endCollection, noteLive } from '../../../src/store/live.ts'
import { liveTaps } from '../../../src/store/queries/taps.ts'
import { database, NOW } from '../database.ts'

const STATE = {
  stopped: null,
  packets: 10,
  bytes: 1000,
  packetsPerSecond: 41,
  bytesPerSecond: 4100,
  kernelDrops: 3,
  interfaceDrops: null,
  lagSeconds: 0.5,
  queuedBytes: 0,
  openConnections: 1,
  blind: [],
  blindSeconds: 0,
  checkpoint: null,
}

test('collectors that run are told, with what they lost; others are not', () => {
  const store = database()
  const begin = (collector: string) =>
    beginCollection(store, { collector, name: `${collector} of host`, tap: collector, at: NOW, config: null })
  const [eth1, eth0, over] = [begin('eth1'), begin('eth0'), begin('over')]
  begin('says nothing yet')
  noteLive(store, eth1, { ...STATE, kernelDrops: null, stopped: 'no such device' }, NOW)
  noteLive(store, eth0, STATE, NOW)
  noteLive(store, over, STATE, NOW)
  // What is lost of flow records is dropped here as well, or on the way.
  const flows = { records: 900, recordsPerSecond: 90, lost: 7, exporters: 2 }
  noteLive(store, begin('routers'), { ...STATE, flows }, NOW)
  endCollection(store, over.analysis, NOW)
  const told = { isLive: true, packetsPerSecond: 41, lagSeconds: 0.5 }
  expect(liveTaps(store)).toEqual([
    { ...told, capture: eth0.capture, name: 'eth0 of host', tap: 'eth0', drops: 3, stopped: null },
    {
      ...told,
      capture: eth1.capture,
      name: 'eth1 of host',
      tap: 'eth1',
      drops: null,
      stopped: 'no such device',
    },
    {
      ...told,
      packetsPerSecond: 90,
      capture: 5,
      name: 'routers of host',
      tap: 'routers',
      drops: 7,
      stopped: null,
    },
  ])
})
