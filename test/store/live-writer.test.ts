import { expect, test } from 'vitest'
import type { Finding } from '../../src/model/incident.ts'
import type { IncidentRecord, LastingSession } from '../../src/model/record.ts'
import { type Micros, seconds } from '../../src/model/time.ts'
import { beginCollection } from '../../src/store/live.ts'
import { type LiveStanding, liveWriter } from '../../src/store/live-writer.ts'
import { listAgents } from '../../src/store/queries/agents.ts'
import { incidentView } from '../../src/store/queries/incident-view.ts'
import { overview } from '../../src/store/queries/overview.ts'
import { prepared, type Store } from '../../src/store/store.ts'
import { capture, cut, severedIdle } from '../cli/output/story.ts'
import { all, database, NOW } from './database.ts'

test('what is taken back is over, and goes on if it is borne out after all', () => {
  const store = database()
  const facts = { collector: 'c', name: 'eth0', tap: 'client', at: NOW, config: null }
  let incident: IncidentRecord = severedIdle
  const writer = liveWriter(store, beginCollection(store, facts), {
    now: () => NOW,
    incident: () => incident,
    packet: () => null,
  })
  const told = (more: Partial<Finding>, record: Partial<IncidentRecord>): unknown => {
    incident = { ...severedIdle, ...record }
    writer.found(cut(more), 'I1')
    writer.flush()
    const row = prepared(store, 'SELECT state, severity, title FROM incident').all()
    const occurrences = prepared(store, 'SELECT severity FROM occurrence').all()
    const notes = prepared<{ note: string }>(store, 'SELECT note FROM incident_history').all()
    return { row, occurrences, notes: notes.map(({ note }) => note) }
  }
  expect(told({}, { title: 'T' })).toEqual({
    row: [{ state: 'open', severity: 3, title: 'T' }],
    occurrences: [{ severity: 3 }],
    notes: [],
  })
  const back = { amends: true, withdrawn: true, severity: 'info' } as const
  const note = 'More observations do not bear it out: chance explains it.'
  const over = {
    row: [{ state: 'resolved', severity: 1, title: 'Taken back: T' }],
    occurrences: [{ severity: 1 }],
    notes: [note],
  }
  const record = { title: 'Taken back: T', severity: 'info', withdrawn: true } as const
  expect(told(back, record)).toEqual(over)
  // Told again, it changes nothing.
  expect(told(back, record)).toEqual(over)
  expect(told({ amends: true }, { title: 'T' })).toEqual({
    row: [{ state: 'reopened', severity: 3, title: 'T' }],
    occurrences: [{ severity: 3 }],
    notes: [note, 'It is borne out after all.'],
  })
})

const FACTS = { collector: 'c', name: 'eth0', tap: 'client', at: NOW, config: null }

const writerOf = (store: Store, at: Micros = NOW) =>
  liveWriter(store, beginCollection(store, { ...FACTS, at }), {
    now: () => NOW,
    incident: () => severedIdle,
    packet: () => null,
  })

test('what is weighed otherwise later is counted as it is weighed now', () => {
  const store = database()
  const writer = writerOf(store)
  const told = (more: Partial<Finding>) => {
    writer.found(cut(more), 'I1')
    writer.flush()
    const severities = 'sum(critical) AS critical, sum(warning) AS warning, sum(info) AS info'
    return {
      minutes: all(store, `SELECT ${severities} FROM minute WHERE server = 0`),
      hours: all(store, `SELECT ${severities} FROM service_hour`),
      severed: all(store, 'SELECT severed FROM silence'),
      worst: all(store, 'SELECT worst, occurrences FROM agent'),
    }
  }
  const info = [{ critical: 0, warning: 0, info: 1 }]
  const critical = [{ critical: 1, warning: 0, info: 0 }]
  expect(told({ severity: 'info', needs: 'a capture of the hosts' })).toEqual({
    minutes: info,
    hours: info,
    severed: [],
    worst: [{ worst: 1, occurrences: 1 }],
  })
  expect(told({ amends: true })).toEqual({
    minutes: critical,
    hours: critical,
    severed: [{ severed: 1 }],
    worst: [{ worst: 3, occurrences: 1 }],
  })
})

test('the last day that was seen ends with the last occurrence, although its connection is open', () => {
  const store = database()
  const writer = writerOf(store)
  writer.found(cut(), 'I1')
  writer.flush()
  const { to, services } = overview(store)
  expect(to).toBe('2026-11-21T02:08:06.123456Z')
  expect(services[0]!.occurrences).toBe(1)
  expect(incidentView(store, 1)!.captures).toEqual([{ id: 1, name: 'eth0', tap: 'client', isLive: true }])
})

const standing = (sessions: readonly LastingSession[]): LiveStanding => ({
  causes: [],
  capture: capture(),
  agents: [{ kind: 'agent', id: 'EPA-0017', identifiedBy: 'http-header', confidence: 0.99, addresses: [] }],
  servers: [],
  sessions,
  requirements: [],
})

const after = (span: number): Micros => capture().start! + seconds(span)

const lasting = (until: Micros): LastingSession => ({
  service: 'dlp-endpoint',
  agent: 'EPA-0017',
  server: 'dlp1',
  start: after(1),
  end: until,
  connections: 1,
  bytes: 4_000,
  endedBy: 'open',
})

test('an agent that stays is somewhere all the time, and its session is told once', () => {
  const store = database()
  let writer = writerOf(store)
  const sessions = () => all(store, 'SELECT "end", bytes, ended_by AS endedBy FROM session')
  writer.stand(standing([lasting(after(60))]))
  const agent = listAgents(store, {}, { cursor: null, limit: 10 }).items[0]!
  expect(agent).toMatchObject({ id: 'EPA-0017', services: ['dlp-endpoint'], server: 'dlp1' })
  expect(agent.firstSeen).toBe('2026-11-21T02:05:41.000000Z')
  expect(overview(store).services[0]).toMatchObject({ agents: 1, lastSeen: '2026-11-21T02:06:40.000000Z' })
  // A day later, in an analysis of its own.
  writer = writerOf(store, NOW + seconds(86_400))
  writer.stand(standing([lasting(after(7_200))]))
  expect(sessions()).toEqual([{ end: after(7_200), bytes: 4_000, endedBy: 'open' }])
  expect(overview(store).services[0]!.attached.at(-1)).toBe(1)
  writer.record({ kind: 'session', id: 'S1', ...lasting(after(9_000)), bytes: 5_000, endedBy: 'hop' })
  writer.flush()
  expect(sessions()).toEqual([{ end: after(9_000), bytes: 5_000, endedBy: 'hop' }])
  // What half hours count is as if it had been told once.
  expect(all(store, 'SELECT sum(change) AS n FROM attachment GROUP BY slot HAVING n <> 0')).toHaveLength(2)
})
