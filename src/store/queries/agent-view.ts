/**
 * One agent over time: where it was attached, what carried it, what happened to it, and from which address.
 */
import type { EndReason } from '../../model/connection.ts'
import type { SessionEnd } from '../../model/record.ts'
import { isoTime, type Micros, toSeconds } from '../../model/time.ts'
import type { AddressStay, AgentConnection, AgentView, OccurrenceRow, StayView } from '../../model/view.ts'
import { END_REASONS } from '../codes.data.ts'
import { connectionFacts } from '../connection-facts.ts'
import { inOrder } from './in-order.ts'
import { prepared } from '../store.ts'
import type { Store } from '../store.ts'
import { agentFacts } from './agents.ts'
import type { StoredAgent } from './agents.ts'
import { checkRange } from './filter.ts'
import type { TimeRange } from './filter.ts'
import { occurrenceRows } from './occurrence-rows.ts'
import { timesAsked } from './services.ts'
import { HOUR, zeros } from './trend.ts'

/** Rows of each kind in one view; the latest are told. */
const ROWS_MAX = 2_000
const HAPPENINGS_MAX = 500
/**
 * Connections begun before the asked time that are looked through, latest first, for those that last into
 * it.
 */
const EARLIER_SOUGHT = 1_000
const WEEK_HOURS = 168

/** Times that are asked for, and of whom. */
interface Bounds {
  readonly agent: number
  readonly from: Micros
  readonly to: Micros
}

/**
 * One agent's swimlane; without times, of the last 24 h in which it was seen. Null if nobody bears the
 * name.
 */
export function agentView(store: Store, name: string, range: TimeRange = {}): AgentView | null {
  checkRange(range)
  const agent = prepared<StoredAgent>(store, 'SELECT * FROM agent WHERE name = ?').get(name)
  if (agent === undefined) return null
  const { from, to } = timesAsked(range, { from: agent.first_seen, to: agent.last_seen })
  const bounds = { agent: agent.id, from, to }
  return {
    ...agentFacts(store, agent),
    from: isoTime(from),
    to: isoTime(to),
    addresses: addressesOf(store, bounds),
    stays: staysOf(store, bounds),
    connections: connectionsOf(store, bounds),
    happenings: happeningsOf(store, bounds),
    week: weekOf(store, bounds),
  }
}

const ADDRESSES = `
  SELECT address, start, "end" FROM agent_address
  WHERE agent = $agent AND start <= $to AND "end" >= $from ORDER BY start DESC, address LIMIT ${ROWS_MAX}`

interface StoredAddress {
  readonly address: string
  readonly start: number
  readonly end: number
}

/** Two analyses of one time may both have seen an address: stays that overlap are told as one. */
function addressesOf(store: Store, bounds: Bounds): AddressStay[] {
  const stays: StoredAddress[] = []
  const last = new Map<string, number>()
  for (const row of inOrder<StoredAddress>(store, ADDRESSES, bounds)) {
    const at = last.get(row.address)
    const before = at === undefined ? undefined : stays[at]
    if (at !== undefined && before !== undefined && before.end >= row.start)
      stays[at] = { ...before, end: Math.max(before.end, row.end) }
    else last.set(row.address, stays.push(row) - 1)
  }
  return stays.map(({ address, start, end }) => ({ address, start: isoTime(start), end: isoTime(end) }))
}

const STAYS = `
  SELECT x.*, s.name AS service_name FROM session x JOIN service s ON s.id = x.service
  WHERE x.agent = $agent AND x.start <= $to AND x."end" >= $from ORDER BY x.start DESC, x.id DESC LIMIT ${ROWS_MAX}`

interface StoredStay {
  readonly server: string
  readonly service_name: string
  readonly start: number
  readonly end: number
  readonly connections: number
  readonly bytes: number
  readonly ended_by: SessionEnd
}

const staysOf = (store: Store, bounds: Bounds): StayView[] =>
  inOrder<StoredStay>(store, STAYS, bounds).map((stay) => ({
    server: stay.server,
    service: stay.service_name,
    start: isoTime(stay.start),
    end: isoTime(stay.end),
    connections: stay.connections,
    bytes: stay.bytes,
    endedBy: stay.ended_by,
  }))

const CONNECTIONS = `
  SELECT c.id, v.name AS server, c.start, c."end", c.end_reason, c.facts
  FROM (
    SELECT id FROM (
      SELECT id FROM connection WHERE agent = $agent AND start BETWEEN $from AND $to ORDER BY start DESC, id DESC LIMIT ${ROWS_MAX})
    UNION ALL
    SELECT id FROM (
      SELECT id, "end" FROM connection WHERE agent = $agent AND start < $from ORDER BY start DESC, id DESC LIMIT ${EARLIER_SOUGHT})
    WHERE "end" >= $from
  ) k CROSS JOIN connection c ON c.id = k.id LEFT JOIN server v ON v.id = c.server
  ORDER BY c.start DESC, c.id DESC LIMIT ${ROWS_MAX}`

interface StoredBar {
  readonly id: number
  readonly server: string | null
  readonly start: number
  readonly end: number
  readonly end_reason: number
  readonly facts: Uint8Array
}

const connectionsOf = (store: Store, bounds: Bounds): AgentConnection[] =>
  inOrder<StoredBar>(store, CONNECTIONS, bounds).map((bar) => {
    const { maxIdle, idleBeforeEnd } = connectionFacts(bar.facts)
    return {
      id: bar.id,
      server: bar.server,
      start: isoTime(bar.start),
      end: isoTime(bar.end),
      endReason: (END_REASONS[bar.end_reason] ?? null) satisfies EndReason | null,
      maxIdleSeconds: toSeconds(maxIdle),
      idleBeforeEndSeconds: toSeconds(idleBeforeEnd),
    }
  })

const HAPPENINGS = `
  SELECT id FROM occurrence WHERE agent = $agent AND at BETWEEN $from AND $to
  ORDER BY at DESC, id DESC LIMIT ${HAPPENINGS_MAX}`

const happeningsOf = (store: Store, bounds: Bounds): OccurrenceRow[] =>
  occurrenceRows(store, inOrder<{ id: number }>(store, HAPPENINGS, bounds))

const WEEK = `
  SELECT CAST((at - $from) / ${HOUR} AS INTEGER) AS hour, count(*) AS n FROM occurrence
  WHERE agent = $agent AND at > $from AND at <= $to GROUP BY 1`

/** Occurrences an hour over the seven days before `to`. */
function weekOf(store: Store, { agent, to }: Bounds): number[] {
  const week = zeros(WEEK_HOURS)
  const from = to - WEEK_HOURS * HOUR
  for (const { hour, n } of prepared<{ hour: number; n: number }>(store, WEEK).iterate({ agent, from, to }))
    week[Math.min(hour, WEEK_HOURS - 1)] = (week[Math.min(hour, WEEK_HOURS - 1)] ?? 0) + n
  return week
}
