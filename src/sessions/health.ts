/**
 * Server health as seen from everybody's attempts: when a server demonstrably answered, and when it
 * demonstrably failed.
 *
 * A failure is a refused or unanswered handshake, or HTTP 502, 503 or 504; a reset alone may be anybody's.
 */
import type { ServerFailure } from '../model/event.ts'
import type { Server } from '../model/party.ts'
import type { Tap } from '../model/packet.ts'
import type { Micros } from '../model/time.ts'

interface Proof {
  readonly at: Micros
  readonly tap: Tap
  readonly packet: number
}

interface Served {
  readonly from: Micros
  readonly to: Micros
  readonly pause: Micros
  readonly tap: Tap
  /** The connection's last packet. */
  readonly packet: number
}

/** Proofs kept per server: the newest; older ones decide nothing any more. */
const KEPT_MAX = 256

export class Health {
  private readonly answers = new Map<string, Proof[]>()
  private readonly failures = new Map<string, ServerFailure[]>()
  private readonly spans = new Map<string, Served[]>()

  answered(server: Server, at: Micros, tap: Tap, packet: number): void {
    const list = this.answers.get(server.id)
    const last = list?.at(-1)
    // One proof a second is enough.
    if (last !== undefined && at - last.at < 1_000_000) return
    push(this.answers, server.id, { at, tap, packet })
  }

  /** A server kept answering on a connection for all that time, without a pause longer than `pause`. */
  served(server: Server, span: Served): void {
    if (span.to - span.from >= 2 * span.pause) push(this.spans, server.id, span)
  }

  failed(server: Server, failure: ServerFailure): void {
    push(this.failures, server.id, failure)
  }

  /** The last failure within the span; null if there is none. */
  failureOf(server: Server, from: Micros, to: Micros): ServerFailure | null {
    return lastWithin(this.failures.get(server.id), from, to)
  }

  /** The last answer within the span; null if none is known. */
  answerOf(server: Server, from: Micros, to: Micros): Proof | null {
    const answer = lastWithin(this.answers.get(server.id), from, to)
    if (answer !== null) return answer
    const span = this.spans.get(server.id)?.find((s) => s.from <= from && s.to >= to && s.pause < to - from)
    return span === undefined ? null : { at: to, tap: span.tap, packet: span.packet }
  }
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else {
    if (list.length === KEPT_MAX) list.shift()
    list.push(value)
  }
}

function lastWithin<T extends { readonly at: Micros }>(
  list: readonly T[] | undefined,
  from: Micros,
  to: Micros,
): T | null {
  if (list === undefined) return null
  for (let i = list.length - 1; i >= 0; i--) {
    const entry = list[i]!
    if (entry.at >= from && entry.at <= to) return entry
  }
  return null
}
