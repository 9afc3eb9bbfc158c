/**
 * Alerts on their way out: one row for each alert and output, from the moment that it is decided until long
 * after it was delivered or given up. What waits is delivered at least once, whatever happens to the process.
 */
import { randomUUID } from 'node:crypto'
import type { Severity } from '../model/incident.ts'
import type { Micros } from '../model/time.ts'
import { severityCode } from './incident-shares.ts'
import { atomically, prepared, type Store } from './store.ts'

/** Deliveries that wait for one output; the oldest becomes a dead letter for a further one. */
export const WAITING_MAX = 10_000
/** Dead letters kept for each output; the oldest go. */
export const DEAD_MAX = 10_000
/** Delivered ones kept for each output, so that one sees what was sent. */
export const DELIVERED_MAX = 1_000

export interface NewDelivery {
  readonly output: string
  /** Null: a test. */
  readonly incident: number | null
  readonly kind: string
  readonly severity: Severity
  readonly title: string
  /** The alert, as JSON. */
  readonly body: string
  readonly at: Micros
}

export interface DueDelivery {
  readonly id: number
  readonly key: string
  readonly body: string
  readonly attempts: number
  readonly since: Micros
}

const CROWDED_OUT = 'Too many alerts waited for this output.'

/** Within the caller's transaction. */
export function addDelivery(store: Store, delivery: NewDelivery): void {
  const { output, incident, kind, severity, title, body, at } = delivery
  const insert = `INSERT INTO delivery (key, output, incident, kind, severity, title, body, state, created, since, next)
    VALUES (?, ?, ?, ?, ?, ?, ?, 'waiting', ?, ?, ?)`
  const key = `hf_${randomUUID().replaceAll('-', '')}`
  prepared(store, insert).run(key, output, incident, kind, severityCode(severity), title, body, at, at, at)
}

/**
 * What waits for an output beyond `WAITING_MAX` becomes dead letters, the oldest first. Answers how many.
 * Within the caller's transaction.
 */
export function boundDeliveries(store: Store, output: string, at: Micros): number {
  const update = `UPDATE delivery SET state = 'dead', answer = ?, finished = ?, next = NULL
    WHERE output = ? AND state = 'waiting' AND id <= (${LAST_BEYOND})`
  const { changes } = prepared(store, update).run(CROWDED_OUT, at, output, output, 'waiting', WAITING_MAX)
  if (changes > 0) forget(store, output, 'dead')
  return changes
}

/** The number of the youngest in a state, beyond so many. */
const LAST_BEYOND = 'SELECT id FROM delivery WHERE output = ? AND state = ? ORDER BY id DESC LIMIT 1 OFFSET ?'

function forget(store: Store, output: string, state: 'delivered' | 'dead'): void {
  const remove = `DELETE FROM delivery WHERE output = ? AND state = ? AND id <= (${LAST_BEYOND})`
  const keep = state === 'dead' ? DEAD_MAX : DELIVERED_MAX
  prepared(store, remove).run(output, state, output, state, keep)
}

/**
 * The one that an output should try now, the oldest first; null if none is due. Alerts of one incident leave
 * in their order.
 */
export const dueDelivery = (store: Store, output: string, now: Micros): DueDelivery | null =>
  prepared<DueDelivery>(store, DUE).get(output, now) ?? null

const DUE = `SELECT id, key, body, attempts, since FROM delivery d
  WHERE output = ? AND state = 'waiting' AND next <= ? AND NOT EXISTS (
    SELECT 1 FROM delivery e WHERE e.output = d.output AND e.incident = d.incident AND e.state = 'waiting' AND e.id < d.id)
  ORDER BY id LIMIT 1`

/** An attempt has failed, and there will be another one. */
export function postponeDelivery(
  store: Store,
  { id, answer, next, wasReached }: { id: number; answer: string; next: Micros; wasReached: boolean },
): void {
  const update = 'UPDATE delivery SET attempts = attempts + 1, answer = ?, next = ?, reached = ? WHERE id = ?'
  atomically(store, () => prepared(store, update).run(answer, next, wasReached ? 1 : 0, id))
}

export interface Ended {
  readonly id: number
  readonly state: 'delivered' | 'dead'
  readonly answer: string
  readonly at: Micros
}

/** No further attempt. Older ones in the same state go when there are too many. */
export function endDelivery(store: Store, { id, state, answer, at }: Ended): void {
  atomically(store, () => {
    const update = `UPDATE delivery SET attempts = attempts + 1, state = ?, answer = ?, finished = ?, next = NULL
      WHERE id = ? RETURNING output`
    const row = prepared<{ output: string }>(store, update).get(state, answer, at, id)
    if (row !== undefined) forget(store, row.output, state)
  })
}

/** The output answers again: what waits because nobody answered is due at once. */
export function hurryDeliveries(store: Store, output: string, now: Micros): void {
  const some = `SELECT 1 FROM delivery WHERE output = ? AND state = 'waiting' AND reached = 0 AND next > ? LIMIT 1`
  if (prepared(store, some).get(output, now) === undefined) return
  const update = `UPDATE delivery SET next = ? WHERE output = ? AND state = 'waiting' AND reached = 0 AND next > ?`
  atomically(store, () => prepared(store, update).run(now, output, now))
}

/** What waits for outputs that nobody configured any more becomes dead letters. Answers how many. */
export function abandonDeliveries(store: Store, configured: readonly string[], at: Micros): number {
  const update = `UPDATE delivery SET state = 'dead', answer = 'No output of this name is configured.', finished = ?, next = NULL
    WHERE state = 'waiting' AND output NOT IN (SELECT value FROM json_each(?))`
  return atomically(store, () => prepared(store, update).run(at, JSON.stringify(configured)).changes)
}

export interface Resend {
  /** One dead letter, or all of one output, or all there are. */
  readonly id?: number
  readonly output?: string
  readonly at: Micros
}

/** Dead letters wait again, with as much time as new ones. Answers how many. */
export function resendDeliveries(store: Store, { id, output, at }: Resend): number {
  const update = `UPDATE delivery SET state = 'waiting', attempts = 0, since = $at, next = $at, finished = NULL, reached = 1
    WHERE state = 'dead' AND ($id IS NULL OR id = $id) AND ($output IS NULL OR output = $output)`
  return atomically(
    store,
    () => prepared(store, update).run({ at, id: id ?? null, output: output ?? null }).changes,
  )
}
