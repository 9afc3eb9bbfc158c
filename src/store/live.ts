/**
 * Live captures as rows: a collector has one capture row, and an analysis for each day of it, so that
 * retention can let go of the oldest days. What is written appears at once.
 *
 * Contract: one process writes a collector's rows. An analysis that was left running is taken up again, or
 * ended, by whoever starts the collector next.
 */
import { NUMBERS_PER_TAP } from '../model/connection.ts'
import type { Tap } from '../model/packet.ts'
import type { Micros } from '../model/time.ts'
import type { LiveState } from '../model/view.ts'
import { recordChange } from './changes.ts'
import { addCapture } from './captures.ts'
import { durably, prepared, type Store } from './store.ts'

export interface Collection {
  readonly analysis: number
  readonly capture: number
}

export interface CollectorFacts {
  /** The collector's, by which it is found again. */
  readonly collector: string
  /** What people call the capture: `eth0`, `/var/spool/ring`. */
  readonly name: string
  readonly tap: Tap
  readonly at: Micros
  /** The text of the configuration; null: none. */
  readonly config: string | null
}

interface Row {
  readonly analysis: number
  readonly capture: number
}

const LATEST = `SELECT analysis.id AS analysis, capture FROM analysis JOIN analysis_input ON analysis = analysis.id
  WHERE collector = ? ORDER BY analysis.id DESC LIMIT 1`

const DROP_UNTOLD = `DELETE FROM analysis WHERE id = ? AND live IS NULL
  AND NOT EXISTS (SELECT 1 FROM connection WHERE analysis = analysis.id)
  AND NOT EXISTS (SELECT 1 FROM occurrence WHERE analysis = analysis.id)`

/** The analysis that a collector wrote last; null if it never did. */
export const latestCollection = (store: Store, collector: string): Collection | null =>
  prepared<Row>(store, LATEST).get(collector) ?? null

/** Begins an analysis of a live capture; of the same capture row as the one before, where there was one. One
 * of which nothing was ever told, as its process was killed first, is replaced. */
export function beginCollection(store: Store, facts: CollectorFacts): Collection {
  const { collector, name, tap, at, config } = facts
  return durably(store, () => {
    const before = latestCollection(store, collector)
    if (before !== null && prepared(store, DROP_UNTOLD).run(before.analysis).changes === 0)
      endCollection(store, before.analysis, at)
    const capture = before?.capture ?? addCapture(store, { sha256: null, name, size: 0, stored: null, at }).id
    const insert = `INSERT INTO analysis (state, created, started, config, collector, published, attempt)
      VALUES ('running', ?, ?, ?, ?, 1, 1)`
    const analysis = Number(prepared(store, insert).run(at, at, config, collector).lastInsertRowid)
    const input = 'INSERT INTO analysis_input (analysis, ordinal, capture, tap) VALUES (?, 0, ?, ?)'
    prepared(store, input).run(analysis, capture, tap)
    recordChange(store, 'capture', capture, false, at)
    return { analysis, capture }
  })
}

/** The analysis goes on: whoever ran it before has gone. */
export function resumeCollection(store: Store, analysis: number, at: Micros): void {
  durably(store, () => {
    const update =
      "UPDATE analysis SET state = 'running', finished = NULL, attempt = attempt + 1 WHERE id = ?"
    prepared(store, update).run(analysis)
    noteChange(store, analysis, at)
  })
}

/** Nothing more comes for now: it may be taken up again. */
export function endCollection(store: Store, analysis: number, at: Micros): void {
  durably(store, () => {
    const update = "UPDATE analysis SET state = 'done', finished = ? WHERE id = ? AND state = 'running'"
    if (prepared(store, update).run(at, analysis).changes > 0) noteChange(store, analysis, at)
  })
}

/** Live captures of collectors that a process left when it was killed, and that nobody runs any more. */
export function endLostCollections(store: Store, running: ReadonlySet<string>, at: Micros): void {
  const select = "SELECT id, collector FROM analysis WHERE state = 'running' AND collector IS NOT NULL"
  for (const { id, collector } of prepared<{ id: number; collector: string }>(store, select).all())
    if (!running.has(collector)) endCollection(store, id, at)
}

/** The number after the last stream of which a connection was written; they are given out in this order, over
 * all taps. */
export function nextStream(store: Store, analysis: number): number {
  const select = prepared<{ last: number | null }>(store, LAST_BELOW)
  let next = 0
  // The numbers of a tap lie together.
  for (let below = Number.MAX_SAFE_INTEGER; below > 0;) {
    const last = select.get(analysis, below)?.last ?? null
    if (last === null) break
    const stream = last % NUMBERS_PER_TAP
    next = Math.max(next, stream + 1)
    below = last - stream
  }
  return next
}

const LAST_BELOW = 'SELECT max(number) AS last FROM connection WHERE analysis = ? AND number < ?'

/** How a live capture stands: what a page about it shows. */
export function noteLive(
  store: Store,
  { analysis, capture }: Collection,
  state: LiveState,
  at: Micros,
): void {
  const update = 'UPDATE analysis SET live = ?, packets = ? WHERE id = ?'
  prepared(store, update).run(JSON.stringify(state), state.packets, analysis)
  prepared(store, 'UPDATE capture SET size = ? WHERE id = ?').run(state.bytes, capture)
  recordChange(store, 'capture', capture, false, at)
}

/** Its capture is shown otherwise: a live capture is no job. */
function noteChange(store: Store, analysis: number, at: Micros): void {
  const select = 'SELECT capture FROM analysis_input WHERE analysis = ?'
  const capture = prepared<{ capture: number }>(store, select).get(analysis)?.capture ?? null
  if (capture !== null) recordChange(store, 'capture', capture, false, at)
}
