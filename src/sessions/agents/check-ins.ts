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
import type { CheckInMissed } from '../../model/cadence.ts'
import type { ConnectionSummary } from '../../model/connection.ts'
import { isOfSeveral, type ProfileName } from '../../model/deployment.ts'
import type { AgentRequest } from '../../model/agent-message.ts'
import type { DnsAnswer } from '../../model/dns.ts'
import type { ConnectionFailed } from '../../model/observation.ts'
import { type Agent, isAgentSide, type Server, type Service } from '../../model/party.ts'
import { packetOf, type PacketReference } from '../../model/packet.ts'
import { PROFILES } from '../../model/profiles.data.ts'
import { gammaAbove } from '../../model/statistics.ts'
import type { Micros } from '../../model/time.ts'
import { Cadence, INTERVALS_MAX, mistakeAt } from './cadence.ts'
import type { Follower, Surroundings } from '../follower.ts'
import { type Interval, Rhythm, RhythmTable } from './rhythm.ts'
import type { TrackedSighting } from '../sighting.ts'
import { attachmentOf, type TrackedAgent } from './tracked-agent.ts'

/** Agents and services whose rhythm is followed; further ones are not. */
export const RHYTHMS_MAX = 1 << 18
/** Connections that began with something else than a check-in, until they were visits. */
const OTHERS_MAX = 1 << 12
/** An interval that differs by no more than this share is the same as before. */
const SAME_SHARE = 0.1
/** Products that make each interval longer by chance, and how many times as long at most (article 156653). */
const LENGTHENED: Partial<Readonly<Record<ProfileName, number>>> = { 'symantec-sepm': 2 }
/** Ways in which an agent's intervals may show a cadence: by themselves, near the product's, near that of
 * another agent. Each is a test. */
const TESTS = 3
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
/** The probability that at any time while a service is followed, agents that return when it pleases them are
 * taken for ones that kept their step: that is told as a hint only. */
const STEP_MISTAKE_MAX = 0.2

/** What all agents of a service have in common. */
interface Fleet {
  checkIns: number
  last: Micros
  /** The end of the last time in which nobody came. */
  pausedUntil: Micros
  /** Times that somebody was away without a sign of life, and the logarithms of the probabilities to come
   * back as near a step by chance, added up. */
  away: number
  steps: number
  /** The interval of an agent that has a cadence beyond doubt: others may well share it. */
  shared: { readonly interval: Micros; readonly by: Agent } | null
}

export function followCheckIns(surroundings: Surroundings): Follower {
  return new CheckIns(surroundings).follower
}

class CheckIns {
  private readonly around: Surroundings
  private readonly table = new RhythmTable()
  private readonly byAddress = new Map<string, Rhythm>()
  private readonly fleets = new Map<Service, Fleet>()
  private readonly samples = new Samples()
  private readonly cadence = new Cadence()
  private readonly stated = new Map<Service, Interval>()
  /** Connections whose first request is no check-in. */
  private readonly others = new Set<number>()

  constructor(around: Surroundings) {
    this.around = around
  }

  readonly follower: Follower = {
    observe: {
      'connection-opened': (o) =>
        this.lives(o.originator.address, packetOf(o, o.packet, o.start), 'opens a connection'),
      'connection-failed': (o) => this.failed(o),
      'dns-answer': (o) => {
        if (o.asked !== null && o.queryPacket !== null)
          this.lives(o.client.address, askedIn(o, o.queryPacket, o.asked), 'asks a name server')
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
    const { leg, agent, originator, start } = sighting
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
    const shown = packetOf(sighting, summary.lastPacket, summary.end)
    this.livedThrough(originator.address, start, until, pause, shown)
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
    this.returned(rhythm, fleet, { ...packetOf(sighting, packet, at), server })
    // Somebody who comes after all may have been given another interval: what came before says no more.
    if (rhythm.isTold && rhythm.samples >= 0) rhythm.sampled = 0
    this.learn(rhythm, at - rhythm.at)
    rhythm.came(server, packetOf(sighting, packet, at), fleet.checkIns)
    this.place(rhythm, sighting)
  }

  private begin(sighting: TrackedSighting, agent: Agent, server: Server, at: Micros, packet: number): void {
    if (!agent.nameable || this.table.length >= RHYTHMS_MAX) return
    const { tap, service } = sighting
    const tracked = agent as TrackedAgent
    const samples = isStated(service) ? -1 : this.samples.row()
    const rhythm = new Rhythm(this.table, agent, service, server, tap, tracked.rhythm, samples)
    rhythm.came(server, packetOf(sighting, packet, at), this.count(service, at, Infinity).checkIns)
    tracked.rhythm = rhythm
    this.place(rhythm, sighting)
  }

  /** Its address is its own where no relay and no translation stands in for it. */
  private place(rhythm: Rhythm, sighting: TrackedSighting): void {
    const { address } = sighting.originator
    if (!isAgentSide(sighting) || address === rhythm.address) return
    if (isOfSeveral(this.around.inventory.rolesOf(address).natOutside)) return
    const { address: before } = rhythm
    rhythm.address = address
    this.byAddress.set(address, (rhythm.agent as TrackedAgent).rhythm!)
    if (before !== null) this.leave(before, rhythm)
  }

  /** Addresses that an agent is at no more are forgotten: a host may have another one every day. */
  private leave(address: string, { agent }: Rhythm): void {
    if (this.byAddress.get(address)?.agent !== agent) return
    for (let { rhythm } = agent as TrackedAgent; rhythm !== null; rhythm = rhythm.next)
      if (rhythm.address === address) return
    this.byAddress.delete(address)
  }

  private count(service: Service, at: Micros, interval: Micros): Fleet {
    let fleet = this.fleets.get(service)
    if (fleet === undefined)
      this.fleets.set(
        service,
        (fleet = { checkIns: 0, last: at, pausedUntil: -Infinity, away: 0, steps: 0, shared: null }),
      )
    if (at - fleet.last >= PAUSE * interval) fleet.pausedUntil = at
    fleet.last = Math.max(fleet.last, at)
    fleet.checkIns++
    return fleet
  }

  private rhythmOf(agent: Agent, service: Service): Rhythm | null {
    let { rhythm } = agent as TrackedAgent
    while (rhythm !== null && rhythm.service !== service) rhythm = rhythm.next
    return rhythm
  }

  private intervalOf(rhythm: Rhythm): Interval | null {
    if (rhythm.interval !== undefined) return rhythm.interval
    return (rhythm.interval = rhythm.samples < 0 ? this.statedFor(rhythm.service) : this.learnedOf(rhythm))
  }

  /** The product's own where the agent's is that, or the agent's. */
  private learnedOf(rhythm: Rhythm): Interval | null {
    const learned = this.cadence.middleOf(this.samples.of(rhythm))
    if (learned === null) return null
    const { profile, configured } = rhythm.service
    const own = configured?.checkIn ?? null
    const isOwn = own !== null && learned >= (1 - SAME_SHARE) * own && learned <= longest(profile, own)
    return isOwn ? { interval: own, basis: 'configured' } : { interval: learned, basis: 'learned' }
  }

  /** Its interval was stated, or is no work of chance: of all the intervals of its service, whoever's. */
  private hasCadence(rhythm: Rhythm): boolean {
    if (rhythm.samples < 0) return true
    const fleet = this.fleets.get(rhythm.service)!
    if (rhythm.chance < 0) rhythm.chance = this.chanceOf(rhythm, fleet.shared)
    return rhythm.chance <= mistakeAt(fleet.checkIns)
  }

  private chanceOf(rhythm: Rhythm, shared: Fleet['shared']): number {
    const { cadence } = this
    const { settle } = this.around
    const samples = this.samples.of(rhythm)
    const own = PROFILES[rhythm.service.profile].checkIn
    const near = (interval: Micros): number => cadence.chanceNear(interval, samples, settle)
    const chances = [
      cadence.chanceOf(samples, settle),
      own === null ? 1 : near(own),
      shared === null || shared.by === rhythm.agent ? 1 : near(shared.interval),
    ]
    return Math.min(1, TESTS * Math.min(...chances))
  }

  private learn(rhythm: Rhythm, span: Micros): void {
    const { samples, sampled, interval = null } = rhythm
    rhythm.sampled = Math.min(INTERVALS_MAX, sampled + 1)
    if (samples < 0) return
    this.samples.add(samples, sampled, span)
    rhythm.chance = -1
    // One more of the same changes nothing worth the sorting.
    if (
      sampled === 0 ||
      interval === null ||
      Math.abs(span - interval.interval) > SAME_SHARE * interval.interval
    )
      rhythm.interval = undefined
    if (sampled === INTERVALS_MAX - 1) this.share(rhythm)
  }

  /** So much is known of it that others can be compared with it, if it has a cadence. */
  private share(rhythm: Rhythm): void {
    const fleet = this.fleets.get(rhythm.service)!
    const known = this.intervalOf(rhythm)
    if (fleet.shared === null && known !== null && this.hasCadence(rhythm))
      fleet.shared = { interval: known.interval, by: rhythm.agent }
  }

  /** One for all agents of a service. */
  private statedFor(service: Service): Interval {
    let stated = this.stated.get(service)
    if (stated === undefined)
      this.stated.set(service, (stated = { interval: service.configured!.checkIn!, basis: 'configured' }))
    return stated
  }

  private failed(o: ConnectionFailed): void {
    if (this.byAddress.size === 0) return
    const service = this.around.services.triedAt(o.responder)
    const { address } = o.originator
    for (let rhythm = this.byAddress.get(address) ?? null; rhythm !== null; rhythm = rhythm.next)
      if (rhythm.service === service) rhythm.tries++
    this.lives(address, packetOf(o, o.packet, o.start), 'tries to open a connection')
  }

  /** A packet of an address: its host is up. */
  private lives(address: string, shown: PacketReference, what: string): void {
    const { at } = shown
    for (let rhythm = this.byAddress.get(address) ?? null; rhythm !== null; rhythm = rhythm.next)
      if (this.shows(rhythm, at, at)) this.tell(rhythm, { ...shown, what }, null)
  }

  /** A connection of it was open, and never silent for longer than `pause`. */
  private livedThrough(
    address: string,
    from: Micros,
    to: Micros,
    pause: Micros,
    shown: PacketReference,
  ): void {
    for (let rhythm = this.byAddress.get(address) ?? null; rhythm !== null; rhythm = rhythm.next) {
      const known = this.intervalOf(rhythm)
      if (known === null) continue
      if (this.shows(rhythm, pause <= known.interval ? from : to, to))
        this.tell(rhythm, { ...shown, what: 'is connected elsewhere' }, null)
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
    return !this.isHeld(rhythm) && !this.isOthers(rhythm) && this.hasCadence(rhythm)
  }

  /** It comes again: was it due before? */
  private returned(rhythm: Rhythm, fleet: Fleet, next: CheckInMissed['next'] & object): void {
    const known = this.intervalOf(rhythm)
    if (known === null || rhythm.isTold || rhythm.tries > 0) return
    const { interval } = known
    const away = next.at - rhythm.at
    const seen = away - this.around.blind.hiding(rhythm.at, next.at, interval)
    if (seen <= interval * limitOf(rhythm.service) || !this.hasCadence(rhythm)) return
    const steps = Math.round(away / interval)
    const others = fleet.checkIns - rhythm.count - 1
    // Nobody else came either: a pause of the capture, or of the network.
    if (others < steps - 1 || fleet.pausedUntil > rhythm.at) return
    if (steps > STEPS_MAX) return
    const offset = Math.abs(away / interval - steps)
    fleet.away++
    fleet.steps += Math.log(Math.max(2 * offset, Number.MIN_VALUE))
    if (offset <= STEP_ERROR && areInStep(fleet.away, fleet.steps)) this.tell(rhythm, null, next)
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
    const { agent, server, address, tap, packet, at, ends, sampled, service } = rhythm
    rhythm.isTold = true
    const until = next?.at ?? life!.at
    const unseen = this.around.blind.hiding(at, until, 0)
    this.around.tell({
      kind: 'check-in-missed',
      agent,
      server,
      address,
      last: { tap, packet, at, ends },
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

/** A question to a name server; its ports are none of TCP. */
const askedIn = ({ tap, client, server }: DnsAnswer, packet: number, at: Micros): PacketReference => ({
  tap,
  packet,
  at,
  ends: [
    { ...client, port: 0 },
    { ...server, port: 0 },
  ],
})

/** Nothing is to be learned. */
const isStated = ({ configured }: Service): boolean =>
  configured !== null && configured.isCheckInStated && configured.checkIn !== null

const longest = (profile: ProfileName, interval: Micros): Micros =>
  (1 + SAME_SHARE) * (LENGTHENED[profile] ?? 1) * interval

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
    if ((this.rows + 1) * INTERVALS_MAX > this.kept.length) {
      const larger = new Float32Array(Math.max(64 * INTERVALS_MAX, Math.ceil(this.kept.length * 1.25)))
      larger.set(this.kept)
      this.kept = larger
    }
    return this.rows++
  }

  of({ samples, sampled }: Rhythm): ArrayLike<Micros> {
    return this.kept.subarray(samples * INTERVALS_MAX, samples * INTERVALS_MAX + sampled)
  }

  /** The oldest gives way; `count` are there already. */
  add(row: number, count: number, span: Micros): void {
    const at = row * INTERVALS_MAX
    if (count >= INTERVALS_MAX) this.kept.copyWithin(at, at + 1, at + INTERVALS_MAX)
    this.kept[at + Math.min(count, INTERVALS_MAX - 1)] = span
  }
}

/**
 * So many returns are nearer to steps than chance explains, by the sum of the logarithms of their
 * probabilities (Fisher 1925: minus twice that is chi-square of twice as many degrees of freedom). They are
 * asked again after each return; what all askings may use together, 1 / (n (n + 1)) of it, adds up to
 * STEP_MISTAKE_MAX.
 */
export const areInStep = (returns: number, logarithms: number): boolean =>
  gammaAbove(returns, -logarithms) <= STEP_MISTAKE_MAX / (returns * (returns + 1))
