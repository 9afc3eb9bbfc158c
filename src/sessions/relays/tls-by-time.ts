/**
 * A relay that ends TLS, told by time alone: where nothing of a connection can be read on both legs, each
 * handshake of an agent is followed by a connection of the relay, after the same delay every time.
 *
 * Nothing is joined by it: it says what the relay does, not whose connection is whose.
 */
import type { Service } from '../../model/party.ts'
import { milliseconds, seconds, type Micros } from '../../model/time.ts'
import type { Follower, Surroundings } from '../follower.ts'
import type { TrackedSighting } from '../sighting.ts'

/** Connections of each leg that are kept: the latest. */
const KEPT = 64
/** Agents' handshakes that are weighed together, the first time; then at each doubling. */
const WEIGHED_FROM = 8
/**
 * Handshakes that must be followed alike. A connection that has nothing to do with one falls into the place
 * by chance once in 80 times (ALIKE of twice PAIRED_APART), four after the first once in 40 million.
 */
const PAIRS_MIN = 5
/** ... and the share of all that must be. */
const PAIRED_SHARE = 0.8
/** The two legs begin this close, clock differences between taps included. */
const PAIRED_APART: Micros = seconds(2)
/** A relay connects at once, or once it has read the request: delays vary by less than this. */
const ALIKE: Micros = milliseconds(50)

interface Legs {
  readonly front: TrackedSighting[]
  readonly back: TrackedSighting[]
  seen: number
  backs: number
  isDone: boolean
}

interface Pair {
  readonly front: TrackedSighting
  readonly back: TrackedSighting
  readonly delay: Micros
}

export function followTlsByTime({ inventory, tell }: Surroundings): Follower {
  if (!inventory.deployment.services.some(({ vips }) => vips.length > 0)) return {}
  const byService = new Map<Service, Legs>()

  const note = (sighting: TrackedSighting): void => {
    const { leg, service } = sighting
    if ((leg !== 'front' && leg !== 'back') || sighting.handshake !== 'complete') return
    let legs = byService.get(service)
    if (legs === undefined)
      byService.set(service, (legs = { front: [], back: [], seen: 0, backs: 0, isDone: false }))
    if (legs.isDone) return
    if (leg === 'back') {
      // In no order: there may be many more of them than of the others.
      legs.back[legs.backs++ % KEPT] = sighting
      return
    }
    legs.front.push(sighting)
    if (legs.front.length > KEPT) legs.front.shift()
    if (++legs.seen >= WEIGHED_FROM && (legs.seen & (legs.seen - 1)) === 0) weigh(legs)
  }

  const weigh = (legs: Legs): void => {
    // What is known of one connection by other means is known of the relay.
    if (legs.front.some(isRelayed)) return void (legs.isDone = true)
    const pairs = alike(legs)
    if (pairs === null) return
    legs.isDone = true
    const { front, back } = pairs[0]!
    const hello = front.tls!
    const outcome = back.tls === null ? 'offloaded' : 'terminated'
    const joinedBy = [`delay of ${pairs.length} connections`]
    const common = {
      kind: 'tls-relayed',
      front,
      back,
      at: hello.time,
      hello,
      differing: [],
      joinedBy,
    } as const
    tell({ ...common, outcome, backHello: back.tls })
  }

  return {
    observe: {
      'tls-handshake'(o, sighting) {
        if (sighting !== null && o.client !== null && o.server !== null) note(sighting)
      },
      'http-request'(o, sighting) {
        if (sighting?.leg === 'back' && sighting.tls === null && !o.decrypted && o.index === 0) note(sighting)
      },
    },
    ended() {
      for (const legs of byService.values()) if (!legs.isDone) weigh(legs)
    },
  }
}

const isRelayed = ({ path }: TrackedSighting): boolean =>
  path.isJoined && path.sightings.some(({ leg }) => leg === 'back')

/** The pairs whose delay is the same, one of each leg to each; null if too few are. */
function alike(legs: Legs): readonly Pair[] | null {
  const backs = legs.back.filter((s) => s.leg === 'back' && !s.path.sightings.some((o) => o.leg === 'front'))
  const pairs = legs.front.flatMap((front) => nearest(front, backs) ?? [])
  if (pairs.length < PAIRS_MIN) return null
  const delays = pairs.map(({ delay }) => delay).toSorted((a, b) => a - b)
  const usual = delays[delays.length >> 1]!
  const close = pairs.filter(({ delay }) => Math.abs(delay - usual) <= ALIKE / 2)
  const isOneToOne = new Set(close.map(({ back }) => back)).size === close.length
  const isMost = close.length >= PAIRED_SHARE * legs.front.length
  return close.length >= PAIRS_MIN && isOneToOne && isMost ? close : null
}

function nearest(front: TrackedSighting, backs: readonly TrackedSighting[]): Pair | null {
  let best: Pair | null = null
  for (const back of backs) {
    const delay = back.start - front.start
    if (Math.abs(delay) > PAIRED_APART) continue
    if (best === null || Math.abs(delay) < Math.abs(best.delay)) best = { front, back, delay }
  }
  return best
}
