import { expect, test } from 'vitest'
import { herdMove } from '../../../src/detectors/failover/herd-move.ts'
import type { AgentMoved, World } from '../../../src/model/event.ts'
import { seconds } from '../../../src/model/time.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { STORIES } from '../stories.ts'
import { begin, comes, fails, OFFICE, place, SEPM, sepm, SEPM1, SEPM2, SERVICE } from './managers.ts'

const MANY = Array.from({ length: 12 }, (_, i) => i + 1)
const HOPS = (n: number): string[] => Array.from({ length: n }, () => 'warning server-hop')

/** All come to the first server; then so many turn to the second, one every `apart`, while it serves
 * others. */
function turns(count: number, { all = 12, apart = seconds(1) } = {}) {
  const s = begin()
  for (let n = 1; n <= all; n++) comes(s, n, SEPM1)
  for (let n = 1; n <= count; n++) {
    comes(s, 90, SEPM1)
    comes(s, n, SEPM2)
    comes(s, 90, SEPM1)
    s.wait(apart)
  }
  s.wait(seconds(10))
  return s
}

test('a fleet turns away from a server that is well', async () => {
  const analysis = await analysed(STORIES['herd-move'].play(), { config: SEPM })
  expect(analysis.findings('herd-move').map(inShort)).toEqual([
    'warning herd-move 23.916 client | nobody at sepm1 | agent |  | client 118, client 316',
  ])
  expect(analysis.incident('herd-move')).toMatchObject({
    title: 'Agents of sepm1 moved all together',
    summary: '12 agents of the 13 at sepm1 turned to other servers within 11.7 s.',
    details: { from: 'sepm1', agents: 12, of: 13, seconds: 11.704 },
  })
})

test('from a server that failed it is what should be, and worth seeing', async () => {
  const s = begin()
  for (const n of MANY) comes(s, n, SEPM1)
  for (const n of MANY) fails(s, n, SEPM1)
  for (const n of MANY) comes(s, n, SEPM2)
  s.wait(seconds(10))
  const analysis = await analysed(s, { config: SEPM })
  expect(
    analysis.findings('herd-move').map(({ severity, details }) => [severity, details['outage']]),
  ).toEqual([['info', true]])
  expect(analysis.incident('herd-move').summary).toContain('as it failed')
})

test('who follows a herd minutes later is not another one', async () => {
  const s = turns(20, { all: 30 })
  s.wait(seconds(280))
  comes(s, 90, SEPM1)
  comes(s, 21, SEPM2)
  comes(s, 90, SEPM1)
  s.wait(seconds(10))
  const herds = (await analysed(s, { config: SEPM })).findings('herd-move')
  expect(herds.map(({ details }) => details['agents'])).toEqual([20])
})

test('of a large site, whose agents move all the time, each move is looked at once', () => {
  const server = { id: 'sepm/sepm1', name: 'sepm1', service: { name: 'sepm', persistence: 'sticky' } }
  const { moved } = herdMove.watch({ attachedTo: () => 1e6 } as unknown as World, () => {})
  const began = performance.now()
  for (let n = 0; n < 20_000; n++)
    moved!({
      kind: 'moved',
      reason: 'hop',
      list: null,
      failed: null,
      failure: null,
      outage: null,
      previous: { server },
      visit: { server, at: n * 10_000, agent: { id: `K${n}` } },
    } as unknown as AgentMoved)
  // Each of all before it, it took minutes.
  expect(performance.now() - began).toBeLessThan(10_000)
})

keepsQuiet(herdMove, {
  'a few agents moved, or a small part of them': [
    { config: SEPM, play: () => turns(9), told: HOPS(9) },
    { config: SEPM, play: () => turns(10, { all: 40 }), told: HOPS(10) },
  ],
  'they moved one by one, over a longer time': {
    config: sepm({ failback: { expected: false } }),
    play: () => turns(12, { apart: seconds(40) }),
    told: HOPS(12),
  },
  'policy lets each agent pick anew: random or weighted choice, servers of one priority': [
    { config: { services: [{ ...SERVICE, persistence: 'random' }] }, play: () => turns(12) },
    {
      config: { services: [SERVICE], locations: [place('Office', OFFICE, ['sepm1', 'sepm2'])] },
      play: () => turns(12),
    },
  ],
})
