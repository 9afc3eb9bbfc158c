import { afterAll, beforeAll, expect, test } from 'vitest'
import { analysisRow, listAnalyses } from '../../../src/store/queries/analyses.ts'
import { captureRow, listCaptures } from '../../../src/store/queries/captures.ts'
import { counts, overview } from '../../../src/store/queries/overview.ts'
import { listRequirements } from '../../../src/store/queries/requirements.ts'
import { at, HOUR, smallStore } from './small-store.ts'
import type { SmallStore } from './small-store.ts'

let store: SmallStore
beforeAll(() => {
  store = smallStore()
  store.add('service', { name: 'dlp' })
  for (const name of ['a.pcap', 'b.pcap', 'c.pcap']) store.add('capture', { name, sha256: name })
  store.db.exec(`UPDATE capture SET stored = NULL WHERE id = 2`)
  store.add('analysis', { summary: '{"packets":7}', packets: 7 })
  store.add('analysis', { state: 'failed', error: 'No capture.', published: 0 })
  store.add('analysis', { state: 'queued', finished: null, published: 0 })
  store.add('analysis', { state: 'running', stage: 'store', fraction: 0.5, finished: null, published: 0 })
  store.add('analysis', { summary: '{"incidents":{"critical":9,"warning":8,"info":7}}' })
  const quality = JSON.stringify({ truncatedPackets: 3 })
  const read = { format: 'pcap', packets: 7, quality }
  store.add('analysis_input', { analysis: 1, capture: 1, ...read })
  store.add('analysis_input', {
    analysis: 1,
    ordinal: 1,
    capture: 2,
    tap: 'server',
    ...read,
    end: at(20 * HOUR),
  })
  store.add('analysis_input', { analysis: 4, capture: 1, tap: 'again', start: null, end: null })
  store.add('analysis_input', { analysis: 5, capture: 3, end: at(60 * HOUR) })
  for (const [id, severity, state] of [
    [1, 3, 'open'],
    [2, 2, 'acknowledged'],
    [3, 2, 'resolved'],
    [4, 1, 'open'],
  ] as const) {
    store.add('incident', { cause: String(id), severity, state, start: at(0), end: at(1), created: at(id) })
    const share = { incident: id, occurrences: 1, start: at(0), end: at(1), record: '{}' }
    store.add('incident_share', { ...share, analysis: 1 })
    if (id < 3) store.add('incident_share', { ...share, analysis: 4 })
  }
  const minute = { analysis: 1, service: 1, minute: at(0) / 60e6, server: 0, opened: 0, closed: 0, bytes: 0 }
  store.add('minute', { ...minute, critical: 2, warning: 0, info: 5 })
  const verdict = { service: 'dlp', title: 'T', observations: 10, incidents: '[]' }
  const verdicts = [
    { analysis: 1, id: 'S0-01', status: 'violated' },
    { analysis: 5, id: 'S0-01', status: 'met' },
    { analysis: 1, id: 'S0-02', status: 'at-risk', incidents: '[2,"HF-1"]' },
    { analysis: 1, id: 'S0-03', status: 'met', service: '' },
    { analysis: 4, id: 'S0-04', status: 'violated' },
  ]
  for (const one of verdicts) store.add('requirement', { ...verdict, ...one })
})
afterAll(() => store.close())

test('one capture, as its latest reading describes it', () => {
  expect(captureRow(store, 1)).toEqual({
    id: 1,
    name: 'a.pcap',
    sha256: 'a.pcap',
    sizeBytes: 1e3,
    kept: true,
    analyses: [4, 1],
    tap: 'client',
    format: 'pcap',
    packets: 7,
    quality: { truncatedPackets: 3 },
    incidents: 4,
    live: null,
    uploaded: '2026-11-21T00:00:00.000000Z',
    start: '2026-11-21T00:00:00.000000Z',
    end: '2026-11-22T00:00:00.000000Z',
  })
  expect(captureRow(store, 2)).toMatchObject({ kept: false, analyses: [1], incidents: 4 })
  expect(captureRow(store, 3)).toMatchObject({ tap: 'client', format: null, quality: null, incidents: 0 })
  expect(captureRow(store, 9)).toBeNull()
  expect(listCaptures(store, { limit: 2 })).toMatchObject({ items: [{ id: 3 }, { id: 2 }], total: 3 })
})

test('analyses, the latest first', () => {
  expect(analysisRow(store, 1)).toEqual({
    id: 1,
    state: 'done',
    stage: 'read',
    fraction: 0,
    secondsLeft: null,
    packets: 7,
    error: null,
    created: '2026-11-21T00:00:00.000000Z',
    finished: '2026-11-21T00:00:01.000000Z',
    inputs: [
      {
        capture: 1,
        name: 'a.pcap',
        tap: 'client',
      },
      {
        capture: 2,
        name: 'b.pcap',
        tap: 'server',
      },
    ],
    summary: { packets: 7 },
    incidents: {
      critical: 1,
      warning: 2,
      info: 1,
    },
    relays: [],
    misfits: [],
  })
  expect(analysisRow(store, 2)).toMatchObject({ error: 'No capture.', summary: null, incidents: null })
  expect(analysisRow(store, 4)).toMatchObject({
    stage: 'store',
    fraction: 0.5,
    finished: null,
    incidents: null,
  })
  expect(analysisRow(store, 5)!.incidents).toEqual({ critical: 9, warning: 8, info: 7 })
  expect(analysisRow(store, 9)).toBeNull()
  const { items, total } = listAnalyses(store, { state: ['queued', 'failed'] }, { limit: 9 })
  expect({ ids: items.map(({ id }) => id), total }).toEqual({ ids: [3, 2], total: 2 })
})

test('of the verdicts of the last day the worst counts', () => {
  const rows = listRequirements(store)
  expect(rows.map(({ service, id, status, incidents }) => [service, id, status, incidents])).toEqual([
    [null, 'S0-03', 'met', []],
    ['dlp', 'S0-02', 'at-risk', ['HF-2', 'HF-1']],
    ['dlp', 'S0-01', 'met', []],
  ])
  store.db.exec('BEGIN')
  store.db.prepare('UPDATE analysis_input SET "end" = ? WHERE analysis = 5').run(at(44 * HOUR))
  expect(listRequirements(store)[1]).toMatchObject({ id: 'S0-01', status: 'violated', observations: 20 })
  store.db.exec('ROLLBACK')
})

test('what the rail shows', () => {
  expect(counts(store)).toEqual({
    openIncidents: 3,
    criticalIncidents: 1,
    agents: 0,
    services: 1,
    captures: 3,
    runningJobs: 2,
    requirements: 4,
  })
})

test('everything at one glance', () => {
  const { from, to, services, trend, fresh, open, counts: counted, captures, jobs } = overview(store)
  expect([from, to]).toEqual(['2026-11-21T00:00:00.000000Z', '2026-11-22T00:00:00.000000Z'])
  expect(services.map(({ name }) => name)).toEqual(['dlp'])
  expect(trend.critical).toEqual([2, ...new Array<number>(47).fill(0)])
  expect(trend.info[0]).toBe(5)
  expect([fresh.items.map(({ id }) => id), fresh.total]).toEqual([['HF-1', 'HF-2', 'HF-4'], 3])
  expect(open).toEqual({ critical: 1, warning: 1, info: 1 })
  expect(counted).toEqual(counts(store))
  expect(captures.map(({ id }) => id)).toEqual([3, 2, 1])
  expect(jobs.map(({ id }) => id)).toEqual([4, 3, 5, 2, 1])
})

test('new is what was stored after the last visit, resolved or not, the worst first', () => {
  const { fresh } = overview(store, { since: at(2) })
  expect([fresh.items.map(({ id }) => id), fresh.total]).toEqual([['HF-3', 'HF-4'], 2])
})

test('an empty store has nothing to say, and says it', () => {
  const empty = smallStore()
  const { from, to, services, fresh, jobs, open } = overview(empty)
  expect({ from, to, services, fresh, jobs, open }).toEqual({
    from: null,
    to: null,
    services: [],
    jobs: [],
    open: {
      critical: 0,
      warning: 0,
      info: 0,
    },
    fresh: {
      items: [],
      next: null,
      total: 0,
    },
  })
  empty.close()
})
