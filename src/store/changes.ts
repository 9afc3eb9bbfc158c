/**
 * What changed, in the order of commits: writers add a row to `change` in the transaction that changes
 * something, followers read on from the last number that they saw. A row says what to look at again, never
 * what it became: so older rows of one analysis are dropped when a new one comes, and whoever skips them
 * misses nothing.
 */
import type { Micros } from '../model/time.ts'
import { atomically, prepared, type Store } from './store.ts'

export type ChangeKind = 'incident' | 'occurrence' | 'analysis' | 'capture'

export interface Change {
  readonly id: number
  readonly at: Micros
  readonly kind: ChangeKind
  /** The row's id in the table of that name. */
  readonly subject: number
  readonly isNew: boolean
}

/** Rows kept; who follows from further back is told that changes are lost, and loads the lists again. */
export const CHANGES_MAX = 100_000

/** Within the transaction of the change itself. */
export function recordChange(
  store: Store,
  kind: ChangeKind,
  subject: number,
  isNew: boolean,
  at: Micros,
): void {
  if ((kind === 'analysis' || kind === 'capture') && !isNew)
    prepared(store, `DELETE FROM change WHERE kind = '${kind}' AND subject = ? AND is_new = 0`).run(subject)
  const insert = 'INSERT INTO change (at, kind, subject, is_new) VALUES (?, ?, ?, ?)'
  prepared(store, insert).run(at, kind, subject, isNew ? 1 : 0)
}

interface Row extends Omit<Change, 'isNew'> {
  readonly isNew: number
}

/** The changes after number `id`, oldest first, at most `limit`. */
export function changesAfter(store: Store, id: number, limit: number): Change[] {
  const select = 'SELECT id, at, kind, subject, is_new AS isNew FROM change WHERE id > ? ORDER BY id LIMIT ?'
  return prepared<Row>(store, select)
    .all(id, limit)
    .map((row) => ({ ...row, isNew: row.isNew === 1 }))
}

/** The number of the last change ever; 0 before the first. Numbers are never given twice. */
export function lastChange(store: Store): number {
  const row = prepared<{ seq: number }>(store, "SELECT seq FROM sqlite_sequence WHERE name = 'change'").get()
  return row?.seq ?? 0
}

/**
 * The number of the oldest change that is kept; null if none is. After it, nothing is missing but what a
 * later row of the same analysis makes good.
 */
export const firstChange = (store: Store): number | null =>
  prepared<{ id: number | null }>(store, 'SELECT min(id) AS id FROM change').get()?.id ?? null

/** Drops what is older than the last `CHANGES_MAX` changes. */
export function pruneChanges(store: Store): void {
  const before = lastChange(store) - CHANGES_MAX
  if (before > 0) atomically(store, () => prepared(store, 'DELETE FROM change WHERE id <= ?').run(before))
}

/** Between two looks at the last number; one look takes about 3 µs. */
const EVERY_MS = 50

/**
 * Calls `onChange` with the number of the last change whenever there are new ones, by this process or another
 * one. Stops when the answered function is called; keeps no process alive.
 */
export function watchChanges(
  store: Store,
  onChange: (last: number) => void,
  { everyMs = EVERY_MS }: { readonly everyMs?: number } = {},
): () => void {
  let seen = lastChange(store)
  const timer = setInterval(() => {
    const last = lastOrNull(store)
    if (last === null || last === seen) return
    seen = last
    onChange(last)
  }, everyMs)
  timer.unref()
  return () => clearInterval(timer)
}

/** A database that is busy or closed at this moment is asked again the next time. */
function lastOrNull(store: Store): number | null {
  try {
    return lastChange(store)
  } catch {
    return null
  }
}
