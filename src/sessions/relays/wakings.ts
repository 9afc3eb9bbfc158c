/**
 * Both legs of a relay that ends TLS, found by when they begin and wake: what breaks the silence of the one
 * is passed on at once, and breaks that of the other. Connections whose silences end together, again and
 * again, carry one conversation (Zhang and Paxson, Detecting Stepping Stones, USENIX Security 2000, section
 * 3: the ends of idle periods, because traffic that is under way says less, and costs more to follow).
 *
 * A relay was captured so that this proves something where nearly all that wakes on one of its sides has a
 * counterpart on the other: then the only connection that woke in time is the right one, because the right
 * one is among those that were seen. Of agents that wake at one time none is told from the others; a relay
 * whose connections serve whoever comes wakes few in time; and one that once woke alone was nobody's half.
 */
import type { ObservationOf } from '../../model/observation.ts'
import type { Service } from '../../model/party.ts'
import { seconds, type Micros } from '../../model/time.ts'
import type { Follower, Surroundings } from '../follower.ts'
import { CLOCKS_AGREE, LEGS_APART } from '../paths.ts'
import { Recent } from '../recent.ts'
import type { TrackedSighting } from '../sighting.ts'

/** Connections whose silences end together, so often in a row, are one path (mincsc in the paper). What is
 * required besides is more than there. */
const TOGETHER_MIN = 2
/** So many of one side have to be met by the other, and this share of them, before any are joined. */
const MET_MIN = 5
const MET_SHARE = 0.8
/** The shares are of so many of the latest. */
const TALLIED = 64
/** The latest of each side that are compared; where more come within the time that counts, none is alone. */
const KEPT = 128
/**
 * What a relay passes on wakes the other leg after a delay that hardly varies: by less than this, however
 * busy it is, where clocks of two taps agree no better; or by no more than three times what nearly all vary
 * by, once that is known. A process that waits for a timer may be a tick late (4 ms: 250 a second, as most
 * distributions of Linux are built).
 */
const VARIES_MAX: Micros = CLOCKS_AGREE
const VARIES_MIN: Micros = seconds(0.004)
const VARIES = 3
const DELAYS_KEPT = 64
/** Another that wakes less than so many times as far off makes it uncertain which of them was meant. */
const ALONE = 5
const NEARLY: Micros = CLOCKS_AGREE + ALONE * VARIES_MAX

type Mark = 'beginning' | 'waking'
type Side = 'front' | 'back'
const SIDES: readonly Side[] = ['front', 'back']

interface Moment {
  readonly sighting: TrackedSighting
  readonly at: Micros
  /** Who said the first word. */
  readonly by: 0 | 1
}

/** The latest moments of one kind on one side, and how many of them had one counterpart on the other. */
class Moments {
  met = 0
  private looks = 0
  private readonly latest: Moment[] = []
  private next = 0
  private forgotten: Micros = -Infinity

  add(moment: Moment): void {
    const before = this.latest[this.next]
    if (before !== undefined) this.forgotten = Math.max(this.forgotten, before.at)
    this.latest[this.next] = moment
    this.next = (this.next + 1) % KEPT
  }

  /** All from one time to another; null where some of them may be forgotten. */
  within(from: Micros, to: Micros): readonly Moment[] | null {
    return from <= this.forgotten ? null : this.latest.filter(({ at }) => at >= from && at <= to)
  }

  /** The latest count for more. */
  tally(isMet: boolean): void {
    if (this.looks >= TALLIED) {
      this.met /= 2
      this.looks /= 2
    }
    this.looks++
    if (isMet) this.met++
  }

  get isMostlyMet(): boolean {
    return this.met >= MET_SHARE * this.looks
  }
}

/** By how much the servers' side wakes later than the agents' side: clocks and the way to the tap are in
 * it, and so it may be less than nothing. */
class Delay {
  private readonly latest = new Recent(DELAYS_KEPT)

  add(delay: Micros): void {
    this.latest.add(delay)
  }

  get isKnown(): boolean {
    return this.latest.count >= MET_MIN
  }

  /** How far off a delay is, in terms of what they vary by: 1 is as far as they do. */
  distance(delay: Micros): number {
    const { latest } = this
    if (!this.isKnown) return Math.abs(delay) / VARIES_MAX
    const spread = (latest.quantile(0.9)! - latest.quantile(0.1)!) / 2
    const varies = Math.min(VARIES_MAX, Math.max(VARIES_MIN, VARIES * spread))
    return Math.abs(delay - latest.median()!) / varies
  }
}

/** What a leg was seen to have in common with one of the other side. */
interface Leg {
  mate: TrackedSighting | null
  times: number
  /** It woke without its mate, or with another. */
  isNobodys: boolean
}

export interface WakingsOptions extends Pick<Surroundings, 'later' | 'settle' | 'pools'> {
  /** A connection of an agent, and the one that its relay opened for it. */
  join(front: TrackedSighting, back: TrackedSighting): void
}

export function followWakings(options: WakingsOptions): Follower {
  const byService = new WeakMap<Service, Legs>()
  const note = (mark: Mark, sighting: TrackedSighting, at: Micros, by: 0 | 1, look: Micros): void => {
    const side = sideOf(sighting)
    if (side === null) return
    let legs = byService.get(sighting.service)
    if (legs === undefined) byService.set(sighting.service, (legs = new Legs(options)))
    legs.note(mark, side, { sighting, at, by }, look)
  }
  // The other side has its say before an end is judged, which is at `settle`.
  const { settle } = options
  return {
    observe: {
      'connection-opened'(o, sighting) {
        if (sighting?.leg === 'back' && o.handshake === 'complete')
          note('beginning', sighting, o.start, 0, o.time + settle)
      },
      'tls-handshake'(o, sighting) {
        if (sighting?.leg === 'front' && sighting.handshake === 'complete')
          note('beginning', sighting, sighting.start, 0, o.time + settle)
      },
      silence(o, sighting) {
        if (sighting !== null && isWaking(o)) note('waking', sighting, o.end, o.brokenBy, o.time + settle / 2)
      },
    },
  }
}

/** Somebody said something, or ended it. Keep-alives and acknowledgments are of one leg alone. */
const isWaking = ({ breaker, outcome }: ObservationOf<'silence'>): boolean =>
  breaker !== 'keep-alive' && breaker !== 'acknowledgment' && outcome !== 'unanswered'

/** Of what agents send in clear, the words tell more. */
function sideOf({ leg, isBetweenRelays, tls }: TrackedSighting): Side | null {
  if (leg === 'back') return 'back'
  return leg === 'front' && !isBetweenRelays && tls?.server != null ? 'front' : null
}

/** The legs of one service. */
class Legs {
  private readonly options: WakingsOptions
  private readonly moments = {
    beginning: { front: new Moments(), back: new Moments() },
    waking: { front: new Moments(), back: new Moments() },
  }
  /** By who woke the agents' side: where the tap is far from the relay, it is ahead of what the agent says,
   * and behind what the relay does. */
  private readonly delays = [new Delay(), new Delay()] as const
  private readonly seen = { front: false, back: false }
  private readonly known = new WeakMap<TrackedSighting, Leg>()

  constructor(options: WakingsOptions) {
    this.options = options
  }

  /** `look`: when the other side's moments that may fit are known. */
  note(mark: Mark, side: Side, moment: Moment, look: Micros): void {
    const { moments, seen, options } = this
    moments[mark][side].add(moment)
    const other = side === 'front' ? 'back' : 'front'
    if (!seen[other]) return void (seen[side] = true)
    options.later(look, () => this.look(mark, side, moment))
    if (seen[side]) return
    // It is the first of its side: what of the other came just before was not looked at.
    seen[side] = true
    const before = moments[mark][other].within(moment.at - LEGS_APART, moment.at + LEGS_APART) ?? []
    for (const one of before) options.later(look, () => this.look(mark, other, one))
  }

  private look(mark: Mark, side: Side, moment: Moment): void {
    const others = this.counterparts(mark, side, moment)
    if (others === null) return
    if (mark === 'waking' && side === 'back') this.learn(moment, others)
    const its = this.choice(mark, side, moment, others)
    // Several may well begin within seconds. Where several wake within moments, they are woken together.
    const isKnown = (other: Moment): boolean => this.delays[(side === 'front' ? moment : other).by].isKnown
    const isTelling = its !== null || (mark === 'waking' ? others.every(isKnown) : others.length === 0)
    if (isTelling) this.moments[mark][side].tally(its !== null)
    const mate = this.known.get(moment.sighting)?.mate ?? null
    if (mate !== null && !others.some(({ sighting }) => sighting === mate)) return this.part(moment.sighting)
    if (side === 'front' || its === null || this.choice(mark, 'front', its) !== moment) return
    this.met(its.sighting, moment.sighting)
  }

  /** What of the other side fits in time, or nearly does; null where that is not known any more. */
  private counterparts(mark: Mark, side: Side, moment: Moment): readonly Moment[] | null {
    const { at } = moment
    const { front, back } = this.moments[mark]
    const [early, late] = mark === 'waking' ? [NEARLY, NEARLY] : [CLOCKS_AGREE, LEGS_APART]
    const all = side === 'front' ? back.within(at - early, at + late) : front.within(at - late, at + early)
    if (all === null || mark === 'beginning') return all
    return all.filter((other) => this.distance(side, moment, other) <= ALONE)
  }

  /** What it is met by: the only one that nearly fits; or its mate, if no other fits better. */
  private choice(
    mark: Mark,
    side: Side,
    moment: Moment,
    others: readonly Moment[] | null = this.counterparts(mark, side, moment),
  ): Moment | null {
    if (others === null || others.length === 0) return null
    const isAlone = others.length === 1
    if (mark === 'beginning') return isAlone ? others[0]! : null
    const nearest = this.nearest(side, moment, others)
    const isMeant = isAlone || this.known.get(moment.sighting)?.mate === nearest?.sighting
    return isMeant ? nearest : null
  }

  /** The one that fits best, if it fits. */
  private nearest(side: Side, moment: Moment, others: readonly Moment[]): Moment | null {
    let best: Moment | null = null
    let least = 1
    for (const other of others) {
      const far = this.distance(side, moment, other)
      if (far > least) continue
      best = other
      least = far
    }
    return best
  }

  /** How soon the relay passes on. Two that are nearest to each other need not belong together; where most
   * do, their delays are alike, however many others wake meanwhile. */
  private learn(moment: Moment, others: readonly Moment[]): void {
    const front = this.nearest('back', moment, others)
    if (front === null) return
    const backs = this.counterparts('waking', 'front', front) ?? []
    if (this.nearest('front', front, backs) === moment) this.delays[front.by].add(moment.at - front.at)
  }

  private distance(side: Side, moment: Moment, other: Moment): number {
    const [front, back] = side === 'front' ? [moment, other] : [other, moment]
    return this.delays[front.by].distance(back.at - front.at)
  }

  private met(front: TrackedSighting, back: TrackedSighting): void {
    const [its, other] = [this.legOf(front), this.legOf(back)]
    if ((its.mate ?? back) !== back || (other.mate ?? front) !== front) {
      this.part(front)
      return this.part(back)
    }
    its.mate = back
    other.mate = front
    its.times++
    const { pools, join } = this.options
    if (its.isNobodys || other.isNobodys || its.times < TOGETHER_MIN || pools.holds(back)) return
    if (SIDES.some((side) => this.isComplete(side))) join(front, back)
  }

  /** Whoever it belongs to, it is not the one that it seemed to. */
  private part(sighting: TrackedSighting): void {
    const leg = this.legOf(sighting)
    leg.isNobodys = true
    if (leg.mate !== null) this.legOf(leg.mate).isNobodys = true
  }

  private legOf(sighting: TrackedSighting): Leg {
    let leg = this.known.get(sighting)
    if (leg === undefined) this.known.set(sighting, (leg = { mate: null, times: 0, isNobodys: false }))
    return leg
  }

  /** All that happens on this side has its counterpart among what was captured of the other. */
  private isComplete(side: Side): boolean {
    const [beginning, waking] = [this.moments.beginning[side], this.moments.waking[side]]
    return beginning.isMostlyMet && waking.isMostlyMet && beginning.met + waking.met >= MET_MIN
  }
}
