/**
 * The front door of the flow stage: one tracker for each source of records takes batches of them, joins what
 * several records tell of one connection, and tells the same observations as packets do, as far as records
 * can show them.
 *
 * Nothing here knows a format: what a record does not say is unknown in its columns, and is not told. Nothing
 * is allocated per record; state is a row per connection, in the same table as packets have.
 */
import type { AddressTable } from '../../bytes/address.ts'
import { type FlowApplication, type FlowBatch, type FlowExporter, UNKNOWN } from '../../model/flow-record.ts'
import { FIREWALL_DENIED } from '../../model/flow-events.data.ts'
import type { Observation } from '../../model/observation.ts'
import type { Tap } from '../../model/packet.ts'
import { recordReference } from '../../model/record-reference.ts'
import type { Micros } from '../../model/time.ts'
import * as tcp from '../../wire/tcp.ts'
import { DueQueue } from '../due-queue.ts'
import { Eviction } from '../eviction.ts'
import { FlowClock, type LiveFlows } from './clock.ts'
import { handshakeSeen, nextDue, tellAnswering, tellDue, tellRest } from './facts.ts'
import * as F from './fields.ts'
import { join, Piece, takeOver } from './join.ts'
import { isBinding, noteBinding, takeBinding } from './bindings.ts'
import { isNatEvent, takeNatEvent } from './nat-events.ts'
import { noteOuter } from './nat.ts'
import { noteLength } from './silences.ts'
import { bitsOf, coldOf, type FlowCounters, type FlowState, packetsOf, schedule } from './state.ts'
import { FlowTimeouts } from './timeouts.ts'
import type { FlowsWanted } from './wanted.ts'
import { type Gone, summarise } from './summary.ts'
import { type Retold, retoldByRecords } from '../retold.ts'
import { Roles } from '../roles.ts'
import { Sparse } from '../sparse.ts'
import { CONNECTIONS_MAX, ConnectionTable } from '../table.ts'

const TCP = 6
/** Exporters of which timeouts are learned; records of further ones are joined all the same. */
const EXPORTERS_MAX = 1 << 15

export interface FlowTrackerOptions {
  readonly tap: Tap
  readonly tapIndex: number
  readonly silenceMin: Micros
  emit(observation: Observation): void
  readonly streamNumbers: { next: number }
  readonly servicePorts?: ReadonlySet<number>
  readonly connectionsMax?: number
  /** There may be so many, by what is known beforehand; more find room as well. */
  readonly connectionsExpected?: number
  readonly seed?: number
  /** Records come as they are sent, and time passes between them. Absent: they are read from somewhere. */
  readonly live?: LiveFlows
  /** Which records of TCP are followed. Absent: all. */
  readonly wanted?: FlowsWanted
}

/** What was noted of an exporter when its last records came. */
interface Noted {
  lost: number
  unaccounted: number
  messages: number
  at: Micros
}

export class FlowTracker {
  readonly counters: FlowCounters = {
    records: 0,
    connections: 0,
    duplicates: 0,
    outOfOrder: 0,
    stragglers: 0,
    evictions: 0,
    oneWayConnections: 0,
    incomplete: 0,
    sampled: 0,
    hidden: 0,
    unwanted: 0,
  }
  /** Records of other protocols, by their number. */
  readonly others = new Map<number, number>()
  readonly clock: FlowClock
  /** All that lasts, for a checkpoint as well. */
  readonly state: FlowState
  private readonly piece = new Piece()
  private readonly eviction = new Eviction()
  private readonly noted: Noted[] = []
  private readonly wanted: FlowsWanted | null

  constructor(options: FlowTrackerOptions) {
    const { tap, tapIndex, silenceMin, streamNumbers, seed = 0 } = options
    this.clock = new FlowClock(options.live ?? null)
    this.wanted = options.wanted ?? null
    this.state = {
      tap,
      tapIndex,
      silenceMin,
      streamNumbers,
      table: new ConnectionTable(
        options.connectionsMax ?? CONNECTIONS_MAX,
        seed,
        options.connectionsExpected,
      ),
      cold: new Sparse(),
      addresses: NO_ADDRESSES,
      roles: new Roles(options.servicePorts ?? new Set()),
      clock: this.clock,
      due: new DueQueue(),
      answers: new DueQueue(),
      answered: new Map(),
      bindings: new Map(),
      counters: this.counters,
      timeouts: [],
      stated: [],
      told: -Infinity,
      // What becomes known too late is told late: never out of order.
      emit: (observation) => {
        if (observation.time >= this.state.told) this.state.told = observation.time
        else observation = { ...observation, time: this.state.told }
        options.emit(observation)
      },
    }
  }

  /** Connections held now. */
  get size(): number {
    return this.state.table.size
  }

  /** Everything up to this time is told. */
  get position(): Micros {
    return this.clock.known
  }

  /** What was learned of an exporter; undefined: nothing yet. */
  timeoutsOf(exporter: number): FlowTimeouts | undefined {
    return this.state.timeouts[exporter]
  }

  /** Takes the records of a batch, and tells what they make certain. */
  take(batch: FlowBatch): void {
    const { state } = this
    state.addresses = batch.addresses
    this.noteTimeouts(batch.exporters)
    for (let i = 0; i < batch.count; i++) this.record(batch, i)
    this.noteLosses(batch.exporters)
    this.tellUntil(this.clock.advance())
  }

  /** Live: time has come to `now` by the exporters' clocks, and what that makes certain is told. */
  tick(now: Micros): void {
    this.clock.passed(now)
    this.tellUntil(this.clock.advance())
  }

  /** Records were lost since then that no exporter's numbers may tell of. */
  lostSince(from: Micros): void {
    this.clock.lost(from, this.clock.now)
  }

  /** The connections that it holds, as they were told when they opened, in order of time. */
  retold(): Generator<Retold> {
    return retoldByRecords(this.state)
  }

  /** Nothing more will come: every connection is accounted for. */
  captureEnded(): void {
    const { state } = this
    this.clock.ended()
    for (const row of state.table.rows()) this.giveOthersTheWord(row)
    this.tellUntil(this.clock.latest)
    for (const row of state.table.rows()) {
      tellRest(state, row, this.clock.latest)
      this.tellClosed(row, 'ended')
    }
    const time = Math.max(this.clock.latest, 0)
    state.emit({ kind: 'capture-ended', time, tap: state.tap })
  }

  private noteTimeouts(exporters: readonly FlowExporter[]): void {
    const { timeouts, stated } = this.state
    for (let i = 0; i < exporters.length && i < EXPORTERS_MAX; i++) {
      const { inactiveTimeout } = exporters[i]!
      timeouts[i] ??= new FlowTimeouts()
      stated[i] = Number.isNaN(inactiveTimeout) ? Infinity : inactiveTimeout
    }
  }

  /** What was lost of an exporter was sent after the last that was heard of it. */
  private noteLosses(exporters: readonly FlowExporter[]): void {
    const { noted, clock } = this
    for (let i = 0; i < exporters.length && i < EXPORTERS_MAX; i++) {
      const { lost, unaccounted, messages } = exporters[i]!.quality
      const before = (noted[i] ??= { lost: 0, unaccounted: 0, messages: 0, at: clock.first })
      if (messages === before.messages && lost === before.lost) continue
      if (lost > before.lost || unaccounted > before.unaccounted) clock.lost(before.at, clock.now)
      before.lost = lost
      before.unaccounted = unaccounted
      before.messages = messages
      before.at = clock.now
    }
  }

  private record(batch: FlowBatch, i: number): void {
    const protocol = batch.protocol[i]!
    if (protocol !== TCP) {
      this.others.set(protocol, (this.others.get(protocol) ?? 0) + 1)
      return
    }
    if (isBinding(batch, i)) {
      this.counters.records++
      if (!takeBinding(this.state, batch, i)) this.counters.incomplete++
      return
    }
    if (this.wanted !== null && !this.wanted.is(batch, i)) {
      this.passOver(batch, i)
      return
    }
    this.counters.records++
    const { piece } = this
    if (!fill(piece, batch, i) || !this.isTimely(batch, i)) {
      this.counters.incomplete++
      return
    }
    const timeouts = this.state.timeouts[piece.exporter]
    timeouts?.timed(piece.start)
    timeouts?.timed(piece.end)
    if (isNatEvent(batch, i)) return takeNatEvent(this.state, piece, batch, i, this.close)
    if (piece.isSampled) this.counters.sampled++
    const reverse = batch.reversePackets[i]!
    const reverseOctets = batch.reverseOctets[i]!
    const isPaired = reverse > 0 || reverseOctets > 0
    piece.isPaired = isPaired
    const row = this.join()
    if (row >= 0 && batch.applications.size > 0) this.noteName(row, batch.applications.get(i))
    if (row >= 0) this.noteOuter(row, batch, i)
    if (!isPaired) return
    turnRound(piece, batch, i)
    this.join()
  }

  private noteOuter(row: number, batch: FlowBatch, i: number): void {
    if (batch.postSource[i]! >= 0) noteOuter(this.state, row, this.piece, batch, i)
    else if (this.state.bindings.size > 0) noteBinding(this.state, row, this.piece)
  }

  /** That it came shows that something passed. */
  private passOver({ start, end, exported, received }: FlowBatch, i: number): void {
    this.counters.unwanted++
    if (start[i]! <= end[i]!) this.clock.seen(start[i]!, end[i]!, exported[i]!, received[i]!)
  }

  private isTimely({ exported, received }: FlowBatch, i: number): boolean {
    return this.clock.seen(this.piece.start, this.piece.end, exported[i]!, received[i]!)
  }

  private join(): number {
    const { table } = this.state
    if (table.size >= table.limit) this.evict()
    return join(this.state, this.piece, this.close)
  }

  private noteName(row: number, application: FlowApplication | undefined): void {
    const name = application === undefined ? null : nameAsked(application)
    if (name !== null) coldOf(this.state, row).name = name
  }

  private readonly close = (row: number, why: 'superseded' | 'lingered'): void => {
    this.giveOthersTheWord(row)
    tellRest(this.state, row, this.piece.start)
    this.tellClosed(row, why)
    this.remove(row)
  }

  /** Tells all that is due by then, in order of time. */
  private tellUntil(known: Micros): void {
    const { due, answers, table } = this.state
    for (;;) {
      const next = Math.min(due.earliest, answers.earliest)
      if (next > known || next === Infinity) return
      if (answers.earliest < due.earliest) {
        answers.pop(table)
        if (answers.row >= 0) tellAnswering(this.state, answers.row, answers.time)
        continue
      }
      due.pop(table)
      const { row, time } = due
      if (row < 0) continue
      const at = (row * F.RECORD_WORDS + F.DUE) >> 1
      if (table.f64[at] !== time) continue
      table.f64[at] = Infinity
      if (tellDue(this.state, row, time)) {
        this.tellClosed(row, 'lingered')
        this.remove(row)
      } else schedule(this.state, row, nextDue(this.state, row))
    }
  }

  private tellClosed(row: number, why: Gone): void {
    const { state } = this
    const silences = state.cold.get(row)?.silences
    if (silences !== undefined) for (const silence of silences) noteLength(state, row, silence)
    const bits = bitsOf(state, row)
    if ((bits & F.FAILED) === 0 && (packetsOf(state, row, 0) === 0) !== (packetsOf(state, row, 1) === 0))
      this.counters.oneWayConnections++
    const summary = summarise(state, row, why, handshakeSeen(bits))
    this.counters.hidden = Math.max(this.counters.hidden, hiddenIn(state, row))
    const time = why === 'ended' ? Math.max(this.clock.latest, summary.end) : summary.end
    state.emit({ kind: 'connection-closed', time, tap: state.tap, connection: summary.connection, summary })
  }

  /** What only the second account tells of a direction, once the first has nothing more to say. */
  private giveOthersTheWord(row: number): void {
    const others = this.state.cold.get(row)?.others
    if (others === undefined) return
    for (const side of [0, 1] as const) {
      takeOver(this.state, row, side, others[side])
      others[side] = null
    }
  }

  private evict(): void {
    const { table } = this.state
    this.counters.evictions++
    const row = this.eviction.victim(table)
    tellRest(this.state, row, this.piece.start)
    this.tellClosed(row, 'evicted')
    this.remove(row)
  }

  private remove(row: number): void {
    this.state.cold.delete(row)
    this.state.table.remove(row)
  }
}

const hiddenIn = ({ table }: FlowState, row: number): Micros =>
  1000 * (table.words[row * F.RECORD_WORDS + F.HIDDEN]! >>> 0)

const NO_ADDRESSES = null as unknown as AddressTable

/** What of a record is its first direction; false if it says too little. */
function fill(piece: Piece, batch: FlowBatch, i: number): boolean {
  const source = batch.source[i]!
  const destination = batch.destination[i]!
  const sourcePort = batch.sourcePort[i]!
  const destinationPort = batch.destinationPort[i]!
  if (source < 0 || destination < 0 || sourcePort < 0 || destinationPort < 0) return false
  const event = batch.event[i]!
  const start = batch.start[i]!
  const end = batch.end[i]!
  piece.start = Number.isNaN(start) ? (Number.isNaN(end) ? event : end) : start
  piece.end = Number.isNaN(end) ? (Number.isNaN(event) ? piece.start : Math.max(event, piece.start)) : end
  if (Number.isNaN(piece.start)) return false
  piece.source = source
  piece.destination = destination
  piece.sourcePort = sourcePort
  piece.destinationPort = destinationPort
  piece.packets = known(batch.packets[i]!)
  piece.octets = known(batch.octets[i]!)
  // A segment without any flag is none that TCP sends: the exporter does not say.
  const flags = batch.flags[i]!
  piece.flags = flags <= 0 ? UNKNOWN : flags
  piece.isTotal = batch.isTotal[i] === 1
  piece.exporter = batch.exporter[i]!
  piece.record = recordReference(batch.number[i]!, batch.ordinal[i]!, piece.exporter)
  piece.account = accountOf(batch, i)
  piece.isSampled = batch.samplingInterval[i]! > 1
  piece.isDenied = batch.firewallEvent[i] === FIREWALL_DENIED
  const originator = batch.originator[i]!
  piece.isOriginators = originator < 0 ? -1 : originator === 0 ? 1 : 0
  return true
}

/** The other direction of a record of both. */
function turnRound(piece: Piece, batch: FlowBatch, i: number): void {
  piece.source = batch.destination[i]!
  piece.destination = batch.source[i]!
  piece.sourcePort = batch.destinationPort[i]!
  piece.destinationPort = batch.sourcePort[i]!
  piece.packets = known(batch.reversePackets[i]!)
  piece.octets = known(batch.reverseOctets[i]!)
  const flags = batch.reverseFlags[i]!
  piece.flags = flags > 0 ? flags : piece.flags > 0 ? piece.flags & ~(tcp.FIN | tcp.RST) : UNKNOWN
  if (piece.isOriginators >= 0) piece.isOriginators = 1 - piece.isOriginators
}

/** The name of the server that was asked for: by TLS, or by HTTP that does not ask a proxy for another. */
function nameAsked({ sni, protocol, host, method, uri }: FlowApplication): string | null {
  if (sni !== undefined) return sni
  if (host === undefined || protocol !== 'http' || method === 'CONNECT' || uri?.includes('://') === true)
    return null
  return host.replace(/:\d+$/, '')
}

const known = (value: number): number => (Number.isNaN(value) ? 0 : value)

/** Exporter, interface and direction of the observation, as a number that is not 0: whose account it is. */
function accountOf(batch: FlowBatch, i: number): number {
  const face = known(batch.inputInterface[i]!) | 0
  const place = Math.imul(face, 0x85ebca6b) ^ (batch.direction[i]! + 1)
  return (Math.imul(batch.exporter[i]! + 1, 0x9e3779b1) ^ place) | 1
}
