/** Captures, the latest upload first: what each file is, and what came of it. */
import type { CaptureQuality } from '../../model/quality.ts'
import { isoTime } from '../../model/time.ts'
import type { CaptureRow, LiveState, Page } from '../../model/view.ts'
import { prepared } from '../store.ts'
import type { Store } from '../store.ts'
import { cut, sortKeyOf } from './cursor.ts'
import { checkPage } from './filter.ts'
import type { PageRequest } from './filter.ts'

const LIST = 'captures'

const KEYS = `SELECT id FROM capture WHERE id < ? ORDER BY id DESC LIMIT ?`

/** All captures, those of which the octets are gone included. */
export function listCaptures(store: Store, page: PageRequest): Page<CaptureRow> {
  checkPage(page)
  const after = sortKeyOf(LIST, page.cursor)?.[1] ?? Number.MAX_SAFE_INTEGER
  const keys = prepared<{ id: number }>(store, KEYS).all(after, page.limit + 1)
  const { shown, next } = cut(LIST, keys, page.limit, ({ id }) => [0, id])
  const total = prepared<{ n: number }>(store, 'SELECT count(*) AS n FROM capture').get()?.n ?? 0
  return { items: shown.flatMap(({ id }) => captureRow(store, id) ?? []), next, total }
}

interface StoredCapture {
  readonly id: number
  readonly sha256: string | null
  readonly name: string
  readonly size: number
  readonly stored: string | null
  readonly uploaded: number
}

interface StoredInput {
  readonly analysis: number
  readonly tap: string
  readonly format: string | null
  readonly packets: number | null
  readonly start: number | null
  readonly end: number | null
  readonly quality: string | null
  readonly live: string | null
}

const BY_ID = 'SELECT * FROM capture WHERE id = ?'
const INPUTS = `
  SELECT i.analysis, i.tap, i.format, i.packets, i.start, i."end", i.quality, a.live
  FROM analysis_input i JOIN analysis a ON a.id = i.analysis WHERE i.capture = ?
  ORDER BY i.analysis DESC, i.ordinal`
// One analysis is the rule, and its shares need only be counted: each is of another incident.
const INCIDENTS_OF_ONE = 'SELECT count(*) AS n FROM incident_share WHERE analysis = ?'
const INCIDENTS_OF_ALL = `
  SELECT count(DISTINCT incident) AS n FROM incident_share WHERE analysis IN (SELECT value FROM json_each(?))`

function incidentsOf(store: Store, analyses: readonly number[]): number {
  const [only] = analyses
  if (only === undefined) return 0
  const row =
    analyses.length === 1
      ? prepared<{ n: number }>(store, INCIDENTS_OF_ONE).get(only)
      : prepared<{ n: number }>(store, INCIDENTS_OF_ALL).get(JSON.stringify(analyses))
  return row?.n ?? 0
}

/**
 * One capture, with what the latest analysis that read it says of it; null if there is none of the number.
 */
export function captureRow(store: Store, id: number): CaptureRow | null {
  const capture = prepared<StoredCapture>(store, BY_ID).get(id)
  if (capture === undefined) return null
  const inputs = prepared<StoredInput>(store, INPUTS).all(id)
  const analyses = [...new Set(inputs.map(({ analysis }) => analysis))]
  const read = inputs.find(({ quality }) => quality !== null) ?? inputs[0]
  return {
    id,
    name: capture.name,
    sha256: capture.sha256 ?? '',
    sizeBytes: capture.size,
    uploaded: isoTime(capture.uploaded),
    kept: capture.stored !== null,
    analyses,
    tap: read?.tap ?? null,
    format: read?.format ?? null,
    packets: read?.packets ?? null,
    start: instantOf(read?.start),
    end: instantOf(read?.end),
    quality: read?.quality == null ? null : (JSON.parse(read.quality) as CaptureQuality),
    incidents: incidentsOf(store, analyses),
    live: read?.live == null ? null : (JSON.parse(read.live) as LiveState),
  }
}

export const instantOf = (at: number | null | undefined): string | null => (at == null ? null : isoTime(at))

const SKIPPED = `SELECT skipped FROM analysis_input WHERE capture = ? AND skipped IS NOT NULL
  ORDER BY analysis DESC, ordinal LIMIT 1`

/** Packets that the latest analysis did not read, by reason. */
export function skippedOf(store: Store, capture: number): Record<string, number> {
  const row = prepared<{ skipped: string }>(store, SKIPPED).get(capture)
  return row === undefined ? {} : (JSON.parse(row.skipped) as Record<string, number>)
}
