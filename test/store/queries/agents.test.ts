import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AgentFilter } from '../../../src/store/queries/filter.ts'
import { isoTime } from '../../../src/model/time.ts'
import { agentView } from '../../../src/store/queries/agent-view.ts'
import { listAgents } from '../../../src/store/queries/agents.ts'
import { at, facts, HOUR, readStore } from './small-store.ts'
import type { SmallStore } from './small-store.ts'

let store: SmallStore
beforeAll(() => {
  store = readStore()
  for (const name of ['dlp', 'epo']) store.add('service', { name })
  store.add('server', { service: 1, name: 'dlp1' })
  const agents = [
    { name: 'EPA-1', occurrences: 2, worst: 3, last_seen: at(48 * HOUR) },
    { name: '100%_B', occurrences: 2 },
    { name: 'EPA-3', occurrences: 5, worst: 1 },
  ]
  for (const agent of agents) store.add('agent', agent)
  const sessions = [
    { agent: 1, service: 1, server: 'dlp1', start: at(0), end: at(30 * HOUR) },
    { agent: 1, service: 1, server: 'dlp2', start: at(30 * HOUR), end: at(40 * HOUR), ended_by: 'hop' },
    { agent: 1, service: 2, server: 'ah1', start: at(0), end: at(10 * HOUR) },
    { agent: 3, service: 2, server: 'ah1', start: at(0), end: at(10 * HOUR) },
  ]
  for (const session of sessions) store.add('session', session)
  const addresses = [
    { agent: 1, address: '10.10.1.101', start: at(0), end: at(30 * HOUR) },
    { agent: 1, address: '10.10.1.102', start: at(30 * HOUR), end: at(48 * HOUR) },
    { agent: 3, address: '2001:db8::3', start: at(0), end: at(10 * HOUR) },
    // Another analysis saw a part of the same time.
    { agent: 1, address: '10.10.1.101', start: at(29 * HOUR), end: at(30 * HOUR + 5) },
  ]
  for (const address of addresses) store.add('agent_address', { analysis: 1, ...address })
  store.add('connection', {
    agent: 1,
    number: 1,
    server: 1,
    start: at(1),
    end: at(25 * HOUR),
    facts: facts({ maxIdle: 300e6 }),
  })
  store.add('connection', { agent: 1, number: 2, start: at(2), end: at(3) })
  store.add('connection', { agent: 1, number: 3, start: at(47 * HOUR), end: at(48 * HOUR), end_reason: 5 })
  store.add('incident', { cause: 'a', service: 1, start: at(0), end: at(48 * HOUR) })
  for (const hour of [1, 47.5, 48]) store.add('occurrence', { incident: 1, agent: 1, at: at(hour * HOUR) })
})
afterAll(() => store.close())

const ids = (filter: AgentFilter): string[] =>
  listAgents(store, filter, { limit: 9 }).items.map(({ id }) => id)

test.each<[AgentFilter, string[]]>([
  [{}, ['EPA-3', 'EPA-1', '100%_B']],
  [{ service: ['dlp'] }, ['EPA-1']],
  [{ service: ['dlp', 'epo'] }, ['EPA-3', 'EPA-1']],
  [{ server: ['ah1'] }, ['EPA-3', 'EPA-1']],
  [{ server: ['dlp1'] }, []],
  [{ service: ['dlp'], server: ['ah1'] }, []],
  [{ text: 'epa' }, ['EPA-3', 'EPA-1']],
  [{ text: '%' }, ['100%_B']],
  [{ text: '0%_' }, ['100%_B']],
  [{ text: '_' }, ['100%_B']],
  [{ text: ' 10.10.1. ' }, ['EPA-1']],
  [{ text: '2001:db8' }, ['EPA-3']],
  [{ text: '10.1.1' }, []],
  [{ text: ' ' }, ['EPA-3', 'EPA-1', '100%_B']],
])('%j admits %j', (filter, expected) => {
  expect(ids(filter)).toEqual(expected)
  expect(listAgents(store, filter, { limit: 1 }).total).toBe(expected.length)
})

test('an agent is where its latest session is', () => {
  expect(listAgents(store, { text: 'EPA-1' }, { limit: 1 }).items).toEqual([
    {
      id: 'EPA-1',
      identifiedBy: 'http-header',
      confidence: 0.9,
      occurrences: 2,
      worst: 'critical',
      addresses: ['10.10.1.102', '10.10.1.101'],
      services: ['dlp', 'epo'],
      server: 'dlp2',
      firstSeen: '2026-11-21T00:00:00.000000Z',
      lastSeen: '2026-11-23T00:00:00.000000Z',
    },
  ])
})

test('a swimlane of the last day that was seen', () => {
  const view = agentView(store, 'EPA-1')!
  expect([view.from, view.to]).toEqual(['2026-11-22T00:00:00.000000Z', '2026-11-23T00:00:00.000000Z'])
  expect(view.addresses).toEqual([
    { address: '10.10.1.101', start: isoTime(at(0)), end: isoTime(at(30 * HOUR + 5)) },
    { address: '10.10.1.102', start: isoTime(at(30 * HOUR)), end: isoTime(at(48 * HOUR)) },
  ])
  expect(view.stays.map(({ server, service, endedBy }) => [server, service, endedBy])).toEqual([
    ['dlp1', 'dlp', 'agent'],
    ['dlp2', 'dlp', 'hop'],
  ])
  expect(view.connections).toEqual([
    {
      id: 1,
      server: 'dlp1',
      endReason: 'client-fin',
      maxIdleSeconds: 300,
      idleBeforeEndSeconds: 0,
      start: '2026-11-21T00:00:01.000000Z',
      end: '2026-11-22T01:00:00.000000Z',
    },
    {
      id: 3,
      server: null,
      endReason: 'middlebox-rst',
      maxIdleSeconds: 0,
      idleBeforeEndSeconds: 0,
      start: '2026-11-22T23:00:00.000000Z',
      end: '2026-11-23T00:00:00.000000Z',
    },
  ])
  expect(view.happenings.map(({ id }) => id)).toEqual([2, 3])
  expect(view.week).toHaveLength(168)
  expect(view.week.map((n, hour) => [hour, n]).filter(([, n]) => n !== 0)).toEqual([
    [121, 1],
    [167, 2],
  ])
})

test('a swimlane of asked times', () => {
  const view = agentView(store, 'EPA-1', { from: at(0), to: at(2 * HOUR) })!
  expect(view.connections.map(({ id }) => id)).toEqual([1, 2])
  expect(view.happenings.map(({ id }) => id)).toEqual([1])
  expect(view.stays.map(({ server }) => server)).toEqual(['dlp1', 'ah1'])
  expect(() => agentView(store, 'EPA-1', { from: 2, to: 1 })).toThrow(
    expect.objectContaining({ field: 'from' }),
  )
  expect(agentView(store, 'nobody')).toBeNull()
})

test('when the latest session goes, the one before it tells where an agent is', () => {
  const server = () => listAgents(store, { text: 'EPA-1' }, { limit: 1 }).items[0]!.server
  store.db.exec('BEGIN')
  store.db.exec(`DELETE FROM session WHERE server = 'dlp2'`)
  expect(server()).toBe('dlp1')
  store.db.exec('DELETE FROM session WHERE agent = 1')
  expect(server()).toBeNull()
  store.db.exec('ROLLBACK')
})
