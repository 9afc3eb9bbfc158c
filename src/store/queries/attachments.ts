/**
 * Which agents were attached to which server in each step of a time. In a step an agent counts once, at the
 * server that it attached to last, where the sessions of the time can be read; there are too many of them
 * in a long or a distant time, and then each step is told by the half hour in its middle, in which an agent
 * counts once a session.
 */
import { type Micros, SECOND } from '../../model/time.ts'
import { prepared } from '../store.ts'
import type { Store } from '../store.ts'
import { stepAt, zeros } from './trend.ts'
import type { Steps } from './trend.ts'

/** Servers told apart; agents of further ones are counted as those of `OTHERS`. */
const SERVERS_MAX = 24
export const OTHERS = 'others'
/**
 * Sessions read one by one, per service: a few ms. Where more of them end after the time began, half hours
 * tell.
 */
const SESSIONS_MAX = 3_000
/** What the triggers of the schema count by. */
const SLOT: Micros = 1800 * SECOND

export interface Attachments {
  /** The one with the most agents first. */
  readonly servers: readonly string[]
  /** Agents by step, then by server. */
  readonly shares: readonly (readonly number[])[]
  /** Agents by step. */
  readonly attached: readonly number[]
}

const MANY = `
  SELECT count(*) AS n FROM (SELECT 1 FROM session WHERE service = ? AND "end" >= ? LIMIT ${SESSIONS_MAX + 1})`

export function attachmentsOf(store: Store, service: number, steps: Steps): Attachments {
  const sessions = prepared<{ n: number }>(store, MANY).get(service, steps.from)?.n ?? 0
  return sessions > SESSIONS_MAX ? bySlot(store, service, steps) : bySession(store, service, steps)
}

const SLOTS = 'SELECT slot, server, change FROM attachment WHERE service = ? AND slot <= ? ORDER BY slot'

function bySlot(store: Store, service: number, steps: Steps): Attachments {
  const { from, to, span, count } = steps
  const servers = new Map<string, number>()
  const now: number[] = []
  const rows: number[][] = []
  const middle = (step: number): number => Math.floor((from + (step + 0.5) * span) / SLOT)
  type Change = { readonly slot: number; readonly server: string; readonly change: number }
  for (const { slot, server, change } of prepared<Change>(store, SLOTS).iterate(
    service,
    Math.floor(to / SLOT),
  )) {
    while (rows.length < count && middle(rows.length) < slot) rows.push([...now])
    let place = servers.get(server)
    if (place === undefined) servers.set(server, (place = servers.size))
    now[place] = (now[place] ?? 0) + change
  }
  while (rows.length < count) rows.push([...now])
  return ordered([...servers.keys()], rows)
}

const SESSIONS = `
  SELECT agent, server, start, "end" FROM session WHERE service = $service AND "end" >= $from AND start <= $to`

interface StoredSession {
  readonly agent: number
  readonly server: string
  readonly start: number
  readonly end: number
}

/** The latest session of an agent in each step: when it began, and with which server. */
interface Lane {
  readonly begun: Float64Array
  readonly server: Int32Array
}

const NOWHERE = -1

const emptyLane = (count: number): Lane => ({
  begun: new Float64Array(count).fill(-Infinity),
  server: new Int32Array(count).fill(NOWHERE),
})

function bySession(store: Store, service: number, steps: Steps): Attachments {
  const servers = new Map<string, number>()
  const lanes = new Map<number, Lane>()
  const { from, to } = steps
  for (const session of prepared<StoredSession>(store, SESSIONS).iterate({ service, from, to })) {
    let server = servers.get(session.server)
    if (server === undefined) servers.set(session.server, (server = servers.size))
    let lane = lanes.get(session.agent)
    if (lane === undefined) lanes.set(session.agent, (lane = emptyLane(steps.count)))
    const last = stepAt(steps, session.end)
    for (let step = stepAt(steps, session.start); step <= last; step++) {
      if (session.start < (lane.begun[step] ?? 0)) continue
      lane.begun[step] = session.start
      lane.server[step] = server
    }
  }
  const rows = Array.from({ length: steps.count }, () => zeros(servers.size))
  for (const { server } of lanes.values())
    for (const [step, place] of server.entries()) {
      const row = rows[step]
      if (row !== undefined && place !== NOWHERE) row[place] = (row[place] ?? 0) + 1
    }
  return ordered([...servers.keys()], rows)
}

/** The largest servers first; those beyond `SERVERS_MAX` in one, and those without any agent not at all. */
function ordered(names: readonly string[], rows: readonly (readonly number[])[]): Attachments {
  const sums = names.map((_, place) => rows.reduce((sum, row) => sum + (row[place] ?? 0), 0))
  const sumOf = (place: number): number => sums[place] ?? 0
  const byName = (a: number, b: number): number => ((names[a] ?? '') < (names[b] ?? '') ? -1 : 1)
  const order = [...names.keys()]
    .filter((place) => sumOf(place) > 0)
    .sort((a, b) => sumOf(b) - sumOf(a) || byName(a, b))
  const isCut = order.length > SERVERS_MAX
  const shown = isCut ? order.slice(0, SERVERS_MAX - 1) : order
  const rest = order.slice(shown.length)
  const servers = shown.map((place) => names[place] ?? '')
  const total = (row: readonly number[], places: readonly number[]): number =>
    places.reduce((sum, place) => sum + (row[place] ?? 0), 0)
  return {
    servers: isCut ? [...servers, OTHERS] : servers,
    shares: rows.map((row) => [
      ...shown.map((place) => row[place] ?? 0),
      ...(isCut ? [total(row, rest)] : []),
    ]),
    attached: rows.map((row) => total(row, order)),
  }
}
