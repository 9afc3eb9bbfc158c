/** What the parts of the flow stage share about one source of records. */
import type { AddressTable } from '../../bytes/address.ts'
import { type ConnectionId, connectionNumber } from '../../model/connection.ts'
import type { Observation } from '../../model/observation.ts'
import type { Endpoint, Side, Tap } from '../../model/packet.ts'
import { MILLISECOND, seconds, type Micros } from '../../model/time.ts'
import type { DueQueue } from '../due-queue.ts'
import * as F from './fields.ts'
import type { FlowClock } from './clock.ts'
import type { FlowTimeouts } from './timeouts.ts'
import type { Roles } from '../roles.ts'
import type { Sparse } from '../sparse.ts'
import type { ConnectionTable } from '../table.ts'

export interface FlowCounters {
  /** Records of TCP that were taken. */
  records: number
  connections: number
  /** Records of a direction that another exporter or interface accounts for. */
  duplicates: number
  /** Records that came after later ones of their direction. */
  outOfOrder: number
  /** Records of a connection that was told as over. */
  stragglers: number
  evictions: number
  oneWayConnections: number
  /** Records that say too little: no addresses, ports or times. */
  incomplete: number
  /** Records of sampled packets. */
  sampled: number
  /** The longest silence that a record of a connection may hide. */
  hidden: Micros
  /** Records of TCP that nobody asked for: only that they came was taken note of. */
  unwanted: number
}

/** What one side sent after a silence, as far as records tell. */
export interface Burst {
  start: Micros
  end: Micros
  packets: number
  octets: number
  flags: number
  record: number
  lastRecord: number
  /** The end of the record with which it was two packets, and how many it was then; NaN: it is not. */
  againAt: Micros
  againCount: number
  /** ... and of the one with which whoever sent it has tried for long enough to have given up. */
  givenUpAt: Micros
}

/** Time in which no record of a connection lies, and what came after it. */
export interface FlowSilence {
  start: Micros
  startRecord: number
  startSide: Side
  /** Ends of each side's last record before it; NaN: it had none. */
  readonly lastFrom: [Micros, Micros]
  end: Micros
  /** Payload that each side had sent, estimated. */
  readonly bytes: [number, number]
  readonly bursts: [Burst | null, Burst | null]
  /** It was told that nobody answered yet. */
  isAgainTold: boolean
  isTold: boolean
}

/** Records of a direction by somebody else than whose account counts. */
export interface OtherAccount {
  source: number
  start: Micros
  end: Micros
  packets: number
  octets: number
  flags: number
  record: number
  lastRecord: number
}

/** What only some connections need. */
export interface FlowCold {
  readonly silences: FlowSilence[]
  readonly others: [OtherAccount | null, OtherAccount | null]
  /** The name that its responder was asked for, where a log says it. */
  name?: string
  /** Under what one of its sides goes on behind a translator, where one says it. */
  outer?: Outer
}

/** An address and a port; -1: not said. */
interface Place {
  readonly address: number
  readonly port: number
}

/** Under what an address goes on behind a translator of addresses. Addresses are numbers. */
export interface Outer extends Place {
  /** Whose it is. */
  readonly source: number
  /** What was told first. */
  readonly first: Place
  /** When it was last told, by which record; when the translator forgot it, NaN: it did not. */
  readonly at: Micros
  readonly record: number
  endedAt: Micros
  /** What is to be told. */
  readonly changes: OuterChange[]
}

/** Under what an address and port go on, with whomever they speak. */
export interface Binding extends Place {
  readonly at: Micros
  /** When the translator forgot it; NaN: it did not. */
  endedAt: Micros
}

interface OuterChange {
  readonly at: Micros
  readonly record: number
  readonly from: Place
  readonly to: Place
  readonly previousAt: Micros
  readonly previousRecord: number
  /** The record shows packets without a SYN. */
  readonly goesOn: boolean
}

export interface FlowState {
  readonly tap: Tap
  readonly tapIndex: number
  readonly table: ConnectionTable
  readonly cold: Sparse<FlowCold>
  addresses: AddressTable
  readonly roles: Roles
  readonly clock: FlowClock
  readonly due: DueQueue
  /** Times at which both sides of an open connection may be seen to have packets. */
  readonly answers: DueQueue
  /** When responders were told to answer, by address and port. */
  readonly answered: Map<number, Micros>
  /** What translators said of addresses and ports without a destination, in order of time. */
  readonly bindings: Map<number, Binding[]>
  readonly counters: FlowCounters
  readonly silenceMin: Micros
  readonly streamNumbers: { next: number }
  /** By exporter. */
  readonly timeouts: FlowTimeouts[]
  /** What exporters state as their inactive timeout, by exporter; Infinity: nothing. */
  readonly stated: Micros[]
  /** The time of what was told last. */
  told: Micros
  emit(observation: Observation): void
}

/**
 * Times of two records are equal within this: each message of NetFlow sets its records' times by its own
 * header, whose clocks are rounded to the millisecond each (RFC 3954 5.1).
 */
export const EQUAL: Micros = 2 * MILLISECOND

/** Clocks of exporters of one network, and those of interfaces of one exporter, differ by less. */
export const CLOCKS_APART: Micros = seconds(5)

/** That a connection goes on is told no oftener, and that a responder answers, whatever the connection: it
 * says how that one does. */
export const ANSWER_EVERY: Micros = seconds(1)

/** The only scope: addresses of both versions are numbers of one table. */
export const SCOPE = 6

export const connectionId = ({ table, tapIndex }: FlowState, row: number): ConnectionId =>
  connectionNumber(table.words[row * F.RECORD_WORDS + F.STREAM]!, tapIndex)

export function endpointOf({ table, addresses }: FlowState, row: number, side: Side): Endpoint {
  const w = table.words
  const c = row * F.RECORD_WORDS
  const ports = w[c + F.PORTS]!
  return {
    address: addresses.text(w[c + (side === 0 ? F.ADDRESS_0 : F.ADDRESS_1)]!),
    port: side === 0 ? ports >>> 16 : ports & 0xffff,
  }
}

export const firstAt = ({ table }: FlowState, row: number): Micros =>
  table.f64[(row * F.RECORD_WORDS + F.FIRST_AT) >> 1]!
export const lastAt = ({ table }: FlowState, row: number): Micros =>
  table.f64[(row * F.RECORD_WORDS + F.LAST_AT) >> 1]!
export const bitsOf = ({ table }: FlowState, row: number): number =>
  table.words[row * F.RECORD_WORDS + F.STATE]!
export function setBits({ table }: FlowState, row: number, bits: number): void {
  table.words[row * F.RECORD_WORDS + F.STATE]! |= bits
}
export function clearBits({ table }: FlowState, row: number, bits: number): void {
  table.words[row * F.RECORD_WORDS + F.STATE]! &= ~bits
}
export const packetsOf = ({ table }: FlowState, row: number, side: number): number =>
  table.words[F.half(row, side) + F.PACKETS]! >>> 0
export const halfNumber = ({ table }: FlowState, row: number, side: number, field: number): number =>
  table.f64[(F.half(row, side) + field) >> 1]!

export function coldOf({ cold }: FlowState, row: number): FlowCold {
  const known = cold.get(row)
  if (known !== undefined) return known
  const made: FlowCold = { silences: [], others: [null, null] }
  cold.set(row, made)
  return made
}

/** Octets of an IP header without options. */
const IPV4_HEADER = 20
const IPV6_HEADER = 40
/** Octets of a TCP header with the options that most segments of most hosts carry: time stamps (RFC 7323). */
const TCP_HEADER = 32
/** What the options of a SYN are longer by: segment size, scale and selective acknowledgments (Linux). */
const SYN_OPTIONS = 8
/** The longest (RFC 9293 §3.1). */
const TCP_HEADER_MAX = 60

const ipHeader = ({ table, addresses }: FlowState, row: number): number =>
  addresses.isIpv6(table.words[row * F.RECORD_WORDS + F.ADDRESS_0]!) ? IPV6_HEADER : IPV4_HEADER

/** TCP payload out of octets of IP, as an estimate: records do not tell the length of headers. */
export function payloadOf(state: FlowState, row: number, packets: number, octets: number): number {
  const headers = packets * ipHeader(state, row)
  if (octets - headers <= packets * TCP_HEADER) return 0
  return octets - headers - packets * TCP_HEADER
}

/** More octets than headers can have: payload for certain. */
export const hasPayload = (state: FlowState, row: number, packets: number, octets: number): boolean =>
  octets > packets * (ipHeader(state, row) + TCP_HEADER_MAX)

/** Payload that a side sent so far, estimated. */
export function sentBy(state: FlowState, row: number, side: number): number {
  const payload = payloadOf(state, row, packetsOf(state, row, side), halfNumber(state, row, side, F.OCTETS))
  const hasSyn = (bitsOf(state, row) & F.bit(F.SYN_SEEN, side)) !== 0
  return hasSyn ? Math.max(0, payload - SYN_OPTIONS) : payload
}

export const bytesSent = (state: FlowState, row: number): [number, number] => [
  sentBy(state, row, 0),
  sentBy(state, row, 1),
]

/** Something of the row is to be told at `time`, or earlier. */
export function schedule(state: FlowState, row: number, time: Micros): void {
  const at = (row * F.RECORD_WORDS + F.DUE) >> 1
  if (time >= state.table.f64[at]!) return
  state.table.f64[at] = time
  state.due.push(state.table, row, time)
}

/** Unsigned milliseconds, rounded up, as a word holds them. */
export const inMilliseconds = (span: Micros): number =>
  Math.min(0xffffffff, Math.ceil(Math.max(0, span) / 1000))
