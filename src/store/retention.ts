/**
 * What is kept for how long: captures and rows apart, each by age and by size, the oldest first. What
 * proves an incident that is not resolved is never removed: neither its occurrences, nor its evidence, nor
 * its packets.
 *
 * Age counts from when something came here, not from when it was captured: an old capture that somebody
 * uploads is not gone the next minute.
 */
import type { Micros } from '../model/time.ts'
import { SECOND } from '../model/time.ts'
import { deleteAnalysis } from './analyses.ts'
import { dropUnusedCaptures, forgetCapture, keptCaptures } from './captures.ts'
import { pruneChanges } from './changes.ts'
import {
  clearRows,
  dropUnusedNames,
  dropUnusedPackets,
  removeIncident,
  withdrawFindings,
} from './clearing.ts'
import { atomically, durably, giveTurn, prepared, type Store } from './store.ts'

export interface Limit {
  /** Null: no limit. */
  readonly maxAgeSeconds: number | null
  /** Null: no limit. */
  readonly maxBytes: number | null
}

export interface RetentionOptions {
  /** The files of captures. */
  readonly captures: Limit
  /** The rows of the database: its pages in use, for the size. */
  readonly rows: Limit
  readonly now: Micros
  /** A file under this name is not kept any more. Called after the row says so. */
  removeFile(stored: string): void
}

export interface Removed {
  readonly captures: number
  /** Analyses whose connections, sessions and resolved findings went. */
  readonly analyses: number
}

export function applyRetention(store: Store, options: RetentionOptions): Removed {
  const captures = removeCaptures(store, options)
  const analyses = removeRows(store, options)
  pruneChanges(store)
  dropUnusedPackets(store)
  dropUnusedCaptures(store)
  if (analyses > 0) dropUnusedNames(store)
  giveBack(store)
  return { captures, analyses }
}

/** The oldest first; none that a job that waits or runs still has to read. */
function removeCaptures(store: Store, { captures, now, removeFile }: RetentionOptions): number {
  const { maxAgeSeconds, maxBytes } = captures
  let octets = keptCaptures(store).reduce((sum, capture) => sum + capture.size, 0)
  let removed = 0
  for (const { id, stored, size, uploaded } of prepared<KeptRow>(store, REMOVABLE_CAPTURES).all()) {
    const isOld = maxAgeSeconds !== null && now - uploaded > maxAgeSeconds * SECOND
    const isTooMuch = maxBytes !== null && octets > maxBytes
    if (!isOld && !isTooMuch) break
    if (!forgetUnused(store, id, now)) continue
    removeFile(stored)
    octets -= size
    removed++
  }
  return removed
}

/** False if a job has asked for it since the list was made. */
const forgetUnused = (store: Store, id: number, now: Micros): boolean =>
  durably(store, () => {
    if (prepared(store, `SELECT 1 FROM capture WHERE id = ? AND ${IS_NOT_READ}`).get(id) === undefined)
      return false
    forgetCapture(store, id, now)
    return true
  })

interface KeptRow {
  readonly id: number
  readonly stored: string
  readonly size: number
  readonly uploaded: Micros
}

const IS_NOT_READ = `NOT EXISTS (SELECT 1 FROM analysis_input
  JOIN analysis ON analysis.id = analysis_input.analysis
  WHERE analysis_input.capture = capture.id AND analysis.state IN ('queued', 'running'))`
const REMOVABLE_CAPTURES = `SELECT id, stored, size, uploaded FROM capture WHERE stored IS NOT NULL
  AND ${IS_NOT_READ} ORDER BY uploaded, id`

function removeRows(store: Store, { rows, now }: RetentionOptions): number {
  const { maxAgeSeconds, maxBytes } = rows
  let removed = 0
  for (const { id, finished } of prepared<EndedRow>(store, ENDED_ANALYSES).all()) {
    const isOld = maxAgeSeconds !== null && now - finished > maxAgeSeconds * SECOND
    const isTooMuch = maxBytes !== null && bytesInUse(store) > maxBytes
    if (!isOld && !isTooMuch) break
    if (thinOut(store, id)) removed++
  }
  return removed
}

interface EndedRow {
  readonly id: number
  readonly finished: Micros
}

const ENDED_ANALYSES = `SELECT id, coalesce(finished, created) AS finished FROM analysis
  WHERE state IN ('done', 'failed', 'cancelled') ORDER BY finished, id`

/**
 * All that an analysis says goes, but what it says of incidents that are not resolved; with those, it
 * stays. False if there was nothing to remove.
 */
function thinOut(store: Store, analysis: number): boolean {
  const hadRows = prepared(store, HAS_ROWS).get({ analysis }) !== undefined
  const isOpen = (incident: number): boolean =>
    prepared(store, "SELECT 1 FROM incident WHERE id = ? AND state <> 'resolved'").get(incident) !== undefined
  const before = sharesOf(store, analysis)
  atomically(store, () => {
    withdrawFindings(store, analysis, isOpen)
    // Whoever resolved it need not be told of it any more.
    for (const incident of before.filter((one) => !isOpen(one))) dropIfEmpty(store, incident)
  })
  clearRows(store, analysis)
  giveTurn()
  const after = sharesOf(store, analysis)
  if (after.length === 0) deleteAnalysis(store, analysis)
  return hadRows || after.length < before.length || after.length === 0
}

const HAS_ROWS = `SELECT 1 WHERE EXISTS (SELECT 1 FROM connection WHERE analysis = $analysis)
  OR EXISTS (SELECT 1 FROM session WHERE analysis = $analysis)
  OR EXISTS (SELECT 1 FROM minute WHERE analysis = $analysis)`

const sharesOf = (store: Store, analysis: number): number[] =>
  prepared<{ incident: number }>(store, 'SELECT incident FROM incident_share WHERE analysis = ?')
    .all(analysis)
    .map((row) => row.incident)

function dropIfEmpty(store: Store, incident: number): void {
  const share = prepared(store, 'SELECT 1 FROM incident_share WHERE incident = ? LIMIT 1').get(incident)
  if (share === undefined) removeIncident(store, incident)
}

/** Pages that hold something; those that are free are used for what comes next. */
function bytesInUse({ db }: Store): number {
  const count = (name: string): number => db.pragma(name, { simple: true }) as number
  return (count('page_count') - count('freelist_count')) * count('page_size')
}

/** Free pages given back to the file system in one step: 8 MiB, some 50 ms. */
const PAGES_AT_ONCE = 2_048

function giveBack(store: Store): void {
  const free = (): number => store.db.pragma('freelist_count', { simple: true }) as number
  for (let left = free(); left > 0;) {
    store.db.pragma(`incremental_vacuum(${PAGES_AT_ONCE})`)
    const now = free()
    if (now >= left) return
    left = now
    giveTurn()
  }
}
