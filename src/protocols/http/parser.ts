/**
 * HTTP/1.0 and HTTP/1.1 in both directions (RFC 9112, RFC 9110): heads are read, bodies passed over, requests
 * paired with responses. Emits `http-request` when a request's head is complete and `http-transaction` when
 * the head of its final response is: whoever waits for the answer need not wait for its body. `bodyBytes`
 * therefore is the declared Content-Length, 0 if there is none; `http-body` follows where bodies are wanted.
 * Unanswered requests are emitted with response null when the responder ends or the connection does; a
 * response whose request was not seen is emitted with request null.
 *
 * Pairing is by order, and after a gap by time: pairing.ts.
 */
import { type HttpRequest, type HttpResponse, valueIn } from '../../model/http.ts'
import { otherSide } from '../../model/packet.ts'
import type { Side } from '../../model/packet.ts'
import { CONTINUE, DETACH, SKIP_REST } from '../../model/stream.ts'
import type { StreamConsumer, StreamContext } from '../../model/stream.ts'
import type { Micros } from '../../model/time.ts'
import type { OpenInner } from '../protocol.ts'

import { openHttp2 } from './http2/parser.ts'
import { BodyCollector } from './body.ts'
import type { ChunkedBody } from './chunked.ts'
import { AMBIGUOUS, CHUNKED, TUNNEL, UNTIL_CLOSE, requestBody, responseBody } from './framing.ts'
import { firstValue } from './header-lines.ts'
import { MessageReader, REQUESTS, RESPONSES } from './message-reader.ts'
import type { HeadReader } from './message-reader.ts'
import { INTERIM_MAX, SeenRequest, SeenResponse } from './message.ts'
import type { Head, HeldBody } from './message.ts'
import { NO_INTERIM, Pairing } from './pairing.ts'
import type { Early, Told } from './pairing.ts'
import { HeadScanner } from './scan.ts'
import type { UnreadReason } from '../../model/unread.data.ts'

class HttpParser implements StreamConsumer, HeadReader, Told {
  readonly wantsAllHeads: boolean
  readonly scanner = new HeadScanner()
  private readonly context: StreamContext
  private readonly openInner: OpenInner
  private readonly decrypted: boolean
  // Not in an array: that would be two more places in memory to visit for each segment.
  private readonly ofOriginator = new MessageReader(0, this)
  private readonly ofResponder = new MessageReader(1, this)
  /** The side that sends requests, once a head showed it. */
  private asking: Side | null = null
  private readonly pairing: Pairing = new Pairing(this)
  /** The response whose body is collected, if it waits for its request, or did. */
  private collected: Early | null = null
  /** Another protocol took over that is not read. */
  private over = false
  private inner: StreamConsumer | null = null

  constructor(context: StreamContext, openInner: OpenInner, decrypted: boolean) {
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
      this.pairing.finish(time)
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
    if (side === this.asking) this.pairing.noMoreRequests(time)
    this.reader(side).end(time, packet, true)
    if (this.asking !== null && side !== this.asking) this.pairing.noMoreResponses(time)
  }

  close(time: Micros): void {
    this.pairing.noMoreRequests(time)
    this.ofOriginator.end(time, 0, false)
    this.ofResponder.end(time, 0, false)
    this.pairing.settle(time)
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
    if (this.asking !== null && side !== this.asking) this.pairing.noMoreResponses(time)
  }

  lost(side: Side): void {
    this.context.count?.('http-place-lost')
    // The final response to which they belong may be missing.
    if (side !== this.asking) this.pairing.interim = NO_INTERIM
  }

  get missesRequests(): boolean {
    return this.reader(this.asking!).missed
  }

  get missesResponses(): boolean {
    return this.reader(otherSide(this.asking!)).missed
  }

  pairingLost(): void {
    this.context.count?.('http-pairing-lost')
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
    const { pairing } = this
    pairing.reach(time, packet)
    const index = pairing.nextIndex++
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
    const reader = this.reader(side)
    pairing.asked(request, index, reader.missed, time)
    reader.missed = false
    if (manner > 0 || manner === CHUNKED) this.collect(side, manner, request, index)
    return manner
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
    const held = { body: collector.finish(ended), ambiguities: chunks?.ambiguities ?? [], packet }
    const early = side === this.asking ? null : this.collected
    if (early !== null && early.index < 0) early.body = held
    else this.body(side, held, early?.index ?? this.reader(side).bodyIndex, time)
  }

  heldBody(held: HeldBody, index: number, time: Micros): void {
    this.body(otherSide(this.asking!), held, index, time)
  }

  private body(side: Side, { body, ambiguities, packet }: HeldBody, index: number, time: Micros): void {
    const { tap, connection } = this.context
    const { decrypted } = this
    this.context.emit({
      kind: 'http-body',
      time,
      tap,
      connection,
      from: side,
      of: side === this.asking ? 'request' : 'response',
      index,
      body,
      trailers: [],
      ambiguities,
      packet,
      decrypted,
    })
  }

  private response(side: Side, head: Head, time: Micros, packet: number): number {
    const { status, version, framing } = head
    if (status < 200 && status !== 101) {
      if (head.setCookieLines > 0) this.keepInterim(new SeenResponse(head, 0, time, packet))
      return 0
    }
    const { pairing } = this
    const reader = this.reader(side)
    const isAfterGap = reader.missed
    reader.missed = false
    // What follows these is read by whether they are granted.
    const asked = pairing.ask(time, isAfterGap, status === 101 || pairing.last?.method === 'CONNECT')
    const { index } = pairing
    const method = asked?.method ?? null
    const manner = responseBody(status, version, framing, method)
    const response = new SeenResponse(head, Math.max(0, manner), time, packet, method)
    if (status === 101) return this.upgrade(head, asked, response, index, time, packet)
    this.collected = index < 0 ? pairing.wait(response, isAfterGap, time) : null
    if (index >= 0) this.answered(asked, response, index, time)
    reader.inDoubt = asked === null
    if (manner > 0 || manner === CHUNKED || manner === UNTIL_CLOSE)
      this.collect(side, manner, response, index)
    if (manner === TUNNEL) this.openTunnel(time, packet)
    else if (method === 'CONNECT') this.reader(otherSide(side)).answered(false)
    else if (manner === UNTIL_CLOSE && asked !== null) pairing.noMoreResponses(time)
    return manner
  }

  /** Tells a response with the interim ones before it. */
  private answered(asked: HttpRequest | null, response: HttpResponse, index: number, time: Micros): void {
    const { interim } = this.pairing
    this.pairing.interim = NO_INTERIM
    this.transaction(asked, response, interim, index, time)
  }

  private keepInterim(response: HttpResponse): void {
    const { pairing } = this
    if (pairing.interim.length < INTERIM_MAX) pairing.interim = [...pairing.interim, response]
    else this.context.count?.('http-too-many-interim-responses')
  }

  transaction(
    request: HttpRequest | null,
    response: HttpResponse | null,
    interim: readonly HttpResponse[],
    index: number,
    time: Micros,
  ): void {
    const { tap, connection } = this.context
    const { decrypted } = this
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
    if (!isHttp2) this.answered(asked, response, index, time)
    this.pairing.settle(time)
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
    this.pairing.settle(time)
    this.inner = this.openInner(this.context, this.decrypted)
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
  openInner: OpenInner,
  decrypted = false,
): StreamConsumer & { readonly heldBytes: number } {
  return new HttpParser(context, openInner, decrypted)
}
