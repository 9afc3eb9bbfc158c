/**
 * How paths end, as all taps together saw it; what the agent did next; what a return cost; what a server
 * still holds.
 */
import { areNeighbours } from '../../model/address.ts'
import type { ConnectionId, ConnectionSummary } from '../../model/connection.ts'
import type { DetectorEvent } from '../../model/event.ts'
import type * as O from '../../model/observation.ts'
import { type Agent, type Ending, isAgentSide, isBehindOnly, type Visit } from '../../model/party.ts'
import { SECOND, seconds, type Micros } from '../../model/time.ts'
import { closedByAgent, isReturn, laterOf, lostSighting, RECONNECT_WITHIN, TOGETHER } from './lost-paths.ts'
import { Lately } from '../lately.ts'
import { mayBeOne } from '../paths.ts'
import type { Pools } from '../relays/pools.ts'
import { Recent } from '../recent.ts'
import { RecentEnds } from './recent-ends.ts'
import { Survivals } from './survivals.ts'
import { attachmentOf } from '../agents/tracked-agent.ts'
import type { TrackedPath, TrackedSighting } from '../sighting.ts'

/** Linux tries for so long to get through what it sends (tcp_retries2 of 15: 924.6 s); others give up
 * sooner. */
const TRIED_FOR: Micros = seconds(925)
/** ... and where the end of the capture will tell for certain, it is waited for, within reason. */
const TRIED_FOR_LONG: Micros = seconds(43_200)
/** What the server sends so soon after the beginning, it sends at once. Timers tick every second. */
const AT_ONCE: Micros = seconds(62)
/** This many others make the end of a path part of something larger than itself. */
const MASS = 5
/** Probes are seconds apart: of two that find nobody, not both were lost. What is sent again at once may well
 * be, or its acknowledgment: more than the three retransmissions after which a sender takes the other side
 * for unreachable (RFC 9293 §3.8.3, R1). */
const PROBES_IN_VAIN = 2
const RETRANSMISSIONS_IN_VAIN = 4
/** Steady minutes kept per service, for what is usual. */
const STEADY_KEPT = 512

interface EndingsOptions {
  later(at: Micros, act: () => void): void
  tell(event: DetectorEvent): void
  readonly settle: Micros
  /** Somebody waits for what is told. */
  readonly isUrgent: boolean
  /** The sighting of an open connection. */
  sightingOf(connection: ConnectionId): TrackedSighting | undefined
  /** Whose connection it is as far as is known, be it by its address. */
  agentOf(sighting: TrackedSighting): Agent | null
  /** Relays whose connections are nobody's own. */
  readonly pools: Pools
}

export class Endings {
  private readonly options: EndingsOptions
  private readonly recent = new RecentEnds()
  /** Ended connections on which no agent was heard, by address: until it had the time to return. */
  private readonly unspoken = new Lately<string, TrackedSighting>(2 * RECONNECT_WITHIN)
  private readonly steady = new Map<string, Recent>()
  /**
   * Where the agents of paths went whose connections are still open. Beyond that it would hold each path by
   * the one before, for as long as an agent comes.
   */
  private readonly elsewhere = new WeakMap<TrackedPath, Visit>()
  readonly survivals = new Survivals()

  constructor(options: EndingsOptions) {
    this.options = options
  }

  silence(sighting: TrackedSighting, o: O.Silence): void {
    this.measureReturn(sighting, o.bytes[1], o.start)
    if (o.outcome === 'answered') return this.revive(sighting, o)
    // What became of it was not captured: the connection may well go on.
    if (o.outcome === 'unknown') return
    if (o.end - o.start < sighting.service.idleThreshold) return
    sighting.end.silence = o
    this.ends(sighting, o.time)
    // Who never answers may be out for a moment, or have failed: what the others meet, and the agent's
    // return, will tell.
    this.plan(sighting.path, o.time, o.outcome === 'unanswered' ? RECONNECT_WITHIN : this.options.settle)
  }

  reset(sighting: TrackedSighting, o: O.Reset): void {
    this.measureReturn(sighting, o.bytes[1], o.time - o.idleBefore)
    sighting.end.resets[o.from] ??= o
    this.ends(sighting, o.time)
    this.plan(sighting.path, o.time, this.options.settle)
  }

  /** The reset was none: the connection goes on, and so what seemed its end is forgotten. */
  challenged(sighting: TrackedSighting | null, o: O.ResetChallenged): void {
    if (sighting === null || sighting.ending === null) return
    const { ending, path } = sighting
    if (ending.resets[o.from]?.packet === o.reset) ending.resets[o.from] = null
    if (ending.silence?.outcomePacket === o.reset || ending.silence?.endPacket === o.reset)
      ending.silence = null
    if (ending.silence !== null || isAny(ending.resets) || isAny(ending.finished)) return
    path.ending = false
    path.endedAt = null
  }

  finished(sighting: TrackedSighting, o: O.Finished): void {
    this.measureReturn(sighting, o.bytes[1], o.time - o.idleBefore)
    sighting.end.finished[o.from] ??= o
    this.ends(sighting, o.time)
  }

  minutePassed(sighting: TrackedSighting, o: O.FirstMinute): void {
    this.measureReturn(sighting, o.bytes[1], Math.min(o.time, sighting.start + AT_ONCE))
  }

  unanswered(sighting: TrackedSighting, o: O.Unanswered): void {
    sighting.end.unanswered[o.from] = o
    const visit = this.elsewhere.get(sighting.path) ?? (o.from === 1 ? this.whereUnheardIs(sighting) : null)
    if (visit === null) return
    const due = visit.at + sighting.service.idleThreshold
    if (o.time >= due) return this.tellIfElsewhere(sighting.path, visit, o.time)
    this.options.later(due, () => this.tellIfElsewhere(sighting.path, visit, o.time))
  }

  /** The server asks in vain on a connection on which the capture heard nobody else: where the agent of its
   * address is, if that is another server. An address alone may stand for many. */
  private whereUnheardIs(sighting: TrackedSighting): Visit | null {
    const { path, service, server } = sighting
    if (sighting.visited || path.isJoined || sighting.leg !== 'direct') return null
    const agent = this.options.agentOf(sighting)
    if (agent === null || agent.identifiedBy === 'address') return null
    const visit = attachmentOf(agent, service)?.stay?.visit ?? null
    if (visit === null || visit.server === server) return null
    sighting.agent = agent
    this.elsewhere.set(path, visit)
    return visit
  }

  private tellIfElsewhere(path: TrackedPath, visit: Visit, at: Micros): void {
    const isThere = attachmentOf(visit.agent, path.first.service)?.stay?.server === visit.server
    if (isThere) this.tellLeftOpen(path, visit, at)
  }

  closed(sighting: TrackedSighting, summary: ConnectionSummary, time: Micros): void {
    this.measureReturn(sighting, summary.halves[1].bytes, summary.end)
    this.noteSteady(sighting, summary)
    // What a relay keeps for others is silent as long as nobody asks.
    if (!this.options.pools.holds(sighting)) this.survivals.note(sighting, summary)
    const isSeenElsewhere = sighting.path.isJoined && sighting.path.hasNext
    if (sighting.ending !== null || isSeenElsewhere) sighting.end.summary = summary
    const { path } = sighting
    if (!this.isOpen(path, sighting)) this.elsewhere.delete(path)
    if (summary.endedBy !== null || sighting.service.style !== 'persistent' || isNobodys(sighting)) {
      path.letGo()
      return
    }
    this.considerLater(path, sighting, summary, time)
  }

  /** What the others do not say, and the agent's return, are known a little later. */
  private considerLater(
    path: TrackedPath,
    sighting: TrackedSighting,
    summary: ConnectionSummary,
    time: Micros,
  ): void {
    path.due++
    this.options.later(time + 2 * this.options.settle, () => {
      path.due--
      this.considerAbandoned(path, sighting, summary)
      path.letGo()
    })
  }

  /**
   * Whether it matters that the connection stays silent: its agent has gone on elsewhere for so long that,
   * were there a way, either side would have been heard by now.
   */
  awaits(sighting: TrackedSighting | null, now: Micros): boolean {
    if (sighting === null) return false
    const { path, service } = sighting
    if (service.style !== 'persistent' || path.isJoined || path.ending || path.abandonmentJudged) return false
    const next = this.nextOf(path)
    return next !== null && now - next.start >= (this.options.isUrgent ? TRIED_FOR : TRIED_FOR_LONG)
  }

  /** Nothing was heard on the connection for long, and nobody closed it. */
  stillSilent(sighting: TrackedSighting | null, summary: ConnectionSummary): void {
    if (sighting === null) return
    const { path, ending } = sighting
    this.considerAbandoned(path, sighting, summary)
    path.judgeAbandonment()
    // Whoever was told has looked at the account; it stays for a return that is not told yet.
    if (ending === null && this.nextOf(path)?.path.returnOf !== sighting) sighting.ending = null
  }

  /**
   * Long after an orderly end nobody asks how it came about: of an agent's last connection, only what its
   * next one is compared with is kept. What other taps or the other leg show of it would be compared as well.
   */
  lighten(sighting: TrackedSighting, now: Micros): void {
    const { path, ending, leg, lastAt } = sighting
    if (now - lastAt < RECONNECT_WITHIN || path.isJoined || path.ending || path.due > 0) return
    if (leg === 'direct') sighting.tls = null
    if (ending === null || !isOrderly(ending)) return
    sighting.leftByAgent = closedByAgent(sighting)
    sighting.endNotedAt = laterOf(ending.finished)
    sighting.ending = null
  }

  /** An agent's data passes on a connection: is it a new path of that agent, and what became of the one
   * before? */
  arrived(sighting: TrackedSighting, agent: Agent): void {
    const attachment = attachmentOf(agent, sighting.service)
    if (attachment === null) return
    const last = attachment.last ?? this.unspoken.get(addressKey(sighting))
    // Where a relay carries it next, or it is seen once more, the agent did not come anew.
    if (last !== null && (this.isRelaysOwn(sighting, last.path) || mayBeOne(last, sighting))) return
    attachment.latest = sighting
    if (last === null || last.path === sighting.path || last.path.hasNext) return
    if (sighting.start <= last.start) return
    const before = last.path
    before.follow(sighting)
    if (before.ending && this.isTimely(before, sighting)) {
      this.tellEnded(before)
      this.linkReturn(before, sighting)
    }
    before.letGo()
  }

  /** An agent went to another server: does the last one notice? */
  wentElsewhere(previous: Visit, visit: Visit): void {
    const { path } = previous.sighting as TrackedSighting
    if (this.isOpen(path)) this.elsewhere.set(path, visit)
    const due = visit.at + previous.sighting.service.idleThreshold
    this.options.later(due, () => this.tellLeftOpen(path, visit, visit.at))
  }

  /** Whether any connection of the path is open, other than that one. */
  private isOpen(path: TrackedPath, but: TrackedSighting | null = null): boolean {
    const isOpen = (s: TrackedSighting): boolean => s !== but && this.options.sightingOf(s.connection) === s
    return path.isJoined ? path.sightings.some(isOpen) : isOpen(path.first)
  }

  private tellLeftOpen(path: TrackedPath, visit: Visit, at: Micros): void {
    // A FIN of the server that one tap missed, another may show; a reset may be meant for the agent alone.
    if (path.sightings.some(({ leg, ending }) => leg !== 'front' && ending?.finished[1] != null)) return
    for (const held of path.sightings.filter(isHeldByServer))
      this.options.tell({ kind: 'left-open', sighting: held, elsewhere: visit, at })
  }

  private ends(sighting: TrackedSighting, at: Micros): void {
    if (at - (sighting.endNotedAt ?? -Infinity) >= TOGETHER) {
      this.recent.add(sighting, at)
      sighting.endNotedAt = at
    }
    const { path } = sighting
    if (isAgentSide(sighting) || !this.goesOn(path)) path.endedAt ??= at
  }

  /** The agents' side of the path is open, whatever its relay has closed behind: a relay may need another
   * connection for what the agent says next, or none. */
  private goesOn({ sightings }: TrackedPath): boolean {
    const own = sightings.filter(isAgentSide)
    const fronts = own.length > 0 ? own : sightings.filter(({ leg }) => leg === 'front')
    return (
      fronts.length > 0 && fronts.every((s) => !hasEnded(s) && this.options.sightingOf(s.connection) === s)
    )
  }

  /** A relay's connection that is no return of the agent whose path that is: it is shared, or the agent's own
   * goes on. */
  private isRelaysOwn(sighting: TrackedSighting, path: TrackedPath): boolean {
    if (sighting.leg !== 'back' || sighting.path === path) return false
    return this.options.pools.holds(sighting) || (isBehindOnly(sighting.path) && this.goesOn(path))
  }

  /** The connection that had been given up goes on: it did not end. */
  private revive({ path, ending }: TrackedSighting, o: O.Silence): void {
    if (ending?.silence?.startPacket !== o.startPacket) return
    ending.silence = null
    path.ending = false
    path.endedAt = null
  }

  /** An end that may be the network's doing is told once the other taps have had their say. An orderly one
   * needs no telling. */
  private plan(path: TrackedPath, at: Micros, wait: Micros): void {
    // Another tap may have told of it before this one.
    this.noteUnspoken(path, at)
    if (path.ending) return
    path.ending = true
    path.due++
    this.options.later(at + wait, () => {
      path.due--
      this.hasEnded(path)
      path.letGo()
    })
  }

  private hasEnded(planned: TrackedPath): void {
    // It may be part of another one by now, which tells.
    const path = planned.ending ? planned.first.path : planned
    const at = path.endedAt
    // It may have been revived since; or what ended is behind a relay, and the agents' side is yet to end.
    if (at === null) path.ending = false
    if (at === null || !path.ending) return
    this.tellEnded(path)
    const next = this.nextOf(path)
    if (next !== null && this.isTimely(path, next)) this.linkReturn(path, next)
  }

  private isTimely(path: TrackedPath, next: TrackedSighting): boolean {
    const at = path.endedAt
    return at !== null && next.start - at <= RECONNECT_WITHIN && isReturn(next, this.lostOf(path), at)
  }

  /** Nobody was heard on it, because the capture began too late: its address may yet tell whose it was. */
  private noteUnspoken(path: TrackedPath, at: Micros): void {
    for (const s of path.sightings)
      if (!s.visited && s.leg !== 'back') this.unspoken.put(addressKey(s), s, at)
  }

  private nextOf(path: TrackedPath): TrackedSighting | null {
    if (path.quietNext >= 0) {
      const next = this.options.sightingOf(path.quietNext)
      if (next !== undefined) path.follow(next)
    }
    return path.next
  }

  /** What a relay shares was nobody's to lose. */
  private lostOf(path: TrackedPath): TrackedSighting | null {
    const lost = lostSighting(path)
    return lost === null || this.options.pools.holds(lost) ? null : lost
  }

  private tellEnded(path: TrackedPath): void {
    const at = path.endedAt!
    const lost = this.lostOf(path)
    // Who else ended matters only for what was lost while idle.
    const endedTogether = lost === null ? [] : this.recent.together(path, at)
    const last = this.nextOf(path)
    const next = last !== null && isReturn(last, lost, at) ? last : null
    this.options.tell({ kind: 'path-ended', path, at, endedTogether, next, lost })
  }

  private linkReturn(before: TrackedPath, next: TrackedSighting): void {
    const lost = this.lostOf(before)
    if (lost === null || next.path.isReturn || before.endedAt === null) return
    if (this.recent.together(before, before.endedAt).length >= MASS) return
    next.path.returnOf = lost
    for (const s of next.path.sightings) if (s.initialBytes !== null) this.tellReturn(s, s.lastAt)
  }

  /**
   * The first silence, the end, or the first minute's, whatever comes first, tells how much the server sent
   * at once. Of a connection that is older when it is first told of, it is not known; it was no more than a
   * handshake, if its beginning was seen.
   */
  private measureReturn(sighting: TrackedSighting, bytes: number, at: Micros): void {
    sighting.lastAt = Math.max(sighting.lastAt, at)
    if (sighting.initialBytes !== null) return
    sighting.initialBytes = at - sighting.start > AT_ONCE ? 0 : bytes
    this.tellReturn(sighting, at)
  }

  private tellReturn(sighting: TrackedSighting, at: Micros): void {
    const { path } = sighting
    const lost = path.returnOf
    if (lost === null || sighting.initialBytes === null || this.options.pools.holds(sighting)) return
    path.tellReturn()
    this.options.tell({
      kind: 'returned',
      lost,
      sighting,
      bytes: sighting.initialBytes,
      usualBytes: this.steady.get(sighting.service.name)?.median() ?? null,
      duration: Math.max(0, at - sighting.start),
    })
  }

  private considerAbandoned(path: TrackedPath, sighting: TrackedSighting, summary: ConnectionSummary): void {
    const next = this.nextOf(path)
    if (next === null || path.ending || path.abandonmentJudged || hasMoved(sighting, next)) return
    if (this.options.pools.holds(sighting)) return
    const lastFromAgent = summary.halves[0].lastPacketAt
    if (lastFromAgent === null || next.start - lastFromAgent < sighting.service.idleThreshold) return
    path.judgeAbandonment()
    sighting.end.summary = summary
    this.options.tell({ kind: 'path-abandoned', path, sighting, next, at: next.start })
    if (!next.path.isReturn) next.path.returnOf = sighting
    for (const s of next.path.sightings) if (s.initialBytes !== null) this.tellReturn(s, s.lastAt)
  }

  /** Minutes of a connection after its first exchange: what is usual. */
  private noteSteady(sighting: TrackedSighting, summary: ConnectionSummary): void {
    // Nobody asks what is usual for a service of which nothing is known.
    if (sighting.service.configured === null && sighting.service.profile === 'generic') return
    const minutes = (summary.end - sighting.start) / (60 * SECOND)
    if (minutes < 1 || sighting.initialBytes === null) return
    const rate = Math.max(0, summary.halves[1].bytes - sighting.initialBytes) / minutes
    let rates = this.steady.get(sighting.service.name)
    if (rates === undefined) this.steady.set(sighting.service.name, (rates = new Recent(STEADY_KEPT)))
    rates.add(rate)
  }
}

/** One of its sides, or what nobody answered, ended it. */
const hasEnded = ({ ending }: TrackedSighting): boolean =>
  ending !== null && (ending.silence !== null || isAny(ending.resets) || isAny(ending.finished))

/** By FIN, and not after a silence that could have been a device's. */
const isOrderly = ({ silence, resets, finished, unanswered }: Ending): boolean =>
  silence === null && !isAny(resets) && !isAny(unanswered) && isAny(finished)

/** One side did it, or the other. */
const isAny = ([by0, by1]: readonly [object | null, object | null]): boolean => by0 !== null || by1 !== null

/** No agent was heard on it, and none can be found to have gone on from it. */
const isNobodys = ({ visited, ending, path }: TrackedSighting): boolean =>
  !visited && ending === null && !path.isJoined && !path.hasNext

/** The agent came back from another network: its host went elsewhere, and left the connection behind. Of two
 * addresses of one block, a translator may have given it the other one. */
const hasMoved = (before: TrackedSighting, next: TrackedSighting): boolean =>
  before.leg !== 'back' &&
  next.leg !== 'back' &&
  !areNeighbours(before.originator.address, next.originator.address)

/** The agent is gone from it, the server is not: its FIN is missing, or what it asks finds nobody. */
function isHeldByServer({ leg, ending, closed }: TrackedSighting): boolean {
  if (leg === 'front' || ending === null || closed) return false
  if (ending.resets[0] !== null || ending.resets[1] !== null) return false
  if ((ending.summary?.halves[1].missingBytes ?? 0) > 0) return false
  return ending.finished[0] !== null || isInVain(ending.unanswered[1])
}

/** Segments that are sent again are told in powers of two. */
function isInVain(asked: O.Unanswered | null): boolean {
  return asked !== null && asked.count >= (asked.keepAlive ? PROBES_IN_VAIN : RETRANSMISSIONS_IN_VAIN)
}

const addressKey = (s: TrackedSighting): string => `${s.tap}|${s.originator.address}|${s.service.name}`
