/**
 * Analyses as jobs: queued, running, and what became of them. What an attempt left behind that was broken
 * off is taken away before the next one begins, so nothing is counted twice.
 *
 * An analysis that is done takes the place of earlier ones of the same captures, or of some of them: what
 * they found is found again by this one. One that looked only at a span of time takes the place of its like
 * only.
 */
import type { Tap } from '../model/packet.ts'
import type { Micros } from '../model/time.ts'
import type { JobStage, JobState } from '../model/view.ts'
import { recordChange } from './changes.ts'
import { dropUnusedCaptures } from './captures.ts'
import { clearAnalysis, dropUnusedNames, dropUnusedPackets } from './clearing.ts'
import { atomically, durably, prepared, type Store } from './store.ts'

export interface AnalysisInput {
  readonly capture: number
  readonly tap: Tap
}

export interface NewAnalysis {
  readonly inputs: readonly AnalysisInput[]
  /** The text of the configuration; null: none. */
  readonly config: string | null
  readonly at: Micros
  /** Only a span of time is looked at. */
  readonly partial?: boolean
}

/** What whoever runs it needs. */
export interface AnalysisJob {
  readonly id: number
  readonly attempt: number
  readonly config: string | null
  readonly partial: boolean
  readonly inputs: readonly (AnalysisInput & {
    readonly name: string
    readonly stored: string | null
    readonly sha256: string | null
    readonly size: number
  })[]
}

/** Queues an analysis; on the disk when it returns. */
export function addAnalysis(store: Store, { inputs, config, at, partial = false }: NewAnalysis): number {
  return durably(store, () => {
    const insert = "INSERT INTO analysis (state, created, config, partial) VALUES ('queued', ?, ?, ?)"
    const id = Number(prepared(store, insert).run(at, config, partial ? 1 : 0).lastInsertRowid)
    const input = 'INSERT INTO analysis_input (analysis, ordinal, capture, tap) VALUES (?, ?, ?, ?)'
    for (const [i, { capture, tap }] of inputs.entries()) prepared(store, input).run(id, i, capture, tap)
    recordChange(store, 'analysis', id, true, at)
    return id
  })
}

/** The one that waits longest; null if none does. */
export const nextQueued = (store: Store): number | null =>
  prepared<{ id: number | null }>(store, "SELECT min(id) AS id FROM analysis WHERE state = 'queued'").get()
    ?.id ?? null

/** What is to be analysed; null if there is no such analysis. */
export function analysisJob(store: Store, id: number): AnalysisJob | null {
  const select = 'SELECT attempt, config, partial FROM analysis WHERE id = ?'
  const row = prepared<{ attempt: number; config: string | null; partial: number }>(store, select).get(id)
  if (row === undefined) return null
  const inputs = `SELECT capture, tap, name, stored, sha256, size FROM analysis_input
    JOIN capture ON capture.id = analysis_input.capture WHERE analysis = ? ORDER BY ordinal`
  const { attempt, config, partial } = row
  return {
    id,
    attempt,
    config,
    partial: partial === 1,
    inputs: prepared<AnalysisJob['inputs'][number]>(store, inputs).all(id),
  }
}

/**
 * Takes away what an earlier attempt left, in short transactions, and says that the analysis runs. Answers
 * what is to be analysed; null if there is no such analysis.
 */
export function beginAnalysis(store: Store, id: number, at: Micros): AnalysisJob | null {
  if (analysisJob(store, id) === null) return null
  clearAnalysis(store, id)
  const update = `UPDATE analysis SET state = 'running', stage = 'read', fraction = 0, packets = 0,
    attempt = attempt + 1, started = ?, finished = NULL, error = NULL, summary = NULL WHERE id = ?`
  durably(store, () => {
    prepared(store, update).run(at, id)
    recordChange(store, 'analysis', id, false, at)
  })
  return analysisJob(store, id)
}

/** A published analysis is taken up again, for the proof that is missing: one more attempt. */
export const resumeAnalysis = (store: Store, id: number): void =>
  void durably(store, () => prepared(store, 'UPDATE analysis SET attempt = attempt + 1 WHERE id = ?').run(id))

/** An attempt was broken off because somebody asked for it: it does not count. */
export const leaveAnalysis = (store: Store, id: number): void =>
  void durably(store, () =>
    prepared(store, 'UPDATE analysis SET attempt = max(0, attempt - 1) WHERE id = ?').run(id),
  )

export interface AnalysisProgress {
  readonly stage: JobStage
  /** 0 to 1 of the stage. */
  readonly fraction: number
  readonly packets: number
  readonly at: Micros
}

/** Where a running analysis stands; not more than a few times a second. */
export function noteProgress(store: Store, id: number, progress: AnalysisProgress): void {
  const { stage, fraction, packets, at } = progress
  atomically(store, () => {
    const update =
      "UPDATE analysis SET stage = ?, fraction = ?, packets = ? WHERE id = ? AND state = 'running'"
    if (prepared(store, update).run(stage, fraction, packets, id).changes > 0)
      recordChange(store, 'analysis', id, false, at)
  })
}

export interface AnalysisEnd {
  readonly state: Extract<JobState, 'done' | 'failed' | 'cancelled'>
  /** Why it failed, in one sentence. */
  readonly error: string | null
  /** The summary record; null keeps what was published with the findings. */
  readonly summary: object | null
  readonly at: Micros
}

/**
 * The analysis is over; on the disk when it returns. One that failed or was cancelled leaves nothing,
 * unless its findings were published already: then only the proof is incomplete, and they stay. One that is
 * done takes the place of others.
 */
export function endAnalysis(store: Store, id: number, { state, error, summary, at }: AnalysisEnd): void {
  if (!isPublished(store, id)) clearAnalysis(store, id)
  const update = `UPDATE analysis SET state = ?, error = ?, finished = ?, fraction = 1,
    summary = coalesce(?, summary) WHERE id = ?`
  durably(store, () => {
    const text = summary === null ? null : JSON.stringify(summary)
    prepared(store, update).run(state, error, at, text, id)
    recordChange(store, 'analysis', id, false, at)
  })
  dropReplaced(store)
}

/**
 * Analyses whose place was taken go, once the one that took it is over; so do those that are half deleted.
 */
function dropReplaced(store: Store): void {
  const select = `SELECT id FROM analysis WHERE replaced IS NOT NULL AND state <> 'running'
    AND NOT EXISTS (SELECT 1 FROM analysis other WHERE other.id = analysis.replaced AND state = 'running')`
  for (const { id } of prepared<{ id: number }>(store, select).all()) deleteAnalysis(store, id)
}

/** Its findings are among the incidents. */
export const isPublished = (store: Store, id: number): boolean =>
  prepared(store, 'SELECT 1 FROM analysis WHERE id = ? AND published = 1').get(id) !== undefined

/** Published analyses of captures that are all among those of this one. */
export function replacedBy(store: Store, id: number): number[] {
  const select = `SELECT other.id FROM analysis this JOIN analysis other ON other.id <> this.id
    WHERE this.id = ? AND other.published = 1 AND other.state <> 'running' AND other.partial >= this.partial
      AND other.id < this.id
      AND EXISTS (SELECT 1 FROM analysis_input WHERE analysis = other.id)
      AND NOT EXISTS (SELECT 1 FROM analysis_input i WHERE i.analysis = other.id
        AND i.capture NOT IN (SELECT capture FROM analysis_input WHERE analysis = this.id))`
  return prepared<{ id: number }>(store, select)
    .all(id)
    .map((row) => row.id)
}

/**
 * Takes an analysis and all that it alone says away, in short transactions. If that is broken off, the end
 * of the next analysis finishes it.
 */
export function deleteAnalysis(store: Store, id: number): void {
  durably(store, () =>
    prepared(store, 'UPDATE analysis SET replaced = coalesce(replaced, id) WHERE id = ?').run(id),
  )
  clearAnalysis(store, id)
  durably(store, () => prepared(store, 'DELETE FROM analysis WHERE id = ?').run(id))
  dropUnusedPackets(store)
  dropUnusedCaptures(store)
  dropUnusedNames(store)
}

/** Those that were running when the process that ran them ended; `isPublished`: only the proof is missing.
 * Live captures are no jobs. */
export const interruptedAnalyses = (store: Store): { id: number; isPublished: boolean }[] =>
  prepared<{ id: number; published: number }>(
    store,
    "SELECT id, published FROM analysis WHERE state = 'running' AND collector IS NULL ORDER BY id",
  )
    .all()
    .map(({ id, published }) => ({ id, isPublished: published === 1 }))
