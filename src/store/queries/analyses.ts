/** Analyses, the latest first: how far each is, and what it found. */
import { isoTime } from '../../model/time.ts'
import type { AnalysisRow, JobStage, JobState, Page } from '../../model/view.ts'
import { prepared } from '../store.ts'
import type { Store } from '../store.ts'
import { instantOf } from './captures.ts'
import { cut, sortKeyOf } from './cursor.ts'
import { checkPage, isSet } from './filter.ts'
import type { PageRequest } from './filter.ts'

const LIST = 'analyses'

const KEYS = `
  SELECT id FROM analysis WHERE id < ? AND collector IS NULL AND (? OR state IN (SELECT value FROM json_each(?))) ORDER BY id DESC LIMIT ?`
const TOTAL =
  'SELECT count(*) AS n FROM analysis WHERE collector IS NULL AND (? OR state IN (SELECT value FROM json_each(?)))'

/** All analyses, or those in some states. */
export function listAnalyses(
  store: Store,
  filter: { readonly state?: readonly JobState[] | undefined },
  page: PageRequest,
): Page<AnalysisRow> {
  checkPage(page)
  const after = sortKeyOf(LIST, page.cursor)?.[1] ?? Number.MAX_SAFE_INTEGER
  const states = [isSet(filter.state) ? 0 : 1, JSON.stringify(filter.state ?? [])]
  const keys = prepared<{ id: number }>(store, KEYS).all(after, ...states, page.limit + 1)
  const { shown, next } = cut(LIST, keys, page.limit, ({ id }) => [0, id])
  const total = prepared<{ n: number }>(store, TOTAL).get(...states)?.n ?? 0
  return { items: shown.flatMap(({ id }) => analysisRow(store, id) ?? []), next, total }
}

interface StoredAnalysis {
  readonly id: number
  readonly state: JobState
  readonly stage: JobStage
  readonly fraction: number
  readonly packets: number
  readonly created: number
  readonly finished: number | null
  readonly error: string | null
  readonly summary: string | null
}

const BY_ID = 'SELECT * FROM analysis WHERE id = ?'
const INPUTS = `
  SELECT i.capture, c.name, i.tap FROM analysis_input i JOIN capture c ON c.id = i.capture
  WHERE i.analysis = ? ORDER BY i.ordinal`
const INCIDENTS = `
  SELECT coalesce(sum(i.severity = 3), 0) AS critical, coalesce(sum(i.severity = 2), 0) AS warning,
    coalesce(sum(i.severity = 1), 0) AS info
  FROM incident_share s JOIN incident i ON i.id = s.incident WHERE s.analysis = ?`

/** One analysis; null if there is none of the number. How long it will take is known to whoever runs it. */
export function analysisRow(store: Store, id: number): AnalysisRow | null {
  const analysis = prepared<StoredAnalysis>(store, BY_ID).get(id)
  if (analysis === undefined) return null
  const { state, stage, fraction, packets, created, finished, error, summary } = analysis
  const said = summary === null ? null : (JSON.parse(summary) as Said)
  return {
    id,
    state,
    stage,
    fraction,
    secondsLeft: null,
    packets,
    created: isoTime(created),
    finished: instantOf(finished),
    error,
    inputs: prepared<AnalysisRow['inputs'][number]>(store, INPUTS).all(id),
    summary: said,
    incidents: state === 'done' ? incidentsOf(store, id, said) : null,
    relays: said?.relays ?? [],
    misfits: said?.misfits ?? [],
  }
}

/** Of the summary record, as it was kept. */
interface Said {
  readonly incidents?: BySeverity
  readonly relays?: readonly string[]
  readonly misfits?: readonly string[]
}

type BySeverity = NonNullable<AnalysisRow['incidents']>

/** As the summary counted them; or where it does not, as they stand in the store. */
function incidentsOf(store: Store, id: number, summary: Said | null): BySeverity | null {
  return summary?.incidents ?? prepared<BySeverity>(store, INCIDENTS).get(id) ?? null
}
