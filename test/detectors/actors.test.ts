import { expect, test } from 'vitest'
import { deviceActor } from '../../src/detectors/actors.ts'
import type { World } from '../../src/model/event.ts'
import type { Sighting } from '../../src/model/party.ts'

test('of a firewall’s addresses, the one on the agent’s network is named: by bits, not by digits', () => {
  const world = { devicesOf: () => ['10.10.100.1', '10.10.8.1'] } as unknown as World
  const sighting = { originator: { address: '10.10.10.5', port: 1 } } as Sighting
  expect(deviceActor(sighting, world, 0.7, 0.8)).toEqual({
    role: 'firewall',
    address: '10.10.8.1',
    confidence: 0.7,
  })
})
