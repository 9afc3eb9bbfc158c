/**
 * What lists are asked: filters that combine, and pages.
 *
 * Each filter with several values admits any of them; different filters must all hold. A filter of names
 * that nobody bears matches nothing. What cannot be asked is thrown as a `QueryError` that names the field
 * at fault.
 */
import type { EndReason } from '../../model/connection.ts'
import type { IncidentType, Severity } from '../../model/incident.ts'
import type { Micros } from '../../model/time.ts'
import type { IncidentState } from '../../model/view.ts'

/** The filters of incidents and occurrences; an undefined or empty one admits everything. */
export interface Filter {
  readonly state?: readonly IncidentState[] | undefined
  readonly severity?: readonly Severity[] | undefined
  readonly type?: readonly IncidentType[] | undefined
  /** Names of services. */
  readonly service?: readonly string[] | undefined
  /** Ids of agents, such as `EPA-0017`. */
  readonly agent?: readonly string[] | undefined
  /** Names of servers. */
  readonly server?: readonly string[] | undefined
  /** Numbers of captures: what the analyses say that read one of them. */
  readonly capture?: readonly number[] | undefined
  /** Only what lasted into this time or happened in it; both ends included. */
  readonly from?: Micros | undefined
  readonly to?: Micros | undefined
  /** Words that incidents are searched for; the last one may be the beginning of a word. */
  readonly text?: string | undefined
  /** Only incidents that were first stored after this moment. */
  readonly since?: Micros | undefined
}

export interface OccurrenceFilter extends Filter {
  /** Only those of this incident. */
  readonly incident?: number | undefined
}

export interface ConnectionFilter extends Pick<
  Filter,
  'service' | 'agent' | 'server' | 'capture' | 'from' | 'to'
> {
  readonly endReason?: readonly EndReason[] | undefined
}

export type AgentFilter = Pick<Filter, 'service' | 'server' | 'text'>

export interface PageRequest {
  /** What the page before said as `next`; null or absent for the first. */
  readonly cursor?: string | null | undefined
  /** Rows at most, 1 to `PAGE_ROWS_MAX`. */
  readonly limit: number
}

/** Times that a view covers; both optional. */
export interface TimeRange {
  readonly from?: Micros | undefined
  readonly to?: Micros | undefined
}

/** A page of more rows is refused: it would hold up all others. */
export const PAGE_ROWS_MAX = 500
/** Values of one filter; more are refused. */
export const FILTER_VALUES_MAX = 100
/** Characters of a text that is searched for; longer ones are refused. */
export const TEXT_LENGTH_MAX = 500

/** What is wrong with a question, in one sentence, and which parameter of it. */
export class QueryError extends Error {
  override readonly name = 'QueryError'
  readonly field: string

  constructor(field: string, sentence: string) {
    super(sentence)
    this.field = field
  }
}

export function checkPage({ limit }: PageRequest): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > PAGE_ROWS_MAX)
    throw new QueryError('limit', `limit must be a whole number from 1 to ${PAGE_ROWS_MAX}`)
}

export function checkFilter(filter: Filter & ConnectionFilter): void {
  for (const [field, value] of Object.entries(filter))
    if (Array.isArray(value) && value.length > FILTER_VALUES_MAX)
      throw new QueryError(field, `${field} may be given ${FILTER_VALUES_MAX} times at most`)
  if ((filter.text?.length ?? 0) > TEXT_LENGTH_MAX)
    throw new QueryError('text', `text may have ${TEXT_LENGTH_MAX} characters at most`)
  checkRange(filter)
}

export function checkRange({ from, to }: TimeRange): void {
  for (const [field, time] of [
    ['from', from],
    ['to', to],
  ] as const)
    if (time !== undefined && !Number.isSafeInteger(time)) throw new QueryError(field, `${field} is no time`)
  if (from !== undefined && to !== undefined && from > to)
    throw new QueryError('from', 'from must not be later than to')
}

/** Whether a filter is set: an empty list is as good as none. */
export const isSet = <T>(values: readonly T[] | undefined): values is readonly T[] =>
  values !== undefined && values.length > 0
