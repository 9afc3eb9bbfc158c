/**
 * Incidents as lists and rows. Newest `end` first; of equal ends the later stored one first. The list
 * counts what matches: there are thousands of incidents at most, however many occurrences they have.
 */
import { sql } from 'kysely'
import type { ActorRole, IncidentType, Severity } from '../../model/incident.ts'
import { isoTime } from '../../model/time.ts'
import type { Actor, IncidentRow, IncidentState, Page } from '../../model/view.ts'
import { SEVERITIES } from '../codes.data.ts'
import { prepared } from '../store.ts'
import type { Store } from '../store.ts'
import { cut, sortKeyOf } from './cursor.ts'
import { checkFilter, checkPage } from './filter.ts'
import type { Filter, PageRequest, TimeRange } from './filter.ts'
import { incidentsMatching, resolved } from './incident-filter.ts'
import { incidentName } from './names.ts'
import { rowsOf } from './tables.ts'
import { incidentTrend } from './trend.ts'

const LIST = 'incidents'

/**
 * Incidents that a filter admits. `trend` covers the asked time, or where none is asked an incident's own.
 */
export function listIncidents(store: Store, filter: Filter, page: PageRequest): Page<IncidentRow> {
  checkPage(page)
  checkFilter(filter)
  const matching = incidentsMatching(resolved(store, filter))
  const after = sortKeyOf(LIST, page.cursor)
  let query = matching.select(['i.id', 'i.end'])
  if (after !== null) query = query.where(sql<boolean>`(i."end", i.id) < (${after[0]}, ${after[1]})`)
  const keys = rowsOf(
    store,
    query
      .orderBy('i.end', 'desc')
      .orderBy('i.id', 'desc')
      .limit(page.limit + 1),
  )
  const { shown, next } = cut(LIST, keys, page.limit, (key) => [key.end, key.id])
  const [counted] = rowsOf(store, matching.select(sql<number>`count(*)`.as('n')))
  return { items: incidentRows(store, shown, filter), next, total: counted?.n ?? 0 }
}

/** One incident; null if there is none of the number. */
export function incidentRow(store: Store, id: number, range: TimeRange = {}): IncidentRow | null {
  return incidentRows(store, [{ id }], range)[0] ?? null
}

/** The columns of `incident` and the name of its service. */
export interface StoredIncident {
  readonly id: number
  readonly type: IncidentType
  readonly severity: number
  readonly state: IncidentState
  readonly service: number | null
  readonly service_name: string | null
  readonly title: string
  readonly summary: string
  readonly remedy: string
  readonly filter: string
  readonly actor_role: ActorRole
  readonly actor_address: string | null
  readonly actor_name: string | null
  readonly actor_confidence: number
  readonly confidence: number
  readonly requirements: string
  readonly details: string
  readonly occurrences: number
  readonly agents: number
  readonly start: number
  readonly end: number
  readonly created: number
  readonly changed: number
}

const BY_ID = `
  SELECT i.*, s.name AS service_name FROM incident i LEFT JOIN service s ON s.id = i.service WHERE i.id = ?`

export const storedIncident = (store: Store, id: number): StoredIncident | undefined =>
  prepared<StoredIncident>(store, BY_ID).get(id)

/** Rows in the order of their keys; an incident that has gone in between is left out. */
export function incidentRows(
  store: Store,
  keys: readonly { readonly id: number }[],
  range: TimeRange,
): IncidentRow[] {
  return keys.flatMap(({ id }) => {
    const stored = storedIncident(store, id)
    return stored === undefined ? [] : [incidentRowOf(store, stored, range)]
  })
}

export function incidentRowOf(store: Store, i: StoredIncident, { from, to }: TimeRange): IncidentRow {
  return {
    id: incidentName(i.id),
    type: i.type,
    severity: severityOf(i.severity) ?? 'info',
    state: i.state,
    service: i.service_name,
    title: i.title,
    summary: i.summary,
    actor: actorOf(i),
    requirements: JSON.parse(i.requirements) as string[],
    occurrences: i.occurrences,
    agents: i.agents,
    start: isoTime(i.start),
    end: isoTime(i.end),
    created: isoTime(i.created),
    changed: isoTime(i.changed),
    confidence: i.confidence,
    trend: incidentTrend(store, i.id, from ?? i.start, to ?? i.end),
  }
}

export const severityOf = (rank: number): Severity | null => SEVERITIES[rank] ?? null

export const actorOf = (stored: {
  readonly actor_role: ActorRole
  readonly actor_address: string | null
  readonly actor_name: string | null
  readonly actor_confidence: number
}): Actor => ({
  role: stored.actor_role,
  address: stored.actor_address,
  name: stored.actor_name,
  confidence: stored.actor_confidence,
})
