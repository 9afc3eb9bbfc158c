import { describe, expect, test } from 'vitest'
import type { DetectorEvent } from '../../../src/model/event.ts'
import type { Agent } from '../../../src/model/party.ts'
import { Pools } from '../../../src/sessions/relays/pools.ts'
import type { TrackedSighting } from '../../../src/sessions/sighting.ts'
import { Parties } from '../parties.ts'

const parties = new Parties()
const named = (id: string, by: 'http-header' | 'client-certificate' = 'http-header'): Agent =>
  parties.agents.named({ id, by, confidence: 0.9 })
const leg = (address = '10.10.3.1', of: 'back' | 'front' = 'back'): TrackedSighting =>
  parties.sighting({ leg: of, from: { address, port: 1 } })

/** Two speak on one connection, one after the other; what is told of it. */
function spoken(pools: Pools, before: Agent | null, now: Agent, on = leg()): void {
  on.speaker = before
  pools.spoke(on, now)
}

describe('a relay', () => {
  test('shares its connections once another agent speaks on one: all of them', () => {
    const told: DetectorEvent[] = []
    const pools = new Pools((event) => told.push(event))
    expect(pools.holds(leg())).toBe(false)
    for (let i = 0; i < 2; i++) spoken(pools, named('A'), named('B'))
    expect([leg(), leg('10.10.3.2'), leg('10.10.3.1', 'front')].map((s) => pools.holds(s))).toEqual([
      true,
      false,
      false,
    ])
    expect(told).toEqual([{ kind: 'connections-shared', service: leg().service, relay: '10.10.3.1' }])
  })

  test.each<[string, Agent | null, Agent, TrackedSighting]>([
    ['the first who speaks', null, named('B'), leg()],
    ['the same one', named('A'), named('A'), leg()],
    ['a name of another kind', named('C', 'client-certificate'), named('B'), leg()],
    ['on the agents’ side', named('A'), named('B'), leg('10.10.3.1', 'front')],
  ])('does not: %s', (_what, before, now, on) => {
    const pools = new Pools(() => {})
    spoken(pools, before, now, on)
    expect(pools.holds(on)).toBe(false)
  })

  test('of too many is not remembered', () => {
    const pools = new Pools(() => {})
    for (let i = 0; i < 1024; i++) spoken(pools, named('A'), named('B'), leg(`10.1.${i >> 8}.${i & 255}`))
    spoken(pools, named('A'), named('B'))
    expect([leg(), leg('10.1.0.0')].map((s) => pools.holds(s))).toEqual([false, true])
  })
})
