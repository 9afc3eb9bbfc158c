/**
 * Server health as seen from everybody's attempts: when a server demonstrably answered, and when it
 * demonstrably failed.
 *
 * A failure is a refused or unanswered handshake, or HTTP 502, 503 or 504; a reset alone may be anybody's.
 */
import type { ServerFailure } from '../model/event.ts'
import type { Server } from '../model/party.ts'
import type { Tap } from '../model/packet.ts'
import { SECOND, type Micros } from '../model/time.ts'
import { type Proof, Proofs } from './proofs.ts'

interface Served {
  readonly from: Micros
  readonly to: Micros
  readonly pause: Micros
  readonly tap: Tap
  /** The connection's last packet. */
  readonly packet: number
}

/** One proof a second is enough; an answer proves no more than one second, and so does a shorter span. */
const PROOF_EVERY: Micros = SECOND
/** Failures kept per server: the newest; older ones decide nothing any more. */
const FAILURES_MAX = 256

export class Health {
  private readonly answers = new Proofs()
  private readonly spans = new Proofs()
  private readonly failures = new Map<string, ServerFailure[]>()

  answered(server: Server, at: Micros, tap: Tap, packet: number): void {
    if (at - this.answers.lastOf(server) >= PROOF_EVERY) this.answers.add(server, at, at, 0, tap, packet)
  }

  /** A server kept answering on a connection for all that time, without a pause longer than `pause`. */
  served(server: Server, { from, to, pause, tap, packet }: Served): void {
    if (to - from >= 2 * pause && to - from >= PROOF_EVERY)
      this.spans.add(server, from, to, pause, tap, packet)
  }

  failed(server: Server, failure: ServerFailure): void {
    const list = this.failures.get(server.id)
    if (list === undefined) this.failures.set(server.id, [failure])
    else {
      if (list.length === FAILURES_MAX) list.shift()
      list.push(failure)
    }
  }

  /** The last failure within the span; null if there is none. */
  failureOf(server: Server, from: Micros, to: Micros): ServerFailure | null {
    const list = this.failures.get(server.id)
    return list?.findLast(({ at }) => at >= from && at <= to) ?? null
  }

  /** The last answer within the span; null if none is known. */
  answerOf(server: Server, from: Micros, to: Micros): Proof | null {
    return this.answers.newestWithin(server, from, to) ?? this.spans.oldestAround(server, from, to)
  }
}
