import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { placesOf } from '../../../src/store/queries/places.ts'
import { listServers } from '../../../src/store/queries/servers.ts'
import { serviceView } from '../../../src/store/queries/service-view.ts'
import { HOLDS, listServices } from '../../../src/store/queries/services.ts'
import { at, HOUR, MIDNIGHT, readStore, smallStore } from './small-store.ts'
import type { SmallStore } from './small-store.ts'

const MINUTE_OF_MIDNIGHT = MIDNIGHT / 60e6
let store: SmallStore
beforeAll(() => {
  store = readStore()
  store.add('service', { name: 'dlp' })
  store.add('service', { name: 'epo', last_seen: at(12 * HOUR) })
  store.add('server', { service: 1, name: 'dlp2', address: '2001:db8::2' })
  store.add('server', { service: 1, name: 'dlp1' })
  for (const name of ['EPA-1', 'EPA-2', 'EPA-3']) store.add('agent', { name })
  const sessions = [
    { agent: 1, server: 'dlp1', start: at(0), end: at(12 * HOUR) },
    { agent: 1, server: 'dlp2', start: at(12 * HOUR), end: at(24 * HOUR) },
    { agent: 2, server: 'dlp1', start: at(6 * HOUR), end: at(24 * HOUR) },
    { agent: 3, server: 'dlp1', start: at(-50 * HOUR), end: at(-30 * HOUR) },
  ]
  for (const session of sessions) store.add('session', { service: 1, ...session })
  for (const [agent, address] of [
    [1, '10.10.1.101'],
    [2, '10.10.1.202'],
    [3, '2001:db8:0:1::7'],
  ] as const)
    store.add('agent_address', { agent, analysis: 1, address, start: at(0), end: at(1) })
  const tally = { analysis: 1, service: 1 }
  store.add('tally', { ...tally, server: 0, connections: 1, open: 0, handshakes: '{}' })
  store.add('tally', { ...tally, server: 2, connections: 10, open: 4, handshakes: '{"-40":3,"-20":1}' })
  const details = JSON.stringify({ timer: { lowerSeconds: 299, upperSeconds: 301 } })
  store.add('incident', {
    cause: 'a',
    service: 1,
    title: 'The balancer cuts',
    start: at(0),
    end: at(1),
    details,
  })
  store.add('incident', {
    cause: 'b',
    service: 1,
    severity: 2,
    state: 'acknowledged',
    start: at(0),
    end: at(2),
  })
  store.add('incident', { cause: 'c', service: 2, state: 'resolved', start: at(0), end: at(3) })
  const minute = { analysis: 1, service: 1, opened: 0, closed: 0, bytes: 0, critical: 0, warning: 0, info: 0 }
  store.add('minute', { ...minute, server: 0, minute: MINUTE_OF_MIDNIGHT, critical: 2, info: 1 })
  store.add('minute', { ...minute, server: 2, minute: MINUTE_OF_MIDNIGHT, critical: 2, info: 1 })
  store.add('minute', { ...minute, server: 0, minute: MINUTE_OF_MIDNIGHT + 1439, warning: 3 })
  store.add('minute', { ...minute, server: 0, minute: MINUTE_OF_MIDNIGHT - 1, warning: 9 })
  store.add('silence', { analysis: 1, service: 1, step: 9, survived: 5, severed: 2 })
  store.add('silence', { analysis: 1, service: 1, step: 1, survived: 4, severed: 0 })
})
afterAll(() => store.close())

const steps = (...runs: (readonly [count: number, value: number])[]): number[] =>
  runs.flatMap(([count, value]) => new Array<number>(count).fill(value))

test('services, the worst first', () => {
  const [dlp, epo] = listServices(store)
  expect(dlp).toEqual({
    name: 'dlp',
    verdict: 'The balancer cuts',
    worst: 'critical',
    agents: 3,
    servers: 2,
    connections: 11,
    openIncidents: 2,
    occurrences: 6,
    holdsIdle: false,
    firstSeen: '2026-11-21T00:00:00.000000Z',
    lastSeen: '2026-11-22T00:00:00.000000Z',
    attached: steps([12, 1], [36, 2]),
    trend: {
      critical: steps([1, 2], [47, 0]),
      warning: steps([47, 0], [1, 3]),
      info: steps([1, 1], [47, 0]),
    },
  })
  expect(epo).toMatchObject({
    name: 'epo',
    worst: null,
    openIncidents: 0,
    occurrences: 0,
    attached: steps([48, 0]),
    verdict: 'Nothing broken was seen: 0 agents at 0 servers, 0 connections.',
  })
})

test('a service whose servers are hidden behind a relay says so', () => {
  const hidden = readStore()
  hidden.add('service', { name: 'dlp' })
  hidden.add('tally', { analysis: 1, service: 1, server: 0, connections: 66, open: 0, handshakes: '{}' })
  const verdict = (): string => listServices(hidden)[0]!.verdict
  expect(verdict()).toBe('Nothing broken was seen in 66 connections; which server took them was not seen.')
  // A connection that survived what counts as idle shows more.
  hidden.add('connection', { number: 1, service: 1, start: 0, end: 1, survived: 59_999_999 })
  expect(verdict()).toMatch(/^Nothing broken was seen in/)
  hidden.add('connection', { number: 2, service: 1, start: 0, end: 1, survived: 60_000_000 })
  expect(verdict()).toMatch(/^Nothing is broken in/)
  hidden.close()
})

test('an empty store has no services', () => {
  const empty = smallStore()
  expect(listServices(empty)).toEqual([])
  empty.close()
})

test('one service in full', () => {
  const { from, to, serverList, silences, shares, places, incidents } = serviceView(store, 'dlp')!
  expect([from, to]).toEqual(['2026-11-21T00:00:00.000000Z', '2026-11-22T00:00:00.000000Z'])
  expect(serverList.map(({ name, agents }) => [name, agents])).toEqual([
    ['dlp1', 2],
    ['dlp2', 1],
  ])
  expect(silences.bins).toHaveLength(10)
  expect(silences.bins[9]).toEqual({ fromSeconds: 177.8, toSeconds: 316.2, survived: 5, severed: 2 })
  expect(silences.bins[0]).toEqual({ fromSeconds: 1, toSeconds: 1.778, survived: 0, severed: 0 })
  const timer = { incident: 'HF-1', lowerSeconds: 299, upperSeconds: 301, role: 'load-balancer' }
  expect(silences.timer).toEqual(timer)
  expect(shares.servers).toEqual(['dlp1', 'dlp2'])
  expect(shares.points.map(({ agents }) => agents.join())).toEqual([
    ...new Array<string>(12).fill('1,0'),
    ...new Array<string>(12).fill('2,0'),
    ...new Array<string>(24).fill('1,1'),
  ])
  expect(shares.points[1]!.at).toBe('2026-11-21T00:30:00.000000Z')
  expect(places).toEqual([
    { network: '10.10.1.0/24', server: 'dlp1', agents: 1 },
    { network: '10.10.1.0/24', server: 'dlp2', agents: 1 },
    { network: '2001:db8:0:1::/64', server: 'dlp1', agents: 1 },
  ])
  expect(incidents.map(({ id }) => id)).toEqual(['HF-1', 'HF-2'])
  expect(serviceView(store, 'nobody')).toBeNull()
})

test('agents of whom only the name was seen are at a server too', () => {
  const behind = smallStore()
  onTestFinished(() => behind.close())
  behind.add('analysis', {})
  behind.add('service', { name: 'dlp' })
  for (const agent of [1, 2]) {
    behind.add('agent', { name: `EPA-${agent}` })
    behind.add('session', { service: 1, agent, server: 'dlp1', start: at(0), end: at(1) })
  }
  behind.add('agent_address', { agent: 2, analysis: 1, address: '10.10.1.7', start: at(0), end: at(1) })
  expect(placesOf(behind, 1)).toEqual([
    { network: '10.10.1.0/24', server: 'dlp1', agents: 1 },
    { network: 'not seen', server: 'dlp1', agents: 1 },
  ])
})

test('where sessions are many, half hours tell who was attached', () => {
  const many = smallStore()
  many.add('analysis', {})
  many.add('service', { name: 'dlp' })
  many.db.exec(`
    WITH RECURSIVE n (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < 5001)
      INSERT INTO agent SELECT id, id, 'address', 0, 0, 0, 0, 0 FROM n;
    INSERT INTO session (analysis, service, agent, server, start, "end", connections, bytes, ended_by)
      SELECT 1, 1, id, CASE WHEN id <= 5000 THEN 'dlp1' ELSE 'dlp2' END,
        CASE WHEN id <= 1000 THEN ${at(0)} ELSE ${at(12 * HOUR)} END, ${at(24 * HOUR)}, 1, 1, 'agent' FROM agent`)
  const { attached, shares } = serviceView(many, 'dlp')!
  expect(attached).toEqual(steps([24, 1_000], [24, 5_001]))
  expect([shares.servers, shares.points[47]!.agents]).toEqual([
    ['dlp1', 'dlp2'],
    [5_000, 1],
  ])
  many.db.exec('DELETE FROM session WHERE agent <= 500 OR agent = 5001')
  expect(serviceView(many, 'dlp')!.attached).toEqual(steps([24, 500], [24, 4_500]))
  expect(many.db.prepare('SELECT sum(change) FROM attachment').pluck().get()).toBe(0)
  many.close()
})

test('over weeks hours tell what happened, and forget what goes', () => {
  store.db.exec('BEGIN')
  const occurrence = { incident: 1, service: 1 }
  store.add('occurrence', { ...occurrence, at: at(1), severity: 3 })
  const second = store.add('occurrence', { ...occurrence, at: at(2), severity: 2 })
  store.add('occurrence', { ...occurrence, at: at(-20 * HOUR), severity: 1 })
  store.add('occurrence', { ...occurrence, at: at(1), service: null })
  const range = { from: at(-48 * HOUR), to: at(48 * HOUR) }
  const places = (row: readonly number[]) => row.flatMap((n, step) => (n === 0 ? [] : [[step, n]]))
  const { trend } = serviceView(store, 'dlp', range)!
  expect([trend.critical, trend.warning, trend.info].map(places)).toEqual([[[24, 1]], [[24, 1]], [[14, 1]]])
  store.db.prepare('DELETE FROM occurrence WHERE id = ?').run(second)
  expect(places(serviceView(store, 'dlp', range)!.trend.warning)).toEqual([])
  store.db.exec('ROLLBACK')
})

test('one server as a row', () => {
  expect(listServers(store, { service: ['dlp'] }, { limit: 9 }).items[1]).toEqual({
    id: '10.10.3.11:443',
    name: 'dlp1',
    service: 'dlp',
    address: '10.10.3.11',
    port: 443,
    identifiedBy: 'config',
    agents: 2,
    connections: 10,
    open: 4,
    medianHandshakeSeconds: 0.0106,
    lastSeen: '2026-11-21T00:00:00.000000Z',
  })
  expect(listServers(store, {}, { limit: 9 }).items[0]).toMatchObject({
    id: '[2001:db8::2]:443',
    connections: 0,
    medianHandshakeSeconds: null,
  })
  expect(listServers(store, { service: ['epo'] }, { limit: 9 })).toEqual({ items: [], next: null, total: 0 })
})

test('the day that is told begins with what was seen', () => {
  const short = smallStore()
  short.add('service', { name: 'dlp', first_seen: at(0), last_seen: at(600) })
  const { from, to } = serviceView(short, 'dlp')!
  expect([from, to]).toEqual(['2026-11-21T00:00:00.000000Z', '2026-11-21T00:10:00.000000Z'])
  const earlier = serviceView(short, 'dlp', { to: at(-60) })!
  expect([earlier.from, earlier.to]).toEqual(['2026-11-20T23:59:00.000000Z', '2026-11-20T23:59:00.000000Z'])
  short.close()
})

// Each connection would be looked at otherwise, for each service of a page.
test('who survived a silence is looked up by its index', () => {
  const plan = store.db.prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${HOLDS}`).all(1, 1)
  expect(plan.map(({ detail }) => detail).join('\n')).toContain(
    'USING COVERING INDEX connection_survived (service=? AND survived>?)',
  )
})
