import { expect, onTestFinished, test } from 'vitest'
import { courier } from '../../src/alerts/courier.ts'
import { delivered, failed, type Outcome } from '../../src/alerts/outputs/output.ts'
import { SECOND } from '../../src/model/time.ts'
import {
  abandonDeliveries,
  addDelivery,
  boundDeliveries,
  DEAD_MAX,
  DELIVERED_MAX,
  resendDeliveries,
  WAITING_MAX,
} from '../../src/store/deliveries.ts'
import { listDeliveries, outputStanding } from '../../src/store/queries/deliveries.ts'
import type { Store } from '../../src/store/store.ts'
import { all, database, NOW, one } from '../store/database.ts'
import { HOUR } from './settings.ts'

const add = (store: Store, incident: number | null, title = `about ${incident}`, output = 'ops') =>
  addDelivery(store, { output, incident, kind: 'opened', severity: 'warning', title, body: '{}', at: NOW })

/** A courier whose output answers as told, at a time that the test moves. */
function couriers(store: Store, answers: (n: number, key: string) => Outcome | Promise<Outcome>) {
  const clock = { now: NOW }
  const keys: string[] = []
  const became: string[] = []
  const made = courier({
    store,
    name: 'ops',
    output: {
      target: '',
      deliver: async ({ key }) => {
        keys.push(key)
        return answers(keys.length - 1, key)
      },
    },
    retryFor: 24 * HOUR,
    now: () => clock.now,
    random: () => 0.5,
    onAttempt: (what) => became.push(what),
    onError: (error) => {
      throw error
    },
  })
  onTestFinished(() => made.stop())
  const settled = async (): Promise<void> => {
    made.wake()
    for (let quiet = 0, last = -1; quiet < 5; quiet = last === keys.length ? quiet + 1 : 0) {
      last = keys.length
      await new Promise((later) => setImmediate(later))
    }
  }
  return { clock, keys, became, settled, made }
}

const states = (store: Store): string[] =>
  all<{ state: string }>(store, 'SELECT state FROM delivery ORDER BY id').map(({ state }) => state)

test('the oldest first, each once', async () => {
  const store = database()
  for (const incident of [1, 2, 3]) add(store, incident)
  const { keys, settled, became } = couriers(store, () => delivered('ok'))
  await settled()
  await settled()
  expect(keys).toEqual(
    all<{ key: string }>(store, 'SELECT key FROM delivery ORDER BY id').map(({ key }) => key),
  )
  expect(became).toEqual(['delivered', 'delivered', 'delivered'])
  expect(listDeliveries(store, { state: ['delivered'] }, { cursor: null, limit: 2 })).toMatchObject({
    items: [
      { id: 3, incident: 'HF-3', attempts: 1, answer: 'ok' },
      { id: 2, incident: 'HF-2' },
    ],
    total: 3,
  })
})

test('fails twice: the same key again, after growing waits', async () => {
  const store = database()
  add(store, 1)
  const { keys, clock, settled, became } = couriers(store, (n) =>
    n < 2 ? failed('no', { wasReached: true }) : delivered('yes'),
  )
  await settled()
  clock.now += 3.7 * SECOND
  await settled()
  expect(keys.length).toBe(1)
  clock.now += 0.1 * SECOND
  await settled()
  expect(keys.length).toBe(2)
  clock.now += 15.1 * SECOND
  await settled()
  expect(new Set(keys).size).toBe(1)
  expect(became).toEqual(['postponed', 'postponed', 'delivered'])
})

test('as late as the receiver asked for', async () => {
  const store = database()
  add(store, 1)
  const { keys, clock, settled } = couriers(store, () =>
    failed('busy', { retryAfterSeconds: 600, wasReached: true }),
  )
  await settled()
  clock.now += 599 * SECOND
  await settled()
  expect(keys.length).toBe(1)
  clock.now += SECOND
  await settled()
  expect(keys.length).toBe(2)
})

test('given up after a day, or at once; sent again with as much time as a new one', async () => {
  const store = database()
  add(store, 1)
  const { keys, clock, settled } = couriers(store, (n) => (n < 100 ? failed('down') : delivered('up')))
  for (let i = 0; i < 100 && states(store)[0] === 'waiting'; i++) {
    await settled()
    clock.now += 1800 * SECOND
  }
  expect(states(store)).toEqual(['dead'])
  expect(outputStanding(store, 'ops')).toMatchObject({
    waiting: 0,
    dead: 1,
    failed: { answer: 'down' },
    delivered: null,
  })
  const attempts = keys.length
  expect(resendDeliveries(store, { at: clock.now, output: 'other' })).toBe(0)
  expect(resendDeliveries(store, { at: clock.now, id: 1 })).toBe(1)
  await settled()
  expect(keys.length).toBe(attempts + 1)
  expect(states(store)).toEqual(['waiting'])

  const other = database()
  add(other, 1)
  await couriers(other, () => failed('gone', { isFinal: true })).settled()
  expect(states(other)).toEqual(['dead'])
})

test('alerts of one incident leave in their order; others overtake', async () => {
  const store = database()
  add(store, 1, 'first')
  add(store, 1, 'second')
  add(store, 2, 'other')
  const keyOf = (title: string) => one(store, 'SELECT key FROM delivery WHERE title = ?', title)
  const { keys, clock, settled } = couriers(store, (n) =>
    n === 0 ? failed('no', { wasReached: true }) : delivered('ok'),
  )
  await settled()
  expect(keys).toEqual([keyOf('first'), keyOf('other')])
  clock.now += 5 * SECOND
  await settled()
  expect(keys.slice(2)).toEqual([keyOf('first'), keyOf('second')])
})

test('once it answers, what waited because nobody did is due', async () => {
  const store = database()
  for (const incident of [1, 2]) add(store, incident)
  const { keys, settled } = couriers(store, (n) => (n < 2 ? failed('nobody') : delivered('ok')))
  await settled()
  add(store, 3)
  await settled()
  expect(keys.length).toBe(5)
  expect(states(store)).toEqual(['delivered', 'delivered', 'delivered'])
})

test('stopped in the middle of an attempt, it counts none', async () => {
  const store = database()
  add(store, 1)
  const { promise, resolve } = Promise.withResolvers<Outcome>()
  const { made, settled } = couriers(store, () => promise)
  await settled()
  const stopped = made.stop()
  resolve(failed('ended'))
  await stopped
  expect(all(store, 'SELECT state, attempts FROM delivery')).toEqual([{ state: 'waiting', attempts: 0 }])
})

test('an output that throws is a failed attempt', async () => {
  const store = database()
  add(store, 1)
  await couriers(store, () => Promise.reject(new Error('bug'))).settled()
  expect(all(store, 'SELECT state, answer FROM delivery')).toEqual([
    { state: 'waiting', answer: 'internal error: bug' },
  ])
})

test('queues are bounded: the oldest become dead letters, the oldest of those go', () => {
  const store = database()
  store.db.exec('BEGIN')
  for (let i = 1; i <= WAITING_MAX + DEAD_MAX + 5; i++) add(store, i)
  const crowded = boundDeliveries(store, 'ops', NOW)
  expect(boundDeliveries(store, 'ops', NOW)).toBe(0)
  store.db.exec('COMMIT')
  expect(crowded).toBe(DEAD_MAX + 5)
  expect(outputStanding(store, 'ops')).toMatchObject({ waiting: WAITING_MAX, dead: DEAD_MAX })
  expect(one(store, "SELECT min(id) FROM delivery WHERE state = 'dead'")).toBe(6)
  expect(abandonDeliveries(store, ['mail'], NOW)).toBe(WAITING_MAX)
  expect(DELIVERED_MAX).toBeLessThan(WAITING_MAX)
})
