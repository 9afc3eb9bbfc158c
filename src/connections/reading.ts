/**
 * Payload on its way to whoever reads it. A stream is opened with a connection's first octets, unless they
 * begin nothing that is read, and left when its reader wants no more, when the connection's record goes, or
 * when too many are read.
 */
import { i32 } from '../bytes/read.ts'
import type { RecordsAhead } from '../model/ahead.ts'
import { otherSide, type Side } from '../model/packet.ts'
import type { SegmentConsumer } from '../model/stream.ts'
import * as tcp from '../wire/tcp.ts'
import type { Place } from '../wire/frame.ts'
import { initial } from './handshake.ts'
import {
  ACKNOWLEDGED,
  ACK_SEEN,
  DETACHED,
  DULL,
  INITIAL,
  NEXT,
  READ,
  RECORD_WORDS,
  RESUMED,
  STATE,
  SYN_SEEN,
  bit,
  half,
} from './fields.ts'
import { connectionId, endpointOf, type TapState } from './tap-state.ts'

/** Streams read at once: those of parsers that wait on idle connections cost a few kilobytes each. */
export const STREAMS_MAX = 1 << 15

/** SYNs whose payload is held: of more, the oldest one's is left out. */
export const SYNS_HELD_MAX = 1 << 10

interface HeldPayload {
  /** As much of it as the snap length left. */
  readonly captured: Uint8Array
  readonly payload: number
  readonly packet: number
}

/** Whether a side's first octets begin anything that is read. */
export type BeginsAnything = (side: Side, bytes: Uint8Array, start: number, end: number) => boolean

export class Reading {
  private readonly state: TapState
  private readonly streamsMax: number
  private readonly beginsAnything: BeginsAnything | undefined
  /** Rows whose streams are read, in the order in which they were opened. */
  private readonly rows = new Set<number>()
  /** Payload of SYNs, by the word offset of its half. */
  private readonly held = new Map<number, HeldPayload>()

  /** Without `beginsAnything`, streams are opened for all. */
  constructor(state: TapState, streamsMax: number, beginsAnything?: BeginsAnything) {
    this.state = state
    this.streamsMax = streamsMax
    this.beginsAnything = beginsAnything
  }

  /** Streams that are read now. */
  get size(): number {
    return this.rows.size
  }

  /** Hands on the payload of a segment; of what the snap length cut, only that it was there. */
  deliver(row: number, side: Side, place: Place, payload: number, packet: number): void {
    const b = place.bytes
    const sequence = i32(b, place.transportAt + 4)
    // What is not believed lies beyond where its sender stands.
    const w = this.state.table.words
    if (((sequence + payload - w[half(row, side) + NEXT]!) | 0) > 0) return
    const payloadAt = place.wireEnd - payload
    const captured = Math.max(payloadAt, Math.min(place.end, place.wireEnd))
    this.hand(row, side, sequence, b, payloadAt, captured, payload, packet)
  }

  /** Keeps the payload of a SYN (RFC 7413) until its connection is open: it may yet be refused. */
  hold(row: number, side: Side, { bytes, wireEnd, end }: Place, payload: number, packet: number): void {
    const start = wireEnd - payload
    if (this.held.size >= SYNS_HELD_MAX) this.held.delete(this.held.keys().next().value!)
    const captured = bytes.slice(start, Math.max(start, Math.min(end, wireEnd)))
    this.held.set(half(row, side), { captured, payload, packet })
  }

  /** The connection is open: hands on what was held of it, unless the segment in hand of `side`, or one
   * before it, shows that it was not taken: then it is sent again. */
  release(row: number, side: Side, { bytes, transportAt }: Place): void {
    for (const sender of [0, 1] as const) {
      const h = half(row, sender)
      const its = this.held.get(h)
      if (its === undefined) continue
      this.held.delete(h)
      const w = this.state.table.words
      const peer = otherSide(sender)
      const isAcknowledged = (w[row * RECORD_WORDS + STATE]! & bit(ACK_SEEN, peer)) !== 0
      const sequence = (w[h + INITIAL]! + 1) | 0
      const stands = side === sender ? i32(bytes, transportAt + 4) : sequence
      const reached = isAcknowledged ? w[half(row, peer) + ACKNOWLEDGED]! : stands
      if (((reached - sequence) | 0) <= 0 || (w[row * RECORD_WORDS + STATE]! & DETACHED) !== 0) continue
      this.hand(row, sender, sequence, its.captured, 0, its.captured.length, its.payload, its.packet)
    }
  }

  /** Payload of SYNs is held. */
  get isHolding(): boolean {
    return this.held.size > 0
  }

  private hand(
    row: number,
    side: Side,
    sequence: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    payload: number,
    packet: number,
  ): void {
    if (this.isDull(row, side, sequence, bytes, start, end, packet)) return
    // That its originator speaks is all that a snap length leaves of it.
    if (end <= start && side === 0 && this.isUnreadFirst(row, side, sequence)) this.tellOpening(row, packet)
    const stream = this.state.table.streams.get(row) ?? this.open(row, packet)
    stream.segment(side, sequence >>> 0, bytes, start, end, payload, this.state.moment[0]!, packet)
    if (stream.detached) this.leave(row)
  }

  /** A segment of `side` that will probably come. */
  foresee(row: number, side: Side, place: Place, ahead: RecordsAhead): void {
    const stream = this.state.table.streams.get(row)
    const { bytes, transportAt, wireEnd, end } = place
    const payload = tcp.payloadLength(bytes, transportAt, wireEnd)
    if (stream?.foresee === undefined || payload <= 0 || end < wireEnd) return
    stream.foresee(side, i32(bytes, transportAt + 4), bytes, wireEnd - payload, wireEnd, ahead)
  }

  /** A FIN of `side` in a segment with `payload` octets. */
  finish(row: number, side: Side, place: Place, payload: number, packet: number): void {
    const stream = this.state.table.streams.get(row)
    const sequence = (i32(place.bytes, place.transportAt + 4) + payload) >>> 0
    stream?.finish(side, this.state.moment[0]!, packet, sequence)
  }

  /** The record goes, or the capture is over: nothing more will come. */
  close(row: number): void {
    if (this.held.size > 0) for (const side of [0, 1]) this.held.delete(half(row, side))
    const stream = this.state.table.streams.get(row)
    if (stream === undefined) return
    stream.close(this.state.clock.latest)
    this.leave(row)
  }

  /** The side begins with nothing that is read. When the other one does too, the connection is left for
   * good. */
  private isDull(
    row: number,
    side: Side,
    sequence: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    packet: number,
  ): boolean {
    const { beginsAnything } = this
    const w = this.state.table.words
    const c = row * RECORD_WORDS
    const bits = w[c + STATE]!
    if (beginsAnything === undefined || (bits & (READ | bit(SYN_SEEN, side))) !== bit(SYN_SEEN, side))
      return false
    if ((bits & bit(DULL, side)) !== 0) return true
    const isFirst = this.isUnreadFirst(row, side, sequence)
    if (!isFirst || end <= start || beginsAnything(side, bytes, start, end)) return false
    w[c + STATE] = bits | bit(DULL, side)
    if ((bits & bit(DULL, otherSide(side))) !== 0) w[c + STATE]! |= DETACHED
    if (side === 0) this.tellOpening(row, packet)
    return true
  }

  /** A side's first octets, seen from its SYN on, of a connection of which nothing is read yet. */
  private isUnreadFirst(row: number, side: Side, sequence: number): boolean {
    const w = this.state.table.words
    const syn = bit(SYN_SEEN, side)
    if ((w[row * RECORD_WORDS + STATE]! & (READ | syn)) !== syn) return false
    return sequence === ((w[half(row, side) + INITIAL]! + 1) | 0)
  }

  private tellOpening(row: number, packet: number): void {
    const time = this.state.moment[0]!
    this.state.emit({
      kind: 'opening',
      time,
      tap: this.state.tap,
      connection: connectionId(this.state, row),
      side: 0,
      packet,
      packetTime: time,
      text: '',
      protocol: null,
    })
  }

  /** What was acknowledged before anything was read: of what is stored behind its answer, nothing was
   * seen. */
  private tellAcknowledged(row: number, stream: SegmentConsumer, packet: number): void {
    const w = this.state.table.words
    const bits = w[row * RECORD_WORDS + STATE]!
    for (const side of [0, 1] as const) {
      const by = otherSide(side)
      const first = initial(this.state, row, side)
      // Octets that begin nothing that is read were seen, and are not handed on.
      if (first === null || (bits & bit(DULL, side)) !== 0 || (bits & bit(ACK_SEEN, by)) === 0) continue
      const to = w[half(row, by) + ACKNOWLEDGED]!
      if (((to - first) | 0) > 1) stream.acknowledged(side, to >>> 0, this.state.moment[0]!, packet)
    }
  }

  private open(row: number, packet: number): SegmentConsumer {
    const w = this.state.table.words
    const c = row * RECORD_WORDS
    const stream = this.state.openStream({
      tap: this.state.tap,
      connection: connectionId(this.state, row),
      originator: endpointOf(this.state, row, 0),
      responder: endpointOf(this.state, row, 1),
      emit: this.state.emit,
      fromStart: (w[c + STATE]! & (SYN_SEEN | RESUMED)) === SYN_SEEN,
    })
    const isResumed = (w[c + STATE]! & RESUMED) !== 0
    for (const side of [0, 1] as const) {
      const first = isResumed ? null : initial(this.state, row, side)
      if (first !== null) stream.startsAt(side, (first + 1) >>> 0)
    }
    if (!isResumed) this.tellAcknowledged(row, stream, packet)
    if (this.rows.size >= this.streamsMax) this.leaveOldest()
    this.rows.add(row)
    w[c + STATE]! |= READ
    this.state.table.streams.set(row, stream)
    return stream
  }

  private leaveOldest(): void {
    for (const oldest of this.rows) {
      this.state.counters.streamsLeft++
      this.close(oldest)
      return
    }
  }

  /** The rest of the connection costs header parsing only. */
  private leave(row: number): void {
    const w = this.state.table.words
    const c = row * RECORD_WORDS
    this.rows.delete(row)
    w[c + STATE] = (w[c + STATE]! | DETACHED) & ~READ
    this.state.table.streams.delete(row)
  }
}
