/**
 * Which incidents a filter admits, as the WHERE of a query over them. Occurrences ask the same: what they are
 * filtered by is, but for agent, server, severity and time, a property of their incident.
 */
import { sql } from 'kysely'
import type { RawBuilder, SelectQueryBuilder } from 'kysely'
import { SEVERITIES } from '../codes.data.ts'
import type { Store } from '../store.ts'
import { isSet } from './filter.ts'
import type { Filter } from './filter.ts'
import { fullTextQuery } from './full-text.ts'
import { agentNumbers, serverNumbers, serviceNumbers } from './names.ts'
import { sqlite } from './tables.ts'
import type { IncidentTable, Tables } from './tables.ts'

/** A filter of which the names are numbers; undefined where it is not set. */
export interface Resolved {
  readonly state: readonly string[] | undefined
  readonly severity: readonly number[] | undefined
  readonly type: readonly string[] | undefined
  readonly service: readonly number[] | undefined
  readonly agent: readonly number[] | undefined
  readonly server: readonly number[] | undefined
  readonly capture: readonly number[] | undefined
  readonly from: number | undefined
  readonly to: number | undefined
  /** A query of FTS5. */
  readonly text: string | undefined
  readonly since: number | undefined
}

export type IncidentQuery = SelectQueryBuilder<Tables & { i: IncidentTable }, 'i', object>

const set = <T, R>(values: readonly T[] | undefined, map: (values: readonly T[]) => R): R | undefined =>
  isSet(values) ? map(values) : undefined

export function resolved(store: Store, filter: Filter): Resolved {
  return {
    state: set(filter.state, (states) => states),
    severity: set(filter.severity, (severities) => severities.map((s) => SEVERITIES.indexOf(s))),
    type: set(filter.type, (types) => types),
    service: set(filter.service, (names) => serviceNumbers(store, names)),
    agent: set(filter.agent, (names) => agentNumbers(store, names)),
    server: set(filter.server, (names) => serverNumbers(store, names)),
    capture: set(filter.capture, (numbers) => numbers),
    from: filter.from,
    to: filter.to,
    text: filter.text === undefined ? undefined : (fullTextQuery(filter.text) ?? undefined),
    since: filter.since,
  }
}

/** `column IN` a list of any length with one parameter, so that the text of the statement stays the same. */
export const oneOf = (column: string, values: readonly (number | string)[]): RawBuilder<boolean> =>
  sql<boolean>`${sql.ref(column)} IN (SELECT value FROM json_each(${JSON.stringify(values)}))`

/** The analyses that read one of the captures. */
export const analysesOf = (captures: readonly number[]): RawBuilder<number> =>
  sql<number>`(SELECT analysis FROM analysis_input WHERE ${oneOf('capture', captures)})`

/** Incidents `i` that may hold what is asked: all properties of the incident itself. */
export function incidentsAdmitted(f: Resolved): IncidentQuery {
  let query: IncidentQuery = sqlite.selectFrom('incident as i')
  if (f.state !== undefined) query = query.where(oneOf('i.state', f.state))
  if (f.type !== undefined) query = query.where(oneOf('i.type', f.type))
  if (f.service !== undefined) query = query.where(oneOf('i.service', f.service))
  if (f.from !== undefined) query = query.where('i.end', '>=', f.from)
  if (f.to !== undefined) query = query.where('i.start', '<=', f.to)
  if (f.since !== undefined) query = query.where('i.created', '>', f.since)
  if (f.text !== undefined)
    query = query.where(
      sql<boolean>`i.id IN (SELECT rowid FROM incident_text WHERE incident_text MATCH ${f.text})`,
    )
  return query
}

/** Incidents `i` with something of each party that is asked for; severity is their own. */
export function incidentsMatching(f: Resolved): IncidentQuery {
  let query = incidentsAdmitted(f)
  if (f.severity !== undefined) query = query.where(oneOf('i.severity', f.severity))
  if (f.agent !== undefined)
    query = query.where(
      sql<boolean>`EXISTS (SELECT 1 FROM incident_agent x WHERE x.incident = i.id AND ${oneOf('x.agent', f.agent)})`,
    )
  if (f.server !== undefined)
    query = query.where(
      sql<boolean>`EXISTS (SELECT 1 FROM occurrence x INDEXED BY occurrence_of_server
        WHERE x.incident = i.id AND ${oneOf('x.server', f.server)})`,
    )
  if (f.capture !== undefined)
    query = query.where(
      sql<boolean>`EXISTS (SELECT 1 FROM incident_share x WHERE x.incident = i.id AND x.analysis IN ${analysesOf(f.capture)})`,
    )
  return query
}
