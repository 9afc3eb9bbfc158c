import { expect, test } from 'vitest'
import { failback } from '../../../src/detectors/failover/failback.ts'
import { analysed, inShort } from '../analysis.ts'
import { keepsQuiet } from '../clauses.ts'
import { STORIES } from '../stories.ts'
import {
  begin,
  BRANCH,
  comes,
  fails,
  HEARTBEAT,
  OFFICE,
  passes,
  place,
  SEPM,
  SEPM1,
  SEPM2,
  SERVICE,
} from './managers.ts'

test('after an outage, agents return', async () => {
  const analysis = await analysed(STORIES.failback.play(), { config: SEPM })
  expect(analysis.findings('failback').map(inShort)).toEqual([
    'info failback 90.208 client | K1 10.10.1.101 at sepm1 | agent |  | client 41, client 59',
    'info failback 90.740 client | K2 10.10.1.102 at sepm1 | agent |  | client 50, client 68',
  ])
  expect(analysis.incident('failback')).toMatchObject({
    title: 'Agents of sepm returned to sepm1',
    summary: '2 agents went back from sepm2 to sepm1 once each.',
    details: { previousServer: 'sepm2' },
  })
  expect(analysis.of('session').map(({ server, endedBy }) => `${server} ${endedBy}`)).toEqual([
    'sepm1 failover',
    'sepm1 failover',
    'sepm2 failback',
    'sepm2 failback',
    'sepm1 agent',
    'sepm1 agent',
  ])
})

test('without a list, back to the server that failed is a return, too', async () => {
  const config = { services: [{ ...SERVICE, persistence: 'sticky' }] }
  expect((await analysed(STORIES.failback.play(), { config })).told).toEqual([
    'info server-outage',
    'info server-outage',
    'info failover',
    'info failover',
    'info failback',
    'info failback',
  ])
})

test('who first came while a server was out, and then goes there, returns', async () => {
  const s = begin()
  passes(s, 1, [1, SEPM1], [2, SEPM1])
  for (const n of [1, 2]) fails(s, n, SEPM1)
  // The third does not try by itself, as agents do whose load balancer knows.
  for (const n of [1, 2, 3]) comes(s, n, SEPM2)
  s.wait(HEARTBEAT)
  for (const n of [1, 2, 3]) comes(s, n, SEPM1)
  const config = { services: [{ ...SERVICE, persistence: 'sticky' }] }
  const analysis = await analysed(s, { config })
  expect(analysis.findings('failback').map(({ agent }) => agent?.id)).toEqual(['K1', 'K2', 'K3'])
  expect(analysis.findings('server-hop')).toEqual([])
})

test('who first came after it had tried another server in vain, and then goes there, returns', async () => {
  const s = begin()
  passes(s, 1, [2, SEPM1])
  fails(s, 1, SEPM1)
  comes(s, 1, SEPM2)
  passes(s, 1, [2, SEPM1])
  comes(s, 1, SEPM1)
  const config = { services: [{ ...SERVICE, persistence: 'sticky' }] }
  expect((await analysed(s, { config })).told).toEqual(['info failover', 'info failback'])
})

keepsQuiet(failback, {
  'the server that it comes from failed: a failover': {
    config: SEPM,
    play() {
      const s = begin()
      passes(s, 1, [1, SEPM2])
      fails(s, 1, SEPM2)
      comes(s, 1, SEPM1)
      return s
    },
    told: ['info failover'],
  },
  'it had left the server that it prefers although that was well: it only undoes a hop': {
    config: SEPM,
    play() {
      const s = begin()
      passes(s, 1, [1, SEPM1])
      comes(s, 1, SEPM2)
      comes(s, 2, SEPM1)
      s.wait(HEARTBEAT)
      comes(s, 1, SEPM1)
      return s
    },
    told: ['warning server-hop'],
  },
  'the agent is in another place, where another list prefers another server': {
    config: SEPM,
    play() {
      const s = begin()
      comes(s, 1, SEPM2, BRANCH)
      s.wait(HEARTBEAT)
      comes(s, 1, SEPM1, OFFICE)
      return s
    },
  },
  'servers of one priority: neither is preferred': {
    config: { services: [SERVICE], locations: [place('Office', OFFICE, ['sepm1', 'sepm2'])] },
    play() {
      const s = begin()
      passes(s, 1, [1, SEPM2])
      passes(s, 1, [1, SEPM1])
      return s
    },
  },
})
