/**
 * Connections, newest start first; of equal starts the later stored one first.
 *
 * There may be ten million. A service's and a server's stand in their indexes by the reason of their end,
 * so a list is merged from the first rows of each part (service or server, and reason), which are few
 * however many rows each has. What an agent had is found by its own index; all else by the start.
 */
import { sql } from 'kysely'
import type { RawBuilder } from 'kysely'
import type { ConnectionRow, ConnectionView, Page } from '../../model/view.ts'
import { END_REASONS, END_UNKNOWN } from '../codes.data.ts'
import { prepared } from '../store.ts'
import type { Store } from '../store.ts'
import { connectionRecord, connectionRows } from './connection-rows.ts'
import { cut, sortKeyOf } from './cursor.ts'
import type { SortKey } from './cursor.ts'
import { checkFilter, checkPage, isSet } from './filter.ts'
import type { ConnectionFilter, PageRequest } from './filter.ts'
import { analysesOf, oneOf, resolved } from './incident-filter.ts'
import type { Resolved } from './incident-filter.ts'
import { occurrenceRows } from './occurrence-rows.ts'
import { rowsOf, sqlite } from './tables.ts'

const LIST = 'connections'
/** Connections of captures' analyses that are looked through one by one: a few tens of milliseconds. */
const LOOKED_THROUGH_MAX = 20_000
/** Occurrences shown with a connection. */
const OCCURRENCES_MAX = 100

interface Key {
  readonly id: number
  readonly start: number
}

interface Ask {
  readonly filter: Resolved
  /** Codes; undefined for any. */
  readonly reasons: readonly number[] | undefined
  readonly after: SortKey | null
  readonly limit: number
}

/**
 * Connections that a filter admits; `from` and `to` ask for when they began. The total is told where no
 * time, agent, capture or reason is asked for.
 */
export function listConnections(
  store: Store,
  filter: ConnectionFilter,
  page: PageRequest,
): Page<ConnectionRow> {
  checkPage(page)
  checkFilter(filter)
  const ask: Ask = {
    filter: resolved(store, filter),
    reasons: isSet(filter.endReason)
      ? filter.endReason.map((reason) => END_REASONS.indexOf(reason))
      : undefined,
    after: sortKeyOf(LIST, page.cursor),
    limit: page.limit + 1,
  }
  const { shown, next } = cut(LIST, keysOf(store, ask), page.limit, (key) => [key.start, key.id])
  return { items: connectionRows(store, shown), next, total: totalOf(store, ask) }
}

function totalOf(store: Store, { filter, reasons }: Ask): number | null {
  const { agent, capture, from, to, service, server } = filter
  if ([agent, capture, from, to, reasons].some((part) => part !== undefined)) return null
  const parts: RawBuilder<boolean>[] = [sql<boolean>`TRUE`]
  if (service !== undefined) parts.push(oneOf('service', service))
  if (server !== undefined) parts.push(oneOf('server', server))
  const query = sql<{ n: number }>`
    SELECT coalesce(sum(connections), 0) AS n FROM tally WHERE ${sql.join(parts, sql` AND `)}`
  return rowsOf(store, { compile: () => query.compile(sqlite) })[0]?.n ?? 0
}

function keysOf(store: Store, ask: Ask): Key[] {
  const { agent, service, server } = ask.filter
  const isParted = service !== undefined || server !== undefined || ask.reasons !== undefined
  if (agent !== undefined) return inOrder(store, ask, 'connection_by_agent')
  if (ask.filter.capture !== undefined && isFew(store, ask.filter.capture))
    return inOrder(store, ask, 'connection_by_number')
  return isParted ? byPart(store, ask) : inOrder(store, ask, 'connection_by_start')
}

const SOME = `
  SELECT count(*) AS n FROM (
    SELECT 1 FROM connection WHERE analysis IN (
      SELECT analysis FROM analysis_input WHERE capture IN (SELECT value FROM json_each(?)))
    LIMIT ${LOOKED_THROUGH_MAX + 1})`

/** Whether the analyses of some captures have so few connections that each may be looked at. */
const isFew = (store: Store, captures: readonly number[]): boolean =>
  (prepared<{ n: number }>(store, SOME).get(JSON.stringify(captures))?.n ?? 0) <= LOOKED_THROUGH_MAX

function conditionsOf(store: Store, name: string, { filter, after }: Ask): RawBuilder<boolean>[] {
  const start = sql.ref(`${name}.start`)
  const conditions: RawBuilder<boolean>[] = []
  if (filter.from !== undefined) conditions.push(sql<boolean>`${start} >= ${filter.from}`)
  if (filter.to !== undefined) conditions.push(sql<boolean>`${start} <= ${filter.to}`)
  if (after !== null)
    conditions.push(sql<boolean>`(${start}, ${sql.ref(`${name}.id`)}) < (${after[0]}, ${after[1]})`)
  if (filter.capture !== undefined) conditions.push(inCaptures(store, name, filter.capture))
  return conditions
}

const INPUT_TIMES = `
  SELECT min(start) AS "from", max("end") AS "to" FROM analysis_input WHERE capture IN (SELECT value FROM json_each(?))`

/** No index knows captures; but a capture's connections lie in its time, and there most are its own. */
function inCaptures(store: Store, name: string, captures: readonly number[]): RawBuilder<boolean> {
  type Times = { readonly from: number | null; readonly to: number | null }
  const times = prepared<Times>(store, INPUT_TIMES).get(JSON.stringify(captures))
  const start = sql.ref(`${name}.start`)
  return sql<boolean>`
    ${start} BETWEEN ${times?.from ?? 0} AND ${times?.to ?? -1}
    AND EXISTS (SELECT 1 FROM analysis_input ai WHERE ai.analysis = ${sql.ref(`${name}.analysis`)}
      AND ai.ordinal = ${sql.ref(`${name}.input`)} AND ${oneOf('ai.capture', captures)})`
}

const all = (conditions: readonly RawBuilder<boolean>[]): RawBuilder<boolean> =>
  conditions.length === 0 ? sql<boolean>`TRUE` : sql<boolean>`(${sql.join(conditions, sql` AND `)})`

/**
 * By one index, which the planner could not choose as well: it does not know how many rows a list of values
 * has.
 */
function inOrder(store: Store, ask: Ask, index: string): Key[] {
  const { agent, service, server, capture } = ask.filter
  const conditions = conditionsOf(store, 'c', ask)
  if (agent !== undefined) conditions.push(oneOf('c.agent', agent))
  if (service !== undefined) conditions.push(oneOf('c.service', service))
  if (server !== undefined) conditions.push(oneOf('c.server', server))
  if (ask.reasons !== undefined) conditions.push(oneOf('c.end_reason', ask.reasons))
  if (index === 'connection_by_number' && capture !== undefined)
    conditions.push(sql<boolean>`c.analysis IN ${analysesOf(capture)}`)
  const query = sql<Key>`
    SELECT c.id, c.start FROM connection c INDEXED BY ${sql.ref(index)} WHERE ${all(conditions)}
    ORDER BY c.start DESC, c.id DESC LIMIT ${ask.limit}`
  return rowsOf(store, { compile: () => query.compile(sqlite) })
}

/** The first rows of each part, merged. */
function byPart(store: Store, ask: Ask): Key[] {
  const { limit, filter } = ask
  const reasons = JSON.stringify(ask.reasons ?? [END_UNKNOWN, ...END_REASONS.keys()])
  // Of no service some are; the index of servers knows those that have one.
  const ofParty = filter.server === undefined ? sql`x.service IS part.party` : sql`x.server = part.party`
  const query = sql<Key>`
    WITH part AS MATERIALIZED (
      SELECT p.id AS party, r.value AS reason FROM (${partiesOf(filter)}) p CROSS JOIN json_each(${reasons}) r)
    SELECT c.id, c.start FROM part CROSS JOIN connection c WHERE c.id IN (
      SELECT x.id FROM connection x
      WHERE ${ofParty} AND x.end_reason = part.reason AND ${all(conditionsOf(store, 'x', ask))}
      ORDER BY x.start DESC, x.id DESC LIMIT ${limit})
    ORDER BY c.start DESC, c.id DESC LIMIT ${limit}`
  return rowsOf(store, { compile: () => query.compile(sqlite) })
}

/** The servers asked for, of the services asked for; or else services, and none. */
function partiesOf({ service, server }: Resolved): RawBuilder<unknown> {
  if (server === undefined)
    return service === undefined
      ? sql`SELECT id FROM service UNION ALL SELECT NULL`
      : sql`SELECT value AS id FROM json_each(${JSON.stringify(service)})`
  const ofService = service === undefined ? sql`TRUE` : oneOf('service', service)
  return sql`SELECT id FROM server WHERE ${oneOf('id', server)} AND ${ofService}`
}

const SHOWN = `
  SELECT id FROM occurrence WHERE analysis = ? AND connection_number = ? ORDER BY at DESC, id DESC LIMIT ${OCCURRENCES_MAX}`

const KEPT = 'SELECT 1 FROM capture WHERE id = ? AND stored IS NOT NULL'

/** One connection with all that is known of it; null if there is none of the number. */
export function connectionView(store: Store, id: number): ConnectionView | null {
  const row = connectionRows(store, [{ id }])[0]
  const stored = connectionRecord(store, id)
  if (row === undefined || stored === null) return null
  const { analysis, number, record } = stored
  const keys = prepared<{ id: number }>(store, SHOWN).all(analysis, number)
  const isKept = prepared(store, KEPT).get(row.capture) !== undefined
  return { ...row, record, isKept, occurrences: occurrenceRows(store, keys) }
}
