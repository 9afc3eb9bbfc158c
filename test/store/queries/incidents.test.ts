import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Filter } from '../../../src/store/queries/filter.ts'
import { incidentsMatching, resolved } from '../../../src/store/queries/incident-filter.ts'
import { incidentView } from '../../../src/store/queries/incident-view.ts'
import { incidentRow, listIncidents } from '../../../src/store/queries/incidents.ts'
import { refreshText } from '../../../src/store/incident-text.ts'
import { at, HOUR, readStore } from './small-store.ts'
import type { SmallStore } from './small-store.ts'

let store: SmallStore
beforeAll(() => {
  store = readStore()
  for (const name of ['dlp', 'epo']) store.add('service', { name })
  store.add('server', { service: 1, name: 'dlp1' })
  store.add('server', { service: 2, name: 'ah1' })
  for (const name of ['EPA-1', 'EPA-2']) store.add('agent', { name })
  const timer = {
    lowerSeconds: 299,
    upperSeconds: 301,
    survived: 2,
    severed: 2,
    candidates: ['F5'],
    safeKeepAliveSeconds: 239,
  }
  const attribution = [{ test: 'window', weight: 2, observed: 'zero' }]
  const incidents = [
    {
      service: 1,
      cause: 'a',
      details: JSON.stringify({ timer, attribution }),
      start: at(0),
      end: at(24 * HOUR),
    },
    {
      service: 1,
      cause: 'b',
      type: 'server-hop',
      severity: 2,
      state: 'resolved',
      start: at(10),
      end: at(20),
    },
    {
      service: 2,
      cause: 'c',
      type: 'nat-change',
      severity: 2,
      title: 'The firewall moved',
      start: at(5),
      end: at(20),
    },
    {
      service: 1,
      cause: 'd',
      type: 'server-idle-close',
      severity: 1,
      start: at(30),
      end: at(40),
      created: at(90),
    },
  ]
  for (const incident of incidents) store.add('incident', incident)
  const occurrences = [
    { incident: 1, at: at(0), agent: 1, server: 1, server_name: 'dlp1', details: '{"silenceSeconds":300.2}' },
    {
      incident: 1,
      at: at(12 * HOUR),
      agent: 2,
      server: 1,
      server_name: 'dlp1',
      details: '{"silenceSeconds":300.5}',
    },
    { incident: 1, at: at(24 * HOUR), agent: 2, server: null, server_name: null },
    { incident: 3, at: at(20), agent: 2, server: 2, server_name: 'ah1' },
  ]
  for (const occurrence of occurrences) store.add('occurrence', { service: 1, ...occurrence })
  const agents = [
    [1, 1, 1],
    [1, 2, 2],
    [3, 2, 1],
  ] as const
  for (const [incident, agent, n] of agents)
    store.add('incident_agent', { incident, agent, occurrences: n, last: at(0) })
  store.add('incident_share', {
    incident: 1,
    analysis: 1,
    occurrences: 3,
    start: at(0),
    end: at(1),
    record: '{}',
  })
  const packet = {
    capture: 1,
    time: at(0),
    nanoseconds: 0,
    link_type: 1,
    wire_length: 60,
    bytes: Buffer.alloc(60),
  }
  for (const number of [7, 9]) store.add('packet', { ...packet, number })
  const proofs = [
    [1, 0, 1],
    [1, 1, 2],
    [2, 0, 2],
    [2, 1, null],
  ]
  for (const [occurrence, ordinal, kept] of proofs)
    store.add('evidence', { occurrence, ordinal, tap: 'client', packet: 7, at: at(0), note: 'FIN', kept })
  store.add('incident_history', { incident: 1, at: at(50), state: 'acknowledged', who: 'ops', note: 'seen' })
  store.add('incident_history', { incident: 1, at: at(60), state: 'open', who: 'ops', note: '' })
  for (const [service, survived] of [
    [1, 200],
    [1, 299],
    [2, 500],
    [1, 0],
  ] as const)
    store.add('connection', { number: 1, service, start: at(0), end: at(1), survived: survived * 1e6 })
  for (const id of [1, 2, 3, 4]) refreshText(store, id)
})
afterAll(() => store.close())

const ids = (filter: Filter): string[] =>
  listIncidents(store, filter, { limit: 50 }).items.map(({ id }) => id)

test.each<[Filter, string[]]>([
  [{}, ['HF-1', 'HF-4', 'HF-3', 'HF-2']],
  [{ state: [], text: '' }, ['HF-1', 'HF-4', 'HF-3', 'HF-2']],
  [{ state: ['resolved'] }, ['HF-2']],
  [{ severity: ['warning', 'info'] }, ['HF-4', 'HF-3', 'HF-2']],
  [{ type: ['nat-change', 'server-hop'] }, ['HF-3', 'HF-2']],
  [{ service: ['dlp'] }, ['HF-1', 'HF-4', 'HF-2']],
  [{ service: ['dlp'], severity: ['warning'] }, ['HF-2']],
  [{ service: ['nobody'] }, []],
  [{ agent: ['EPA-2'] }, ['HF-1', 'HF-3']],
  [{ agent: ['EPA-1', 'nobody'] }, ['HF-1']],
  [{ server: ['ah1'] }, ['HF-3']],
  [{ server: ['dlp1', 'ah1'], severity: ['warning'] }, ['HF-3']],
  [{ capture: [1] }, ['HF-1']],
  [{ capture: [2] }, []],
  [{ from: at(25) }, ['HF-1', 'HF-4']],
  [{ to: at(5) }, ['HF-1', 'HF-3']],
  [{ from: at(20), to: at(25) }, ['HF-1', 'HF-3', 'HF-2']],
  [{ since: at(89) }, ['HF-4']],
  [{ text: 'firewall mov' }, ['HF-3']],
  [{ text: 'EPA-2' }, ['HF-1', 'HF-3']],
  [{ text: 'firewall elsewhere' }, []],
])('%j admits %j', (filter, expected) => {
  expect(ids(filter)).toEqual(expected)
  expect(listIncidents(store, filter, { limit: 1 }).total).toBe(expected.length)
})

test('one incident as a row', () => {
  expect(incidentRow(store, 1)).toEqual({
    id: 'HF-1',
    type: 'severed-idle',
    severity: 'critical',
    state: 'open',
    service: 'dlp',
    title: 'Cut',
    summary: 'It cut.',
    requirements: ['S0-04'],
    occurrences: 1,
    agents: 1,
    actor: {
      role: 'load-balancer',
      address: '10.10.2.10',
      name: 'lb1',
      confidence: 0.9,
    },
    start: '2026-11-21T00:00:00.000000Z',
    end: '2026-11-22T00:00:00.000000Z',
    created: '2026-11-21T00:00:00.000000Z',
    changed: '2026-11-21T00:00:00.000000Z',
    confidence: 0.8,
    trend: [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
  })
  expect(incidentRow(store, 99)).toBeNull()
})

describe('trend', () => {
  const trendOf = (filter: Filter) => listIncidents(store, filter, { limit: 1 }).items[0]!.trend

  test('covers the asked time', () => {
    const trend = trendOf({ from: at(12 * HOUR), to: at(24 * HOUR) })
    expect(trend).toEqual([1, ...new Array<number>(22).fill(0), 1])
  })
  test('is counted from hours where the time is long', () => {
    const trend = trendOf({ from: at(-36 * HOUR), to: at(60 * HOUR) })
    expect(trend.map((n, step) => [step, n]).filter(([, n]) => n !== 0)).toEqual([
      [9, 1],
      [12, 1],
      [15, 1],
    ])
  })
})

test('the hours of an incident follow its occurrences', () => {
  const hours = () =>
    store.db.prepare('SELECT hour, occurrences FROM incident_hour WHERE incident = 1').raw().all()
  const first = at(0) / (HOUR * 1e6)
  store.db.exec('BEGIN')
  const id = store.add('occurrence', { incident: 1, at: at(59) })
  expect(hours()).toEqual([
    [first, 2],
    [first + 12, 1],
    [first + 24, 1],
  ])
  store.db.prepare('DELETE FROM occurrence WHERE id IN (?, 3)').run(id)
  expect(hours()).toEqual([
    [first, 1],
    [first + 12, 1],
  ])
  store.db.exec('ROLLBACK')
})

test('one incident in full', () => {
  const { remedy, filter, details, attribution, timer, history, captures, related, packets } = incidentView(
    store,
    1,
  )!
  expect({ remedy, filter, attribution, captures, related, packets }).toEqual({
    remedy: 'Raise it.',
    filter: 'tcp',
    attribution: [{ test: 'window', weight: 2, observed: 'zero' }],
    captures: [{ id: 1, name: 'client.pcap', tap: 'client', isLive: false }],
    related: [{ id: 'HF-4', type: 'server-idle-close', severity: 'info', state: 'open', title: 'Cut' }],
    packets: 2,
  })
  expect(details['timer']).toBeDefined()
  expect(timer).toEqual({
    lowerSeconds: 299,
    upperSeconds: 301,
    survived: 2,
    severed: 2,
    candidates: ['F5'],
    safeKeepAliveSeconds: 239,
    excluded: [
      { device: 'Azure Load Balancer', seconds: 240 },
      { device: 'AWS Network Load Balancer', seconds: 350 },
      { device: 'nginx stream proxy_timeout', seconds: 600 },
    ],
    severedSeconds: [300.5, 300.2],
    survivedSeconds: [299, 200],
  })
  expect(history).toEqual([
    { at: '2026-11-21T00:00:50.000000Z', state: 'acknowledged', by: 'ops', note: 'seen' },
    { at: '2026-11-21T00:01:00.000000Z', state: 'open', by: 'ops', note: '' },
  ])
  expect(incidentView(store, 2)!.timer).toBeNull()
  expect(incidentView(store, 99)).toBeNull()
})

test('what cannot be asked names its field', () => {
  const ask =
    (filter: Filter, limit = 1, cursor: string | null = null) =>
    () =>
      listIncidents(store, filter, { limit, cursor })
  expect(ask({}, 0)).toThrow(expect.objectContaining({ field: 'limit' }))
  expect(ask({}, 501)).toThrow(expect.objectContaining({ field: 'limit' }))
  expect(ask({}, 1.5)).toThrow(expect.objectContaining({ field: 'limit' }))
  expect(ask({}, 1, 'abc')).toThrow(expect.objectContaining({ field: 'cursor' }))
  expect(ask({ from: 2, to: 1 })).toThrow(expect.objectContaining({ field: 'from' }))
  expect(ask({ to: NaN })).toThrow(expect.objectContaining({ field: 'to' }))
  expect(ask({ text: 'x'.repeat(501) })).toThrow(expect.objectContaining({ field: 'text' }))
  const many = new Array<string>(101).fill('x')
  expect(ask({ service: many })).toThrow(expect.objectContaining({ field: 'service' }))
})

// Each of a million occurrences would be looked at otherwise: the planner does not know how few match.
test.each<Filter>([
  { server: ['dlp1'] },
  { server: ['dlp1'], capture: [1] },
  { server: ['dlp1'], agent: ['EPA-1'] },
  { server: ['dlp1'], capture: [1], agent: ['EPA-1'], text: 'idle', from: at(0), state: ['open'] },
])('the server of %j is looked up by its index', (filter) => {
  const { sql, parameters } = incidentsMatching(resolved(store, filter)).select('i.id').compile()
  const plan = store.db.prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`).all(...parameters)
  expect(plan.map(({ detail }) => detail).join('\n')).toContain(
    'USING COVERING INDEX occurrence_of_server (server=? AND incident=?)',
  )
})
