/** Occurrences: as a list, and one with what proves it. */
import { isoTime } from '../../model/time.ts'
import type { EvidenceView, OccurrenceRow, OccurrenceView, Page, SegmentView } from '../../model/view.ts'
import { prepared } from '../store.ts'
import type { Store } from '../store.ts'
import { cut, sortKeyOf } from './cursor.ts'
import { checkFilter, checkPage } from './filter.ts'
import type { OccurrenceFilter, PageRequest } from './filter.ts'
import { resolved } from './incident-filter.ts'
import type { Resolved } from './incident-filter.ts'
import { agentNumbers } from './names.ts'
import { occurrenceRows } from './occurrence-rows.ts'
import { occurrenceKeys } from './occurrence-search.ts'

const LIST = 'occurrences'

/**
 * Occurrences that a filter admits. Severity, agent, server and time are the occurrence's own, all else its
 * incident's; a text that is an agent's id asks for that agent. The total is told for one whole incident
 * only.
 */
export function listOccurrences(
  store: Store,
  filter: OccurrenceFilter,
  page: PageRequest,
): Page<OccurrenceRow> {
  checkPage(page)
  checkFilter(filter)
  const keys = occurrenceKeys(store, {
    filter: textAsAgent(store, filter),
    incident: filter.incident,
    after: sortKeyOf(LIST, page.cursor),
    limit: page.limit + 1,
  })
  const { shown, next } = cut(LIST, keys, page.limit, (key) => [key.at, key.id])
  return { items: occurrenceRows(store, shown), next, total: totalOf(store, filter) }
}

/** People search for an agent by typing its id, and mean what happened to it. */
function textAsAgent(store: Store, filter: OccurrenceFilter): Resolved {
  const asked = resolved(store, filter)
  const [agent = -1] = filter.text === undefined ? [] : agentNumbers(store, [filter.text.trim()])
  if (agent === -1 || asked.agent !== undefined) return asked
  return { ...asked, agent: [agent], text: undefined }
}

const TOTAL = 'SELECT sum(occurrences) AS n FROM incident_hour WHERE incident = ?'

function totalOf(store: Store, { incident, ...others }: OccurrenceFilter): number | null {
  if (incident === undefined || Object.values(others).some((value) => value !== undefined)) return null
  return prepared<{ n: number | null }>(store, TOTAL).get(incident)?.n ?? 0
}

/** One occurrence; null if there is none of the number. */
export const occurrenceRow = (store: Store, id: number): OccurrenceRow | null =>
  occurrenceRows(store, [{ id }])[0] ?? null

/**
 * One occurrence with its evidence and its neighbours in the incident; null if there is none of the number.
 */
export function occurrenceView(store: Store, id: number): OccurrenceView | null {
  const row = occurrenceRow(store, id)
  if (row === null) return null
  return {
    ...row,
    evidence: evidenceOf(store, id),
    previous: prepared<{ id: number }>(store, BEFORE).get(id)?.id ?? null,
    next: prepared<{ id: number }>(store, AFTER).get(id)?.id ?? null,
  }
}

const BEFORE = `
  SELECT x.id FROM occurrence o JOIN occurrence x ON x.incident = o.incident
  WHERE o.id = ? AND (x.at, x.id) < (o.at, o.id) ORDER BY x.at DESC, x.id DESC LIMIT 1`
const AFTER = `
  SELECT x.id FROM occurrence o JOIN occurrence x ON x.incident = o.incident
  WHERE o.id = ? AND (x.at, x.id) > (o.at, o.id) ORDER BY x.at, x.id LIMIT 1`

const EVIDENCE = `
  SELECT e.tap, e.packet, e.at, e.note, p.segment FROM evidence e LEFT JOIN packet p ON p.id = e.kept
  WHERE e.occurrence = ? ORDER BY e.ordinal`

interface StoredEvidence {
  readonly tap: string
  readonly packet: number
  readonly at: number
  readonly note: string
  readonly segment: string | null
}

const evidenceOf = (store: Store, occurrence: number): EvidenceView[] =>
  prepared<StoredEvidence>(store, EVIDENCE)
    .all(occurrence)
    .map(({ tap, packet, at, note, segment }) => ({
      tap,
      packet,
      at: isoTime(at),
      note,
      segment: segment === null ? null : (JSON.parse(segment) as SegmentView),
    }))
