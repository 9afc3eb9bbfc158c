import { statSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { addAnalysis, endAnalysis } from '../../src/store/analyses.ts'
import { addCapture, keptCaptures } from '../../src/store/captures.ts'
import { evidencePackets, keepPackets } from '../../src/store/evidence.ts'
import { changeState } from '../../src/store/incidents.ts'
import { applyRetention, type Limit } from '../../src/store/retention.ts'
import type { Store } from '../../src/store/store.ts'
import { connection, cut, session } from '../cli/output/story.ts'
import { all, analysed, database, found, NOW, one, running, written } from './database.ts'

const NO_LIMIT: Limit = { maxAgeSeconds: null, maxBytes: null }
const DAY = 86_400e6

function apply(
  store: Store,
  limits: { captures?: Partial<Limit>; rows?: Partial<Limit> },
  now = NOW,
): unknown {
  const gone: string[] = []
  const [captures, rows] = [limits.captures, limits.rows].map((limit) => ({ ...NO_LIMIT, ...limit }))
  const removed = applyRetention(store, {
    captures: captures!,
    rows: rows!,
    now,
    removeFile: (f) => gone.push(f),
  })
  return { ...removed, gone }
}

const upload = (store: Store, name: string, at: number, size = 1_000): number =>
  addCapture(store, { sha256: name, name, size, stored: `${name}.pcap`, at }).id

describe('captures', () => {
  test('go by age, the oldest first', () => {
    const store = database()
    for (let i = 0; i < 4; i++) upload(store, `${i}`, NOW - i * DAY)
    expect(apply(store, {})).toEqual({ captures: 0, analyses: 0, gone: [] })
    expect(apply(store, { captures: { maxAgeSeconds: 1.5 * 86_400 } })).toEqual({
      captures: 2,
      analyses: 0,
      gone: ['3.pcap', '2.pcap'],
    })
    expect(keptCaptures(store).map((capture) => capture.name)).toEqual(['0', '1'])
  })

  test('go by size until the rest fits', () => {
    const store = database()
    for (let i = 0; i < 4; i++) upload(store, `${i}`, NOW - i * DAY)
    expect(apply(store, { captures: { maxBytes: 2_500 } })).toMatchObject({ gone: ['3.pcap', '2.pcap'] })
  })

  test('stay if a job asks for them while others are removed', () => {
    const store = database()
    upload(store, 'a', NOW - 2 * DAY)
    const wanted = upload(store, 'b', NOW - DAY)
    const ask = (): void =>
      void addAnalysis(store, { inputs: [{ capture: wanted, tap: '' }], config: null, at: NOW })
    const limits = { captures: { ...NO_LIMIT, maxBytes: 0 }, rows: NO_LIMIT, now: NOW }
    expect(applyRetention(store, { ...limits, removeFile: ask })).toMatchObject({ captures: 1 })
    expect(keptCaptures(store).map(({ name }) => name)).toEqual(['b'])
  })

  test('stay while a job waits for them', () => {
    const store = database()
    const capture = upload(store, 'a', NOW - DAY)
    upload(store, 'b', NOW - DAY)
    const id = addAnalysis(store, { inputs: [{ capture, tap: '' }], config: null, at: NOW })
    expect(apply(store, { captures: { maxBytes: 0 } })).toMatchObject({ gone: ['b.pcap'] })
    endAnalysis(store, id, { state: 'cancelled', error: null, summary: null, at: NOW })
    expect(apply(store, { captures: { maxBytes: 0 } })).toMatchObject({ gone: ['a.pcap'] })
  })
})

const old = (store: Store, name: string, cause: string): number => {
  const id = running(store, [name])
  written(store, id, [connection(), session, ...found([cut({ cause, tap: '', evidence: evidenceOf(id) })])])
  const packet = {
    time: 1,
    nanoseconds: 0,
    linkType: 1,
    wireLength: 60,
    segment: null,
    bytes: new Uint8Array(60),
  }
  keepPackets(store, id, id, [{ ...packet, number: id }])
  endAnalysis(store, id, { state: 'done', error: null, summary: null, at: NOW - DAY * (10 - id) })
  return id
}
const evidenceOf = (id: number) => [{ tap: '', packet: id, at: 1, ends: null, note: 'it' }] as const

const counts = (store: Store): Record<string, unknown> =>
  Object.fromEntries(
    ['analysis', 'connection', 'session', 'minute', 'incident', 'occurrence', 'packet', 'agent'].map(
      (table) => [table, one(store, `SELECT count(*) FROM ${table}`)],
    ),
  )

describe('rows', () => {
  test('of old analyses go, but never what proves an incident that is not resolved', () => {
    const store = database()
    old(store, 'a', 'open')
    old(store, 'b', 'resolved')
    old(store, 'c', 'new')
    changeState(store, 2, { state: 'resolved', by: 'ada', note: '', at: NOW })
    const three = {
      analysis: 3,
      connection: 3,
      session: 3,
      minute: 4,
      incident: 3,
      occurrence: 3,
      packet: 3,
      agent: 1,
    }
    expect(counts(store)).toMatchObject({ ...three, minute: expect.any(Number) as number })
    // Finished 9, 8 and 7 days ago.
    expect(apply(store, { rows: { maxAgeSeconds: 7.5 * 86_400 } })).toMatchObject({ analyses: 2 })
    expect(counts(store)).toMatchObject({
      analysis: 2,
      connection: 1,
      session: 1,
      incident: 2,
      occurrence: 2,
      packet: 2,
    })
    expect(all(store, 'SELECT cause FROM incident ORDER BY id')).toEqual([
      { cause: 'open' },
      { cause: 'new' },
    ])
    expect(evidencePackets(store, { incident: 1 })).toHaveLength(1)
    // The second time, there is nothing left to do.
    expect(apply(store, { rows: { maxAgeSeconds: 7.5 * 86_400 } })).toMatchObject({ analyses: 0 })
    changeState(store, 1, { state: 'resolved', by: 'ada', note: '', at: NOW })
    expect(apply(store, { rows: { maxAgeSeconds: 7.5 * 86_400 } })).toMatchObject({ analyses: 1 })
    expect(counts(store)).toMatchObject({ analysis: 1, incident: 1, occurrence: 1, packet: 1 })
  })

  test('go by size, and the file gets smaller', () => {
    const store = database()
    const many = Array.from({ length: 20_000 }, (_, id) => connection({ id, agent: `agent-${id}` }))
    for (const name of ['a', 'b', 'c']) analysed(store, [name], many)
    const size = (): number => {
      store.db.pragma('wal_checkpoint(TRUNCATE)')
      return statSync(store.path).size
    }
    const before = size()
    expect(apply(store, { rows: { maxBytes: before / 2 } })).toMatchObject({ analyses: 2 })
    expect(size()).toBeLessThan(before / 2)
    expect(one(store, 'SELECT count(*) FROM connection')).toBe(20_000)
    expect(store.db.pragma('integrity_check', { simple: true })).toBe('ok')
  })
})
