/**
 * Server health as seen from everybody's attempts: when a server demonstrably answered, and when it
 * demonstrably failed.
 *
 * A failure is a refused or unanswered handshake, a server's fatal TLS alert, or HTTP 502, 503 or 504 (RFC
 * 9110 §15.6: it cannot serve now); a reset alone may be anybody's. Of the tries of a relay, health checks
 * included, the servers behind it are judged as of those of agents.
 */
import type { ConnectionSummary } from '../../model/connection.ts'
import type { Outage, ServerFailure } from '../../model/event.ts'
import type { ConnectionFailed, HttpTransaction } from '../../model/observation.ts'
import type { Path, Server, Service, Sighting } from '../../model/party.ts'
import { type PacketReference, packetOf } from '../../model/packet.ts'
import type { PreferenceList } from '../../model/policy.ts'
import { SECOND, seconds, type Micros } from '../../model/time.ts'
import { Outages, type TriesFor } from './outages.ts'
import { Proofs } from './proofs.ts'
import { serverId } from './services.ts'

interface Failed {
  readonly server: Server
  readonly list: ServerFailure[]
}

/**
 * Until when the responder served a connection, as far as its account shows; null if it never spoke. A reset
 * serves nobody: what drew it came no more than a pause after the packets before it, and it no more after
 * that.
 */
export function servedUntil({ halves }: ConnectionSummary, pause: Micros): Micros | null {
  const { lastPacketAt, rstAt } = halves[1]
  return lastPacketAt === null || rstAt === null ? lastPacketAt : rstAt - 2 * pause
}

/** One proof a second is enough; an answer proves no more than one second, and so does a shorter span. */
const PROOF_EVERY: Micros = SECOND
/** A failure this shortly before explains why an agent is not on its list. */
const FAILED_SHORTLY: Micros = seconds(3600)
/** Failures kept per server: the newest; older ones decide nothing any more. */
const FAILURES_MAX = 256

/** It is made anew whenever somebody asks for it: nothing is remembered of such. */
const isOneOfTooMany = ({ index }: Server): boolean => index < 0

export class Health {
  private readonly answers = new Proofs()
  private readonly spans = new Proofs()
  private readonly failures = new Map<string, Failed>()
  /** Since when a server has answered without a failure. */
  private readonly wellSince = new Map<string, Micros>()
  private readonly awaited = new Map<string, (at: Micros) => void>()
  readonly outages: Outages
  /** Who is told of outages; null: nobody. */
  onOutage: ((outage: Outage, failure: ServerFailure) => void) | null = null

  constructor(triesFor: (address: string) => TriesFor = () => 'itself') {
    this.outages = new Outages({ triesFor, met: (outage, failure) => this.onOutage?.(outage, failure) })
  }

  /** `shown`: the packet that tells of it, which may have passed before; `accepted`: the server took a
   * connection, and has said nothing on it yet. */
  answered(server: Server, at: Micros, shown: PacketReference, accepted = false): void {
    if (isOneOfTooMany(server)) return
    this.outages.answered(server, at, accepted)
    if (this.awaited.size > 0) this.tellAwaited(server, at)
    if (at - this.answers.lastOf(server) < PROOF_EVERY) return
    this.answers.add(server, at, at, 0, shown)
    if (!this.wellSince.has(server.id)) this.wellSince.set(server.id, at)
  }

  /** A server kept answering on a connection for all that time, without a pause longer than `pause`; its last
   * packet shows it. */
  served(server: Server, from: Micros, to: Micros, pause: Micros, shown: PacketReference): void {
    if (to - from >= 2 * pause && to - from >= PROOF_EVERY) this.spans.add(server, from, to, pause, shown)
  }

  failed(server: Server, failure: ServerFailure): void {
    if (isOneOfTooMany(server)) return
    const known = this.failures.get(server.id)
    if (known === undefined) this.failures.set(server.id, { server, list: [failure] })
    else {
      if (known.list.length === FAILURES_MAX) known.list.shift()
      known.list.push(failure)
    }
    this.wellSince.delete(server.id)
    this.outages.failed(server, failure, this.answers.lastOf(server))
  }

  /** A connection to the server did not come about. */
  tried(server: Server, o: ConnectionFailed): void {
    const { manner } = o
    const shown = packetOf(o, o.packet, o.start)
    if (manner === 'aborted') this.answered(server, o.time, shown, true)
    else {
      const what = `${manner} by ${server.name}`
      this.failed(server, { ...shown, what, by: o.originator.address, manner })
    }
  }

  /** 502, 503 and 504 say that the server cannot serve; anything else says that it does. */
  responded(server: Server, o: HttpTransaction, on: Sighting): void {
    const { status, time, packet } = o.response!
    const shown = packetOf(on, packet, time)
    if (status < 502 || status > 504) this.answered(server, time, shown)
    else {
      const what = `HTTP ${status} from ${server.name}`
      this.failed(server, { ...shown, what, by: on.originator.address, manner: 'http-error' })
    }
  }

  /** The last failure within the span; null if there is none. */
  failureOf(server: Pick<Server, 'id'>, from: Micros, to: Micros): ServerFailure | null {
    const known = this.failures.get(server.id)
    return known?.list.findLast(({ at }) => at >= from && at <= to) ?? null
  }

  /** The last failure that whoever opened the path, the agent or its relay, met within the span at one of
   * these servers of a service: at the first at which it met any. */
  failureMetBy(
    { sightings }: Path,
    service: Service,
    names: readonly string[],
    from: Micros,
    to: Micros,
  ): { readonly failed: Server; readonly failure: ServerFailure } | null {
    const by = sightings.map(({ originator }) => originator.address)
    for (const name of names) {
      const known = this.failures.get(serverId(service, name))
      const failure = known?.list.findLast((f) => f.at >= from && f.at <= to && by.includes(f.by))
      if (failure !== undefined) return { failed: known!.server, failure }
    }
    return null
  }

  /** Whoever opened the path met a failure of a listed server so shortly before that it explains why the
   * agent is not on its list. */
  explainsAbsence({ path }: Sighting, service: Service, list: PreferenceList, at: Micros): boolean {
    return this.failureMetBy(path, service, list.groups.flat(), at - FAILED_SHORTLY, at) !== null
  }

  /** The last answer within the span; null if none is known. */
  answerOf(server: Server, from: Micros, to: Micros): PacketReference | null {
    return this.answers.newestWithin(server, from, to) ?? this.spans.oldestAround(server, from, to)
  }

  /** A connection on which the server answered both before the span and after it, however long it paused;
   * null if none is known to its end. */
  keptThrough(server: Server, from: Micros, to: Micros): PacketReference | null {
    return this.spans.oldestAround(server, from, to, Infinity)
  }

  /** When it last answered anybody; -Infinity if that was not seen. */
  lastAnswerOf(server: Server): Micros {
    return this.answers.lastOf(server)
  }

  /** Since when the server has answered and not failed; null: it has not answered since it last failed. */
  healthySince(server: Pick<Server, 'id'>): Micros | null {
    return this.wellSince.get(server.id) ?? null
  }

  /** Calls once, when the server answers anybody for the next time. */
  await(server: Server, act: (at: Micros) => void): void {
    this.awaited.set(server.id, act)
  }

  private tellAwaited({ id }: Server, at: Micros): void {
    const act = this.awaited.get(id)
    if (act === undefined) return
    this.awaited.delete(id)
    act(at)
  }
}
