/**
 * What agent handlers of McAfee ePO rely on: the core server, and its database, to which each handler talks
 * itself (KB66797) and which has to answer within 10 ms (KB79236). Only services whose configuration names
 * their servers: a connection from one of those is a handler's.
 */
import type { SlowHop, Shortcoming } from '../../model/cluster-events.ts'
import type { ConfiguredService } from '../../model/deployment.ts'
import type * as O from '../../model/observation.ts'
import { type Endpoint, endpointText, packetOf } from '../../model/packet.ts'
import { milliseconds, type Micros } from '../../model/time.ts'
import type { Follower, Surroundings } from '../follower.ts'
import { NextHops } from './next-hops.ts'

/** SQL Server's default instance ([MS-TDS] §2.1.1; IANA: ms-sql-s). */
const DATABASE_PORT = 1433
/** Of the core server: agents' ports, which handlers use as well, and the handlers' own (KB66797). */
const CORE_PORTS: ReadonlySet<number> = new Set([80, 443, 8444])
/** KB79236. */
const RTT_MAX: Micros = milliseconds(10)
/** The median of the latest handshakes is compared, and of no fewer than so many: one that was held up is no
 * distance. */
const LATEST = 15
const LEAST = 5
/** Pairs of handler and database that are followed; further ones are not. */
const PAIRS_MAX = 1024

interface Pair {
  readonly latest: SlowHop['samples'][number][]
  isTold: boolean
}

/** The service for one of whose handlers this is a hop behind it; null if it is not. */
export function handlerLinkOf(
  { inventory }: Pick<Surroundings, 'inventory'>,
  from: string,
  { address, port }: Endpoint,
): ConfiguredService | null {
  if (port !== DATABASE_PORT && !CORE_PORTS.has(port)) return null
  const isEpo = ({ service }: { service: ConfiguredService }): boolean => service.profile === 'mcafee-epo'
  const service = inventory.rolesOf(from).serverOf.find(isEpo)?.service ?? null
  if (service === null || port === DATABASE_PORT) return service
  return inventory.rolesOf(address).serverOf.some((to) => to.service === service) ? service : null
}

export function followHandlerLinks(around: Surroundings): Follower {
  const { inventory, services, tell } = around
  if (!inventory.deployment.services.some(({ profile }) => profile === 'mcafee-epo')) return {}
  const nextHops = new NextHops(around)
  const pairs = new Map<string, Pair>()

  function measured(service: ConfiguredService, o: O.ConnectionOpened, rtt: Micros): void {
    const { connection, originator: from, responder: nextHop } = o
    const key = `${service.name}|${from.address}|${endpointText(nextHop)}`
    const pair = pairs.get(key) ?? { latest: [], isTold: false }
    if (pairs.size < PAIRS_MAX) pairs.set(key, pair)
    pair.latest.push({ ...packetOf(o, o.packet, o.start), connection, rtt })
    if (pair.latest.length > LATEST) pair.latest.shift()
    if (pair.latest.length < LEAST) return
    const median = medianOf(pair.latest.map((one) => one.rtt))
    const isSlow = median > RTT_MAX
    if (isSlow && !pair.isTold) {
      const name = inventory.rolesOf(from.address).serverOf[0]?.server.name ?? null
      const samples = [...pair.latest]
      tell({
        kind: 'next-hop-slow',
        service: services.configured(service.name),
        nextHop,
        from,
        name,
        median,
        samples,
      })
    }
    pair.isTold = isSlow
  }

  return {
    observe: {
      'connection-opened'(o) {
        const { tap, connection, originator: from, responder: nextHop, handshake, handshakeRtt } = o
        const service = handlerLinkOf(around, from.address, nextHop)
        if (service === null || handshake !== 'complete') return
        nextHops.opened(connection)
        nextHops.tried({ service, tap, from, nextHop, failure: null, attempts: 1 })
        if (handshakeRtt !== null && nextHop.port === DATABASE_PORT) measured(service, o, handshakeRtt)
      },
      'connection-failed'(o) {
        const { manner, tap, connection, attempts, originator: from, responder: nextHop } = o
        const service = manner === 'aborted' ? null : handlerLinkOf(around, from.address, nextHop)
        if (service === null || manner === 'aborted') return
        const proof = packetOf(o, o.packet, o.start)
        const failure: Shortcoming = { ...proof, connection, manner, code: null, text: '' }
        nextHops.tried({ service, tap, from, nextHop, failure, attempts })
      },
    },
  }
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[sorted.length >> 1]!
}
