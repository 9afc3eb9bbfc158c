import { expect, test } from 'vitest'
import type { DetectorEvent } from '../../../src/model/event.ts'
import type { ConnectionOpened } from '../../../src/model/observation.ts'
import { EMPTY_DEPLOYMENT } from '../../../src/model/deployment.ts'
import { seconds } from '../../../src/model/time.ts'
import type { Surroundings } from '../../../src/sessions/follower.ts'
import { Inventory } from '../../../src/sessions/servers/inventory.ts'
import type { TrackedSighting } from '../../../src/sessions/sighting.ts'
import { followTranslations } from '../../../src/sessions/agents/translations.ts'

const OUTSIDE = '203.0.113.5'

/** What is told as agents come under one outer address, one after the other; each by its number. */
function told() {
  const events: DetectorEvent[] = []
  const around = {
    inventory: new Inventory(EMPTY_DEPLOYMENT),
    settle: 0,
    later: () => {},
    tell: (event: DetectorEvent) => void events.push(event),
  } as unknown as Surroundings
  const follower = followTranslations(around)
  let at = 0
  const comes = (agent: number): void => {
    at += seconds(10)
    const sighting = {
      tap: 'router',
      leg: 'direct',
      service: { name: 'epo' },
      originator: { address: `10.10.1.${agent}`, port: 50_000 },
      responder: { address: '10.10.3.31', port: 80 },
      outerAddress: OUTSIDE,
    } as unknown as TrackedSighting
    const opened = { outer: { address: OUTSIDE, port: 40_000 }, start: at, packet: agent }
    follower.observe!['connection-opened']!(opened as unknown as ConnectionOpened, sighting)
  }
  const shared = (): (readonly [string, number])[] =>
    events.flatMap((e) => (e.kind === 'address-shared' ? [[e.address, e.agents] as const] : []))
  return { comes, shared, ends: () => follower.ended!(at) }
}

test('an address that agents share by turns is told of then, again as they double, and at the end', () => {
  const { comes, shared, ends } = told()
  for (const agent of [1, 2]) comes(agent)
  expect(shared()).toEqual([])
  comes(1)
  expect(shared()).toEqual([[OUTSIDE, 2]])
  for (const agent of [3, 2, 3]) comes(agent)
  expect(shared()).toHaveLength(1)
  comes(4)
  comes(5)
  expect(shared()).toEqual([
    [OUTSIDE, 2],
    [OUTSIDE, 4],
  ])
  ends()
  expect(shared().at(-1)).toEqual([OUTSIDE, 5])
  expect(shared()).toHaveLength(3)
})
