/**
 * Filters as the address has them and as the API takes them. Without a state a list shows what is active;
 * `state=all` shows everything. `since` is a time from now on backwards, so that a stored link stays useful.
 */
import type { IncidentRow, OccurrenceRow } from '../src/api/contract.ts'
import type { QueryPatch } from './router.ts'

const ACTIVE = ['open', 'acknowledged', 'reopened']

/** Spans back from now, by their name in the address; milliseconds. */
export const SINCE: Readonly<Record<string, { readonly ms: number; readonly word: string }>> = {
  '1h': { ms: 3_600_000, word: '1 hour' },
  '24h': { ms: 86_400_000, word: '24 hours' },
  '7d': { ms: 7 * 86_400_000, word: '7 days' },
  '30d': { ms: 30 * 86_400_000, word: '30 days' },
}

/** The beginning of the time that an address asks for: `since` back from now, else `from`. */
export function fromOf(query: URLSearchParams, now: number): string | null {
  const name = query.get('since') ?? ''
  const since = Object.hasOwn(SINCE, name) ? SINCE[name] : undefined
  return since === undefined ? query.get('from') : new Date(now - since.ms).toISOString()
}

const PASSED_ON = ['severity', 'type', 'service', 'agent', 'server', 'capture'] as const

/** The parameters of `GET /incidents` and `GET /occurrences` for an address's query. */
export function incidentFilter(query: URLSearchParams, now: number): QueryPatch {
  const state = query.getAll('state')
  return {
    ...Object.fromEntries(PASSED_ON.map((name) => [name, query.getAll(name)])),
    state: state.length === 0 || state.includes('active') ? ACTIVE : state.includes('all') ? [] : state,
    from: fromOf(query, now),
    to: query.get('to'),
    text: query.get('text'),
  }
}

/** The same for occurrences, which are shown whatever became of their incident. */
export function occurrenceFilter(query: URLSearchParams, now: number): QueryPatch {
  return { ...incidentFilter(query, now), state: [] }
}

const has = (filter: QueryPatch, name: string, value: string | null): boolean => {
  const wanted = filter[name]
  if (wanted == null || (Array.isArray(wanted) && wanted.length === 0)) return true
  return Array.isArray(wanted) ? value !== null && wanted.includes(value) : wanted === value
}

/** Whether a row that an event brought belongs into a list, as far as the row itself can tell. */
export function matchesIncident(filter: QueryPatch, row: IncidentRow): boolean {
  const text = String(filter['text'] ?? '').toLowerCase()
  return (
    has(filter, 'state', row.state) &&
    has(filter, 'severity', row.severity) &&
    has(filter, 'type', row.type) &&
    has(filter, 'service', row.service) &&
    (text === '' || `${row.id} ${row.title} ${row.summary}`.toLowerCase().includes(text))
  )
}

export const matchesOccurrence = (filter: QueryPatch, row: OccurrenceRow): boolean =>
  has(filter, 'severity', row.severity) &&
  has(filter, 'type', row.type) &&
  has(filter, 'service', row.service) &&
  has(filter, 'agent', row.agent?.id ?? null) &&
  has(filter, 'server', row.server?.name ?? null)

/** Whether anything beside the defaults is set. */
export const isFiltered = (query: URLSearchParams): boolean =>
  [...PASSED_ON, 'state', 'since', 'from', 'to', 'text'].some((name) => query.has(name))
