/**
 * The rhythm of agents: how often each one checks in, by the configuration or as it did before, and who
 * did not come although its host was up.
 *
 * An agent whose host is off misses nothing. That it was on is shown by other packets of its address all
 * through the time (a laptop that wakes up shows some before it checks in), or, where nothing else of it
 * passes the tap, by its return in step with its old rhythm, as far as chance does not explain that. Where
 * agents say what their requests are for, only check-ins count; elsewhere every connection does. A check-in
 * that nobody could see was not missed: times in which the tap was blind do not count, nor the interval
 * that each of them breaks.
 */
import type { CheckInMissed } from '../model/cadence.ts'
import type { ConnectionSummary } from '../model/connection.ts'
import type { ProfileName } from '../model/deployment.ts'
import type { AgentRequest } from '../model/agent-message.ts'
import type { Agent, Server, Service } from '../model/party.ts'
import type { Tap } from '../model/packet.ts'
import { PROFILES } from '../model/profiles.data.ts'
import type { Micros } from '../model/time.ts'
import type { Follower, Surroundings } from './follower.ts'
import type { TrackedSighting } from './sighting.ts'
import { attachmentOf } from './tracked-agent.ts'

/** Agents and services whose rhythm is followed; further ones are not. */
export const RHYTHMS_MAX = 1 << 18
/** Connections that began with something else than a check-in, until they were visits. */
const OTHERS_MAX = 1 << 12
/** Intervals kept of an agent, and how many there must be before its own rhythm is known. */
const SAMPLES_MAX = 12
export const SAMPLES_MIN = 6
/** ... and that bear out the product's default. */
const AGREE_MIN = 2
/** An agent whose intervals spread more than this (quartiles, as a share of the median) has no rhythm. */
const SPREAD_MAX = 0.5
/** An interval that differs by no more than this share is the same as before. */
const SAME_SHARE = 0.1
/** A time in which nobody of a service came for so many intervals is a pause of the capture, or of the
 * network. */
const PAUSE = 1.5
/** After how many intervals a check-in was missed: 2,700 s of 900 s, 1,500 s of 300 s and as much again by
 * chance (article 156653), 48 h of 24 h, 9,000 s of 3,600 s. Starting values of the product profiles. */
const MISSED_AFTER: Readonly<Record<ProfileName, number>> = {
  'symantec-dlp': 3,
  'symantec-dlp-12.5': 3,
  'symantec-sepm': 5,
  'symantec-sems': 2,
  'mcafee-epo': 2.5,
  generic: 2.5,
}
/** Somebody whose interval is only learned may have been given another one: as many times as long, unless it
 * comes back in its old one. */
const CHANGED_AFTER = 2
/** In step: the time away is a whole number of intervals, but for this share of one. Agents spread each
 * interval by a few per cent, which adds up: beyond so many intervals the step says nothing. */
const STEP_ERROR = 0.1
const STEPS_MAX = 8
/** In step by chance, of those who were away, this often; and more of them than that must be for it to
 * count. */
const BY_CHANCE = 2 * STEP_ERROR

interface Rhythm {
  readonly agent: Agent
  readonly service: Service
  /** The agent's rhythm at another service. */
  next: Rhythm | null
  server: Server
  address: string | null
  tap: Tap
  packet: number
  /** The last check-in. */
  at: Micros
  /** Check-ins of the service by then. */
  count: number
  /** Tries that failed since. */
  tries: number
  /** Since when the host shows signs of life without a pause of an interval, and the last of them. */
  lifeSince: Micros
  lifeAt: Micros
  isTold: boolean
  /** Intervals seen, up to SAMPLES_MAX; they are kept where something is to be learned from them, in this
   * row;
   * -1: nothing is. */
  sampled: number
  readonly samples: number
  /** What follows from the samples; undefined: not asked for since the last one. */
  interval: Interval | null | undefined
}

interface Interval {
  readonly interval: Micros
  readonly basis: 'configured' | 'learned'
}

/** What all agents of a service have in common. */
interface Fleet {
  checkIns: number
  last: Micros
  /** The end of the last time in which nobody came. */
  pausedUntil: Micros
  /** Times that somebody was away without a sign of life, and those of them that ended in step. */
  away: number
  inStep: number
}

export function followCheckIns(surroundings: Surroundings): Follower {
  return new CheckIns(surroundings).follower
}

class CheckIns {
  private readonly around: Surroundings
  private readonly byAgent = new Map<Agent, Rhythm>()
  private readonly byAddress = new Map<string, Rhythm>()
  private readonly fleets = new Map<Service, Fleet>()
  private readonly samples = new Samples()
  private readonly stated = new Map<Service, Interval>()
  /** Connections whose first request is no check-in. */
  private readonly others = new Set<number>()

  constructor(around: Surroundings) {
    this.around = around
  }

  readonly follower: Follower = {
    observe: {
      'connection-opened': (o) =>
        this.lives(o.originator.address, o.start, o.tap, o.packet, 'opens a connection'),
      'connection-failed': (o) => this.failed(o.originator.address, o.start, o.tap, o.packet, o.responder),
      'dns-answer': (o) => {
        if (o.asked !== null && o.queryPacket !== null)
          this.lives(o.client.address, o.asked, o.tap, o.queryPacket, 'asks a name server')
      },
      'agent-request': (o, sighting) => this.requested(o, sighting),
    },
    visited: (sighting, agent, at, packet) => {
      if (isFollowed(sighting.service) && !this.others.delete(sighting.connection))
        this.came(sighting, agent, at, packet)
    },
    closed: (sighting, summary) => this.closed(sighting, summary),
  }

  private requested(
    { message, connection, requestFrom, index, time, packet }: AgentRequest,
    sighting: TrackedSighting | null,
  ): void {
    if (sighting === null || requestFrom !== 0 || sighting.leg === 'internal') return
    const isCheckIn = message.purpose === 'check-in'
    if (index === 0) {
      if (!isCheckIn && this.others.size < OTHERS_MAX) this.others.add(connection)
    } else if (isCheckIn && !this.others.delete(connection) && sighting.agent !== null)
      // A connection that is held open: what counts are its requests.
      this.came(sighting, sighting.agent, time, packet)
  }

  private closed(sighting: TrackedSighting, summary: ConnectionSummary): void {
    const { leg, agent, originator, tap, start } = sighting
    this.others.delete(sighting.connection)
    const until = summary.halves[0].lastPacketAt
    if (until === null || leg === 'back' || leg === 'internal') return
    // Who comes by way of a relay whose other side is not captured makes no visit.
    if (
      leg === 'front' &&
      agent !== null &&
      sighting.server === null &&
      isFollowed(sighting.service) &&
      summary.halves[0].bytes > 0
    )
      this.came(sighting, agent, start, sighting.startPacket)
    const pause = summary.flows?.maxIdleAtMost ?? summary.maxIdle
    this.livedThrough(originator.address, start, until, pause, tap, summary.lastPacket)
  }

  private came(sighting: TrackedSighting, agent: Agent, at: Micros, packet: number): void {
    const { service } = sighting
    const server =
      sighting.server ?? sighting.listener ?? this.around.services.serverAt(service, sighting.responder)
    const rhythm = this.rhythmOf(agent, service)
    if (rhythm === null) return this.begin(sighting, agent, server, at, packet)
    // The same one, seen at another tap or on the other side of a relay; or one of several at once.
    if (at - rhythm.at <= this.around.settle) return
    const fleet = this.count(service, at, this.intervalOf(rhythm)?.interval ?? Infinity)
    this.returned(rhythm, fleet, { tap: sighting.tap, packet, at, server })
    this.learn(rhythm, at - rhythm.at)
    rhythm.server = server
    rhythm.tap = sighting.tap
    rhythm.packet = packet
    rhythm.at = at
    rhythm.count = fleet.checkIns
    rhythm.tries = 0
    rhythm.isTold = false
    rhythm.lifeSince = rhythm.lifeAt = Math.max(at, rhythm.lifeAt)
    this.place(rhythm, sighting)
  }

  private begin(sighting: TrackedSighting, agent: Agent, server: Server, at: Micros, packet: number): void {
    if (!agent.nameable || this.byAgent.size >= RHYTHMS_MAX) return
    const { tap, service } = sighting
    const fleet = this.count(service, at, Infinity)
    const rhythm: Rhythm = {
      agent,
      service,
      server,
      tap,
      packet,
      at,
      count: fleet.checkIns,
      next: this.byAgent.get(agent) ?? null,
      address: null,
      tries: 0,
      lifeSince: at,
      lifeAt: at,
      isTold: false,
      sampled: 0,
      samples: isStated(service) ? -1 : this.samples.row(),
      interval: undefined,
    }
    this.byAgent.set(agent, rhythm)
    this.place(rhythm, sighting)
  }

  /** Its address is its own where no relay and no translation stands in for it. */
  private place(rhythm: Rhythm, { leg, originator: { address } }: TrackedSighting): void {
    if ((leg !== 'direct' && leg !== 'front') || address === rhythm.address) return
    const { natOutside } = this.around.inventory.rolesOf(address)
    if (natOutside === 'shared' || natOutside === 'pool') return
    rhythm.address = address
    this.byAddress.set(address, this.byAgent.get(rhythm.agent)!)
  }

  private count(service: Service, at: Micros, interval: Micros): Fleet {
    let fleet = this.fleets.get(service)
    if (fleet === undefined)
      this.fleets.set(
        service,
        (fleet = { checkIns: 0, last: at, pausedUntil: -Infinity, away: 0, inStep: 0 }),
      )
    if (at - fleet.last >= PAUSE * interval) fleet.pausedUntil = at
    fleet.last = Math.max(fleet.last, at)
    fleet.checkIns++
    return fleet
  }

  private rhythmOf(agent: Agent, service: Service): Rhythm | null {
    let rhythm = this.byAgent.get(agent) ?? null
    while (rhythm !== null && rhythm.service !== service) rhythm = rhythm.next
    return rhythm
  }

  private intervalOf(rhythm: Rhythm): Interval | null {
    if (rhythm.interval !== undefined) return rhythm.interval
    return (rhythm.interval =
      rhythm.samples < 0 ? this.statedFor(rhythm.service) : intervalFrom(rhythm, this.samples.of(rhythm)))
  }

  private learn(rhythm: Rhythm, span: Micros): void {
    const { samples, sampled, interval = null } = rhythm
    rhythm.sampled = Math.min(SAMPLES_MAX, sampled + 1)
    if (samples < 0) return
    this.samples.add(samples, sampled, span)
    // One more of the same changes nothing worth the sorting.
    if (interval === null || Math.abs(span - interval.interval) > SAME_SHARE * interval.interval)
      rhythm.interval = undefined
  }

  /** One for all agents of a service. */
  private statedFor(service: Service): Interval {
    let stated = this.stated.get(service)
    if (stated === undefined)
      this.stated.set(service, (stated = { interval: service.configured!.checkIn!, basis: 'configured' }))
    return stated
  }

  private failed(
    address: string,
    at: Micros,
    tap: Tap,
    packet: number,
    responder: { address: string; port: number },
  ): void {
    if (this.byAddress.size === 0) return
    const service = this.around.services.serviceAt(responder)
    for (let rhythm = this.byAddress.get(address) ?? null; rhythm !== null; rhythm = rhythm.next)
      if (rhythm.service === service) rhythm.tries++
    this.lives(address, at, tap, packet, 'tries to open a connection')
  }

  /** A packet of an address: its host is up. */
  private lives(address: string, at: Micros, tap: Tap, packet: number, what: string): void {
    for (let rhythm = this.byAddress.get(address) ?? null; rhythm !== null; rhythm = rhythm.next)
      if (this.shows(rhythm, at, at)) this.tell(rhythm, { tap, packet, at, what }, null)
  }

  /** A connection of it was open, and never silent for longer than `pause`. */
  private livedThrough(
    address: string,
    from: Micros,
    to: Micros,
    pause: Micros,
    tap: Tap,
    packet: number,
  ): void {
    for (let rhythm = this.byAddress.get(address) ?? null; rhythm !== null; rhythm = rhythm.next) {
      const known = this.intervalOf(rhythm)
      if (known === null) continue
      if (this.shows(rhythm, pause <= known.interval ? from : to, to))
        this.tell(rhythm, { tap, packet, at: to, what: 'is connected elsewhere' }, null)
    }
  }

  /** Notes that the host was up; whether that makes it known that a check-in was missed. */
  private shows(rhythm: Rhythm, from: Micros, to: Micros): boolean {
    const known = this.intervalOf(rhythm)
    if (known === null || to <= rhythm.lifeAt) return false
    const { interval, basis } = known
    if (from - rhythm.lifeAt > interval) rhythm.lifeSince = from
    rhythm.lifeAt = to
    const limit = interval * limitOf(rhythm.service) * (basis === 'learned' ? CHANGED_AFTER : 1)
    const since = Math.max(rhythm.lifeSince, rhythm.at)
    const shown = to - since - this.around.blind.hiding(since, to, interval)
    if (shown < limit || rhythm.isTold || rhythm.tries > 0) return false
    return !this.isHeld(rhythm) && !this.isOthers(rhythm)
  }

  /** It comes again: was it due before? */
  private returned(rhythm: Rhythm, fleet: Fleet, next: CheckInMissed['next'] & object): void {
    const known = this.intervalOf(rhythm)
    if (known === null || rhythm.isTold || rhythm.tries > 0) return
    const { interval } = known
    const away = next.at - rhythm.at
    const seen = away - this.around.blind.hiding(rhythm.at, next.at, interval)
    if (seen <= interval * limitOf(rhythm.service)) return
    const steps = Math.round(away / interval)
    const others = fleet.checkIns - rhythm.count - 1
    // Nobody else came either: a pause of the capture, or of the network.
    if (others < steps - 1 || fleet.pausedUntil > rhythm.at) return
    fleet.away++
    if (steps > STEPS_MAX || Math.abs(away / interval - steps) > STEP_ERROR) return
    fleet.inStep++
    if (atLeastByChance(fleet.inStep, fleet.away) <= BY_CHANCE) this.tell(rhythm, null, next)
  }

  /** An open connection is contact enough. */
  private isHeld({ agent, service }: Rhythm): boolean {
    return (attachmentOf(agent, service)?.stay?.open ?? 0) > 0
  }

  /** The address may be somebody else's by now, or everybody's. */
  private isOthers({ agent, tap, address }: Rhythm): boolean {
    const { agents } = this.around
    return address === null || agents.isShared(tap, address) || this.byAddress.get(address)?.agent !== agent
  }

  private tell(rhythm: Rhythm, life: CheckInMissed['life'], next: CheckInMissed['next']): void {
    const { interval, basis } = this.intervalOf(rhythm)!
    const { agent, server, address, tap, packet, at, sampled, service } = rhythm
    rhythm.isTold = true
    const until = next?.at ?? life!.at
    const unseen = this.around.blind.hiding(at, until, 0)
    this.around.tell({
      kind: 'check-in-missed',
      agent,
      server,
      address,
      last: { tap, packet, at },
      due: at + interval,
      interval,
      basis,
      samples: sampled,
      life,
      next,
      missed: Math.max(1, Math.round((until - at - unseen) / interval) - (next === null ? 0 : 1)),
      others: (this.fleets.get(service)?.checkIns ?? 0) - rhythm.count - (next === null ? 0 : 1),
    })
  }
}

/** Somebody stated the interval: it is not the product's own, and nothing is to be learned. */
function isStated({ configured, profile }: Service): boolean {
  const checkIn = configured?.checkIn ?? null
  return checkIn !== null && checkIn !== PROFILES[profile].checkIn
}

/** The product's own where that is borne out, or as it came before. */
function intervalFrom({ service }: Rhythm, samples: readonly Micros[]): Interval | null {
  const configured = service.configured?.checkIn ?? null
  if (configured !== null && !mayDiffer(configured, samples))
    return { interval: configured, basis: 'configured' }
  const learned = learnedInterval(samples)
  return learned === null ? null : { interval: learned, basis: 'learned' }
}

/** Agents of a product that check in, or of a service that says so: not browsers, nor just anybody. */
function isFollowed({ configured, profile, style }: Service): boolean {
  if (configured !== null && configured.checkIn !== null) return true
  return profile !== 'generic' && style === 'polling'
}

const limitOf = ({ profile }: Service): number => MISSED_AFTER[profile]

/** The latest intervals of each agent, in columns, to a few ten microseconds: agents spread theirs by
 * more. */
class Samples {
  private kept = new Float32Array(0)
  private rows = 0

  row(): number {
    if ((this.rows + 1) * SAMPLES_MAX > this.kept.length) {
      const larger = new Float32Array(Math.max(64 * SAMPLES_MAX, Math.ceil(this.kept.length * 1.25)))
      larger.set(this.kept)
      this.kept = larger
    }
    return this.rows++
  }

  of({ samples, sampled }: Rhythm): readonly Micros[] {
    return [...this.kept.subarray(samples * SAMPLES_MAX, samples * SAMPLES_MAX + sampled)]
  }

  /** The oldest gives way; `count` are there already. */
  add(row: number, count: number, span: Micros): void {
    const at = row * SAMPLES_MAX
    if (count >= SAMPLES_MAX) this.kept.copyWithin(at, at + 1, at + SAMPLES_MAX)
    this.kept[at + Math.min(count, SAMPLES_MAX - 1)] = span
  }
}

/** The product's own interval, which nobody may have stated for these agents: what was seen has to bear it
 * out. */
const mayDiffer = (interval: Micros, samples: readonly Micros[]): boolean =>
  samples.length < AGREE_MIN ||
  samples.filter((s) => Math.abs(s - interval) <= SPREAD_MAX * interval).length <= samples.length / 2

/** The median, where there are enough and they are alike: quartiles, so that a time away does not count. */
export function learnedInterval(samples: readonly Micros[]): Micros | null {
  if (samples.length < SAMPLES_MIN) return null
  const sorted = samples.toSorted((a, b) => a - b)
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))]!
  const median = at(0.5)
  return at(0.75) - at(0.25) > SPREAD_MAX * median ? null : median
}

/** The probability that of `n` at least `k` are in step by chance. */
export function atLeastByChance(k: number, n: number): number {
  if (k <= n * BY_CHANCE) return 1
  let term = (1 - BY_CHANCE) ** n
  let below = 0
  for (let i = 0; i < k; i++) {
    below += term
    term *= ((n - i) / (i + 1)) * (BY_CHANCE / (1 - BY_CHANCE))
  }
  return Math.max(0, 1 - below)
}
