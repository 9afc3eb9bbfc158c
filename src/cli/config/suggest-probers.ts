/**
 * Who checks the health of whom: load balancers ask all servers of a pool, again and again, and nobody else
 * does while it also brings them connections of others (3.4 of the domain's catalogue). It shows a relay, and
 * the servers behind it, where its clients' side was not captured.
 *
 * An address translation behind which a monitor and agents stand would look the same: but theirs are several
 * hosts, whose SYNs differ, and a relay's are all its own.
 */
import type { ConnectionSummary } from '../../model/connection.ts'
import type { ConnectionOpened } from '../../model/observation.ts'
import { type Endpoint, endpointText } from '../../model/packet.ts'
import { type Micros, SECOND } from '../../model/time.ts'
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

/** A relay, and of the servers that it checks those on one port. */
export interface ProbedPool {
  readonly relay: string
  readonly servers: readonly Endpoint[]
  readonly checks: number
}

interface Pair {
  readonly relay: string
  readonly server: Endpoint
  readonly checks: Micros[]
  count: number
  /** It brought the server something to do. */
  isUsed: boolean
}

export class Probers implements Follower {
  private readonly pairs = new Map<string, Pair>()
  /** By address: what its SYNs look like, up to two kinds. */
  private readonly stacks = new Map<string, Set<string>>()

  readonly observe = { 'connection-opened': (o: ConnectionOpened): void => this.opened(o) }

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

  /** Somebody was checked more than once: who waits a little may see a pool. */
  get hasCandidate(): boolean {
    for (const { checks } of this.pairs.values()) if (checks.length > 1) return true
    return false
  }

  pools(): ProbedPool[] {
    const checked = Map.groupBy([...this.pairs.values()].filter(isAtOnePace), ({ relay }) => relay)
    return [...checked].flatMap(([relay, pairs]) => {
      const isRelay = pairs.length >= ENDPOINTS_MIN && pairs.some(({ isUsed }) => isUsed)
      if (!isRelay || this.stacks.get(relay)?.size !== 1) return []
      return [...Map.groupBy(pairs, ({ server: { port } }) => port).values()].map((pool) => ({
        relay,
        servers: pool.map(({ server }) => server),
        checks: pool.reduce((sum, { count }) => sum + count, 0),
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

  private pairOf({ originator: { address: relay }, responder: server }: TrackedSighting): Pair | null {
    const key = `${relay} ${endpointText(server)}`
    let pair = this.pairs.get(key)
    if (pair === undefined) {
      if (this.pairs.size >= PAIRS_MAX) return null
      this.pairs.set(key, (pair = { relay, server, checks: [], count: 0, isUsed: false }))
    }
    return pair
  }
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
