/**
 * TCP reassembly (RFC 9293 §3.4, §3.10.7.4) of one connection for one consumer: segments in, octets in order
 * or gaps out.
 *
 * In order, octets are handed on where they lie. What comes early is copied and waits; what comes twice is
 * trimmed, the first copy wins. A hole becomes a gap when nobody will fill it: the other side acknowledged it
 * and patience ran out, it is older than any sender retransmits, the room for waiting octets is used up, or
 * the connection is over. What waited behind a hole whose time is over is handed on before what comes next
 * on either side: an answer stays before the request that followed it.
 *
 * The two directions of a link that are captured by two interfaces are merged by two clocks, or two queues:
 * an answer may be stored before its request. Who acknowledges octets has had them: what it sends then waits
 * for them, as long as for any other hole that is acknowledged.
 *
 * Deliberately absent: what a receiver makes of urgent data, and any judgement on flags or windows
 * (src/connections has that).
 */
import type { RecordsAhead } from '../model/ahead.ts'
import { CONTINUE, DETACH } from '../model/stream.ts'
import type { SegmentConsumer, StreamConsumer } from '../model/stream.ts'
import { otherSide, type Side } from '../model/packet.ts'
import { milliseconds, seconds } from '../model/time.ts'
import type { Micros } from '../model/time.ts'
import type { ReassemblyAccount } from './account.ts'
import { Half, type Watch } from './half.ts'
import { STRETCH_OVERHEAD, cost, distance, hold } from './held.ts'

/**
 * Octets, cost of holding included, that may wait in one half: what a window holds that Linux grants without
 * being told to grow (tcp_rmem default 128 KiB), four times. When it is full, the holes before the newest
 * segment are declared gaps.
 */
export const HALF_HELD_BYTES_MAX = 512 << 10
/**
 * Patience with a hole that the other side acknowledged: its octets passed, so they are in the capture soon
 * or never. Captures merged from several queues or interfaces are out of order by less than a scheduling
 * delay; whichever limit is reached first.
 */
export const HOLE_PATIENCE: Micros = milliseconds(100)
export const HOLE_PATIENCE_SEGMENTS = 256
/**
 * Patience with a hole that nobody acknowledged: no sender retransmits for longer (RFC 9293 §3.8.3: R2 is at
 * least 100 s).
 */
export const UNACKNOWLEDGED_PATIENCE: Micros = seconds(100)
/**
 * The largest window (RFC 7323 §2.3: 2^30 octets): what lies farther from a stream's place is not of the
 * stream; ignored, counted.
 */
const PLAUSIBLE_DISTANCE_MAX = 2 ** 30

export class Stream implements SegmentConsumer {
  /**
   * The consumer wants no more, or the stream was closed. Nothing is called any more, `close` of the consumer
   * included.
   */
  detached = false
  private readonly consumer: StreamConsumer
  private readonly account: ReassemblyAccount
  // Not an array: that would be two more places in memory to visit for each segment.
  private readonly ofOriginator = new Half()
  private readonly ofResponder = new Half()
  /** Segments and acknowledgments seen: the clock of HOLE_PATIENCE_SEGMENTS. */
  private events = 0
  /** A hole is being watched in one half or the other. */
  private waiting = false
  private lastPacket = 0

  constructor(consumer: StreamConsumer, account: ReassemblyAccount) {
    this.consumer = consumer
    this.account = account
  }

  /**
   * The sequence number of `side`'s first octet (that of the SYN + 1). Without it, the first segment seen
   * sets it.
   */
  startsAt(side: Side, initialSequence: number): void {
    const half = this.half(side)
    if (!half.synchronised) half.startAt(initialSequence)
  }

  /**
   * A segment of `side` with sequence number `sequence`: octets `start`..`end` of `bytes` were captured, out
   * of `wireLength` that were sent; the rest was cut by the snap length and is a gap. Without octets it does
   * nothing. `bytes` is only borrowed.
   */
  segment(
    side: Side,
    sequence: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    wireLength: number,
    time: Micros,
    packet: number,
  ): void {
    const half = this.half(side)
    if (this.detached || half.ended || wireLength <= 0) return
    if (this.waiting) {
      this.expire(distance(sequence, half.next) <= 0 ? half : null, time, packet)
      if (this.detached || half.ended) return
    }
    this.lastPacket = packet
    this.events++
    const inOrder = half.isNext(sequence)
    const isReady = inOrder && !(this.waiting && this.awaited(half, sequence) !== null)
    if (isReady && half.unwanted === 0 && end - start === wireLength) {
      half.next = (sequence + wireLength) | 0
      const answer = this.consumer.data(side, bytes, start, end, time, packet)
      if (answer !== CONTINUE) this.answered(half, answer)
    } else if (inOrder && half.unwanted >= wireLength) half.pass(sequence + wireLength)
    else {
      this.place(side, half, sequence, bytes, start, end, wireLength, time, packet)
      this.settle(side, half)
    }
    if (this.waiting || half.held !== null) {
      this.goOn()
      this.watchBoth(time, packet)
    }
  }

  foresee(
    side: Side,
    sequence: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    ahead: RecordsAhead,
  ): void {
    const half = this.half(side)
    if (this.detached || half.ended || half.unwanted > 0) return
    const isNext = half.isNext(sequence)
    this.consumer.foreseeing?.(side)?.foresee(sequence | 0, isNext, bytes, start, end, ahead)
  }

  /**
   * The other side acknowledged `side`'s octets before sequence number `ack`: what is missing of them was not
   * captured.
   */
  acknowledged(side: Side, ack: number, time: Micros, packet: number): void {
    const half = this.half(side)
    if (this.waiting) this.expire(null, time, packet)
    if (this.detached || half.ended) return
    // Of a side that is never captured this is all there is: what it says from now on is a gap, not nothing.
    if (!half.synchronised) half.startAt(ack)
    this.lastPacket = packet
    this.events++
    const ahead = distance(ack, half.next)
    if (ahead > PLAUSIBLE_DISTANCE_MAX) this.account.implausible++
    else if (ahead > 0) {
      half.acknowledge(ack)
      this.settle(side, half)
    }
    if (this.waiting || half.holeAcknowledged) this.watchBoth(time, packet)
  }

  /**
   * `side` sent its FIN. It is delivered after the octets before it: those before `sequence`, the FIN's own
   * sequence number (that of its segment plus its octets), or, if it is not given, those seen so far.
   */
  finish(side: Side, time: Micros, packet: number, sequence?: number): void {
    const half = this.half(side)
    if (this.waiting) this.expire(null, time, packet)
    if (this.detached || half.fin !== null) return
    this.lastPacket = packet
    if (!half.synchronised) half.startAt(sequence ?? 0)
    const highest = half.highest()
    const plausible =
      sequence !== undefined && Math.abs(distance(sequence, half.next)) <= PLAUSIBLE_DISTANCE_MAX
    half.fin = { sequence: plausible ? sequence : highest, time, packet }
    half.acknowledged = half.beforeFin(half.acknowledged) | 0
    this.settle(side, half)
    if (this.waiting || half.held !== null) this.watchBoth(time, packet)
  }

  /** The connection is over: what waits is delivered, with its gaps, and the consumer is closed. */
  close(time: Micros): void {
    this.giveUpInTurns(time, this.lastPacket)
    for (const side of [0, 1] as const) {
      const half = this.half(side)
      this.giveUp(side, half, half.highest(), time, this.lastPacket)
      if (half.holeAcknowledged) this.giveUp(side, half, half.acknowledged, time, this.lastPacket)
      this.settle(side, half)
    }
    if (!this.detached) this.consumer.close(time)
    this.detach()
  }

  private half(side: Side): Half {
    return side === 0 ? this.ofOriginator : this.ofResponder
  }

  /** Puts a segment where it belongs: to the consumer, among what waits, or nowhere. */
  private place(
    side: Side,
    half: Half,
    sequence: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    wireLength: number,
    time: Micros,
    packet: number,
  ): void {
    if (!half.synchronised) half.startAt(sequence)
    if (Math.abs(distance(sequence, half.next)) > PLAUSIBLE_DISTANCE_MAX) {
      this.account.implausible++
      return
    }
    const to = sequence + wireLength
    half.pass(to)
    if (distance(to, half.next) <= 0) return // all of it is old: a retransmission, or a keep-alive probe
    const captured = Math.min(end - start, wireLength)
    const early = distance(sequence, half.next) > 0
    let after = this.awaited(half, sequence)
    if ((early || after !== null) && !this.hasRoom(half, captured)) {
      this.giveUp(side, half, early ? sequence : half.highest(), time, packet)
      after = null
    }
    if (this.detached || half.ended) return
    half.pass(to)
    // Beside octets that wait, a segment goes the same way as they: the first copy of what both hold wins.
    if (half.held !== null || after !== null || distance(sequence, half.next) > 0)
      this.keep(half, sequence, bytes, start, captured, wireLength, time, packet, after)
    else {
      const old = distance(half.next, sequence)
      const from = Math.min(captured, old)
      this.deliver(side, half, bytes, start + from, start + captured, wireLength - old, time, packet)
    }
  }

  private keep(
    half: Half,
    sequence: number,
    bytes: Uint8Array,
    start: number,
    captured: number,
    wireLength: number,
    time: Micros,
    packet: number,
    after: number | null,
  ): void {
    half.held ??= []
    const facts = { time, packet, after }
    let spent = hold(half.held, sequence, captured, bytes, start, facts)
    const cutAt = (sequence + captured) >>> 0
    spent += hold(half.held, cutAt, wireLength - captured, null, 0, facts)
    half.heldBytes += spent
    this.account.heldBytes += spent
  }

  /** The number up to which the other side's octets come before those that `half` sends from `sequence` on:
   * it has acknowledged them, and they were not seen. Null where they were, or never are, and for what is
   * itself stored late: what acknowledges most was sent later. */
  private awaited(half: Half, sequence: number): number | null {
    const other = this.otherThan(half)
    const isLate = half.holeAcknowledged && distance(sequence, half.acknowledged) < 0
    return other.holeAcknowledged && other.isAwaited && !isLate ? other.acknowledged : null
  }

  private otherThan(half: Half): Half {
    return half === this.ofOriginator ? this.ofResponder : this.ofOriginator
  }

  private hasRoom(half: Half, octets: number): boolean {
    const more = octets + 2 * STRETCH_OVERHEAD
    if (half.heldBytes + more > HALF_HELD_BYTES_MAX) this.account.halfFull++
    else if (this.account.heldBytes + more > this.account.heldBytesMax) this.account.tapFull++
    else return true
    return false
  }

  /** Hands on octets that are next: `wireLength` of them, of which `start`..`end` were captured. */
  private deliver(
    side: Side,
    half: Half,
    bytes: Uint8Array,
    start: number,
    end: number,
    wireLength: number,
    time: Micros,
    packet: number,
  ): void {
    const to = half.next + wireLength
    if (end > start) {
      half.move(end - start)
      this.answered(half, this.consumer.data(side, bytes, start, end, time, packet))
    }
    this.miss(side, half, to, time, packet)
  }

  /** What lies before `to` and was not delivered is missing. */
  private miss(side: Side, half: Half, to: number, time: Micros, packet: number): void {
    half.pass(to)
    const length = distance(to, half.next)
    if (this.detached || length <= 0) return
    half.next = to | 0
    this.account.gaps++
    this.account.gapBytes += length
    this.answered(half, this.consumer.gap(side, length, time, packet))
  }

  /** Declares the holes before `to`, and delivers what lies before it and waits for the other side. What
   * waited behind the last hole goes on in its turn. */
  private giveUp(side: Side, half: Half, to: number, time: Micros, packet: number): void {
    if (!half.synchronised || half.ended) return
    while (!this.detached && distance(to, half.next) > 0) {
      const first = half.held?.[0]
      if (first !== undefined && distance(first.sequence, half.next) <= 0) {
        this.drain(side, half, false)
        continue
      }
      const holeEnd = first !== undefined && distance(first.sequence, to) < 0 ? first.sequence : to
      this.miss(side, half, holeEnd, time, packet)
      this.drain(side, half, true)
    }
  }

  /** Nothing more comes: of what waits, what was seen first tells which hole is given up next. */
  private giveUpInTurns(time: Micros, packet: number): void {
    for (let oldest = this.oldestHeld(); oldest >= 0 && !this.detached; oldest = this.oldestHeld()) {
      const side = oldest as Side
      const half = this.half(side)
      const { sequence, after } = half.held![0]!
      const other = otherSide(side)
      if (distance(sequence, half.next) > 0) this.giveUp(side, half, sequence, time, packet)
      else if (after !== null && this.half(other).lacks(after))
        this.giveUp(other, this.half(other), this.half(other).beforeFin(after), time, packet)
      else this.drain(side, half, false)
      this.goOn()
    }
  }

  /** The side whose first stretch that waits was seen before the other's; -1 where nothing waits. */
  private oldestHeld(): number {
    const [zero, one] = [this.ofOriginator.held?.[0], this.ofResponder.held?.[0]]
    if (zero === undefined) return one === undefined ? -1 : 1
    if (one === undefined || zero.time !== one.time) return one === undefined || zero.time < one.time ? 0 : 1
    return zero.packet <= one.packet ? 0 : 1
  }

  /** Delivers what waits as far as it is next, and as what it answers was delivered, if it `waits` for
   * that. */
  private drain(side: Side, half: Half, waits: boolean): void {
    const held = half.held
    while (held !== null && held.length > 0 && !this.detached) {
      const first = held[0]!
      if (waits && first.after !== null && this.otherThan(half).lacks(first.after)) return
      const to = first.sequence + first.length
      half.pass(to)
      const old = distance(half.next, first.sequence)
      if (old < 0) return
      held.shift()
      half.heldBytes -= cost(first)
      this.account.heldBytes -= cost(first)
      if (first.bytes === null) this.miss(side, half, to, first.time, first.packet)
      else if (old < first.length)
        this.deliver(side, half, first.bytes, old, first.length, first.length - old, first.time, first.packet)
    }
    half.held = null
  }

  /** After any progress: what waited, and the FIN if all before it was delivered. */
  private settle(side: Side, half: Half): void {
    this.drain(side, half, true)
    const { fin } = half
    if (this.detached || half.ended || fin === null) return
    half.pass(fin.sequence)
    if (distance(fin.sequence, half.next) > 0) return
    this.release(half)
    half.ended = true
    this.consumer.end(side, fin.time, fin.packet)
  }

  /** What waited for the other side's octets goes on, in turns. */
  private goOn(): void {
    const { ofOriginator, ofResponder } = this
    for (let before = NaN; ;) {
      this.settle(0, ofOriginator)
      this.settle(1, ofResponder)
      const held = (ofOriginator.held?.length ?? 0) + (ofResponder.held?.length ?? 0)
      if (held === 0 || held === before || this.detached) return
      before = held
    }
  }

  /** Gives up the holes whose time was over before this packet came, but not one that it fills. */
  private expire(filled: Half | null, time: Micros, packet: number): void {
    for (const side of [0, 1] as const) {
      const half = this.half(side)
      if (half !== filled && half.watch !== null) this.watch(side, half, time, packet)
    }
  }

  private watchBoth(time: Micros, packet: number): void {
    this.watch(0, this.ofOriginator, time, packet)
    this.watch(1, this.ofResponder, time, packet)
    this.waiting = this.ofOriginator.watch !== null || this.ofResponder.watch !== null
  }

  private watch(side: Side, half: Half, time: Micros, packet: number): void {
    half.holeAcknowledged &&= distance(half.acknowledged, half.next) > 0
    const { watch } = half
    if (half.ended || (half.held === null && !half.holeAcknowledged)) half.watch = null
    else if (watch === null || watch.at !== half.next || watch.acknowledged !== half.holeAcknowledged)
      half.beginWatch(time, this.events)
    else if (this.patienceIsOver(watch, time)) {
      half.isAwaited &&= !watch.acknowledged
      this.giveUp(side, half, half.beforeFin(watch.to), time, packet)
      this.goOn()
    }
  }

  private patienceIsOver(watch: Watch, time: Micros): boolean {
    const waited = time - watch.since
    if (!watch.acknowledged) return waited > UNACKNOWLEDGED_PATIENCE
    return waited > HOLE_PATIENCE || this.events - watch.sinceEvent > HOLE_PATIENCE_SEGMENTS
  }

  private answered(half: Half, answer: number): void {
    if (answer === DETACH) this.detach()
    else half.unwanted = answer
  }

  private detach(): void {
    this.detached = true
    this.release(this.ofOriginator)
    this.release(this.ofResponder)
  }

  private release(half: Half): void {
    this.account.heldBytes -= half.heldBytes
    half.heldBytes = 0
    half.held = null
  }
}
