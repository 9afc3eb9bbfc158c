/**
 * Why an agent turned to another server: because one failed for it (failover), because it went back to one
 * that it prefers (failback), or neither (hop). Told once that can be known: a try that nobody answers is
 * one only after a while.
 *
 * A server failed for an agent if its own tries there failed (those of its relay, where one stands
 * between), if the server was out for all, or, where only the servers' side was captured, if all who came
 * regularly turned away at once and nothing reached it until it answered again (domain: a server that
 * loses its network leaves no packet there).
 */
import type { AgentMoved, DetectorEvent, Outage, ServerFailure } from '../../model/event.ts'
import { packetOf } from '../../model/packet.ts'
import type { Server, Visit } from '../../model/party.ts'
import { type PreferenceList, rankIn } from '../../model/policy.ts'
import { seconds, type Micros } from '../../model/time.ts'
import type { BlindTimes } from '../blind-times.ts'
import type { Health } from './health.ts'
import { betterThan, type Policy } from './policy.ts'
import type { Stay, TrackedSighting } from '../sighting.ts'

/** Longest time that a product tries its own server before it turns to the next one: 60 min (DLP 16.1, "About
 * Endpoint Server redundancy"); older failures explain nothing. */
const FAILOVER_WITHIN: Micros = seconds(3600)
/** A try counts as unanswered after 3 s (RFC 6298's initial timeout three times), and the other taps have had
 * their say 2 s later. */
export const KNOWN_AFTER: Micros = seconds(5)
/** A sign of life this shortly before a move, or until it is decided, shows that the server was well. */
const WELL_BEFORE: Micros = seconds(2)
/** Between two looks for a sign of life, where it is urgent. */
const LOOK_EVERY: Micros = seconds(0.1)
/** Moves that wait for the server's next answer; further ones are hops at once. */
const PENDING_MAX = 4096
/** Agents that have to have left, contacts that they had, and contacts missed: fewer may be chance (starting
 * values; three expected and none come is one chance in twenty, for arrivals at random). */
const LEFT_MIN = 2
const CONTACTS_MIN = 5
const MISSED_MIN = 3

interface Move {
  readonly from: Stay
  readonly previous: Visit
  readonly to: Stay
  readonly visit: Visit
  decided(end: AgentMoved['reason']): void
}

interface Deserted {
  readonly server: Server
  readonly silentSince: Micros
  readonly moves: Move[]
}

/** What is known of a failure that drove an agent away. */
interface Cause {
  readonly failed: Server
  readonly failure: ServerFailure
  readonly outage: Outage | null
}

export interface ServerMovesOptions {
  readonly blind: BlindTimes
  readonly health: Health
  readonly policy: Policy
  later(at: Micros, act: () => void): void
  tell(event: DetectorEvent): void
  /** Whoever watches wants to know at once: a move is a hop as soon as the server before is seen to be well
   * after the agent had left it. Absent: false. */
  readonly isUrgent?: boolean
}

export class ServerMoves {
  private readonly options: ServerMovesOptions
  private readonly pending = new Map<string, Deserted>()
  private waiting = 0
  /** Moves that were decided before their time. */
  private readonly decided = new Set<Move>()

  constructor(options: ServerMovesOptions) {
    this.options = options
  }

  /** An agent's first visit to a service: it may have tried another server in vain before. */
  came(to: Stay, visit: Visit): void {
    const { configured } = visit.server.service
    if (configured === null || visit.sighting.leg === 'back') return
    const list = this.listOf(visit)
    const others =
      list === null ? configured.servers.map(({ name }) => name) : betterThan(list, visit.server.name)
    const met = this.metBy(visit, others, visit.at - FAILOVER_WITHIN)
    if (met === null) return
    to.arrivedBy = 'failover'
    to.cameFrom = met.failed
    const outage = this.options.health.outages.at(met.failed.id, met.failure.at)
    this.options.tell({ kind: 'moved', visit, previous: null, reason: 'failover', ...met, outage, list })
  }

  /** An agent is at another server than before; `decided` is called once, now or later. */
  moved(move: Move): void {
    if (this.decideBy(move) || this.decideEarly(move, 0)) return
    const { later } = this.options
    later(move.visit.at + KNOWN_AFTER, () => {
      if (!this.decided.delete(move) && !this.decideBy(move)) this.decideWithout(move)
    })
  }

  /**
   * A sign of life of the server before, later than the agent's last packet there and no older than what
   * shows a server to be well, proves a hop; looked for again and again, until more time will not tell more.
   */
  private decideEarly(move: Move, tries: number): boolean {
    const { health, later, isUrgent = false } = this.options
    const { visit, previous } = move
    if (!isUrgent || this.mayHaveLeft(move)) return false
    const last = (previous.sighting as TrackedSighting).lastAt
    const from = Math.max(visit.at - WELL_BEFORE, last + 1)
    const until = visit.at + tries * LOOK_EVERY
    if (health.answerOf(previous.server, from, until) !== null) {
      if (!this.decideBy(move)) this.decide(move, 'hop', null)
      return true
    }
    if (until + LOOK_EVERY < visit.at + KNOWN_AFTER)
      later(until + LOOK_EVERY, () => {
        if (this.decideEarly(move, tries + 1)) this.decided.add(move)
      })
    return false
  }

  /** Nothing more will come. */
  ended(): void {
    for (const { moves } of this.pending.values()) for (const move of moves) this.decide(move, 'hop', null)
    this.pending.clear()
  }

  /** What speaks for itself is decided at once. */
  private decideBy(move: Move): boolean {
    const cause = this.causeOf(move)
    if (cause !== null) this.decide(move, 'failover', cause)
    else if (this.isReturn(move)) this.decide(move, 'failback', null)
    else return false
    return true
  }

  private decideWithout(move: Move): void {
    const { health } = this.options
    const { server } = move.previous
    const isWell = health.answerOf(server, move.visit.at - WELL_BEFORE, move.visit.at + KNOWN_AFTER) !== null
    if (isWell || !this.mayHaveLeft(move) || this.waiting >= PENDING_MAX)
      return this.decide(move, 'hop', null)
    this.waiting++
    const known = this.pending.get(server.id)
    if (known !== undefined) known.moves.push(move)
    else {
      this.pending.set(server.id, { server, silentSince: health.lastAnswerOf(server), moves: [move] })
      health.await(server, (at) => this.cameBack(server, at))
    }
  }

  /** A server that agents had left answers again: had it been out? */
  private cameBack(server: Server, at: Micros): void {
    const deserted = this.pending.get(server.id)
    if (deserted === undefined) return
    this.pending.delete(server.id)
    const { moves, silentSince } = deserted
    this.waiting -= moves.length
    if (!isDeserted(deserted, at) || this.options.blind.touches(silentSince, at)) {
      for (const move of moves) this.decide(move, 'hop', null)
      return
    }
    const what = `nothing reached ${server.name}`
    const outage: Outage = {
      server,
      from: silentSince,
      last: silentSince,
      until: at,
      attempts: 0,
      manner: 'unanswered',
      what,
      isInferred: true,
    }
    const { health } = this.options
    health.outages.inferred(outage)
    for (const move of moves) {
      const { sighting, at: time, packet } = move.visit
      const by = sighting.originator.address
      const proof = packetOf(sighting, packet, time)
      const failure: ServerFailure = { ...proof, what, by, manner: 'unanswered' }
      health.onOutage?.(outage, failure)
      this.decide(move, 'failover', { failed: server, failure, outage })
    }
  }

  private decide(move: Move, reason: AgentMoved['reason'], cause: Cause | null): void {
    const { visit, previous, from, to } = move
    to.arrivedBy = reason
    to.cameFrom = from.server
    move.decided(reason)
    const { failed = null, failure = null, outage = null } = cause ?? {}
    const list = this.commonList(move)
    this.options.tell({ kind: 'moved', visit, previous, reason, failed, failure, outage, list })
  }

  private causeOf(move: Move): Cause | null {
    const { previous, visit } = move
    const { health } = this.options
    const isRelayed = visit.sighting.leg === 'back'
    const list = isRelayed ? null : this.commonList(move)
    const better = list === null ? [] : betterThan(list, visit.server.name)
    const since = Math.max(previous.at, visit.at - FAILOVER_WITHIN)
    const met = this.metBy(visit, [previous.server.name, ...better], since)
    // A relay's failure concerns all its agents, but only until the server is seen to be well again.
    if (met !== null && !(isRelayed && health.answerOf(met.failed, met.failure.at + 1, visit.at) !== null))
      return { ...met, outage: health.outages.at(met.failed.id, met.failure.at) }
    // Who came elsewhere follows another list, whether the server before is out or not.
    if (this.listOf(visit) !== this.listOf(previous)) return null
    const outage = health.outages.at(previous.server.id, visit.at, WELL_BEFORE)
    const failure = outage === null ? null : health.failureOf(previous.server, outage.from, visit.at)
    return failure === null ? null : { failed: previous.server, failure, outage }
  }

  /** The last failure that the agent, or its relay, met at one of these servers. */
  private metBy(visit: Visit, names: readonly string[], since: Micros) {
    const { server, at, sighting } = visit
    const others = names.filter((name) => name !== server.name)
    return this.options.health.failureMetBy(sighting.path, server.service, others, since, at)
  }

  /** To a server that the agent prefers, or back to the one that it had to leave, or that was out when it
   * came for the first time; unless it only roamed. */
  private isReturn(move: Move): boolean {
    const { from, visit, previous } = move
    if (from.arrivedBy === 'hop') return false
    if (from.arrivedBy === 'failover' && from.cameFrom === visit.server) return true
    if (from.cameFrom === null && this.options.health.outages.at(visit.server.id, from.start) !== null)
      return true
    const list = this.commonList(move)
    if (list === null) return false
    const [before, after] = [rankIn(list, previous.server.name), rankIn(list, visit.server.name)]
    return before !== null && after !== null && after < before
  }

  /** Nobody is seen to have failed, but policy lets the agent leave a server that does. */
  private mayHaveLeft(move: Move): boolean {
    const { visit, previous } = move
    if (visit.sighting.leg !== 'direct' || previous.sighting.leg !== 'direct') return false
    const list = this.commonList(move)
    return list !== null && betterThan(list, visit.server.name).includes(previous.server.name)
  }

  /** The list that held before and holds now; an agent in another place has another. */
  private commonList({ previous, visit }: Move): PreferenceList | null {
    const list = this.listOf(visit)
    return list !== null && list === this.listOf(previous) ? list : null
  }

  private listOf({ agent, server, sighting }: Visit): PreferenceList | null {
    return this.options.policy.listFor(agent, server.service, sighting)
  }
}

/** Those who left had come so often that somebody would have come in the meantime. */
function isDeserted({ moves, silentSince }: Deserted, until: Micros): boolean {
  let rate = 0
  let contacts = 0
  for (const { from } of moves) {
    contacts += from.connections
    if (from.end > from.start) rate += (from.connections - 1) / (from.end - from.start)
  }
  const agents = new Set(moves.map(({ visit }) => visit.agent)).size
  return agents >= LEFT_MIN && contacts >= CONTACTS_MIN && (until - silentSince) * rate >= MISSED_MIN
}
