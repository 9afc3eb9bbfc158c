/**
 * Relays that show themselves where only their servers' side was captured.
 *
 * By whose health they check: load balancers ask all servers of a pool, again and again, and nobody else does
 * while it also brings them connections of others (3.4 of the domain's catalogue). An address translation
 * behind which a monitor and agents stand would look the same: but theirs are several hosts, whose SYNs
 * differ, and a relay's are all its own.
 *
 * By whose requests they pass on, in their own words (RFC 7239, X-Forwarded-For): of several clients, because
 * one can claim what it likes.
 */
import type { ConnectionSummary } from '../../model/connection.ts'
import { isPrivate } from '../../model/address.ts'
import { forwardedNodes, headerValue, type HttpRequest } from '../../model/http.ts'
import { listed } from '../../model/listed.ts'
import type { ConnectionOpened, HttpRequestSeen } from '../../model/observation.ts'
import { type Endpoint, endpointText } from '../../model/packet.ts'
import { type Micros, SECOND } from '../../model/time.ts'
import { counted } from '../output/quantities.ts'
import type { Follower } from '../../sessions/follower.ts'
import type { TrackedSighting } from '../../sessions/sighting.ts'

/** Pairs of who asks and who is asked; of further ones nothing is noted. */
const PAIRS_MAX = 1 << 14
/** Checks of a pair whose times are kept. */
const CHECKS_KEPT = 64
/** Load balancers check every 2 s (HAProxy) to every 30 s (AWS). */
const CADENCE_MAX: Micros = 30 * SECOND
/** ... in less than the longest of their time-outs (F5: 16 s) and fewer than ten packets. */
const CHECK_TIME_MAX: Micros = 16 * SECOND
const CHECK_PACKETS_MAX = 9
/** So many at one pace are no chance: three intervals alike, at each of two endpoints or more. */
const CHECKS_MIN = 4
const ENDPOINTS_MIN = 2
/** An interval that differs from the middle one by no more is the same (HAProxy spreads none of its own;
 * those of others depend on how long a check takes). */
const SAME_SHARE = 0.2

/** Clients that a relay names, and hosts that it is asked for, kept of each pair. */
const NAMES_MAX = 64
const CLIENTS_MIN = 2

/** A relay, and of its servers those on one port. */
export interface OneSidedPool {
  readonly relay: string
  readonly servers: readonly Endpoint[]
  /** What shows it, as the end of a sentence about the relay. */
  readonly why: string
}

/** What somebody is told of it. */
export const poolText = ({ relay, servers, why }: OneSidedPool): string =>
  `${relay} stands before ${listed(servers.map(endpointText))}: ${why}`

interface Pair {
  readonly relay: string
  readonly server: Endpoint
  readonly checks: Micros[]
  count: number
  /** It brought the server something to do. */
  isUsed: boolean
  /** Whose requests it passed on, and for which hosts. */
  readonly clients: Set<string>
  readonly hosts: Set<string>
  requests: number
}

export class OneSidedRelays implements Follower {
  private readonly pairs = new Map<string, Pair>()
  /** By address: what its SYNs look like, up to two kinds. */
  private readonly stacks = new Map<string, Set<string>>()

  readonly observe = {
    'connection-opened': (o: ConnectionOpened): void => this.opened(o),
    'http-request': (o: HttpRequestSeen, sighting: TrackedSighting | null): void => {
      if (sighting !== null && o.requestFrom === 0) this.passedOn(sighting, o.request)
    },
  }

  /** A connection is over, or was open to the end. */
  closed(sighting: TrackedSighting, summary: ConnectionSummary): void {
    const isCheck = sighting.leg === 'probe' || isBare(summary)
    if (!isCheck && summary.halves[0].bytes === 0) return
    const pair = this.pairOf(sighting)
    if (pair === null) return
    if (!isCheck) pair.isUsed = true
    else {
      pair.count++
      if (pair.checks.length < CHECKS_KEPT) pair.checks.push(sighting.start)
    }
  }

  pools(): OneSidedPool[] {
    const checked = this.checkedPools()
    const known = new Set(
      checked.flatMap(({ relay, servers }) => servers.map(({ port }) => `${relay} ${port}`)),
    )
    const isNew = ({ relay, servers: [first] }: OneSidedPool): boolean =>
      !known.has(`${relay} ${first!.port}`)
    return [...checked, ...this.passingPools().filter(isNew)]
  }

  private checkedPools(): OneSidedPool[] {
    const checked = Map.groupBy([...this.pairs.values()].filter(isAtOnePace), ({ relay }) => relay)
    return [...checked].flatMap(([relay, pairs]) => {
      const isRelay = pairs.length >= ENDPOINTS_MIN && pairs.some(({ isUsed }) => isUsed)
      if (!isRelay || this.stacks.get(relay)?.size !== 1) return []
      return [...Map.groupBy(pairs, ({ server: { port } }) => port).values()].map((pool) => ({
        relay,
        servers: pool.map(({ server }) => server),
        why: `it checks their health (${counted(sum(pool, 'count'), 'time')})`,
      }))
    })
  }

  /** Servers of one network of one's own that a relay asks for one host. Elsewhere several addresses of a
   * host need not be one service, and who asks them may be a proxy of the clients. */
  private passingPools(): OneSidedPool[] {
    const passing = [...this.pairs.values()].filter(({ requests }) => requests > 0)
    return [...Map.groupBy(passing, ({ relay }) => relay)].flatMap(([relay, pairs]) => {
      const clients = new Set(pairs.flatMap((pair) => [...pair.clients]))
      if (clients.size < CLIENTS_MIN) return []
      const ours = pairs.filter(({ server }) => isPrivate(server.address))
      return [...Map.groupBy(ours, ({ server: { port } }) => port).values()].flatMap(byHost).map((pool) => ({
        relay,
        servers: pool.map(({ server }) => server),
        why: passesOn(clients.size, pool),
      }))
    })
  }

  private opened({ syn: [syn], originator: { address } }: ConnectionOpened): void {
    if (syn === null) return
    let kinds = this.stacks.get(address)
    if (kinds === undefined) {
      if (this.stacks.size >= PAIRS_MAX) return
      this.stacks.set(address, (kinds = new Set()))
    }
    if (kinds.size < 2) kinds.add(`${syn.hopLimit} ${syn.windowScale} ${syn.options}`)
  }

  private passedOn(sighting: TrackedSighting, request: HttpRequest): void {
    const client = forwardedNodes(request).at(-1)?.address ?? null
    const host = headerValue(request, 'host')?.toLowerCase() ?? null
    const pair = client === null || host === null ? null : this.pairOf(sighting)
    if (pair === null) return
    pair.requests++
    if (pair.clients.size < NAMES_MAX) pair.clients.add(client!)
    if (pair.hosts.size < NAMES_MAX) pair.hosts.add(host!)
  }

  private pairOf({ originator: { address: relay }, responder: server }: TrackedSighting): Pair | null {
    const key = `${relay} ${endpointText(server)}`
    let pair = this.pairs.get(key)
    if (pair === undefined) {
      if (this.pairs.size >= PAIRS_MAX) return null
      this.pairs.set(key, (pair = newPair(relay, server)))
    }
    return pair
  }
}

const sum = (pool: readonly Pair[], what: 'count' | 'requests'): number =>
  pool.reduce((total, pair) => total + pair[what], 0)

function passesOn(clients: number, pool: readonly Pair[]): string {
  const whose = clients < NAMES_MAX ? counted(clients, 'client') : `${NAMES_MAX} clients and more`
  return `it passes on what ${whose} ask (${counted(sum(pool, 'requests'), 'request')})`
}

const newPair = (relay: string, server: Endpoint): Pair => ({
  relay,
  server,
  checks: [],
  count: 0,
  isUsed: false,
  clients: new Set(),
  hosts: new Set(),
  requests: 0,
})

/** Those that were asked for a host in common. */
function byHost(pairs: readonly Pair[]): Pair[][] {
  const pools: Pair[][] = []
  for (const pair of pairs) {
    const same = pools.filter((pool) =>
      pool.some((other) => [...pair.hosts].some((host) => other.hosts.has(host))),
    )
    for (const pool of same) pools.splice(pools.indexOf(pool), 1)
    pools.push([...same.flat(), pair])
  }
  return pools
}

/** Opened, and ended at once by who opened it, without a word. */
const isBare = ({ rolesKnown, handshake, halves, start, end, endedBy }: ConnectionSummary): boolean =>
  rolesKnown &&
  handshake !== 'none' &&
  halves[1].packets > 0 &&
  endedBy === 0 &&
  halves[0].bytes + halves[1].bytes === 0 &&
  halves[0].packets + halves[1].packets <= CHECK_PACKETS_MAX &&
  end - start <= CHECK_TIME_MAX

function isAtOnePace({ checks }: Pair): boolean {
  if (checks.length < CHECKS_MIN) return false
  const starts = checks.toSorted((a, b) => a - b)
  const intervals = starts.slice(1).map((at, i) => at - starts[i]!)
  const middle = intervals.toSorted((a, b) => a - b)[intervals.length >> 1]!
  const longest = (1 + SAME_SHARE) * CADENCE_MAX
  return middle <= longest && intervals.every((span) => Math.abs(span - middle) <= SAME_SHARE * middle)
}
