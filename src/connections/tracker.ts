/**
 * The front door of the connection stage: one tracker per tap takes located TCP segments in capture order,
 * keeps every connection's record, hands payload to whoever reads it, and tells what happens as observations.
 *
 * An idle connection is kept until memory runs out; a closed one lingers for twice the maximum segment
 * lifetime so that stragglers still belong to it (RFC 9293 §3.4.2). Nothing here knows who is an agent, or
 * asks the clock.
 */
import { AddressTable } from '../bytes/address.ts'
import { i32, u16 } from '../bytes/read.ts'
import type { RecordsAhead } from '../model/ahead.ts'
import type { Observation } from '../model/observation.ts'
import type { Side, Tap } from '../model/packet.ts'
import type { SegmentConsumer, StreamContext } from '../model/stream.ts'
import type { ConnectionId, ConnectionSummary } from '../model/connection.ts'
import type { Micros } from '../model/time.ts'
import type { Place } from '../wire/frame.ts'
import { PathTable } from '../wire/path.ts'
import * as tcp from '../wire/tcp.ts'
import { advance } from './advance.ts'
import { Continuations } from './continuation.ts'
import { Doubts } from './doubts.ts'
import { DuplicateFilter } from './duplicates.ts'
import { Elsewhere } from './elsewhere.ts'
import { Eviction } from './eviction.ts'
import * as F from './fields.ts'
import { bit, HALF_WORDS, RECORD_WORDS } from './fields.ts'
import { HardwareTable } from './hardware.ts'
import { touch } from './last-seen.ts'
import { Lacks, type LastSeen } from './lacks.ts'
import { Lifecycle, SYN_UNANSWERED_AFTER } from './lifecycle.ts'
import { Reading, STREAMS_MAX } from './reading.ts'
import { type Retold, retold } from './retold.ts'
import { isAnotherLife } from './reuse.ts'
import { Roles } from './roles.ts'
import { addRepeated, missingOf } from './sequence.ts'
import { settleAtEnd, unacknowledged } from './silences.ts'
import { summarise } from './summary.ts'
import { SynFactsReader } from './syn-facts.ts'
import { CONNECTIONS_MAX, ConnectionTable } from './table.ts'
import {
  type ConnectionCounters,
  connectionId,
  Endpoints,
  lastAt,
  SCOPE_IPV4,
  SCOPE_IPV6,
  type TapState,
} from './tap-state.ts'
import { TapClock } from './tap-clock.ts'
import { Wakings } from './waking.ts'

/** Any of these in STATE takes the packet off the fast path. */
const EVENTFUL = F.UNOPENED | F.UNTIMED | F.WAKING | F.OVER | F.FIN_SEEN | bit(F.FIN_SEEN, 1)
const SYN_FIN_RST = tcp.SYN | tcp.FIN | tcp.RST

/** Waits to hear that connections stay silent. */
export interface SilenceListener {
  /** How often all connections are looked at: a million of them within a tenth of a second. */
  readonly every: Micros
  /** Whether a connection is one of those; asked of each that is silent. */
  isAwaited(connection: ConnectionId): boolean
}

export interface TrackerOptions {
  readonly tap: Tap
  readonly tapIndex: number
  readonly silenceMin: Micros
  emit(observation: Observation): void
  openStream(context: StreamContext): SegmentConsumer
  /** Whether a side's first octets begin anything that is read; absent: streams are opened for all. */
  beginsAnything?(side: Side, bytes: Uint8Array, start: number, end: number): boolean
  /** Who waits to hear that connections stay silent. Absent: nobody does. */
  readonly listener?: SilenceListener
  /** Numbers of streams: shared by the taps of one file, so that they are Wireshark's. */
  readonly streamNumbers: { next: number }
  /** Ports that services listen on, as far as configured: they tell roles where no SYN was seen. */
  readonly servicePorts?: ReadonlySet<number>
  /** Connections held at once; beyond it one is evicted for each new one. */
  readonly connectionsMax?: number
  /** There may be so many, by what is known beforehand; more find room as well. */
  readonly connectionsExpected?: number
  /** IPv6 addresses remembered; segments of later ones are not tracked. */
  readonly addressesMax?: number
  /** Streams read at once; beyond it the oldest is left. */
  readonly streamsMax?: number
  readonly seed?: number
  /** The capture's, which the places of its segments refer to; absent: no tunnel is entered. */
  readonly paths?: PathTable
}

export class Tracker {
  readonly counters: ConnectionCounters
  private readonly state: TapState
  private readonly table: ConnectionTable
  private readonly addresses: AddressTable
  private readonly hardware = new HardwareTable()
  /** The time of the frame in hand. In an array, because a number that large would be boxed at every call it
   * is handed to. */
  private readonly moment = new Float64Array(1)
  private readonly duplicates = new DuplicateFilter(this.moment)
  private readonly clock: TapClock
  private readonly roles: Roles
  private readonly wakings = new Wakings()
  private readonly eviction = new Eviction()
  private readonly paths: PathTable
  private readonly elsewhere: Elsewhere
  private readonly reading: Reading
  private readonly lifecycle: Lifecycle
  private readonly options: TrackerOptions
  private readonly continuations: Continuations
  /** When silent connections were last looked at. */
  private lookedAt: Micros = -Infinity
  /** The row that the segment in hand began without a SYN; -1: none. */
  private strange = -1

  constructor(options: TrackerOptions) {
    this.options = options
    this.table = new ConnectionTable(
      options.connectionsMax ?? CONNECTIONS_MAX,
      options.seed,
      options.connectionsExpected,
    )
    this.paths = options.paths ?? new PathTable()
    this.elsewhere = new Elsewhere(this.table)
    const addressesMax = options.addressesMax === undefined ? {} : { limit: options.addressesMax }
    this.addresses = new AddressTable({ seed: options.seed ?? 0, ...addressesMax })
    const clock = new TapClock(options.silenceMin, this.moment)
    this.clock = clock
    this.roles = new Roles(options.servicePorts ?? new Set())
    this.counters = countersAtStart()
    this.state = {
      tap: options.tap,
      tapIndex: options.tapIndex,
      moment: this.moment,
      clock: this.clock,
      table: this.table,
      addresses: this.addresses,
      hardware: this.hardware,
      paths: this.paths,
      elsewhere: this.elsewhere,
      synFacts: new SynFactsReader(),
      doubts: new Doubts(),
      endpoints: new Endpoints(),
      hopLimits: new Map(),
      lacks: new Lacks(),
      counters: this.counters,
      silenceMin: options.silenceMin,
      wakings: this.wakings,
      emit: options.emit,
      openStream: options.openStream,
    }
    this.continuations = new Continuations(this.state)
    this.lifecycle = new Lifecycle(this.state, clock, this.roles)
    this.reading = new Reading(this.state, options.streamsMax ?? STREAMS_MAX, options.beginsAnything)
  }

  /** The latest time seen; -Infinity before the first frame. */
  get now(): Micros {
    return this.clock.latest
  }

  /** Frames stored with an earlier time than the one before. */
  get outOfOrderFrames(): number {
    return this.clock.outOfOrder
  }

  /** Times that the capture's clock was set back. */
  get clockSteps(): number {
    return this.clock.steps
  }

  /** What a filter kept from the tap. */
  get lacks(): Lacks {
    return this.state.lacks
  }

  /** Connections held now. */
  get size(): number {
    return this.table.size
  }

  /** The next frame is another capture's, strung to the one before: nobody listened in between. */
  interrupted(): void {
    this.clock.interrupted()
  }

  /** The next frame, at that time, is another capture's, which goes on where the one before ended. Answers
   * whether nobody may have listened in between. */
  continuesAt(time: Micros): boolean {
    return this.clock.continuesAt(time)
  }

  get tap(): Tap {
    return this.state.tap
  }

  /** Frame `i` of the batch, of any kind, passed: the tap is alive. */
  frameSeen(times: Float64Array, i: number): void {
    this.moment[0] = times[i]!
    this.clock.frameSeen()
  }

  /** Accounts for the TCP segment at `place`, in the frame that was seen last; `packet` is its number in the
   * file. */
  segment(place: Place, packet: number): void {
    const b = place.bytes
    const t = place.transportAt
    this.counters.segments++
    const row = this.rowOf(place, packet)
    if (row < 0) return
    const side = this.table.side as Side
    const { words: w, f64 } = this.table
    const c = row * RECORD_WORDS
    const h = c + HALF_WORDS * (1 + side)
    const flags = tcp.flags(b, t)
    const payload = tcp.payloadLength(b, t, place.wireEnd)
    w[h + F.PACKETS] = w[h + F.PACKETS]! + 1
    const bytesAt = (h + F.BYTES) >> 1
    f64[bytesAt] = f64[bytesAt]! + payload
    if (this.isDuplicate(place, h, flags, payload)) {
      this.countDuplicate(h, payload)
      touch(this.state, c, h, packet)
      return
    }
    const time = this.moment[0]!
    const lastAtIndex = (c + F.LAST_AT) >> 1
    const isLong = time - f64[lastAtIndex]! >= this.state.silenceMin
    const eventful = isLong || (flags & SYN_FIN_RST) !== 0 || (w[c + F.STATE]! & EVENTFUL) !== 0
    if (eventful && !this.lifecycle.before(row, side, place, flags, payload, packet)) {
      addRepeated(w, h, payload)
      touch(this.state, c, h, packet)
      this.strange = -1
      return
    }
    const again = advance(this.state, row, side, place, flags, payload, packet)
    if (eventful) this.lifecycle.after(row, side, flags, again, packet)
    if (row === this.strange) this.considerContinuation(row, side, place, flags, packet)
    // `touch` for ordinary packets in order, written out: it is too long to be inlined.
    const silence = time - f64[lastAtIndex]!
    if (silence >= 0 && !eventful) {
      w[c + F.LAST_PACKET] = packet
      f64[lastAtIndex] = time
      f64[(h + F.SENT_AT) >> 1] = time
      if (silence > f64[(c + F.MAX_IDLE) >> 1]!) f64[(c + F.MAX_IDLE) >> 1] = silence
    } else touch(this.state, c, h, packet)
    if (eventful && this.reading.isHolding && (w[c + F.STATE]! & F.UNOPENED) === 0)
      this.reading.release(row, side, place)
    if (payload > 0 && (w[c + F.STATE]! & F.DETACHED) === 0) {
      if ((flags & tcp.SYN) === 0) this.reading.deliver(row, side, place, payload, packet)
      else this.reading.hold(row, side, place, payload, packet)
    }
    if ((flags & tcp.FIN) === 0) return
    this.state.lacks.finished(payload)
    this.reading.finish(row, side, place, payload, packet)
  }

  /** The segment at `place` will be accounted for soon: who reads its connection may have work done for it
   * beforehand. */
  foresee(place: Place, ahead: RecordsAhead): void {
    const b = place.bytes
    const t = place.transportAt
    const source = this.sourceOf(place)
    const row = this.table.find(source, this.destinationOf(place), u16(b, t), u16(b, t + 2), scopeOf(place))
    if (row >= 0) this.reading.foresee(row, this.table.side as Side, place, ahead)
  }

  /** A TCP header quoted in an ICMP error: no packet of the connection, but Wireshark numbers a stream for
   * it. */
  quoted(place: Place): void {
    const scope = scopeOf(place)
    const b = place.bytes
    const t = place.transportAt
    const source = this.sourceOf(place)
    const destination = this.destinationOf(place)
    if (this.elsewhere.isKnown(source, destination, u16(b, t), u16(b, t + 2), scope)) return
    this.options.streamNumbers.next++
  }

  /** Time has come to `now`, by packets or by a live collector's tick: closes what lingered, gives up
   * unanswered tries. */
  tick(now: Micros): void {
    this.clock.ticked(now)
    this.lifecycle.tick((row) => this.close(row, 'lingered'))
    const { listener } = this.options
    if (listener !== undefined && this.clock.steady - this.lookedAt >= listener.every)
      this.tellSilent(listener)
  }

  /** The connections that it holds, as they were told when they opened, in order of time. */
  retold(): Generator<Retold> {
    return retold(this.state)
  }

  /** The capture is over: every connection is accounted for, open ones as open. */
  captureEnded(): void {
    const now = this.state.clock.latest
    this.tick(now)
    for (const row of this.table.rows()) {
      this.lifecycle.ended(row)
      this.tellClosed(row, 'capture-end')
    }
    this.state.emit({ kind: 'capture-ended', time: now, tap: this.state.tap })
  }

  /** The row of the segment's connection, made if it is new; sets `table.side`. -1 if its addresses cannot be
   * remembered. */
  private rowOf(place: Place, packet: number): number {
    const b = place.bytes
    const t = place.transportAt
    const source = this.sourceOf(place)
    const destination = this.destinationOf(place)
    const scope = scopeOf(place)
    if (place.version !== 4 && (source < 0 || destination < 0)) {
      this.counters.untracked++
      return -1
    }
    const sourcePort = u16(b, t)
    const destinationPort = u16(b, t + 2)
    let row = this.table.find(source, destination, sourcePort, destinationPort, scope)
    if (row < 0 && this.paths.isUsed)
      row = this.elsewhere.find(source, destination, sourcePort, destinationPort, scope, place)
    if (row >= 0) {
      const syn = tcp.flags(b, t) & (tcp.SYN | tcp.ACK)
      const isOver = (this.table.words[row * RECORD_WORDS + F.STATE]! & F.OVER) !== 0
      if (((syn & tcp.SYN) === 0 && !isOver) || !isAnotherLife(this.state, row, place)) return row
      // Without the SYN, Wireshark takes it for the same stream.
      if (syn !== tcp.SYN) this.elsewhere.shareWith(row)
      this.close(row, 'superseded')
    }
    const isReuse = row >= 0
    row = this.open(source, destination, sourcePort, destinationPort, scope, place, packet)
    // Its ports were another's a while ago: it was not silent before.
    if (isReuse) this.table.f64[(row * RECORD_WORDS + F.LAST_AT) >> 1] = this.moment[0]!
    return row
  }

  /** An IPv4 address as a number, or the id of one of IPv6; below 0 if that cannot be remembered. */
  private sourceOf({ version, bytes, networkAt }: Place): number {
    return version === 4 ? i32(bytes, networkAt + 12) : this.addresses.idOfIpv6(bytes, networkAt + 8)
  }

  private destinationOf({ version, bytes, networkAt }: Place): number {
    return version === 4 ? i32(bytes, networkAt + 16) : this.addresses.idOfIpv6(bytes, networkAt + 24)
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
      : tcp.isRefusal(place.bytes, place.transportAt) ||
        this.roles.isServer(source, sourcePort, destination, destinationPort)
    if (syn && reversed) this.roles.learn(source, sourcePort)
    if (this.table.size >= this.table.limit) this.evict()
    const row = reversed
      ? this.table.insert(destination, source, destinationPort, sourcePort, scope)
      : this.table.insert(source, destination, sourcePort, destinationPort, scope)
    this.table.side = reversed ? 1 : 0
    const { words: w, f64 } = this.table
    const c = row * RECORD_WORDS
    w[c + F.STREAM] = this.elsewhere.numberFor(row, this.options.streamNumbers)
    w[c + F.STATE] = F.UNOPENED | (syn ? 0 : F.ROLES_GUESSED)
    w[c + F.FIRST_PACKET] = packet
    f64[(c + F.FIRST_AT) >> 1] = time
    // Without a SYN it was open before the capture began, or the tap saw again, and has been silent at least
    // since then; unless it is one that was evicted.
    const isKnown = syn || this.counters.evictions > 0
    f64[(c + F.LAST_AT) >> 1] = isKnown ? time : Math.min(time, this.clock.seesSince)
    this.counters.connections++
    if (!syn && !reversed) this.strange = row
    if (syn && !reversed) this.lifecycle.attempted(row)
    return row
  }

  private considerContinuation(row: number, side: Side, place: Place, flags: number, packet: number): void {
    this.strange = -1
    if (side !== 0 || (flags & tcp.ACK) === 0) return
    const b = place.bytes
    const t = place.transportAt
    this.continuations.consider(row, i32(b, t + 4), i32(b, t + 8), this.moment[0]!, packet)
  }

  private isDuplicate(place: Place, h: number, flags: number, payload: number): boolean {
    const b = place.bytes
    const t = place.transportAt
    if (t + tcp.HEADER_MIN > place.end) return false
    // Without an identification (IPv6, and stacks that send 0) repeated bare acknowledgments are told apart
    // by nothing; probes, which lie one octet back, are never sent twice at once.
    const isBare = payload === 0 && (flags & SYN_FIN_RST) === 0
    if (isBare && place.identification === 0 && i32(b, t + 4) === this.table.words[h + F.NEXT]) return false
    return this.duplicates.seen(h, i32(b, t + 4), (u16(b, t + 16) << 16) | place.identification)
  }

  private countDuplicate(h: number, payload: number): void {
    const w = this.table.words
    w[h + F.DUPLICATES] = w[h + F.DUPLICATES]! + 1
    addRepeated(w, h, payload)
    this.counters.captureDuplicates++
  }

  private tellSilent(listener: SilenceListener): void {
    this.lookedAt = this.clock.steady
    const { state, table } = this
    for (const row of table.rows()) {
      if ((table.words[row * RECORD_WORDS + F.STATE]! & F.OVER) !== 0) continue
      if (state.clock.latest - lastAt(state, row) < state.silenceMin) continue
      const connection = connectionId(state, row)
      if (!listener.isAwaited(connection)) continue
      const summary = summarise(state, row, 'capture-end')
      state.emit({ kind: 'connection-idle', time: state.clock.latest, tap: state.tap, connection, summary })
    }
  }

  private close(row: number, why: 'superseded' | 'evicted' | 'lingered'): void {
    settleAtEnd(this.state, row, this.state.clock.latest)
    this.tellClosed(row, why)
    this.elsewhere.forget(row)
    this.table.remove(row)
  }

  private tellClosed(row: number, why: 'superseded' | 'evicted' | 'lingered' | 'capture-end'): void {
    this.reading.close(row)
    const summary = summarise(this.state, row, why)
    this.counters.missingSegments += missingOf(this.state, row, 0)[0] + missingOf(this.state, row, 1)[0]
    if (isOneWay(this.state, row, summary)) this.counters.oneWayConnections++
    this.state.lacks.closed(summary, lastSeen(this.state, row, summary))
    this.state.emit({
      kind: 'connection-closed',
      time: this.state.clock.latest,
      tap: this.state.tap,
      connection: summary.connection,
      summary,
    })
  }

  /** The table is full: of those that are over, the one that has lingered longest goes; else one that is
   * not. */
  private evict(): void {
    const row = this.lifecycle.oldestOver()
    if (row >= 0) {
      this.close(row, 'lingered')
      return
    }
    this.counters.evictions++
    this.close(this.eviction.victim(this.table), 'evicted')
  }
}

/** One side's packets are missing. A try that nobody answered has none to miss: of an open connection whose
 * answers were not captured, more than the SYN passed. */
function isOneWay({ table }: TapState, row: number, { halves }: ConnectionSummary): boolean {
  if (halves[0].packets === 0) return true
  const isUnopened = (table.words[row * RECORD_WORDS + F.STATE]! & F.UNOPENED) !== 0
  return halves[1].packets === 0 && !isUnopened
}

/** What is sent again or acknowledged is so within three seconds: a SYN or its answer (RFC 6298 §2.1), octets
 * (RFC 9293 §3.8.6.3). */
function lastSeen(state: TapState, row: number, { halves }: ConnectionSummary): LastSeen {
  const bits = state.table.words[row * RECORD_WORDS + F.STATE]!
  if (state.clock.latest - lastAt(state, row) < SYN_UNANSWERED_AFTER) return NOTHING_SEEN
  const isLone =
    (bits & (F.UNOPENED | F.SYN_SEEN)) === (F.UNOPENED | F.SYN_SEEN) &&
    halves.every(({ packets, captureDuplicates }) => packets - captureDuplicates <= 1)
  const heard = F.ACK_SEEN | bit(F.ACK_SEEN, 1)
  const isCut = (bits & (F.RST_SEEN | bit(F.RST_SEEN, 1))) !== 0
  const isAsking = halves.some(({ unanswered }) => unanswered > 0)
  const spoke = halves.some(({ bytes, finAt }) => bytes > 0 || finAt !== null)
  if ((bits & heard) !== heard || isCut || isAsking || !spoke) return { isLone, isUnheard: null }
  return { isLone, isUnheard: unacknowledged(state, row, 0) + unacknowledged(state, row, 1) > 0 }
}

const NOTHING_SEEN: LastSeen = { isLone: false, isUnheard: null }

const scopeOf = (place: Place): number =>
  (place.path << F.PATH_SHIFT) | (place.version === 4 ? SCOPE_IPV4 : SCOPE_IPV6)

const countersAtStart = (): ConnectionCounters => ({
  segments: 0,
  connections: 0,
  captureDuplicates: 0,
  missingSegments: 0,
  invalidResets: 0,
  evictions: 0,
  oneWayConnections: 0,
  untracked: 0,
  streamsLeft: 0,
})
