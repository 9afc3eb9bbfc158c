/**
 * Which response answers which request of a connection.
 *
 * As long as nothing is missing, the order says it (RFC 9112 §9.3.2), whatever the times are. Behind a gap
 * the times do, and what a client does that does not pipeline: a response answers the latest request that is
 * not later than it. Of the two sides one may be read ahead of the other: octets behind a hole wait for those
 * that are missing, and interfaces or queues are stored in batches. So a response whose request may still
 * come waits for it, and one that follows a gap until the requests before it are known. What cannot be told
 * is told apart: a request without response, and a response without request. A client that was seen to
 * pipeline loses pairing with a gap, for good (`http-pairing-lost`).
 */
import type { HttpRequest, HttpResponse } from '../../model/http.ts'
import { milliseconds } from '../../model/time.ts'
import type { Micros } from '../../model/time.ts'
import type { HeldBody, SeenResponse } from './message.ts'
import { Pending } from './pending.ts'

/**
 * Requests that wait for their responses. With more, pairing is given up: nobody pipelines that deep, one
 * direction is missing. As many responses may wait for their requests; with more, the oldest is told alone.
 */
export const PENDING_MAX = 64
/**
 * How far one side may be read behind the other: as long as reassembly waits for octets that passed
 * (HOLE_PATIENCE).
 */
export const BEHIND_MAX: Micros = milliseconds(100)

export const NO_INTERIM: readonly HttpResponse[] = []

/** A response whose request is not known yet. */
export interface Early {
  readonly response: SeenResponse
  readonly interim: readonly HttpResponse[]
  /** Responses may be missing right before it. */
  readonly isAfterGap: boolean
  /** The index of the next request when it was read. */
  readonly nextIndex: number
  /** That of its transaction; -1 until it is told. */
  index: number
  /** Its body, if that is wanted and over before its index is known: at most EXCERPT_BYTES_MAX of it. */
  body: HeldBody | null
}

/** Who is told of pairs. */
export interface Told {
  /** Octets of requests are missing behind the last one. */
  readonly missesRequests: boolean
  /** Octets of responses are missing behind the last one. */
  readonly missesResponses: boolean
  transaction(
    request: HttpRequest | null,
    response: HttpResponse | null,
    interim: readonly HttpResponse[],
    index: number,
    time: Micros,
  ): void
  /** A body that was held until its index was known. */
  heldBody(body: HeldBody, index: number, time: Micros): void
  pairingLost(): void
}

/** With the requests that wait: of thousands of connections each is anywhere in memory, and every part that
 * is an object of its own is waited for. */
export class Pairing extends Pending {
  nextIndex = 0
  /** Interim responses (RFC 9110 §15.2) before the next final one. */
  interim: readonly HttpResponse[] = NO_INTERIM
  /** The index of what `ask` answered; -1 if its response waits. */
  index = -1
  /** Responses can be told to requests. */
  pairs = true
  private readonly told: Told
  /** A response was given to a request: from then on the order is known. */
  private isInStep = false
  /** A request was seen that did not wait for the answer to the one before it. */
  private pipelines = false
  /** Responses that wait, in order; null if none does, which is nearly always. */
  private early: Early[] | null = null
  /** No responses come behind those that wait. */
  private isLast = false
  /** The time of the response that was told last without a request: those before it are passed. */
  private passed: Micros = -Infinity

  constructor(told: Told) {
    super()
    this.told = told
  }

  /** Decides what a request of `time` shows that is about to be told: all that came before it are known. */
  reach(time: Micros, packet: number): void {
    if (this.early !== null) this.decide(time, time)
    const { last } = this
    if (last === null) return
    if (last.packet === packet) this.pipelines = true
    if (this.second !== null) this.passMissed(time)
    if (this.count === PENDING_MAX) this.lose(time)
  }

  /**
   * Tells requests as unanswered whose responses are missing: who does not pipeline had them before the next
   * request, and they would have been read by now.
   */
  private passMissed(time: Micros): void {
    if (this.pipelines || !this.told.missesResponses) return
    while (this.second !== null && this.second.time + BEHIND_MAX <= time) this.pass(this.count - 1, time)
  }

  /** Takes a request that was told under `index`. `isAfterGap`: others may be missing right before it. */
  asked(request: HttpRequest, index: number, isAfterGap: boolean, time: Micros): void {
    if (!this.pairs || time < this.passed) {
      this.told.transaction(request, null, NO_INTERIM, index, time)
      return
    }
    this.add(request, index, isAfterGap)
    if (this.early !== null) this.decide(-Infinity, time)
  }

  /**
   * The request that a final response of `time` answers; null if there is none, or it is not known yet.
   * `now`: the response changes how the connection is read, it must be known.
   */
  ask(time: Micros, isAfterGap: boolean, now: boolean): HttpRequest | null {
    if (!this.isInStep || isAfterGap || this.isFirstAfterGap || this.early !== null || this.first === null)
      return this.askInDoubt(time, isAfterGap, now)
    return this.takeFirst(time)
  }

  private takeFirst(time: Micros): HttpRequest | null {
    this.index = this.firstIndex
    const request = this.take()
    this.isInStep = true
    if (this.first !== null && this.first.time < time) this.pipelines = true
    return request
  }

  private askInDoubt(time: Micros, isAfterGap: boolean, now: boolean): HttpRequest | null {
    if (this.early !== null) this.decide(now ? Infinity : this.reachedBy(time), time)
    const before = this.before(time, this.nextIndex)
    const waits = this.early !== null || (isAfterGap ? before === this.count : this.count === 0)
    if (this.pairs && waits && !now) {
      this.index = -1
      return null
    }
    const asked = this.pairs ? this.choose(before, isAfterGap, time, time) : null
    if (asked !== null) return asked
    this.passed = time
    this.index = this.nextIndex++
    return null
  }

  /** Up to when requests are known once a response of `time` is there: where some are missing, those that
   * are not do not come later than reassembly has them wait. */
  private reachedBy(time: Micros): Micros {
    return this.early![0]!.isAfterGap || this.told.missesRequests ? time - BEHIND_MAX : -Infinity
  }

  /** Has the response wait that `ask` just found no request for. */
  wait(response: SeenResponse, isAfterGap: boolean, time: Micros): Early {
    if (this.early?.length === PENDING_MAX) this.decideFirst(this.early[0]!, time)
    const { interim, nextIndex } = this
    const early = { response, interim, isAfterGap, nextIndex, index: -1, body: null }
    this.interim = NO_INTERIM
    if (this.early === null) this.early = [early]
    else this.early.push(early)
    this.decide(-Infinity, time)
    return early
  }

  /** No more responses come: nothing pairs but those that wait. */
  noMoreResponses(time: Micros): void {
    if (this.early !== null) this.isLast = true
    else {
      this.pairs = false
      this.settle(time)
    }
  }

  /** All requests are known: responses wait no longer. */
  noMoreRequests(time: Micros): void {
    this.decide(Infinity, time)
  }

  /** Tells all that waits. */
  finish(time: Micros): void {
    this.decide(Infinity, time)
    this.settle(time)
  }

  /** Tells the requests that wait as unanswered: the first of them with what came of its answer. */
  settle(time: Micros): void {
    if (this.first === null) return
    const { firstIndex, interim } = this
    this.interim = NO_INTERIM
    this.told.transaction(this.take(), null, interim, firstIndex, time)
    this.pass(0, time)
  }

  /** Tells the same of all but the last `kept`. */
  private pass(kept: number, time: Micros): void {
    while (this.count > kept) {
      const { firstIndex } = this
      this.told.transaction(this.take(), null, NO_INTERIM, firstIndex, time)
    }
  }

  private lose(time: Micros): void {
    if (this.pairs) this.told.pairingLost()
    this.pairs = false
    this.pass(0, time)
    const early = this.early ?? []
    this.early = null
    for (const each of early) this.tell(null, each, this.nextIndex++, time)
  }

  /** Decides on the responses that wait, as far as can be when all requests up to `reached` are known. */
  private decide(reached: Micros, time: Micros): void {
    while (this.early !== null) {
      const [first] = this.early
      if (!this.isDecidable(first!, reached)) return
      this.decideFirst(first!, time)
    }
  }

  private isDecidable({ response, isAfterGap, nextIndex }: Early, reached: Micros): boolean {
    if (reached >= response.time || !this.pairs) return true
    const { count } = this
    // Nothing is missing among the responses: the first request behind the one before it is the one.
    return count > 0 && (!isAfterGap || this.before(response.time, nextIndex) < count)
  }

  private decideFirst(early: Early, time: Micros): void {
    const { response, isAfterGap, nextIndex } = early
    const before = this.before(response.time, nextIndex)
    const asked = this.choose(before, isAfterGap, response.time, time)
    if (this.early === null) return // pairing was lost
    this.early.shift()
    if (this.early.length === 0) this.early = null
    if (asked === null) this.passed = response.time
    this.tell(asked, early, asked === null ? this.nextIndex++ : this.index, time)
    if (this.early === null && this.isLast) this.noMoreResponses(time)
  }

  private tell(asked: HttpRequest | null, early: Early, index: number, time: Micros): void {
    const { response, interim, body } = early
    early.index = index
    if (asked !== null) response.answers(asked.method)
    this.told.transaction(asked, response, interim, index, time)
    if (body !== null) this.told.heldBody(body, index, time)
  }

  /**
   * The request that a response of `at` answers, of which the first `before` that wait are not later than it;
   * null if it cannot be told. Those that it passes are told as unanswered, at `time`.
   */
  private choose(before: number, isAfterGap: boolean, at: Micros, time: Micros): HttpRequest | null {
    const { count } = this
    if (before === 0) return null
    if (!isAfterGap && !this.isFirstAfterGap) return this.takeFirst(at)
    if (!isAfterGap && before > 1) this.pipelines = true
    if (this.pipelines && (before > 1 || this.isFirstAfterGap)) {
      this.lose(time)
      return null
    }
    // Its request may be missing, together with the answer to the one before that.
    const isPassed = isAfterGap && (before < count ? this.isAfterGap(before) : this.told.missesRequests)
    this.pass(count - before + (isPassed ? 0 : 1), time)
    return isPassed ? null : this.takeFirst(at)
  }
}
