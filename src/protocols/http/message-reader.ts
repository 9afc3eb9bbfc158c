/**
 * One direction of an HTTP/1.x connection: finds the heads, and passes over the bodies without looking at
 * them.
 *
 * Where a message must begin and none does, or where octets are missing, the place is lost: from then on only
 * the beginning of a segment is taken for the beginning of a message, and only if it has the form of one.
 */
import { withRoom } from '../../bytes/room.ts'
import type { Side } from '../../model/packet.ts'
import { CONTINUE, SKIP_REST } from '../../model/stream.ts'
import type { Micros } from '../../model/time.ts'
import type { BodyCollector } from './body.ts'
import { ChunkedBody } from './chunked.ts'
import { AMBIGUOUS, CHUNKED, ON_ANSWER, TUNNEL, UNTIL_CLOSE } from './framing.ts'
import { headEnd, readHead } from './head.ts'
import type { Head } from './message.ts'
import type { Recognition } from '../protocol.ts'
import { recognisesRequestLine, recognisesStatusLine } from './recognise.ts'
import type { HeadScanner } from './scan.ts'
import type { UnreadReason } from '../../model/unread.data.ts'

/**
 * Octets of a head. Common servers stop at 8 to 48 KiB (nginx 4 x 8 KiB, Tomcat 8, IIS 16). With more, the
 * half is not read on.
 */
export const HEAD_BYTES_MAX = 64 << 10
const HELD_FIRST = 1024

/** Who is told of heads: answers how the message goes on, in the terms of framing.ts. */
export interface HeadReader {
  /** The header lines of all responses are wanted, not only of those that set cookies. */
  readonly wantsAllHeads: boolean
  /** Of both halves: they take turns. */
  readonly scanner: HeadScanner
  head(side: Side, head: Head, time: Micros, packet: number): number
  /** The half is not read on. */
  stopped(side: Side, reason: UnreadReason, time: Micros): void
  /** The half lost its place. */
  lost(side: Side): void
  /** The body of the message that was told last is over, if it is wanted; `ended`: its end was seen. */
  bodyOver(
    side: Side,
    body: BodyCollector,
    ended: boolean,
    chunks: ChunkedBody | null,
    time: Micros,
    packet: number,
  ): void
}

// What a side sends.
export const UNKNOWN = 0
export const REQUESTS = 1
export const RESPONSES = 2

// What the next octets are.
const MESSAGE = 0
const HEAD = 1
const BODY = 2
const CHUNKS = 3
/** All the rest is one body. */
const REST = 4
const AWAITING = 5
const TUNNELLED = 6
const STOPPED = 7

const LF = 10
const CR = 13

export class MessageReader {
  /** What this side sends, set by the owner once a head of either side has shown it. */
  role = UNKNOWN
  /** The place was lost since the last head: messages may be missing. */
  missed = false
  /**
   * Set by the owner before it answers: the message may have no body after all (the request was not seen, it
   * may be a HEAD).
   */
  inDoubt = false
  /** Octets held: of a head, or of what may become one. */
  heldBytes = 0
  /** Octets passed over after a CONNECT, before its answer. */
  early = 0
  /** Set by the owner before it answers: where the body goes; null if it is not wanted. */
  collector: BodyCollector | null = null
  /** Set by the owner with it: the index of the transaction that the body belongs to. */
  bodyIndex = 0
  private readonly side: Side
  private readonly owner: HeadReader
  private state = MESSAGE
  /** What the octets are if no message begins here; MESSAGE stands for: the place is lost. */
  private otherwise = MESSAGE
  private isLost = false
  /** The next octets are the first after a gap. */
  private afterGap = false
  private held: Uint8Array | null = null
  private remaining = 0
  private chunks: ChunkedBody | null = null

  constructor(side: Side, owner: HeadReader) {
    this.side = side
    this.owner = owner
  }

  /** Nothing more will be learnt from this half. */
  get finished(): boolean {
    return this.state === STOPPED || (this.state === REST && this.collector === null)
  }

  /** Reads octets `start`..`end`, and returns where it stopped: `end`, unless a tunnel begins. */
  read(bytes: Uint8Array, start: number, end: number, time: Micros, packet: number): number {
    let at = start
    while (at < end && this.state !== TUNNELLED) {
      if (this.state === MESSAGE) at = this.message(bytes, at, end, time, packet)
      else if (this.state === HEAD) at = this.head(bytes, at, end, time, packet)
      else if (this.state === BODY) at = this.body(bytes, at, end, time, packet)
      else if (this.state === CHUNKS) at = this.chunk(bytes, at, end, time, packet)
      else {
        if (this.state === AWAITING) this.early += end - at
        else if (this.state === REST) this.collector?.data(bytes, at, end)
        at = end
      }
    }
    this.afterGap = false
    return at
  }

  /** What to answer after `read`: how much of the body is not wanted. From then on it counts as read. */
  answer(): number {
    if (this.finished) return SKIP_REST
    if (this.state === CHUNKS) return this.chunks!.takeRest()
    if (this.state !== BODY || this.collector !== null) return CONTINUE
    const rest = this.remaining
    this.nextMessage()
    return rest
  }

  /**
   * `length` octets were not captured; those of bodies of known length never get here, they are not wanted
   * anyway.
   */
  gap(length: number, time: Micros, packet: number): void {
    if (this.state === AWAITING) this.early += length
    else if (this.collector !== null && this.missBody(length, time, packet)) return
    else if (this.state < REST) {
      this.lose()
      this.afterGap = true
    }
  }

  /** The side sends no more, or nothing more will be seen of it. */
  end(time: Micros, packet: number, seen: boolean): void {
    this.bodyOver(seen && this.state === REST, time, packet)
  }

  /** Octets of a body that is collected are missing; false if the place is lost with them. */
  private missBody(length: number, time: Micros, packet: number): boolean {
    if (this.state === CHUNKS && this.chunks!.miss(length)) return true
    if (this.state === REST || (this.state === BODY && length <= this.remaining)) {
      this.collector!.miss(length)
      this.remaining -= length
      if (this.state === BODY && this.remaining === 0) this.bodyIsOver(time, packet)
      return true
    }
    this.collector!.miss(this.state === BODY ? this.remaining : 1)
    this.bodyOver(false, time, packet)
    return false
  }

  private bodyOver(ended: boolean, time: Micros, packet: number): void {
    const { collector, chunks } = this
    if (collector === null) return
    this.collector = null
    this.owner.bodyOver(this.side, collector, ended, chunks, time, packet)
  }

  private bodyIsOver(time: Micros, packet: number): void {
    this.bodyOver(true, time, packet)
    this.nextMessage()
  }

  /** The answer to a CONNECT came: `granted` or not. */
  answered(granted: boolean): void {
    if (this.state !== AWAITING) return
    this.nextMessage()
    if (granted) this.state = TUNNELLED
    else if (this.early > 0) this.lose()
  }

  /** Another protocol takes over, from the next octets on. */
  tunnel(): void {
    this.nextMessage()
    this.drop()
    this.state = TUNNELLED
  }

  stop(reason: UnreadReason, time: Micros): void {
    if (this.state === STOPPED) return
    this.state = STOPPED
    this.collector = null
    this.drop()
    this.owner.stopped(this.side, reason, time)
  }

  private nextMessage(): void {
    this.state = MESSAGE
    this.otherwise = MESSAGE
    this.remaining = 0
    this.chunks = null
  }

  private lose(): void {
    this.nextMessage()
    this.drop()
    if (this.isLost) return
    this.isLost = true
    this.missed = true
    this.owner.lost(this.side)
  }

  /** A message should begin at `at`, or in doubt: may. */
  private message(bytes: Uint8Array, at: number, end: number, time: Micros, packet: number): number {
    if (this.heldBytes > 0) return this.messageFromHeld(bytes, at, end, time, packet)
    // Receivers skip empty lines before a message (RFC 9112 §2.2).
    if (this.otherwise === MESSAGE) while (at < end && (bytes[at] === CR || bytes[at] === LF)) at++
    if (at === end) return end
    const plain = this.scan(bytes, at, end)
    if (plain !== null) return at + this.complete(plain, time, packet)
    const begins = this.recognises(bytes, at, end)
    if (begins === 'certain') this.state = HEAD
    else if (begins === 'no') this.noMessage()
    else return this.hold(bytes, at, end)
    return this.isLost && begins === 'no' ? end : at
  }

  /** The same with octets that were not enough to tell. */
  private messageFromHeld(bytes: Uint8Array, at: number, end: number, time: Micros, packet: number): number {
    const before = this.heldBytes
    this.hold(bytes, at, end)
    const held = this.held!
    const begins = this.recognises(held, 0, this.heldBytes)
    if (begins === 'unsure') return end
    if (begins === 'certain') {
      this.state = HEAD
      return this.headFromHeld(at, end, before, 0, time, packet)
    }
    this.drop()
    this.noMessage()
    if (!this.isLost) this.read(held, 0, before, time, packet)
    return at
  }

  /** The plain head that begins at `at`, whole; behind a gap only if its beginning is recognised. */
  private scan(bytes: Uint8Array, at: number, end: number): Head | null {
    if (this.afterGap) return null
    const limit = Math.min(end, at + HEAD_BYTES_MAX)
    const { scanner, wantsAllHeads } = this.owner
    const response = this.role === REQUESTS ? null : scanner.response(bytes, at, limit, wantsAllHeads)
    return response !== null || this.role === RESPONSES ? response : scanner.request(bytes, at, limit)
  }

  private recognises(bytes: Uint8Array, at: number, end: number): Recognition {
    const status = this.role === REQUESTS ? 'no' : recognisesStatusLine(bytes, at, end)
    if (status !== 'no' || this.role === RESPONSES) return status
    return recognisesRequestLine(bytes, at, end, this.afterGap)
  }

  private noMessage(): void {
    if (this.otherwise !== MESSAGE) this.state = this.otherwise
    else if (!this.isLost) this.lose()
  }

  private head(bytes: Uint8Array, at: number, end: number, time: Micros, packet: number): number {
    const before = this.heldBytes
    if (before > 0) {
      this.hold(bytes, at, end)
      return this.headFromHeld(at, end, before, Math.max(0, before - 3), time, packet)
    }
    const stop = headEnd(bytes, at, end)
    if (stop < 0 && end - at < HEAD_BYTES_MAX) return this.hold(bytes, at, end)
    if (stop < 0 || stop - at > HEAD_BYTES_MAX) this.stop('http-head-too-large', time)
    else this.complete(readHead(bytes, at, stop, this.owner.wantsAllHeads), time, packet)
    return stop < 0 ? end : stop
  }

  /** Looks for the end of the head that is held; `before` of its octets are older than this segment. */
  private headFromHeld(
    at: number,
    end: number,
    before: number,
    from: number,
    time: Micros,
    packet: number,
  ): number {
    const stop = headEnd(this.held!, from, this.heldBytes)
    if (stop < 0) {
      if (this.heldBytes === HEAD_BYTES_MAX) this.stop('http-head-too-large', time)
      return end
    }
    const head = readHead(this.held!, 0, stop, this.owner.wantsAllHeads)
    this.drop()
    this.complete(head, time, packet)
    return at + stop - before
  }

  /** A head is there, or cannot be read. Returns its length. */
  private complete(head: Head | UnreadReason, time: Micros, packet: number): number {
    this.isLost = false
    this.inDoubt = false
    this.collector = null
    this.nextMessage()
    if (typeof head === 'string') {
      this.stop(head, time)
      return 0
    }
    const { length } = head // who is told of it may scan another one
    this.follow(this.owner.head(this.side, head, time, packet), time)
    this.owner.scanner.drop()
    return length
  }

  private follow(manner: number, time: Micros): void {
    if (this.state === STOPPED || manner === 0) return
    if (manner === AMBIGUOUS) return this.stop('http-length-ambiguous', time)
    this.remaining = Math.max(0, manner)
    if (manner === CHUNKED) this.chunks = new ChunkedBody(this.collector)
    if (manner === ON_ANSWER) this.early = 0
    const goesOn = stateAfter(manner)
    if (!this.inDoubt || manner === TUNNEL) this.state = goesOn
    else this.otherwise = goesOn
  }

  private body(bytes: Uint8Array, at: number, end: number, time: Micros, packet: number): number {
    const used = Math.min(this.remaining, end - at)
    this.remaining -= used
    this.collector?.data(bytes, at, at + used)
    if (this.remaining === 0) this.bodyIsOver(time, packet)
    return at + used
  }

  private chunk(bytes: Uint8Array, at: number, end: number, time: Micros, packet: number): number {
    const chunks = this.chunks!
    const stop = chunks.read(bytes, at, end)
    if (chunks.done) this.bodyIsOver(time, packet)
    else if (chunks.broken) {
      this.bodyOver(false, time, packet)
      this.lose()
    }
    return this.isLost ? end : stop
  }

  /** Keeps octets for later, as many as a head may have. */
  private hold(bytes: Uint8Array, at: number, end: number): number {
    const more = Math.min(end - at, HEAD_BYTES_MAX - this.heldBytes)
    const needed = this.heldBytes + more
    this.held = withRoom(this.held, this.heldBytes, needed, HELD_FIRST, HEAD_BYTES_MAX)
    this.held.set(bytes.subarray(at, at + more), this.heldBytes)
    this.heldBytes = needed
    return end
  }

  private drop(): void {
    this.held = null
    this.heldBytes = 0
  }
}

function stateAfter(manner: number): number {
  if (manner > 0) return BODY
  if (manner === CHUNKED) return CHUNKS
  if (manner === UNTIL_CLOSE) return REST
  return manner === ON_ANSWER ? AWAITING : TUNNELLED
}
