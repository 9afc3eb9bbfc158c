import { describe, expect, test } from 'vitest'
import { planner } from '../../src/alerts/planner.ts'
import type { AlertRecord } from '../../src/alerts/record.ts'
import type { AlertSettings } from '../../src/alerts/settings.ts'
import { CHANGES_MAX, recordChange } from '../../src/store/changes.ts'
import { changeState } from '../../src/store/incidents.ts'
import type { Store } from '../../src/store/store.ts'
import { cut } from '../cli/output/story.ts'
import { all, analysed, database, found, NOW, one } from '../store/database.ts'
import { HOUR, hookAt, route, settings } from './settings.ts'

const OUTPUTS = [{ name: 'ops', target: hookAt('http://127.0.0.1:1/') }]

/** A planner over a database, at a time that the test moves. */
function plan(store: Store, changes: Partial<AlertSettings> = {}) {
  const clock = { now: NOW }
  const make = () =>
    planner({ store, settings: settings({ outputs: OUTPUTS, ...changes }), now: () => clock.now })
  let current = make()
  return {
    clock,
    restart: () => void (current = make()),
    look: () => {
      const looks = [current.look()]
      while (looks.at(-1)?.hasMore === true) looks.push(current.look())
      return looks.reduce((sum, { told }) => sum + told, 0)
    },
  }
}

const sent = (store: Store): { output: string; kind: string; record: AlertRecord }[] =>
  all<{ output: string; kind: string; body: string }>(
    store,
    'SELECT output, kind, body FROM delivery ORDER BY id',
  ).map(({ output, kind, body }) => ({ output, kind, record: JSON.parse(body) as AlertRecord }))
const kinds = (store: Store): string[] => sent(store).map(({ kind }) => kind)

test('what was there before alerts were wanted is not told; what comes then is, once', () => {
  const store = database()
  analysed(store, ['a'], found([cut()], { type: 'severed-active' }))
  const { look } = plan(store)
  expect(look()).toBe(0)
  analysed(store, ['b'], found([cut(), cut({ at: cut().at + 1e6 })], { link: null } as never))
  expect(look()).toBe(1)
  expect(look()).toBe(0)
  const [{ output, kind, record }] = sent(store) as [ReturnType<typeof sent>[0]]
  expect({ output, kind, type: record.type }).toEqual({
    output: 'ops',
    kind: 'opened',
    type: 'incident.opened',
  })
  expect(record.data).toMatchObject({
    kind: 'incident',
    id: 'HF-2',
    type: 'severed-idle',
    occurrences: 2,
    newOccurrences: 2,
  })
  expect(record.data.latest?.sentence).toMatch(/./)
})

test('news: grouped, then told with how many are new; then that it is over, and that it is back', () => {
  const store = database()
  const { look, clock } = plan(store)
  analysed(store, ['a'], found([cut()]))
  expect(look()).toBe(1)
  clock.now += 600e6
  analysed(store, ['b'], found([cut({ at: cut().at + 5e6 })]))
  analysed(store, ['c'], found([cut({ at: cut().at + 9e6 })]))
  expect(look()).toBe(0)
  clock.now = NOW + HOUR
  expect(look()).toBe(1)
  expect(sent(store)[1]?.record.data).toMatchObject({ occurrences: 3, newOccurrences: 2 })
  changeState(store, 1, { state: 'resolved', by: 'ada', note: '', at: clock.now })
  expect(look()).toBe(1)
  changeState(store, 1, { state: 'open', by: 'ada', note: '', at: clock.now })
  expect(look()).toBe(1)
  expect(kinds(store)).toEqual(['opened', 'updated', 'resolved', 'reopened'])
  expect(sent(store).map(({ record }) => record.data.state)).toEqual(['open', 'open', 'resolved', 'reopened'])
})

test('a restart tells nothing twice and forgets nothing', () => {
  const store = database()
  const { look, restart, clock } = plan(store)
  analysed(store, ['a'], found([cut()]))
  restart()
  expect(look()).toBe(1)
  restart()
  expect(look()).toBe(0)
  analysed(store, ['b'], found([cut({ at: cut().at + 5e6 })]))
  expect(look()).toBe(0)
  restart()
  clock.now += HOUR
  expect(look()).toBe(1)
  expect(kinds(store)).toEqual(['opened', 'updated'])
})

test('each output is told for itself, by the routes that lead to it', () => {
  const store = database()
  const routes = [
    route({ outputs: ['mail'], severity: 'critical' }),
    route({ outputs: ['ops'], types: ['server-hop'] }),
  ]
  const outputs = ['ops', 'mail', 'chat'].map((name) => ({ ...OUTPUTS[0]!, name }))
  const { look } = plan(store, { outputs, routes })
  analysed(store, ['a'], found([cut({ severity: 'critical' })], { severity: 'critical' }))
  expect(look()).toBe(1)
  expect(sent(store).map(({ output }) => output)).toEqual(['mail'])
})

test('what came in quiet hours is told when they end, once, as it is then', () => {
  const store = database()
  // NOW is midnight.
  const nights = {
    days: [0, 1, 2, 3, 4, 5, 6],
    from: 22 * 60,
    to: 60,
    timeZone: 'UTC',
    outputs: [],
    criticalPasses: false,
  }
  const { look, clock } = plan(store, { quietHours: [nights] })
  analysed(store, ['a'], found([cut()]))
  expect(look()).toBe(0)
  analysed(store, ['b'], found([cut({ at: cut().at + 5e6 })]))
  expect(look()).toBe(0)
  clock.now += HOUR
  expect(look()).toBe(1)
  expect(look()).toBe(0)
  expect(sent(store)[0]).toMatchObject({
    kind: 'opened',
    record: { data: { occurrences: 2, newOccurrences: 2 } },
  })
})

test('what happened in a maintenance window is counted, and never told', () => {
  const store = database()
  const when = { start: cut().at - HOUR, end: cut().at + HOUR }
  const watching = planner({
    store,
    settings: settings({ outputs: OUTPUTS, maintenance: [{ name: 'm', services: [], when }] }),
    now: () => NOW,
  })
  analysed(store, ['a'], found([cut()]))
  expect(watching.look()).toMatchObject({ told: 0, suppressed: 1 })
  expect(watching.look()).toMatchObject({ told: 0, suppressed: 0 })
  analysed(store, ['b'], found([cut({ at: cut().at + 2 * HOUR })]))
  expect(watching.look()).toMatchObject({ told: 1 })
})

describe('what was missed', () => {
  test('because the list of changes was pruned, is found by when it changed', () => {
    const store = database()
    const { look } = plan(store)
    analysed(store, ['a'], found([cut()]))
    store.db.prepare("UPDATE sqlite_sequence SET seq = seq + ? WHERE name = 'change'").run(CHANGES_MAX)
    store.db.exec('DELETE FROM change')
    recordChange(store, 'capture', 1, true, NOW)
    expect(look()).toBe(1)
    expect(look()).toBe(0)
    expect(kinds(store)).toEqual(['opened'])
  })
  test('because the incident has gone, is nothing', () => {
    const store = database()
    const { look } = plan(store)
    recordChange(store, 'incident', 77, true, NOW)
    expect(look()).toBe(0)
  })
})

test('progress of analyses is followed without writing', () => {
  const store = database()
  const { look } = plan(store)
  recordChange(store, 'analysis', 1, true, NOW)
  const before = one(store, 'SELECT total_changes()')
  expect(look()).toBe(0)
  expect(one(store, 'SELECT total_changes()')).toBe(before)
})
