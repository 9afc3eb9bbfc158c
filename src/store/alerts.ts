/**
 * What each output was told of each incident, and when it is to be looked at again; and how far the list of
 * changes was followed. An alert and the note that it was told are written in one transaction.
 */
import type { Micros } from '../model/time.ts'
import { prepared, type Store } from './store.ts'

export interface ToldRow {
  /** When it was told last; null while the first alert waits. */
  readonly at: Micros | null
  /** As `severityCode` says. */
  readonly severity: number
  readonly isOver: boolean
  readonly occurrences: number
}

interface Stored extends Omit<ToldRow, 'isOver'> {
  readonly over: number
}

export function toldOf(store: Store, output: string, incident: number): ToldRow | null {
  const select = 'SELECT at, severity, over, occurrences FROM alert_told WHERE output = ? AND incident = ?'
  const row = prepared<Stored>(store, select).get(output, incident)
  return row === undefined ? null : { ...row, isOver: row.over === 1 }
}

/** Within the caller's transaction. Nothing waits any more. */
export function noteTold(
  store: Store,
  { output, incident, ...told }: ToldRow & { readonly output: string; readonly incident: number },
): void {
  const upsert = `INSERT INTO alert_told (output, incident, at, severity, over, occurrences, due) VALUES (?, ?, ?, ?, ?, ?, NULL)
    ON CONFLICT DO UPDATE SET at = excluded.at, severity = excluded.severity, over = excluded.over,
      occurrences = excluded.occurrences, due = NULL`
  const values = [told.at, told.severity, told.isOver ? 1 : 0, told.occurrences]
  prepared(store, upsert).run(output, incident, ...values)
}

/** Within the caller's transaction: to be looked at again then; null: not before the next change. */
export function noteDue(store: Store, output: string, incident: number, due: Micros | null): void {
  if (due === null) {
    prepared(store, 'DELETE FROM alert_told WHERE output = ? AND incident = ? AND at IS NULL').run(
      output,
      incident,
    )
    prepared(store, 'UPDATE alert_told SET due = NULL WHERE output = ? AND incident = ?').run(
      output,
      incident,
    )
    return
  }
  const upsert = `INSERT INTO alert_told (output, incident, severity, over, occurrences, due) VALUES (?, ?, 1, 0, 0, ?)
    ON CONFLICT DO UPDATE SET due = excluded.due`
  prepared(store, upsert).run(output, incident, due)
}

/** Incidents to be looked at again by now, the longest due first. */
export const dueIncidents = (store: Store, now: Micros, limit: number): number[] =>
  prepared<{ incident: number }>(
    store,
    'SELECT DISTINCT incident FROM alert_told WHERE due <= ? ORDER BY due LIMIT ?',
  )
    .all(now, limit)
    .map(({ incident }) => incident)

/** Incidents that changed since a time: for who lost the list of changes. */
export const incidentsChangedSince = (store: Store, at: Micros): number[] =>
  prepared<{ id: number }>(store, 'SELECT id FROM incident WHERE changed >= ? ORDER BY id')
    .all(at)
    .map(({ id }) => id)

export interface Place {
  /** The last change that was looked at. */
  readonly change: number
  readonly at: Micros
}

const PLACE = 'alerts'

export function alertPlace(store: Store): Place | null {
  const row = prepared<{ value: string }>(store, 'SELECT value FROM setting WHERE name = ?').get(PLACE)
  return row === undefined ? null : (JSON.parse(row.value) as Place)
}

/** Within the caller's transaction. */
export function noteAlertPlace(store: Store, place: Place): void {
  const upsert =
    'INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value'
  prepared(store, upsert).run(PLACE, JSON.stringify(place))
}
