/**
 * The front door of the connection stage: one tracker per tap takes located TCP segments in capture order, keeps every
 * connection's record, hands payload to whoever reads it, and tells what happens as observations.
 *
 * An idle connection is kept until memory runs out; a closed one lingers for twice the maximum segment lifetime so that
 * stragglers still belong to it (RFC 9293 §3.4.2). Nothing here knows who is an agent, or asks the clock.
 */
import { AddressTable } from '../bytes/address.ts'
import type { Observation } from '../model/observation.ts'
import { otherSide, type Side, type Tap } from '../model/packet.ts'
import type { SegmentConsumer, StreamContext } from '../model/stream.ts'
import { SECOND, type Micros } from '../model/time.ts'
import { i32, u16 } from '../bytes/read.ts'
import * as tcp from '../wire/tcp.ts'
import type { Place } from '../wire/frame.ts'
import { Continuations } from './continuation.ts'
import { DuplicateFilter } from './duplicates.ts'
import { finSeen, isResetValid, resetSeen } from './endings.ts'
import * as F from './fields.ts'
import { bit, half, HALF_WORDS, RECORD_WORDS } from './fields.ts'
import { HardwareTable } from './hardware.ts'
import { isUnansweredAttempt, openBy, synSeen, tellFailed } from './handshake.ts'
import { Roles } from './roles.ts'
import { addHole, irregularSegment } from './sequence.ts'
import { settleAtEnd, wake, whileWaking } from './silences.ts'
import { summarise } from './summary.ts'
import { CONNECTIONS_MAX, ConnectionTable } from './table.ts'
import { type ConnectionCounters, coldOf, connectionId, endpointOf, SCOPE_IPV4, SCOPE_IPV6, type TapState, Endpoints } from './tap-state.ts'
import { TapClock } from './tap-clock.ts'
import { Waitlist } from './waitlist.ts'
import { Wakings } from './waking.ts'

/** Twice the maximum segment lifetime of RFC 9293 §3.4.2. */
export const LINGER: Micros = 240 * SECOND
/** A SYN that nobody answered for this long counts as unanswered: the initial retransmission timeout of RFC 6298 §2.1, three times. */
export const SYN_UNANSWERED_AFTER: Micros = 3 * SECOND
/** A capture's clock that goes back further than this was set, not jittering. */
const CLOCK_STEP: Micros = SECOND
/** Streams read at once: those of parsers that wait on idle connections cost a few kilobytes each. */
export const STREAMS_MAX = 1 << 15
/** Rows looked at to find an old one, when one must go: as good as exact order for tables this large (Redis does the same). */
const EVICTION_SAMPLES = 32
const WINDOW_HOP_MASK = 0xff
/** Any of these in STATE takes the packet off the fast path. */
const EVENTFUL = F.UNOPENED | F.WAKING | F.OVER
const SYN_FIN_RST = tcp.SYN | tcp.FIN | tcp.RST

export interface TrackerOptions {
  readonly tap: Tap
  readonly tapIndex: number
  readonly silenceMin: Micros
  emit(observation: Observation): void
  openStream(context: StreamContext): SegmentConsumer
  /** Whether a side's first octets begin anything that is read; absent: streams are opened for all. */
  beginsAnything?(side: Side, bytes: Uint8Array, start: number, end: number): boolean
  /** Numbers of streams: shared by the taps of one file, so that they are Wireshark's. */
  readonly streamNumbers: { next: number }
  /** Ports that services listen on, as far as configured: they tell roles where no SYN was seen. */
  readonly servicePorts?: ReadonlySet<number>
  readonly connectionsMax?: number
  readonly streamsMax?: number
  readonly seed?: number
}

export class Tracker {
  readonly counters: ConnectionCounters
  private readonly state: TapState
  private readonly table: ConnectionTable
  private readonly addresses: AddressTable
  private readonly hardware = new HardwareTable()
  /** The time of the frame in hand. In an array, because a number that large would be boxed at every call it is handed to. */
  private readonly moment = new Float64Array(1)
  private readonly duplicates = new DuplicateFilter(this.moment)
  private readonly clock: TapClock
  private readonly roles: Roles
  private readonly wakings = new Wakings()
  private readonly lingering = new Waitlist(LINGER)
  private readonly attempts = new Waitlist(SYN_UNANSWERED_AFTER)
  private readonly reading = new Waitlist(Infinity)
  private readonly options: TrackerOptions
  private readonly continuations: Continuations
  /** The row that the segment in hand began without a SYN; -1: none. */
  private strange = -1
  private evictionCursor = 0

  constructor(options: TrackerOptions) {
    this.options = options
    this.table = new ConnectionTable(options.connectionsMax ?? CONNECTIONS_MAX, options.seed)
    this.addresses = new AddressTable({ seed: options.seed ?? 0 })
    const clock = new TapClock(options.silenceMin, this.moment)
    this.clock = clock
    this.roles = new Roles(options.servicePorts ?? new Set())
    this.counters = {
      segments: 0,
      connections: 0,
      captureDuplicates: 0,
      missingSegments: 0,
      invalidResets: 0,
      evictions: 0,
      oneWayConnections: 0,
      streamsLeft: 0,
    }
    this.state = {
      tap: options.tap,
      tapIndex: options.tapIndex,
      table: this.table,
      addresses: this.addresses,
      hardware: this.hardware,
      endpoints: new Endpoints(),
      counters: this.counters,
      silenceMin: options.silenceMin,
      wakings: this.wakings,
      get now() {
        return clock.latest
      },
      emit: options.emit,
      openStream: options.openStream,
      tapSilence: (start, end) => clock.longestSilence(start, end),
    }
    this.continuations = new Continuations(this.state)
  }

  /** The latest time seen; -Infinity before the first frame. */
  get now(): Micros {
    return this.clock.latest
  }

  /** Frames stored with an earlier time than the one before. */
  get outOfOrderFrames(): number {
    return this.clock.outOfOrder
  }

  /** Connections held now. */
  get size(): number {
    return this.table.size
  }

  /** Frame `i` of the batch, of any kind, passed: the tap is alive. */
  frameSeen(times: Float64Array, i: number): void {
    this.moment[0] = times[i]!
    this.clock.frameSeen()
  }

  /** Accounts for the TCP segment at `place`, in the frame that was seen last; `packet` is its number in the file. */
  segment(place: Place, packet: number): void {
    const time = this.moment[0]!
    const b = place.bytes
    const t = place.transportAt
    const row = this.rowOf(place, packet)
    const side = this.table.side as Side
    const { words: w, f64 } = this.table
    const c = row * RECORD_WORDS
    const h = c + HALF_WORDS * (1 + side)
    const flags = tcp.flags(b, t)
    const payload = tcp.payloadLength(b, t, place.wireEnd)
    const payloadAt = place.wireEnd - payload
    this.counters.segments++
    w[h + F.PACKETS] = w[h + F.PACKETS]! + 1
    const bytesAt = (h + F.BYTES) >> 1
    f64[bytesAt] = f64[bytesAt]! + payload
    if (this.isDuplicate(place, h, flags, payload)) {
      this.countDuplicate(h, payload)
      this.touch(c, packet)
      return
    }
    const silence = time - f64[(c + F.LAST_AT) >> 1]!
    const eventful = (flags & SYN_FIN_RST) !== 0 || silence >= this.state.silenceMin || (w[c + F.STATE]! & EVENTFUL) !== 0
    if (eventful && !this.eventBefore(row, side, place, flags, payload, silence, time, packet)) {
      this.touch(c, packet)
      return
    }
    const again = this.advance(row, side, place, flags, payload, packet)
    if (eventful) this.eventAfter(row, side, flags, again, time, packet)
    if (row === this.strange) this.considerContinuation(row, side, place, flags, packet)
    if (silence > f64[(c + F.MAX_IDLE) >> 1]!) f64[(c + F.MAX_IDLE) >> 1] = silence
    this.touch(c, packet)
    f64[(h + F.SENT_AT) >> 1] = time
    if (payload > 0 && (w[c + F.STATE]! & F.DETACHED) === 0) this.deliver(row, side, place, payloadAt, payload, time, packet)
    if ((flags & tcp.FIN) !== 0) {
      this.table.cold[row]?.stream?.finish(side, time, packet, (i32(b, t + 4) + payload) >>> 0)
    }
  }

  /** A TCP header quoted in an ICMP error: no packet of the connection, but Wireshark numbers a stream for it. */
  quoted(place: Place): void {
    const scope = place.version === 4 ? SCOPE_IPV4 : SCOPE_IPV6
    const b = place.bytes
    const t = place.transportAt
    const n = place.networkAt
    const source = place.version === 4 ? i32(b, n + 12) : this.addresses.idOfIpv6(b, n + 8)
    const destination = place.version === 4 ? i32(b, n + 16) : this.addresses.idOfIpv6(b, n + 24)
    if (this.table.find(source, destination, u16(b, t), u16(b, t + 2), scope) < 0) this.options.streamNumbers.next++
  }

  /** Time has come to `now`, by packets or by a live collector's tick: closes what lingered, gives up unanswered tries. */
  tick(now: Micros): void {
    this.clock.ticked(now)
    this.attempts.due(now, this.table, (row) => {
      if (isUnansweredAttempt(this.state, row)) tellFailed(this.state, row, 'unanswered', now)
    })
    this.lingering.due(now, this.table, (row) => this.close(row, 'lingered'))
  }

  /** The capture is over: every connection is accounted for, open ones as open. */
  captureEnded(): void {
    const now = this.state.now
    this.tick(now)
    for (const row of this.table.rows()) {
      settleAtEnd(this.state, row, now)
      if (isUnansweredAttempt(this.state, row)) tellFailed(this.state, row, 'unanswered', now)
      this.tellClosed(row, 'capture-end')
    }
    this.state.emit({ kind: 'capture-ended', time: now, tap: this.state.tap })
  }

  /** The row of the segment's connection, made if it is new; sets `table.side`. */
  private rowOf(place: Place, packet: number): number {
    const b = place.bytes
    const t = place.transportAt
    const n = place.networkAt
    const isIpv4 = place.version === 4
    const source = isIpv4 ? i32(b, n + 12) : this.addresses.idOfIpv6(b, n + 8)
    const destination = isIpv4 ? i32(b, n + 16) : this.addresses.idOfIpv6(b, n + 24)
    const scope = isIpv4 ? SCOPE_IPV4 : SCOPE_IPV6
    const sourcePort = u16(b, t)
    const destinationPort = u16(b, t + 2)
    const row = this.table.find(source, destination, sourcePort, destinationPort, scope)
    if (row >= 0) {
      if ((tcp.flags(b, t) & tcp.SYN) === 0 || !this.isNewConnection(row, place)) return row
      this.close(row, 'superseded')
    }
    return this.open(source, destination, sourcePort, destinationPort, scope, place, packet)
  }

  /** A SYN with another initial sequence number on a known tuple is another connection: the port was used again. */
  private isNewConnection(row: number, place: Place): boolean {
    const flags = tcp.flags(place.bytes, place.transportAt)
    if ((flags & tcp.ACK) !== 0) return false
    const side = this.table.side
    const w = this.table.words
    if ((w[row * RECORD_WORDS + F.STATE]! & bit(F.STARTED, side)) === 0) return false
    return w[half(row, side) + F.INITIAL] !== i32(place.bytes, place.transportAt + 4)
  }

  private open(
    source: number,
    destination: number,
    sourcePort: number,
    destinationPort: number,
    scope: number,
    place: Place,
    packet: number,
  ): number {
    const time = this.moment[0]!
    const flags = tcp.flags(place.bytes, place.transportAt)
    const syn = (flags & tcp.SYN) !== 0
    const reversed = syn
      ? (flags & tcp.ACK) !== 0
      : this.roles.isServer(source, sourcePort, destination, destinationPort)
    if (syn && reversed) this.roles.learn(source, sourcePort)
    if (this.table.size >= this.table.limit) this.evict()
    const row = reversed
      ? this.table.insert(destination, source, destinationPort, sourcePort, scope)
      : this.table.insert(source, destination, sourcePort, destinationPort, scope)
    this.table.side = reversed ? 1 : 0
    const { words: w, f64 } = this.table
    const c = row * RECORD_WORDS
    w[c + F.STREAM] = this.options.streamNumbers.next++
    w[c + F.STATE] = F.UNOPENED | (syn ? 0 : F.ROLES_GUESSED)
    w[c + F.FIRST_PACKET] = packet
    f64[(c + F.FIRST_AT) >> 1] = time
    f64[(c + F.LAST_AT) >> 1] = time
    this.counters.connections++
    if (!syn && !reversed) this.strange = row
    if (syn && !reversed) this.attempts.add(row, w[c + F.STREAM]!, time)
    return row
  }

  private considerContinuation(row: number, side: Side, place: Place, flags: number, packet: number): void {
    this.strange = -1
    if (side !== 0 || (flags & tcp.ACK) === 0) return
    const b = place.bytes
    const t = place.transportAt
    this.continuations.consider(row, i32(b, t + 4), i32(b, t + 8), this.moment[0]!, packet)
  }

  /** Sequence numbers, acknowledgments and the facts kept for attribution; true if the segment asks for an answer again. */
  private advance(
    row: number,
    side: Side,
    place: Place,
    flags: number,
    payload: number,
    packet: number,
  ): boolean {
    const w = this.table.words
    const c = row * RECORD_WORDS
    const h = half(row, side)
    const p = half(row, otherSide(side))
    const b = place.bytes
    const t = place.transportAt
    const sequence = i32(b, t + 4)
    const length = payload + ((flags & tcp.SYN) !== 0 ? 1 : 0) + ((flags & tcp.FIN) !== 0 ? 1 : 0)
    const window = u16(b, t + 14)
    w[h + F.WINDOW_HOP_SCALE] = (window << 16) | (place.hopLimit << 8) | (w[h + F.WINDOW_HOP_SCALE]! & WINDOW_HOP_MASK)
    w[h + F.IDENTIFICATION_ZERO_WINDOWS] =
      (place.identification << 16) | (w[h + F.IDENTIFICATION_ZERO_WINDOWS]! & 0xffff)
    if (window === 0 && (flags & SYN_FIN_RST) === 0) countZeroWindow(w, h)
    if ((w[p + F.HARDWARE_UNANSWERED]! & 0xffff) !== 0) this.answered(row, p, otherSide(side))
    if ((flags & tcp.ACK) !== 0) this.acknowledge(row, side, h, p, i32(b, t + 8), packet)
    if ((w[c + F.STATE]! & bit(F.STARTED, side)) === 0) {
      w[c + F.STATE]! |= bit(F.STARTED, side)
      w[h + F.INITIAL] = (flags & tcp.SYN) !== 0 ? sequence : (sequence - 1) | 0
      w[h + F.NEXT] = (sequence + length) | 0
      w[h + F.HARDWARE_UNANSWERED] = this.hardware.number(place.frame, place.sourceHardwareAt) << 16
      return false
    }
    const probe = isKeepAlive(flags, payload, sequence, w[h + F.NEXT]!)
    if (length === 0 && !probe) return false
    if (sequence === w[h + F.NEXT]) {
      w[h + F.NEXT] = (sequence + length) | 0
      return false
    }
    return this.irregular(row, side, sequence, length, probe, payload, packet)
  }

  private irregular(
    row: number,
    side: Side,
    sequence: number,
    length: number,
    probe: boolean,
    payload: number,
    packet: number,
  ): boolean {
    const time = this.moment[0]!
    const what = irregularSegment(this.state, row, side, sequence, length, probe, time)
    const h = half(row, side)
    if (what === 'keep-alive') this.table.words[h + F.REPEATED]! += payload
    if (what !== 'keep-alive' && what !== 'retransmission') return false
    const count = this.table.words[h + F.HARDWARE_UNANSWERED]! & 0xffff
    const cold = coldOf(this.state, row)
    if (count === 1) cold.unanswered[side] = { at: time, packet }
    const since = cold.unanswered[side]
    if (since !== null && count > 1 && (count & (count - 1)) === 0) {
      this.state.emit({
        kind: 'unanswered',
        time,
        tap: this.state.tap,
        connection: connectionId(this.state, row),
        originator: endpointOf(this.state, row, 0),
        responder: endpointOf(this.state, row, 1),
        from: side,
        count,
        since: since.at,
        firstPacket: since.packet,
        packet,
        keepAlive: what === 'keep-alive',
      })
    }
    return true
  }

  private answered(row: number, p: number, side: Side): void {
    this.table.words[p + F.HARDWARE_UNANSWERED]! &= ~0xffff
    const cold = this.table.cold[row]
    if (cold !== undefined) cold.unanswered[side] = null
  }

  private acknowledge(
    row: number,
    side: Side,
    h: number,
    p: number,
    acknowledgment: number,
    packet: number,
  ): void {
    const w = this.table.words
    const c = row * RECORD_WORDS
    const bits = w[c + F.STATE]!
    if ((bits & bit(F.ACK_SEEN, side)) === 0) w[c + F.STATE] = bits | bit(F.ACK_SEEN, side)
    else if (((acknowledgment - w[h + F.ACKNOWLEDGED]!) | 0) <= 0) return
    w[h + F.ACKNOWLEDGED] = acknowledgment
    if ((bits & bit(F.STARTED, otherSide(side))) !== 0) {
      const unseen = (acknowledgment - w[p + F.NEXT]!) | 0
      if (unseen > 0 && unseen < 1 << 30) {
        addHole(this.state, row, otherSide(side), w[p + F.NEXT]!, acknowledgment, this.moment[0]!)
        w[p + F.NEXT] = acknowledgment
      }
    }
    if ((bits & F.READ) !== 0) {
      this.table.cold[row]?.stream?.acknowledged(otherSide(side), acknowledgment >>> 0, this.moment[0]!, packet)
    }
  }

  private isDuplicate(place: Place, h: number, flags: number, payload: number): boolean {
    const b = place.bytes
    const t = place.transportAt
    if (t + tcp.HEADER_MIN > place.end) return false
    // Without an identification (IPv6, and stacks that send 0) repeated bare acknowledgments are told apart by nothing.
    if (place.identification === 0 && payload === 0 && (flags & SYN_FIN_RST) === 0) return false
    return this.duplicates.seen(h, i32(b, t + 4), (u16(b, t + 16) << 16) | place.identification)
  }

  private countDuplicate(h: number, payload: number): void {
    const w = this.table.words
    w[h + F.DUPLICATES] = w[h + F.DUPLICATES]! + 1
    w[h + F.REPEATED] = w[h + F.REPEATED]! + payload
    this.counters.captureDuplicates++
  }

  /** The packet is the connection's latest, unless the capture stored it late. */
  private touch(c: number, packet: number): void {
    const { words: w, f64 } = this.table
    const time = this.moment[0]!
    w[c + F.LAST_PACKET] = packet
    const at = (c + F.LAST_AT) >> 1
    const last = f64[at]!
    if (time >= last) f64[at] = time
    else this.timeWentBack(c, time, last)
  }

  private timeWentBack(c: number, time: Micros, last: Micros): void {
    const f64 = this.table.f64
    if (time < f64[(c + F.FIRST_AT) >> 1]!) f64[(c + F.FIRST_AT) >> 1] = time
    if (last - time < CLOCK_STEP) return
    const cold = coldOf(this.state, c / RECORD_WORDS)
    cold.latest = Math.max(cold.latest, last)
    f64[(c + F.LAST_AT) >> 1] = time
  }

  /** What SYN, FIN, RST and a broken silence mean, before the packet is accounted for; false if it is not to be believed. */
  private eventBefore(
    row: number,
    side: Side,
    place: Place,
    flags: number,
    payload: number,
    silence: Micros,
    time: Micros,
    packet: number,
  ): boolean {
    const state = this.table.words[row * RECORD_WORDS + F.STATE]!
    if ((flags & tcp.RST) !== 0) {
      if (!isResetValid(this.state, row, side, place)) {
        this.counters.invalidResets++
        return false
      }
      if ((state & F.UNOPENED) !== 0) openBy(this.state, row, side, flags, time)
      resetSeen(this.state, row, side, place, time, packet)
      this.lingering.add(row, this.table.words[row * RECORD_WORDS + F.STREAM]!, time)
      return false
    }
    if ((flags & tcp.SYN) !== 0) {
      synSeen(this.state, row, side, place, time)
      if ((flags & tcp.ACK) !== 0) this.learnListener(row, side)
      return true
    }
    if ((state & F.UNOPENED) !== 0) openBy(this.state, row, side, flags, time)
    if ((flags & tcp.FIN) !== 0) finSeen(this.state, row, side, place, time, packet)
    else if (silence >= this.state.silenceMin && (state & F.OVER) === 0 && this.wakings.of(row)?.givenUp !== true) {
      settleAtEnd(this.state, row, time)
      const next = this.table.words[half(row, side) + F.NEXT]!
      const probe = isKeepAlive(flags, payload, i32(place.bytes, place.transportAt + 4), next)
      wake(this.state, row, side, probe ? 'keep-alive' : payload > 0 ? 'data' : 'acknowledgment', time, packet)
    }
    return true
  }

  /** What the packet means once it is accounted for. */
  private eventAfter(row: number, side: Side, flags: number, again: boolean, time: Micros, packet: number): void {
    const w = this.table.words
    const c = row * RECORD_WORDS
    const waking = this.wakings.of(row)
    if (waking !== undefined && waking.endPacket !== packet && (flags & (tcp.FIN | tcp.RST)) === 0) {
      whileWaking(this.state, row, side, again, time, packet)
    }
    if ((w[c + F.STATE]! & F.OVER) === 0 && this.isClosed(row)) {
      w[c + F.STATE]! |= F.OVER
      this.lingering.add(row, w[c + F.STREAM]!, time)
    }
    // What the handshake told is needed until it is told.
    if ((w[c + F.STATE]! & F.UNOPENED) === 0 && this.table.cold[row]?.isIdle === true) this.table.cold[row] = undefined
  }

  /** Both sides have sent FIN and know of the other's. */
  private isClosed(row: number): boolean {
    const w = this.table.words
    const bits = w[row * RECORD_WORDS + F.STATE]!
    const both = F.FIN_SEEN | bit(F.FIN_SEEN, 1)
    if ((bits & both) !== both) return false
    const zero = half(row, 0)
    const one = half(row, 1)
    return ((w[zero + F.ACKNOWLEDGED]! - w[one + F.NEXT]!) | 0) >= 0 && ((w[one + F.ACKNOWLEDGED]! - w[zero + F.NEXT]!) | 0) >= 0
  }

  private learnListener(row: number, side: Side): void {
    const w = this.table.words
    const c = row * RECORD_WORDS
    const ports = w[c + F.PORTS]!
    this.roles.learn(w[c + (side === 0 ? F.ADDRESS_0 : F.ADDRESS_1)]!, side === 0 ? ports >>> 16 : ports & 0xffff)
  }

  private deliver(
    row: number,
    side: Side,
    place: Place,
    payloadAt: number,
    payload: number,
    time: Micros,
    packet: number,
  ): void {
    const captured = Math.min(place.end, payloadAt + payload)
    if (this.isDull(row, side, place, payloadAt, captured, time, packet)) return
    const cold = coldOf(this.state, row)
    const stream = (cold.stream ??= this.read(row))
    const sequence = i32(place.bytes, place.transportAt + 4) >>> 0
    const syn = (tcp.flags(place.bytes, place.transportAt) & tcp.SYN) !== 0 ? 1 : 0
    stream.segment(side, (sequence + syn) >>> 0, place.bytes, payloadAt, Math.max(payloadAt, captured), payload, time, packet)
    if (stream.detached) this.detach(row)
  }

  /** The side begins with nothing that is read. When the other one does too, the connection is left for good. */
  private isDull(row: number, side: Side, place: Place, start: number, end: number, time: Micros, packet: number): boolean {
    const { beginsAnything } = this.options
    const w = this.table.words
    const c = row * RECORD_WORDS
    const bits = w[c + F.STATE]!
    if (beginsAnything === undefined || (bits & (F.READ | bit(F.SYN_SEEN, side))) !== bit(F.SYN_SEEN, side)) return false
    if ((bits & bit(F.DULL, side)) !== 0) return true
    const isFirst = i32(place.bytes, place.transportAt + 4) === ((w[half(row, side) + F.INITIAL]! + 1) | 0)
    if (!isFirst || end <= start || beginsAnything(side, place.bytes, start, end)) return false
    w[c + F.STATE] = bits | bit(F.DULL, side)
    if ((bits & bit(F.DULL, otherSide(side))) !== 0) w[c + F.STATE]! |= F.DETACHED
    if (side === 0) this.tellOpening(row, time, packet)
    return true
  }

  private tellOpening(row: number, time: Micros, packet: number): void {
    this.state.emit({
      kind: 'opening',
      time,
      tap: this.state.tap,
      connection: connectionId(this.state, row),
      side: 0,
      packet,
      text: '',
      protocol: null,
    })
  }

  private read(row: number): SegmentConsumer {
    const w = this.table.words
    const c = row * RECORD_WORDS
    w[c + F.STATE]! |= F.READ
    const stream = this.state.openStream({
      tap: this.state.tap,
      connection: connectionId(this.state, row),
      originator: endpointOf(this.state, row, 0),
      responder: endpointOf(this.state, row, 1),
      emit: this.state.emit,
      fromStart: (w[c + F.STATE]! & F.SYN_SEEN) !== 0,
    })
    this.limitStreams(row)
    for (const side of [0, 1] as const) {
      if ((w[c + F.STATE]! & bit(F.SYN_SEEN, side)) !== 0) stream.startsAt(side, (w[half(row, side) + F.INITIAL]! + 1) >>> 0)
    }
    return stream
  }

  /** One more stream is read: when there are too many, the one that was opened first is left. */
  private limitStreams(row: number): void {
    this.reading.add(row, this.table.words[row * RECORD_WORDS + F.STREAM]!, this.moment[0]!)
    if (this.reading.length <= (this.options.streamsMax ?? STREAMS_MAX)) return
    const oldest = this.reading.oldest(this.table)
    if (oldest < 0 || (this.table.words[oldest * RECORD_WORDS + F.STATE]! & F.READ) === 0) return
    this.counters.streamsLeft++
    this.table.cold[oldest]?.stream?.close(this.moment[0]!)
    this.detach(oldest)
  }

  private detach(row: number): void {
    const c = row * RECORD_WORDS
    const cold = coldOf(this.state, row)
    cold.stream = null
    this.table.words[c + F.STATE] = (this.table.words[c + F.STATE]! | F.DETACHED) & ~F.READ
    if (cold.isIdle) this.table.cold[row] = undefined
  }

  private close(row: number, why: 'superseded' | 'evicted' | 'lingered'): void {
    settleAtEnd(this.state, row, this.state.now)
    this.tellClosed(row, why)
    this.table.remove(row)
  }

  private tellClosed(row: number, why: 'superseded' | 'evicted' | 'lingered' | 'capture-end'): void {
    this.table.cold[row]?.stream?.close(this.state.now)
    const summary = summarise(this.state, row, why)
    const holes = this.table.cold[row]?.holes
    if (holes !== undefined) this.counters.missingSegments += holes[0].length + holes[1].length
    if (summary.halves[0].packets === 0 || summary.halves[1].packets === 0) this.counters.oneWayConnections++
    this.state.emit({
      kind: 'connection-closed',
      time: this.state.now,
      tap: this.state.tap,
      connection: summary.connection,
      summary,
    })
  }

  /** The table is full: whoever has lingered longest goes, else the longest idle of a sample. */
  private evict(): void {
    this.counters.evictions++
    const done = this.lingering.oldest(this.table)
    if (done >= 0) {
      this.close(done, 'lingered')
      return
    }
    const { f64, rowBound } = this.table
    let victim = -1
    let idleSince = Infinity
    for (let i = 0; i < EVICTION_SAMPLES; i++) {
      this.evictionCursor = (Math.imul(this.evictionCursor, 1664525) + 1013904223) >>> 0
      const row = this.evictionCursor % rowBound
      const last = f64[(row * RECORD_WORDS + F.LAST_AT) >> 1]!
      if (!this.table.isUsed(row) || last >= idleSince) continue
      victim = row
      idleSince = last
    }
    if (victim >= 0) this.close(victim, 'evicted')
  }
}

/** RFC 9293 §3.8.4: a segment with at most one octet, one before the next sequence number. */
function isKeepAlive(flags: number, payload: number, sequence: number, next: number): boolean {
  return payload <= 1 && (flags & SYN_FIN_RST) === 0 && sequence === ((next - 1) | 0)
}

function countZeroWindow(w: Int32Array, h: number): void {
  const word = w[h + F.IDENTIFICATION_ZERO_WINDOWS]!
  if ((word & 0xffff) !== 0xffff) w[h + F.IDENTIFICATION_ZERO_WINDOWS] = word + 1
}
