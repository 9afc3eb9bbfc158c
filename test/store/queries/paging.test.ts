import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { INCIDENT_TYPES } from '../../../src/model/incident.ts'
import type { Page } from '../../../src/model/view.ts'
import { END_REASONS, SEVERITIES } from '../../../src/store/codes.data.ts'
import { listAgents } from '../../../src/store/queries/agents.ts'
import { listAnalyses } from '../../../src/store/queries/analyses.ts'
import { listCaptures } from '../../../src/store/queries/captures.ts'
import { listConnections } from '../../../src/store/queries/connections.ts'
import type { ConnectionFilter, Filter, PageRequest } from '../../../src/store/queries/filter.ts'
import { listIncidents } from '../../../src/store/queries/incidents.ts'
import { listOccurrences } from '../../../src/store/queries/occurrences.ts'
import { listServers } from '../../../src/store/queries/servers.ts'
import { refreshText } from '../../../src/store/incident-text.ts'
import { random } from '../../bench/store/random.ts'
import { at, smallStore } from './small-store.ts'
import type { Row, SmallStore } from './small-store.ts'

// Few values of everything, so that most filters admit something and many times are equal.
const STATES = ['open', 'acknowledged', 'resolved', 'reopened'] as const
const TYPES = INCIDENT_TYPES.slice(0, 3)
const SERVICES = ['dlp', 'epo']
const AGENTS = ['EPA-0', 'EPA-1', 'EPA-2', 'EPA-3']
const SERVERS = ['dlp1', 'dlp2', 'ah1', 'ah2']
const WORDS = ['rebalanced', 'firmware', 'wifi']
const ANALYSES = 3
const SECONDS = 20

interface Known {
  readonly incidents: Row[]
  readonly occurrences: Row[]
  readonly connections: Row[]
}

let store: SmallStore
const known: Known = { incidents: [], occurrences: [], connections: [] }

beforeAll(() => {
  store = smallStore()
  const r = random(5)
  for (let id = 1; id <= ANALYSES; id++) {
    store.add('capture', { name: `${id}.pcap`, sha256: String(id) })
    store.add('analysis', {})
    store.add('analysis_input', { analysis: id, capture: id, start: at(0), end: at(SECONDS) })
  }
  for (const name of SERVICES) store.add('service', { name })
  for (const [place, name] of SERVERS.entries()) store.add('server', { name, service: place < 2 ? 1 : 2 })
  for (const name of AGENTS) store.add('agent', { name, occurrences: r.below(3) })
  for (let id = 1; id <= 40; id++) addIncident(id)
  for (let id = 1; id <= 120; id++) addConnection(id)

  function addIncident(id: number): void {
    const service = 1 + r.below(2)
    const own = {
      id,
      cause: String(id),
      service,
      type: r.pick(TYPES),
      state: r.pick(STATES),
      created: at(r.below(9)),
    }
    const title = r.pick(WORDS)
    const [start, end] = [0, SECONDS].map(at)
    store.add('incident', { ...own, severity: 3, title, start, end })
    const its = Array.from({ length: r.below(12) }, () => addOccurrence(own, title))
    for (const analysis of new Set(its.map((row) => row['analysis'])))
      store.add('incident_share', { incident: id, analysis, occurrences: 1, start, end, record: '{}' })
    for (const agent of new Set(its.map((row) => row['agent'])))
      if (agent !== null) store.add('incident_agent', { incident: id, agent, occurrences: 1, last: start })
    known.incidents.push({ ...own, title, its, severity: 3, start, end })
    refreshText(store, id)
  }

  function addOccurrence(
    { id: incident, service, type, ...rest }: Row & { service: number },
    title: string,
  ): Row {
    const place = r.below(2)
    const server = r.below(4) === 0 ? null : 2 * (service - 1) + place + 1
    const agent = r.below(5) === 0 ? null : 1 + r.below(4)
    const facts = { severity: 1 + r.below(3), at: at(r.below(SECONDS)), analysis: 1 + r.below(ANALYSES) }
    const row = { incident, service, type, server, agent, ...facts }
    const id = store.add('occurrence', row)
    const whole = { ...row, id, title, state: rest['state'], created: rest['created'] }
    known.occurrences.push(whole)
    return whole
  }

  function addConnection(number: number): void {
    const service = 1 + r.below(2)
    const row = {
      service,
      agent: r.below(4) === 0 ? null : 1 + r.below(4),
      end_reason: r.below(END_REASONS.length),
      analysis: 1 + r.below(ANALYSES),
      number,
      start: at(r.below(SECONDS)),
      end: at(SECONDS),
      server: r.below(5) === 0 ? null : 2 * (service - 1) + r.below(2) + 1,
    }
    known.connections.push({ ...row, id: store.add('connection', row) })
  }
})
afterAll(() => store.close())

const some = <T>(values: readonly T[]) =>
  fc.option(fc.subarray([...values], { minLength: 1, maxLength: 2 }), { nil: undefined, freq: 2 })
const second = fc.option(fc.integer({ min: 0, max: SECONDS }).map(at), { nil: undefined, freq: 2 })
const times = fc
  .tuple(second, second)
  .map(([a, b]) => (a !== undefined && b !== undefined && a > b ? { from: b, to: a } : { from: a, to: b }))
const filters: fc.Arbitrary<Filter> = fc
  .record({
    state: some(STATES),
    severity: some(['info', 'warning', 'critical'] as const),
    type: some(TYPES),
    service: some(SERVICES),
    agent: some(AGENTS),
    server: some(SERVERS),
    capture: some([1, 2, 3]),
    text: fc.option(fc.constantFrom(...WORDS), { nil: undefined, freq: 2 }),
    since: fc.option(fc.integer({ min: 0, max: 9 }).map(at), { nil: undefined, freq: 2 }),
    times,
  })
  .map(({ times: asked, ...others }) => ({ ...others, ...asked }))
const limits = fc.integer({ min: 1, max: 40 })

/** All pages, one after the other. */
function pages<T>(list: (page: PageRequest) => Page<T>, limit: number): T[] {
  const items: T[] = []
  let cursor: string | null = null
  do {
    const page: Page<T> = list({ cursor, limit })
    expect(page.items.length).toBeLessThanOrEqual(limit)
    if (page.next !== null) expect(page.items.length).toBe(limit)
    items.push(...page.items)
    cursor = page.next
  } while (cursor !== null)
  return items
}

const isIn = <T>(values: readonly T[] | undefined, value: T): boolean =>
  values === undefined || values.includes(value)
const nameOf = (names: readonly string[], id: unknown): string => names[Number(id) - 1] ?? ''
const newest = (field: string) => (a: Row, b: Row) =>
  Number(b[field]) - Number(a[field]) || Number(b['id']) - Number(a['id'])

const ofParties = (row: Row, f: Filter): boolean =>
  isIn(f.service, nameOf(SERVICES, row['service'])) &&
  isIn(f.agent, nameOf(AGENTS, row['agent'])) &&
  isIn(f.server, nameOf(SERVERS, row['server'])) &&
  isIn(f.capture, row['analysis'] as number)

const ofIncident = (row: Row, f: Filter): boolean =>
  (isIn as (values: unknown, value: unknown) => boolean)(f.state, row['state']) &&
  (isIn as (values: unknown, value: unknown) => boolean)(f.type, row['type']) &&
  (f.text === undefined || row['title'] === f.text) &&
  (f.since === undefined || Number(row['created']) > f.since)

const ofSeverity = (row: Row, f: Filter): boolean =>
  isIn(f.severity, SEVERITIES[Number(row['severity'])] as 'info')

describe('the pages are the whole list', () => {
  test('of occurrences', () => {
    fc.assert(
      fc.property(filters, limits, (filter, limit) => {
        const { from = -Infinity, to = Infinity } = filter
        const expected = known.occurrences
          .filter((o) => ofParties(o, filter) && ofIncident(o, filter) && ofSeverity(o, filter))
          .filter((o) => Number(o['at']) >= from && Number(o['at']) <= to)
          .sort(newest('at'))
        const shown = pages((page) => listOccurrences(store, filter, page), limit)
        expect(shown.map(({ id }) => id)).toEqual(expected.map(({ id }) => id))
      }),
      { numRuns: 200 },
    )
  })

  test('of incidents', () => {
    fc.assert(
      fc.property(filters, limits, (filter, limit) => {
        const { service, agent, server, capture, from = -Infinity, to = Infinity } = filter
        const some = (i: Row, only: Filter): boolean =>
          Object.values(only).every((value) => value === undefined) ||
          (i['its'] as Row[]).some((o) => ofParties(o, only))
        const expected = known.incidents
          .filter(
            (i) =>
              ofIncident(i, filter) && ofSeverity(i, filter) && isIn(service, nameOf(SERVICES, i['service'])),
          )
          .filter((i) => some(i, { agent }) && some(i, { server }) && some(i, { capture }))
          .filter((i) => Number(i['end']) >= from && Number(i['start']) <= to)
          .sort(newest('end'))
        const shown = pages((page) => listIncidents(store, filter, page), limit)
        expect(shown.map(({ id }) => id)).toEqual(expected.map(({ id }) => `HF-${Number(id)}`))
        expect(listIncidents(store, filter, { limit: 1 }).total).toBe(expected.length)
      }),
      { numRuns: 100 },
    )
  })

  test('of connections', () => {
    const asked = fc
      .tuple(filters, some(END_REASONS))
      .map(([{ service, agent, server, capture, from, to }, endReason]): ConnectionFilter => {
        return { service, agent, server, capture, from, to, endReason }
      })
    fc.assert(
      fc.property(asked, limits, (filter, limit) => {
        const { from = -Infinity, to = Infinity, endReason } = filter
        const expected = known.connections
          .filter((c) => ofParties(c, filter) && isIn(endReason, END_REASONS[Number(c['end_reason'])]!))
          .filter((c) => Number(c['start']) >= from && Number(c['start']) <= to)
          .sort(newest('start'))
        const shown = pages((page) => listConnections(store, filter, page), limit)
        expect(shown.map(({ id }) => id)).toEqual(expected.map(({ id }) => id))
      }),
      { numRuns: 80 },
    )
  })

  test('of agents, servers, captures and analyses', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), (limit) => {
        const whole = { limit: 100 }
        expect(pages((page) => listAgents(store, {}, page), limit)).toEqual(
          listAgents(store, {}, whole).items,
        )
        expect(pages((page) => listServers(store, {}, page), limit)).toEqual(
          listServers(store, {}, whole).items,
        )
        expect(pages((page) => listCaptures(store, page), limit)).toEqual(listCaptures(store, whole).items)
        expect(pages((page) => listAnalyses(store, {}, page), limit)).toEqual(
          listAnalyses(store, {}, whole).items,
        )
      }),
      { numRuns: 10 },
    )
    const numbers = [listAgents, listServers, listAnalyses].map(
      (list) => list(store, {}, { limit: 100 }).items.length,
    )
    expect(numbers).toEqual([AGENTS.length, SERVERS.length, ANALYSES])
  })
})

test('a cursor of another list is refused', () => {
  const lists: Readonly<Record<string, (page: PageRequest) => Page<unknown>>> = {
    incidents: (page) => listIncidents(store, {}, page),
    occurrences: (page) => listOccurrences(store, {}, page),
    connections: (page) => listConnections(store, {}, page),
    agents: (page) => listAgents(store, {}, page),
    servers: (page) => listServers(store, {}, page),
    captures: (page) => listCaptures(store, page),
    analyses: (page) => listAnalyses(store, {}, page),
  }
  for (const [name, list] of Object.entries(lists)) {
    const { next } = list({ limit: 1 })
    expect([name, typeof next]).toEqual([name, 'string'])
    for (const [other, ask] of Object.entries(lists))
      if (other !== name)
        expect(() => ask({ limit: 1, cursor: next })).toThrow(expect.objectContaining({ field: 'cursor' }))
  }
})
