/**
 * The life of an incident: people acknowledge, resolve and reopen it with a note; traffic reopens what was
 * resolved too soon.
 */
import type { Micros } from '../model/time.ts'
import type { IncidentState } from '../model/view.ts'
import { recordChange } from './changes.ts'
import { refreshText } from './incident-text.ts'
import { durably, prepared, type Store } from './store.ts'

export interface StateWish {
  readonly state: 'open' | 'acknowledged' | 'resolved'
  /** Who: a token's name. */
  readonly by: string
  readonly note: string
  readonly at: Micros
}

/** Notes longer than this are cut. */
export const NOTE_CHARACTERS_MAX = 4_000

/**
 * Puts incident `id` into a state and its history; on the disk when it returns. The same state again adds a
 * note. A resolved incident that somebody opens is `reopened`. Answers the state it is in now; null if
 * there is no such incident.
 */
export function changeState(store: Store, id: number, wish: StateWish): IncidentState | null {
  return durably(store, () => {
    const select = 'SELECT state FROM incident WHERE id = ?'
    const before = prepared<{ state: IncidentState }>(store, select).get(id)?.state
    if (before === undefined) return null
    const wasOver = before === 'resolved' || before === 'reopened'
    const state = wish.state === 'open' && wasOver ? 'reopened' : wish.state
    addHistory(store, id, { ...wish, state })
    refreshText(store, id)
    recordChange(store, 'incident', id, false, wish.at)
    return state
  })
}

/** The state, and the line that tells of it, within the caller's transaction. */
export function addHistory(
  store: Store,
  id: number,
  { state, by, note, at }: { state: IncidentState; by: string; note: string; at: Micros },
): void {
  prepared(store, 'UPDATE incident SET state = ?, changed = ? WHERE id = ?').run(state, at, id)
  const insert = 'INSERT INTO incident_history (incident, at, state, who, note) VALUES (?, ?, ?, ?, ?)'
  prepared(store, insert).run(id, at, state, by, note.slice(0, NOTE_CHARACTERS_MAX))
}
