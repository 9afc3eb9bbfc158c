import { describe, expect, test } from 'vitest'
import {
  addAnalysis,
  analysisJob,
  beginAnalysis,
  deleteAnalysis,
  endAnalysis,
  interruptedAnalyses,
  isPublished,
  nextQueued,
  noteProgress,
} from '../../src/store/analyses.ts'
import { changesAfter, lastChange } from '../../src/store/changes.ts'
import { changeState } from '../../src/store/incidents.ts'
import { cut, STORY } from '../cli/output/story.ts'
import {
  all,
  analysed,
  captured,
  database,
  found,
  NOW,
  one,
  RESULT_TABLES,
  running,
  written,
} from './database.ts'

const rows = (store: ReturnType<typeof database>): Record<string, unknown> =>
  Object.fromEntries(RESULT_TABLES.map((table) => [table, one(store, `SELECT count(*) FROM ${table}`)]))
const nothing = Object.fromEntries(RESULT_TABLES.map((table) => [table, 0]))

/** All that is shown of incidents. */
const shown = (store: ReturnType<typeof database>): unknown[] =>
  all(
    store,
    'SELECT type, cause, state, severity, title, occurrences, agents, start, "end" FROM incident ORDER BY id',
  )

describe('a job', () => {
  test('waits, runs, tells where it stands, and ends', () => {
    const store = database()
    const capture = captured(store, 'a')
    const first = addAnalysis(store, { inputs: [{ capture, tap: 'lb' }], config: 'services: []', at: NOW })
    const second = addAnalysis(store, {
      inputs: [{ capture, tap: '' }],
      config: null,
      at: NOW,
      partial: true,
    })
    expect(nextQueued(store)).toBe(first)
    const input = { capture, tap: 'lb', name: 'a', stored: 'a.pcap', sha256: 'a', size: 1_000 }
    const job = { id: first, config: 'services: []', partial: false, inputs: [input] }
    expect(beginAnalysis(store, first, NOW)).toEqual({ ...job, attempt: 1 })
    expect(nextQueued(store)).toBe(second)
    noteProgress(store, first, { stage: 'store', fraction: 0.5, packets: 70, at: NOW })
    const row = 'SELECT state, stage, fraction, packets, error, summary FROM analysis WHERE id = ?'
    const at = { stage: 'store', fraction: 0.5, packets: 70, error: null, summary: null }
    expect(all(store, row, first)).toEqual([{ state: 'running', ...at }])
    expect(interruptedAnalyses(store)).toEqual([{ id: first, isPublished: false }])
    endAnalysis(store, first, { state: 'failed', error: 'The file ends early.', summary: null, at: NOW })
    expect(all(store, row, first)).toEqual([
      { state: 'failed', ...at, fraction: 1, error: 'The file ends early.' },
    ])
    noteProgress(store, first, { stage: 'read', fraction: 0, packets: 0, at: NOW })
    expect(one(store, 'SELECT stage FROM analysis WHERE id = ?', first)).toBe('store')
    expect(analysisJob(store, second)?.partial).toBe(true)
    expect([analysisJob(store, 99), beginAnalysis(store, 99, NOW)]).toEqual([null, null])
  })

  test('is told of once for all its progress', () => {
    const store = database()
    const id = running(store, ['a'])
    const before = lastChange(store)
    for (let i = 1; i <= 5; i++)
      noteProgress(store, id, { stage: 'read', fraction: i / 10, packets: i, at: NOW })
    expect(lastChange(store)).toBe(before + 5)
    const changes = changesAfter(store, 0, 100).filter((change) => change.kind === 'analysis')
    expect(changes.map((change) => [change.subject, change.isNew])).toEqual([
      [id, true],
      [id, false],
    ])
  })
})

describe('nothing is counted twice', () => {
  test('by an attempt that was broken off and begun anew', () => {
    const store = database()
    analysed(store, ['a'], STORY)
    const once = rows(store)
    const incidents = shown(store)
    const other = database()
    const id = running(other, ['a'])
    written(other, id, STORY)
    expect(isPublished(other, id)).toBe(true)
    beginAnalysis(other, id, NOW)
    expect(isPublished(other, id)).toBe(false)
    expect({ ...rows(other), agent: 0, service: 0, server: 0 }).toEqual(nothing)
    written(other, id, STORY)
    endAnalysis(other, id, { state: 'done', error: null, summary: null, at: NOW })
    expect(rows(other)).toEqual(once)
    expect(shown(other)).toEqual(incidents)
    expect(all(other, 'SELECT name, occurrences, worst FROM agent ORDER BY name')).toEqual(
      all(store, 'SELECT name, occurrences, worst FROM agent ORDER BY name'),
    )
  })

  test('by an analysis of the same captures, or of more', () => {
    const store = database()
    const first = analysed(store, ['a'], STORY)
    const numbers = all(store, 'SELECT id FROM incident')
    const once = rows(store)
    const incidents = shown(store)
    const second = analysed(store, ['a', 'b'], STORY)
    expect(rows(store)).toEqual(once)
    expect(shown(store)).toEqual(incidents)
    expect(all(store, 'SELECT id FROM incident')).toEqual(numbers)
    expect(all(store, 'SELECT id FROM analysis')).toEqual([{ id: second }])
    expect(first).not.toBe(second)
  })

  test('but captures of other times add up', () => {
    const store = database()
    analysed(store, ['monday'], found([cut()]))
    const later = { at: cut().at + 1e9 }
    analysed(
      store,
      ['tuesday'],
      found([cut(later), cut({ ...later, agent: { id: 'EPA-9', address: null } })]),
    )
    expect(all(store, 'SELECT occurrences, agents, "end" FROM incident')).toEqual([
      { occurrences: 3, agents: 2, end: later.at },
    ])
    expect(one(store, 'SELECT count(*) FROM analysis')).toBe(2)
  })

  test('and a span of time takes no whole analysis away', () => {
    const store = database()
    const whole = analysed(store, ['a'], found([cut(), cut({ at: cut().at + 5 })]))
    const span = analysed(store, ['a'], found([cut()]), true)
    const ids = all<{ id: number }>(store, 'SELECT id FROM analysis').map((row) => row.id)
    expect(ids).toEqual([whole, span])
  })

  test('by telling the followers of what they know', () => {
    const store = database()
    analysed(store, ['a'], found([cut()]))
    const before = lastChange(store)
    analysed(store, ['a'], found([cut(), cut({ at: cut().at + 5 })]))
    const news = changesAfter(store, before, 100).filter((change) => change.kind === 'occurrence')
    expect(news).toHaveLength(1)
  })
})

describe('what is taken away', () => {
  test('all of an analysis that fails, but nothing of others', () => {
    const store = database()
    analysed(store, ['a'], found([cut()]))
    const before = rows(store)
    const id = running(store, ['b'])
    written(
      store,
      id,
      STORY.filter((record) => record.kind !== 'incident' && record.kind !== 'occurrence'),
    )
    store.db.prepare('UPDATE analysis SET published = 0 WHERE id = ?').run(id)
    endAnalysis(store, id, { state: 'failed', error: 'no', summary: null, at: NOW })
    deleteAnalysis(store, id)
    expect(rows(store)).toEqual(before)
    expect(one(store, 'SELECT count(*) FROM capture')).toBe(2)
  })

  test('the share of an analysis', () => {
    const store = database()
    const first = analysed(store, ['a'], found([cut(), cut({ at: cut().at + 1 })]))
    const single = shown(store)
    const second = analysed(
      store,
      ['b'],
      found([cut({ at: cut().at + 9, agent: { id: 'EPA-9', address: null } })], {
        title: 'later',
        severity: 'critical',
      }),
    )
    expect(all(store, 'SELECT title, occurrences, agents FROM incident')).toEqual([
      { title: 'later', occurrences: 3, agents: 2 },
    ])
    deleteAnalysis(store, second)
    expect(shown(store)).toEqual(single)
    expect(all(store, 'SELECT name, occurrences, worst FROM agent')).toEqual([
      { name: 'EPA-0017', occurrences: 2, worst: 3 },
    ])
    deleteAnalysis(store, first)
    expect(rows(store)).toEqual(nothing)
  })

  test('not an incident that a person has touched', () => {
    const store = database()
    const id = analysed(store, ['a'], found([cut()]))
    changeState(store, 1, { state: 'acknowledged', by: 'ada', note: 'We know.', at: NOW })
    deleteAnalysis(store, id)
    expect(all(store, 'SELECT state, occurrences, agents FROM incident')).toEqual([
      { state: 'acknowledged', occurrences: 0, agents: 0 },
    ])
    expect(one(store, "SELECT count(*) FROM incident_text WHERE incident_text MATCH 'know'")).toBe(1)
  })

  test('what is published stays if only the proof fails', () => {
    const store = database()
    const id = running(store, ['a'])
    written(store, id, STORY)
    const before = rows(store)
    expect(interruptedAnalyses(store)).toEqual([{ id, isPublished: true }])
    endAnalysis(store, id, { state: 'failed', error: 'The capture is gone.', summary: null, at: NOW })
    expect(rows(store)).toEqual(before)
  })
})
