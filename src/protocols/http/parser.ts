/**
 * HTTP/1.0 and HTTP/1.1 in both directions (RFC 9112, RFC 9110): heads are read, bodies passed over, requests
 * paired with responses. Emits `http-request` when a request's head is complete and `http-transaction` when
 * the head of its final response is: whoever waits for the answer need not wait for its body. `bodyBytes`
 * therefore is the declared Content-Length, 0 if there is none; `http-body` follows where bodies are wanted.
 * Unanswered requests are emitted with response null when the responder ends or the connection does; a
 * response whose request was not seen is emitted with request null.
 *
 * Pairing is by order (RFC 9112 §9.3.2), and after a gap by what a client does that does not pipeline: its
 * last request is the one that is answered. A client that was seen to pipeline loses pairing with a gap, for
 * good (`http-pairing-lost`). A response that is stored before its request, as packets are that come from two
 * interfaces or queues, waits for it: by its time the request came first.
 */
import { type HttpRequest, type HttpResponse, valueIn } from '../../model/http.ts'
import { otherSide } from '../../model/packet.ts'
import type { Side } from '../../model/packet.ts'
import { CONTINUE, DETACH, SKIP_REST } from '../../model/stream.ts'
import type { StreamConsumer, StreamContext } from '../../model/stream.ts'
import type { Micros } from '../../model/time.ts'

import { openHttp2 } from './http2/parser.ts'
import { BodyCollector } from './body.ts'
import type { ChunkedBody } from './chunked.ts'
import { AMBIGUOUS, CHUNKED, TUNNEL, UNTIL_CLOSE, requestBody, responseBody } from './framing.ts'
import { firstValue } from './header-lines.ts'
import { MessageReader, REQUESTS, RESPONSES } from './message-reader.ts'
import type { HeadReader } from './message-reader.ts'
import { SeenRequest, SeenResponse } from './message.ts'
import type { Head } from './message.ts'
import { Pending } from './pending.ts'
import { HeadScanner } from './scan.ts'
import type { UnreadReason } from '../../model/unread.data.ts'

/**
 * Requests that wait for their responses. With more, pairing is given up: nobody pipelines that deep, one
 * direction is missing.
 */
export const PENDING_MAX = 64
/** Interim responses kept for one transaction (those with Set-Cookie); later ones are counted. */
export const INTERIM_MAX = 8

const NO_INTERIM: readonly HttpResponse[] = []

/** A response that no request was seen for yet. */
interface Early {
  readonly response: HttpResponse
  readonly index: number
}

class HttpParser implements StreamConsumer, HeadReader {
  readonly wantsAllHeads: boolean
  readonly scanner = new HeadScanner()
  private readonly context: StreamContext
  private readonly openInner: (context: StreamContext) => StreamConsumer
  private readonly decrypted: boolean
  // Not in an array: that would be two more places in memory to visit for each segment.
  private readonly ofOriginator = new MessageReader(0, this)
  private readonly ofResponder = new MessageReader(1, this)
  /** The side that sends requests, once a head showed it. */
  private asking: Side | null = null
  private readonly pending = new Pending()
  private interim: readonly HttpResponse[] = NO_INTERIM
  /** The latest response, if its request may still come. */
  private early: Early | null = null
  private nextIndex = 0
  /** Responses can be told to requests. */
  private pairs = true
  /** A request was seen that did not wait for the answer to the one before it. */
  private pipelines = false
  /** Another protocol took over that is not read. */
  private over = false
  private inner: StreamConsumer | null = null

  constructor(
    context: StreamContext,
    openInner: (context: StreamContext) => StreamConsumer,
    decrypted: boolean,
  ) {
    this.context = context
    this.openInner = openInner
    this.decrypted = decrypted
    this.wantsAllHeads = context.wants?.responseHeads !== false
  }

  /** Octets held now: at most HEAD_BYTES_MAX per side. */
  get heldBytes(): number {
    return this.ofOriginator.heldBytes + this.ofResponder.heldBytes
  }

  data(side: Side, bytes: Uint8Array, start: number, end: number, time: Micros, packet: number): number {
    if (this.inner !== null) return this.inner.data(side, bytes, start, end, time, packet)
    const reader = this.reader(side)
    const stopped = reader.read(bytes, start, end, time, packet)
    if (this.inner !== null && stopped < end) return this.innerData(side, bytes, stopped, end, time, packet)
    if (this.over || (reader.finished && this.reader(otherSide(side)).finished)) {
      this.tellEarly(time)
      this.settle(0, time)
      return DETACH
    }
    return reader.answer()
  }

  gap(side: Side, length: number, time: Micros, packet: number): number {
    if (this.inner !== null) return this.inner.gap(side, length, time, packet)
    this.reader(side).gap(length, time, packet)
    return this.reader(side).finished ? SKIP_REST : CONTINUE
  }

  end(side: Side, time: Micros, packet: number): void {
    if (this.inner !== null) return this.inner.end(side, time, packet)
    this.tellEarly(time)
    this.reader(side).end(time, packet, true)
    if (this.asking !== null && side !== this.asking) this.noMoreResponses(time)
  }

  close(time: Micros): void {
    this.tellEarly(time)
    this.ofOriginator.end(time, 0, false)
    this.ofResponder.end(time, 0, false)
    this.settle(0, time)
    this.inner?.close(time)
  }

  head(side: Side, head: Head, time: Micros, packet: number): number {
    const answers = head.method === ''
    if (this.asking === null) this.assignRoles(answers ? otherSide(side) : side)
    if (answers) return this.response(side, head, time, packet)
    if (head.version !== '') return this.request(side, head, time, packet)
    this.reader(side).stop('http-start-line-malformed', time)
    return AMBIGUOUS
  }

  stopped(side: Side, reason: UnreadReason, time: Micros): void {
    this.context.count?.(reason)
    if (this.asking !== null && side !== this.asking) this.noMoreResponses(time)
  }

  lost(): void {
    this.context.count?.('http-place-lost')
  }

  private reader(side: Side): MessageReader {
    return side === 0 ? this.ofOriginator : this.ofResponder
  }

  private assignRoles(asking: Side): void {
    this.asking = asking
    this.reader(asking).role = REQUESTS
    this.reader(otherSide(asking)).role = RESPONSES
  }

  private request(side: Side, head: Head, time: Micros, packet: number): number {
    const manner = requestBody(head.method, head.version, head.framing)
    const request = new SeenRequest(head, Math.max(0, manner), time, packet)
    const answer = this.answerBefore(time)
    if (answer === null) this.makeRoom(side, time)
    const index = answer === null ? this.nextIndex++ : answer.index
    const { tap, connection } = this.context
    const { decrypted } = this
    this.context.emit({
      kind: 'http-request',
      time,
      tap,
      connection,
      requestFrom: side,
      request,
      index,
      decrypted,
    })
    if (answer !== null) this.transaction(request, answer.response, index, time)
    else if (this.pairs) this.pending.add(request)
    else this.transaction(request, null, index, time)
    if (manner > 0 || manner === CHUNKED) this.collect(side, manner, request, index)
    return manner
  }

  /** The response that is stored before the request that came at `time`; any other that waits is told. */
  private answerBefore(time: Micros): Early | null {
    const { early } = this
    if (early === null) return null
    if (time >= early.response.time) this.tellEarly(time)
    else this.early = null
    return time < early.response.time ? early : null
  }

  /** The request of the response that waits was not captured. */
  private tellEarly(time: Micros): void {
    const { early } = this
    if (early === null) return
    this.early = null
    this.transaction(null, early.response, early.index, time)
  }

  /** Has the body that follows collected, if it is wanted. */
  private collect(side: Side, manner: number, message: HttpRequest | HttpResponse, index: number): void {
    const wanted = this.context.wants?.bodies
    if (wanted === undefined) return
    const declared = manner > 0 ? manner : null
    const reader = this.reader(side)
    reader.collector = new BodyCollector(wanted, message.headers, declared)
    reader.bodyIndex = index
  }

  bodyOver(
    side: Side,
    collector: BodyCollector,
    ended: boolean,
    chunks: ChunkedBody | null,
    time: Micros,
    packet: number,
  ): void {
    const { tap, connection } = this.context
    const { decrypted } = this
    this.context.emit({
      kind: 'http-body',
      time,
      tap,
      connection,
      from: side,
      of: side === this.asking ? 'request' : 'response',
      index: this.reader(side).bodyIndex,
      body: collector.finish(ended),
      trailers: [],
      ambiguities: chunks?.ambiguities ?? [],
      packet,
      decrypted,
    })
  }

  /**
   * Settles the requests that the new one shows to be without an answer. The other side's reader is not
   * looked at for nothing: between two messages of a connection it has left the processor's cache.
   */
  private makeRoom(side: Side, time: Micros): void {
    const reader = this.reader(side)
    if (reader.missed && this.pipelines) this.losePairing(time)
    else if (this.pending.count > 0) {
      if (this.reader(otherSide(side)).missed && !this.pipelines) this.settle(0, time)
      else if (this.pending.count === PENDING_MAX) this.losePairing(time)
    }
    reader.missed = false
  }

  private response(side: Side, head: Head, time: Micros, packet: number): number {
    const { status, version, framing } = head
    this.tellEarly(time)
    this.findAsked(side, time)
    if (status < 200 && status !== 101) {
      if (head.setCookieLines > 0) this.keepInterim(new SeenResponse(head, 0, time, packet))
      return 0
    }
    const index = this.pending.count > 0 ? this.firstIndex : this.nextIndex++
    const asked = this.pending.take()
    if (this.pending.count > 0) this.pipelines = true
    const method = asked?.method ?? null
    const manner = responseBody(status, version, framing, method)
    const response = new SeenResponse(head, Math.max(0, manner), time, packet, method)
    if (status === 101) return this.upgrade(head, asked, response, index, time, packet)
    if (asked === null && this.pairs) this.early = { response, index }
    else this.transaction(asked, response, index, time)
    this.reader(side).inDoubt = asked === null
    if (manner > 0 || manner === CHUNKED || manner === UNTIL_CLOSE)
      this.collect(side, manner, response, index)
    if (manner === TUNNEL) this.openTunnel(time, packet)
    else if (method === 'CONNECT') this.reader(otherSide(side)).answered(false)
    else if (manner === UNTIL_CLOSE && asked !== null) this.noMoreResponses(time)
    return manner
  }

  /**
   * After a gap among the responses: makes the first pending request the one that the next response answers.
   */
  private findAsked(side: Side, time: Micros): void {
    const reader = this.reader(side)
    if (!reader.missed) return
    reader.missed = false
    if (this.reader(otherSide(side)).missed) this.settle(0, time)
    else if (this.pipelines && this.pending.count > 1) this.losePairing(time)
    else this.settle(1, time)
  }

  private keepInterim(response: HttpResponse): void {
    if (this.interim.length < INTERIM_MAX) this.interim = [...this.interim, response]
    else this.context.count?.('http-too-many-interim-responses')
  }

  private losePairing(time: Micros): void {
    if (this.pairs) this.context.count?.('http-pairing-lost')
    this.noMoreResponses(time)
  }

  private noMoreResponses(time: Micros): void {
    this.pairs = false
    this.settle(0, time)
  }

  /** Reports pending requests as unanswered, all but the last `kept`. */
  private settle(kept: number, time: Micros): void {
    while (this.pending.count > kept) {
      const index = this.firstIndex
      this.transaction(this.pending.take(), null, index, time)
    }
  }

  /** The index of the first pending request: those that wait were told one after the other. */
  private get firstIndex(): number {
    return this.nextIndex - this.pending.count
  }

  private transaction(
    request: HttpRequest | null,
    response: HttpResponse | null,
    index: number,
    time: Micros,
  ): void {
    const { tap, connection } = this.context
    const { interim, decrypted } = this
    this.interim = NO_INTERIM
    const requestFrom = this.asking!
    this.context.emit({
      kind: 'http-transaction',
      time,
      tap,
      connection,
      requestFrom,
      request,
      response,
      interim,
      index,
      decrypted,
    })
  }

  /**
   * Another protocol takes over (RFC 9110 §7.8). HTTP/2 is read on, and answers the request (RFC 7540 §3.2);
   * others are not read.
   */
  private upgrade(
    head: Head,
    asked: HttpRequest | null,
    response: HttpResponse,
    index: number,
    time: Micros,
    packet: number,
  ): number {
    const protocol = (upgradeOf(head) ?? '').toLowerCase()
    const requestFrom = this.asking!
    const isHttp2 = protocol === 'h2c'
    if (!isHttp2) this.transaction(asked, response, index, time)
    this.settle(0, time)
    const { tap, connection } = this.context
    const { decrypted } = this
    this.context.emit({
      kind: 'http-upgrade',
      time,
      tap,
      connection,
      protocol,
      requestFrom,
      index,
      packet,
      decrypted,
    })
    this.over = !isHttp2
    if (!isHttp2) return TUNNEL
    this.reader(requestFrom).tunnel()
    this.inner = openHttp2(this.context, decrypted, { asking: requestFrom, request: asked, index })
    return TUNNEL
  }

  /** What CONNECT carries is looked at like any stream. */
  private openTunnel(time: Micros, packet: number): void {
    const asking = this.reader(this.asking!)
    asking.answered(true)
    this.settle(0, time)
    this.inner = this.openInner(this.context)
    if (asking.early > 0) this.inner.gap(this.asking!, asking.early, time, packet)
  }

  private innerData(
    side: Side,
    bytes: Uint8Array,
    start: number,
    end: number,
    time: Micros,
    packet: number,
  ): number {
    return this.inner!.data(side, bytes, start, end, time, packet)
  }
}

/** The protocol that a 101 names first; its head may not have been kept. */
const upgradeOf = (head: Head): string | null =>
  (head.lines === null ? firstValue(head.text, 'upgrade') : valueIn(head.lines, 'upgrade'))
    ?.split(',', 1)[0]!
    .trim() ?? null

/**
 * Reads HTTP/1.x; `openInner` looks at what a CONNECT tunnel carries, `decrypted` says that the octets came
 * out of TLS.
 */
export function openHttp(
  context: StreamContext,
  openInner: (context: StreamContext) => StreamConsumer,
  decrypted = false,
): StreamConsumer & { readonly heldBytes: number } {
  return new HttpParser(context, openInner, decrypted)
}
