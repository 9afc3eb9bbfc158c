/**
 * Where the occurrences are that a filter admits, newest first; of equal times the later stored one first.
 *
 * There may be a million, and almost any filter may admit few of them. What they are filtered by is mostly
 * a property of their incident, so a list is found in one of three ways, each exact:
 * 1. Of one incident, or of agents: by the index of that.
 * 2. Else the newest `NEAR_ROWS` of the asked time are looked through.
 * 3. If those do not fill the page, the incidents admitted are ranked by their newest occurrence before the
 *    page. What fills a page of n rows is among the newest n of the n first incidents, since each of these
 *    has at least one that is newer than anything in the incidents after them.
 */
import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import type { Store } from '../store.ts'
import type { SortKey } from './cursor.ts'
import { analysesOf, incidentsAdmitted, oneOf } from './incident-filter.ts'
import type { Resolved } from './incident-filter.ts'
import { rowsOf, sqlite } from './tables.ts'

/** Newest occurrences looked through before incidents are ranked: a few milliseconds. */
const NEAR_ROWS = 4_000

export interface Key {
  readonly id: number
  readonly at: number
}

export interface Ask {
  readonly filter: Resolved
  readonly incident: number | undefined
  readonly after: SortKey | null
  /** Rows wanted. */
  readonly limit: number
}

/** The first of what is asked, `limit` at most. */
export function occurrenceKeys(store: Store, ask: Ask): Key[] {
  const { filter, incident, limit } = ask
  if (incident !== undefined || filter.agent !== undefined) return directly(store, ask)
  if (!needsIncident(filter) && filter.server === undefined && filter.capture === undefined)
    return directly(store, ask)
  const near = amongNewest(store, ask)
  return near.length >= limit ? near : byIncident(store, ask)
}

/** Whether the incident has to be looked at. */
const needsIncident = ({ state, type, service, text, since }: Resolved): boolean =>
  [state, type, service, text, since].some((part) => part !== undefined)

const all = (conditions: readonly RawBuilder<boolean>[]): RawBuilder<boolean> =>
  conditions.length === 0 ? sql<boolean>`TRUE` : sql<boolean>`(${sql.join(conditions, sql` AND `)})`

/** The part of the time, and what of it is on the page or later, of occurrences called `name`. */
function place(name: string, { filter, after }: Ask): RawBuilder<boolean>[] {
  const at = sql.ref(`${name}.at`)
  const conditions: RawBuilder<boolean>[] = []
  if (filter.from !== undefined) conditions.push(sql<boolean>`${at} >= ${filter.from}`)
  if (filter.to !== undefined) conditions.push(sql<boolean>`${at} <= ${filter.to}`)
  if (after !== null)
    conditions.push(sql<boolean>`(${at}, ${sql.ref(`${name}.id`)}) < (${after[0]}, ${after[1]})`)
  return conditions
}

/** What is asked of an occurrence itself. */
function own(name: string, { severity, agent, server, capture }: Partial<Resolved>): RawBuilder<boolean>[] {
  const conditions: RawBuilder<boolean>[] = []
  if (severity !== undefined) conditions.push(oneOf(`${name}.severity`, severity))
  if (agent !== undefined) conditions.push(oneOf(`${name}.agent`, agent))
  if (server !== undefined) conditions.push(oneOf(`${name}.server`, server))
  if (capture !== undefined)
    conditions.push(sql<boolean>`${sql.ref(`${name}.analysis`)} IN ${analysesOf(capture)}`)
  return conditions
}

/** Incidents as far as time and parties are not asked: those are the occurrence's own. */
const incidentsOf = (filter: Resolved) => incidentsAdmitted({ ...filter, from: undefined, to: undefined })

function directly(store: Store, ask: Ask): Key[] {
  const { filter, incident, limit } = ask
  let query = sqlite
    .selectFrom('occurrence as o')
    .select(['o.id', 'o.at'])
    .where(all([...place('o', ask), ...own('o', filter)]))
  if (incident !== undefined) query = query.where('o.incident', '=', incident)
  if (needsIncident(filter)) query = query.where('o.incident', 'in', incidentsOf(filter).select('i.id'))
  return rowsOf(store, query.orderBy('o.at', 'desc').orderBy('o.id', 'desc').limit(limit))
}

/** Those admitted among the newest of the asked time. */
function amongNewest(store: Store, ask: Ask): Key[] {
  // The first four stand in the index; of the others only what is asked for is worth a look into the row.
  const { agent, server, capture } = ask.filter
  const newest = sqlite
    .selectFrom('occurrence as o')
    .select(['o.id', 'o.at', 'o.incident', 'o.severity'])
    .$if(agent !== undefined, (query) => query.select('o.agent'))
    .$if(server !== undefined, (query) => query.select('o.server'))
    .$if(capture !== undefined, (query) => query.select('o.analysis'))
    .where(all(place('o', ask)))
    .orderBy('o.at', 'desc')
    .orderBy('o.id', 'desc')
    .limit(NEAR_ROWS)
  let query = sqlite
    .selectFrom(newest.as('o'))
    .select(['o.id', 'o.at'])
    .where(all(own('o', ask.filter)))
  if (needsIncident(ask.filter))
    query = query.where('o.incident', 'in', incidentsOf(ask.filter).select('i.id'))
  return rowsOf(store, query.orderBy('o.at', 'desc').orderBy('o.id', 'desc').limit(ask.limit))
}

/**
 * Parts are incidents, or where a server or capture is asked the share of it in an incident: each part's
 * occurrences stand in order in one index.
 */
function byIncident(store: Store, ask: Ask): Key[] {
  const { filter, limit } = ask
  const { parts, within } = partsOf(filter)
  const newestOf = (count: number): RawBuilder<number> => sql<number>`
    (SELECT x.id FROM occurrence x WHERE ${all([within, ...place('x', ask)])}
     ORDER BY x.at DESC, x.id DESC LIMIT ${count})`
  const query = sql<Key>`
    WITH part AS MATERIALIZED (${parts}),
    near AS MATERIALIZED (
      SELECT part.* FROM part CROSS JOIN occurrence n ON n.id = ${newestOf(1)}
      ORDER BY n.at DESC, n.id DESC LIMIT ${limit})
    SELECT o.id, o.at FROM near AS part CROSS JOIN occurrence o WHERE o.id IN ${newestOf(limit)}
    ORDER BY o.at DESC, o.id DESC LIMIT ${limit}`
  return rowsOf(store, { compile: () => query.compile(sqlite) })
}

function partsOf(filter: Resolved): { parts: RawBuilder<unknown>; within: RawBuilder<boolean> } {
  const { severity, server, capture } = filter
  let incidents = incidentsAdmitted(filter).select('i.id as incident')
  // An incident is as severe as its worst occurrence.
  if (severity !== undefined) incidents = incidents.where('i.severity', '>=', Math.min(...severity))
  if (server !== undefined)
    return {
      parts: sql`
        SELECT i.incident, v.id AS server FROM ${incidents.select('i.service')} i
        JOIN server v ON v.service = i.service AND ${oneOf('v.id', server)}`,
      within: all([
        sql<boolean>`x.server = part.server AND x.incident = part.incident`,
        ...own('x', { severity, capture }),
      ]),
    }
  if (capture !== undefined)
    return {
      parts: sql`
        SELECT s.incident, s.analysis FROM incident_share s
        WHERE s.analysis IN ${analysesOf(capture)} AND s.incident IN ${incidents}`,
      within: all([
        sql<boolean>`x.analysis = part.analysis AND x.incident = part.incident`,
        ...own('x', { severity }),
      ]),
    }
  return {
    parts: sql`SELECT incident FROM ${incidents}`,
    within: all([sql<boolean>`x.incident = part.incident`, ...own('x', { severity })]),
  }
}
