/**
 * Services at a glance. What is called open is not resolved: a fault that somebody acknowledged is still
 * there.
 */
import { IDLE_THRESHOLD } from '../../model/profiles.data.ts'
import { isoTime, SECOND, type Micros } from '../../model/time.ts'
import type { ServiceRow } from '../../model/view.ts'
import { prepared } from '../store.ts'
import type { Store } from '../store.ts'
import { attachmentsOf } from './attachments.ts'
import { checkRange } from './filter.ts'
import type { TimeRange } from './filter.ts'
import { severityOf } from './incidents.ts'
import { DAY, SERVICE_STEPS, SEVERITY_NAMES, serviceTrend, stepsOf } from './trend.ts'
import type { SeverityTrend, Steps } from './trend.ts'

/** Services told at once, those seen last first; a network has dozens. */
const SERVICES_MAX = 200

/**
 * All services, the worst first, then by name. Without times, the last 24 h that were seen of any of them.
 */
export function listServices(store: Store, range: TimeRange = {}): ServiceRow[] {
  checkRange(range)
  const seen = timesSeen(store)
  if (seen === null) return []
  const { from, to } = timesAsked(range, seen)
  const steps = stepsOf(from, to, SERVICE_STEPS)
  const rank = { critical: 0, warning: 1, info: 2 }
  const rankOf = ({ worst }: ServiceRow): number => (worst === null ? 3 : rank[worst])
  return prepared<StoredService>(store, ALL)
    .all()
    .map((service) => serviceRowOf(store, service, steps))
    .sort((a, b) => rankOf(a) - rankOf(b) || (a.name < b.name ? -1 : 1))
}

export interface StoredService {
  readonly id: number
  readonly name: string
  readonly first_seen: number
  readonly last_seen: number
}

const ALL = `SELECT * FROM service ORDER BY last_seen DESC, id LIMIT ${SERVICES_MAX}`
const BY_NAME = 'SELECT * FROM service WHERE name = ?'

export const storedService = (store: Store, name: string): StoredService | undefined =>
  prepared<StoredService>(store, BY_NAME).get(name)

const SEEN = 'SELECT min(nullif(first_seen, 0)) AS "from", max(last_seen) AS "to" FROM service'

/** From the first to the last thing seen of any service; null if nothing was. */
export function timesSeen(store: Store): { readonly from: Micros; readonly to: Micros } | null {
  type Times = { readonly from: number | null; readonly to: number | null }
  const { from = null, to = null } = prepared<Times>(store, SEEN).get() ?? {}
  return from === null || to === null ? null : { from, to }
}

/** The times asked for; without a beginning, up to 24 h of what was seen before the end. */
export function timesAsked(
  range: TimeRange,
  seen: { readonly from: Micros; readonly to: Micros },
): { readonly from: Micros; readonly to: Micros } {
  const to = range.to ?? Math.max(seen.to, range.from ?? seen.to)
  return { from: range.from ?? Math.min(to, Math.max(seen.from, to - DAY)), to }
}

const AGENTS = 'SELECT count(*) AS n FROM placement WHERE service = ?'
const SERVERS = 'SELECT count(*) AS n FROM server WHERE service = ?'
const CONNECTIONS = 'SELECT coalesce(sum(connections), 0) AS n FROM tally WHERE service = ?'
const OPEN = `SELECT count(*) AS n FROM incident WHERE service = ? AND state <> 'resolved'`
/** Whether a connection of a service survived a silence that long. `survived > 0` is what the index over
 * survived silences asks for. */
export const HOLDS = `
  SELECT count(*) AS n FROM
    (SELECT 1 FROM connection WHERE service = ? AND survived > 0 AND survived >= ? LIMIT 1)`
const WORST = `
  SELECT severity, title FROM incident WHERE service = ? AND state <> 'resolved'
  ORDER BY severity DESC, "end" DESC LIMIT 1`

/** `attached` is told by whoever knows it already. */
export function serviceRowOf(
  store: Store,
  service: StoredService,
  steps: Steps,
  attached = attachmentsOf(store, service.id, steps).attached,
): ServiceRow {
  const count = (sql: string): number => prepared<{ n: number }>(store, sql).get(service.id)?.n ?? 0
  const worst = prepared<{ severity: number; title: string }>(store, WORST).get(service.id)
  const trend = serviceTrend(store, service.id, steps)
  const row = {
    name: service.name,
    worst: worst === undefined ? null : severityOf(worst.severity),
    agents: count(AGENTS),
    servers: count(SERVERS),
    connections: count(CONNECTIONS),
    openIncidents: count(OPEN),
    occurrences: occurrencesIn(trend),
    holdsIdle: (prepared<{ n: number }>(store, HOLDS).get(service.id, IDLE_THRESHOLD)?.n ?? 0) > 0,
    firstSeen: isoTime(service.first_seen),
    lastSeen: isoTime(service.last_seen),
    attached,
    trend,
  }
  return { ...row, verdict: worst?.title ?? allIsWell(row) }
}

const occurrencesIn = (trend: SeverityTrend): number =>
  SEVERITY_NAMES.flatMap((severity) => trend[severity]).reduce((sum, n) => sum + n, 0)

/** What holds where no incident is open. */
function allIsWell({
  agents,
  servers,
  connections,
  holdsIdle,
}: Pick<ServiceRow, 'agents' | 'servers' | 'connections' | 'holdsIdle'>): string {
  const counted = (n: number, noun: string): string =>
    `${n.toLocaleString('en')} ${noun}${n === 1 ? '' : 's'}`
  // Behind a load balancer of which only the agents' side was captured, nobody is seen at a server.
  if (servers === 0 && connections > 0) {
    const whose = agents === 0 ? '' : ` of ${counted(agents, 'agent')}`
    const verdict = holdsIdle ? 'Nothing is broken' : 'Nothing broken was seen'
    return `${verdict} in ${counted(connections, 'connection')}${whose}; which server took them was not seen.`
  }
  const seen = `${counted(agents, 'agent')} at ${counted(servers, 'server')}`
  if (holdsIdle) return `Nothing is broken: ${seen}, ${counted(connections, 'connection')}.`
  const idle = `none was seen to survive ${IDLE_THRESHOLD / SECOND} s of silence`
  return `Nothing broken was seen: ${seen}, ${counted(connections, 'connection')}${connections === 0 ? '' : `; ${idle}`}.`
}
