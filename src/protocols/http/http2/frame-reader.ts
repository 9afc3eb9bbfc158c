/**
 * One direction of an HTTP/2 connection: frames out of octets (RFC 9113 §4, §6). Header blocks are put
 * together from their frames; DATA is passed over, or handed on if its body is wanted.
 *
 * A gap within the payload of one frame damages that frame alone. After any other, frames are found again
 * only where a segment begins that has their form (`areFrames`).
 */
import { u24, u32 } from '../../../bytes/read.ts'
import { withRoom } from '../../../bytes/room.ts'
import type { Side } from '../../../model/packet.ts'
import { CONTINUE } from '../../../model/stream.ts'
import type { Micros } from '../../../model/time.ts'
import * as F from './frames.data.ts'
import { FRAME_BYTES_DEFAULT, FRAME_HEADER, areFrames, isFrame, mayBePadded } from './frames.ts'
import type { UnreadReason } from '../../../model/unread.data.ts'

/**
 * Octets of one header block as sent, over all its frames. Servers stop at 8 to 64 KiB of header list; of a
 * longer one nothing is read.
 */
export const BLOCK_BYTES_MAX = 64 << 10
/** Octets kept of any other frame: SETTINGS, and the beginning of GOAWAY. */
const CONTROL_BYTES_MAX = 1024
const HELD_FIRST = 512
/** What stands before the header block: five octets of priority, or the promised stream. */
const PRIORITY_BYTES = 5
const PROMISED_BYTES = 4

/** Who is told of frames. `whole`: all of the frame was seen; otherwise octets are what there is of it. */
export interface FrameOwner {
  /** A header block is there; `promised` is the stream of a PUSH_PROMISE, 0 for headers. */
  block(side: Side, block: Block, bytes: Uint8Array, end: number, time: Micros, packet: number): void
  /** A header block cannot be read. */
  blockLost(side: Side, block: Block, reason: UnreadReason | null, time: Micros, packet: number): void
  /** SETTINGS, RST_STREAM, GOAWAY. */
  control(
    side: Side,
    type: number,
    flags: number,
    stream: number,
    bytes: Uint8Array,
    end: number,
    time: Micros,
    packet: number,
  ): void
  /** Whether the octets of that stream's body are wanted. */
  wantsBody(side: Side, stream: number): boolean
  body(side: Side, stream: number, bytes: Uint8Array, start: number, end: number): void
  bodyMissing(side: Side, stream: number, length: number): void
  /** The side ended the stream. */
  streamEnd(side: Side, stream: number, time: Micros, packet: number): void
  lost(side: Side): void
}

/** Where a header block belongs. */
export interface Block {
  readonly stream: number
  readonly promised: number
  readonly endsStream: boolean
}

export class FrameReader {
  private readonly side: Side
  private readonly owner: FrameOwner
  /** Octets of payload allowed: what the other side announced. */
  private lengthMax = FRAME_BYTES_DEFAULT
  private isLost = false
  /** The type of the first frame; -1 until there is one, -2 if it may have been missed. */
  firstType = -1
  private readonly header = new Uint8Array(FRAME_HEADER)
  private headerBytes = 0
  private type = 0
  private flags = 0
  private stream = 0
  /** Octets of payload still to come. */
  private remaining = 0
  private inPayload = false
  private isWanted = false
  private isDamaged = false
  /** The length of the padding, once it is known; -1: its octet comes next. */
  private padding = 0
  /** Payload, or header block so far. */
  private held: Uint8Array | null = null
  heldBytes = 0
  /** The header block that CONTINUATION frames go on with. */
  private open: Block | null = null
  private openFault: UnreadReason | '' | null = null

  constructor(side: Side, owner: FrameOwner) {
    this.side = side
    this.owner = owner
  }

  /** The receiver takes frames of that length. */
  allow(length: number): void {
    if (length > this.lengthMax) this.lengthMax = length
  }

  /** The capture began within the stream: where frames begin is not known. */
  lose(): void {
    if (this.isLost) return
    this.isLost = true
    if (this.firstType < 0) this.firstType = -2
    this.inPayload = false
    this.headerBytes = 0
    this.drop()
    this.open = null
    this.openFault = null
    this.owner.lost(this.side)
  }

  /** Reads octets `start`..`end`, and answers as a StreamConsumer does. */
  read(bytes: Uint8Array, start: number, end: number, time: Micros, packet: number): number {
    if (this.isLost) {
      if (areFrames(bytes, start, end, this.lengthMax, true) === 0) return CONTINUE
      this.isLost = false
    }
    let at = start
    while (at < end && !this.isLost) {
      if (!this.inPayload) at = this.readHeader(bytes, at, end, time, packet)
      else at = this.payload(bytes, at, end, time, packet)
    }
    return this.answer(time, packet)
  }

  /** Octets of a body that nobody wants need not come; from then on they count as read. */
  private answer(time: Micros, packet: number): number {
    if (!this.inPayload || this.type !== F.DATA || this.isWanted || this.isLost) return CONTINUE
    const rest = this.remaining
    this.remaining = 0
    this.complete(time, packet)
    return rest
  }

  gap(length: number, time: Micros, packet: number): void {
    if (this.isLost) return
    if (!this.inPayload || length > this.remaining) {
      this.miss(this.inPayload ? this.remaining : 0)
      this.lose()
      return
    }
    this.miss(length)
    this.isDamaged = true
    this.remaining -= length
    if (this.remaining === 0) this.complete(time, packet)
  }

  private miss(length: number): void {
    if (this.isWanted && length > 0) this.owner.bodyMissing(this.side, this.stream, length)
  }

  private readHeader(bytes: Uint8Array, at: number, end: number, time: Micros, packet: number): number {
    while (at < end && this.headerBytes < FRAME_HEADER) this.header[this.headerBytes++] = bytes[at++]!
    if (this.headerBytes < FRAME_HEADER) return end
    this.headerBytes = 0
    const { header } = this
    this.type = header[3]!
    this.flags = header[4]!
    this.stream = u32(header, 5) & 0x7fffffff
    this.remaining = u24(header, 0)
    if (!this.mayFollow()) {
      this.lose()
      return end
    }
    if (this.firstType === -1) this.firstType = this.type
    this.inPayload = true
    this.isDamaged = false
    this.isWanted = this.type === F.DATA && this.owner.wantsBody(this.side, this.stream)
    this.padding = mayBePadded(this.type) && (this.flags & F.PADDED) !== 0 ? -1 : 0
    if (this.type !== F.CONTINUATION) this.drop()
    if (this.remaining === 0) this.complete(time, packet)
    return at
  }

  /**
   * Whether the frame whose header was read can stand here. Types that RFC 9113 does not define are passed
   * over (§5.5); undefined flags are ignored (§4.1).
   */
  private mayFollow(): boolean {
    const { open, type, stream } = this
    if (open !== null) return type === F.CONTINUATION && stream === open.stream
    if (type > F.CONTINUATION) return this.remaining <= this.lengthMax
    if (type === F.CONTINUATION) return false
    this.header[4]! &= F.FLAGS[type]!
    this.header[5]! &= 0x7f
    return isFrame(this.header, 0, Math.max(this.lengthMax, this.remaining))
  }

  private payload(bytes: Uint8Array, start: number, end: number, time: Micros, packet: number): number {
    const stop = Math.min(end, start + this.remaining)
    let at = start
    if (this.padding < 0 && at < stop) {
      this.padding = bytes[at++]!
      this.remaining--
      if (this.padding > this.remaining) this.isDamaged = true
    }
    const content = Math.min(stop, at + Math.max(0, this.remaining - Math.max(0, this.padding)))
    if (content > at) this.content(bytes, at, content)
    this.remaining -= stop - at
    if (this.remaining === 0) this.complete(time, packet)
    return stop
  }

  /** Payload without its padding. */
  private content(bytes: Uint8Array, start: number, end: number): void {
    const { type } = this
    if (type === F.DATA) {
      if (this.isWanted) this.owner.body(this.side, this.stream, bytes, start, end)
    } else if (isHeaders(type)) this.hold(bytes, start, end, BLOCK_BYTES_MAX)
    else if (type === F.SETTINGS || type === F.RST_STREAM || type === F.GOAWAY)
      this.hold(bytes, start, end, CONTROL_BYTES_MAX)
  }

  private hold(bytes: Uint8Array, start: number, end: number, max: number): void {
    const more = Math.min(end - start, max - this.heldBytes)
    if (more < end - start && isHeaders(this.type)) this.openFault = 'http2-header-block-too-large'
    const needed = this.heldBytes + more
    this.held = withRoom(this.held, this.heldBytes, needed, HELD_FIRST, max)
    this.held.set(bytes.subarray(start, start + more), this.heldBytes)
    this.heldBytes = needed
  }

  private drop(): void {
    this.held = null
    this.heldBytes = 0
  }

  /** The frame is over. */
  private complete(time: Micros, packet: number): void {
    this.inPayload = false
    const { side, owner, type, flags, stream } = this
    if (type === F.DATA) {
      if ((flags & F.END_STREAM) !== 0) owner.streamEnd(side, stream, time, packet)
    } else if (isHeaders(type)) this.completeHeaders(time, packet)
    else if (!this.isDamaged && this.held !== null)
      owner.control(side, type, flags, stream, this.held, this.heldBytes, time, packet)
    else if (type === F.SETTINGS && !this.isDamaged)
      owner.control(side, type, flags, stream, this.header, 0, time, packet)
    if (!isHeaders(type)) this.drop()
  }

  private completeHeaders(time: Micros, packet: number): void {
    const block = this.open ?? this.begin()
    if (this.isDamaged) this.openFault = this.openFault ?? ''
    this.open = block
    if ((this.flags & F.END_HEADERS) === 0) return
    const { held, heldBytes, openFault } = this
    this.open = null
    this.openFault = null
    this.drop()
    if (openFault !== null) this.owner.blockLost(this.side, block, openFault || null, time, packet)
    else this.owner.block(this.side, block, held ?? this.header, heldBytes, time, packet)
  }

  /** Takes what stands before the header block off it. */
  private begin(): Block {
    const { type, flags, stream } = this
    const isPromise = type === F.PUSH_PROMISE
    const before = isPromise ? PROMISED_BYTES : (flags & F.HAS_PRIORITY) !== 0 ? PRIORITY_BYTES : 0
    if (this.heldBytes < before) this.isDamaged = true
    const promised = isPromise && !this.isDamaged ? u32(this.held!, 0) & 0x7fffffff : 0
    if (before > 0 && !this.isDamaged) {
      this.held!.copyWithin(0, before, this.heldBytes)
      this.heldBytes -= before
    }
    const endsStream = !isPromise && (flags & F.END_STREAM) !== 0
    return { stream, promised, endsStream }
  }
}

const isHeaders = (type: number): boolean =>
  type === F.HEADERS || type === F.PUSH_PROMISE || type === F.CONTINUATION
