/**
 * How records become connections: one direction of a record is joined to the connection that it is a piece
 * of, or begins one.
 *
 * An exporter cuts long connections into slices (active timeout) and quiet ones into pieces (inactive
 * timeout), tells each direction by itself, and tells them late and not always in order. What joins them is
 * the tuple; what separates them is a SYN: one that comes after a direction had its own, or after the end,
 * is another connection's. Where several exporters or interfaces see a direction, the first one's account
 * counts; another one takes its place when that one has fallen silent for longer than any exporter waits.
 */
import { otherSide, type Side } from '../../model/packet.ts'
import { seconds, type Micros } from '../../model/time.ts'
import * as tcp from '../../wire/tcp.ts'
import * as F from './fields.ts'
import { bit, half } from './fields.ts'
import { nextDue } from './facts.ts'
import { cover } from './silences.ts'
import {
  bitsOf,
  ANSWER_EVERY,
  clearBits,
  CLOCKS_APART,
  coldOf,
  EQUAL,
  firstAt,
  type FlowState,
  halfNumber,
  hasPayload,
  inMilliseconds,
  lastAt,
  type OtherAccount,
  packetsOf,
  payloadOf,
  schedule,
  SCOPE,
  setBits,
} from './state.ts'

/** What of a record is a connection's direction. One object, filled again for each. */
export class Piece {
  source = 0
  destination = 0
  sourcePort = 0
  destinationPort = 0
  start: Micros = 0
  end: Micros = 0
  packets = 0
  octets = 0
  /** TCP flags; -1: not said. */
  flags = 0
  /** The counts run from the flow's begin. */
  isTotal = false
  /** Reference of the record. */
  record = 0
  exporter = 0
  /** Exporter and interfaces, as a number that is not 0. */
  account = 0
  isSampled = false
  isPaired = false
  isDenied = false
  /** 1: its source began the connection; 0: its destination did; -1: not said. */
  isOriginators = -1
}

/** SYNs are sent again for so long at most: Linux gives up after 127 s (tcp_syn_retries 6). */
const SYN_TRIES: Micros = seconds(130)
/** What the first minute of a connection holds is told of some. */
const MINUTE: Micros = seconds(60)

/** Joins a piece; `close` is called for a connection that it shows to be over. Answers the connection's row;
 * -1 if the piece is of an earlier one. */
export function join(
  state: FlowState,
  piece: Piece,
  close: (row: number, why: 'superseded' | 'lingered') => void,
): number {
  const { table } = state
  const { source, destination, sourcePort, destinationPort } = piece
  let row = table.find(source, destination, sourcePort, destinationPort, SCOPE)
  let side = table.side as Side
  if (row >= 0) {
    if (isEarlier(state, row, side, piece)) {
      state.counters.stragglers++
      return -1
    }
    if (isAnother(state, row, side, piece)) {
      close(row, (bitsOf(state, row) & F.OVER) !== 0 ? 'lingered' : 'superseded')
      row = -1
    }
  }
  if (row < 0) {
    row = open(state, piece)
    side = table.side as Side
  }
  if (accounted(state, row, side, piece)) add(state, row, side, piece)
  return row
}

/** A record of the connection that had the tuple before: it ends before this one began. */
function isEarlier(state: FlowState, row: number, side: Side, piece: Piece): boolean {
  const begun = F.SYN_SEEN | bit(F.SYN_SEEN, 1)
  if ((bitsOf(state, row) & begun) === 0) return false
  const isSyn = piece.flags >= 0 && (piece.flags & tcp.SYN) !== 0
  if (isSyn && packetsOf(state, row, side) === 0) return false
  return piece.end < firstAt(state, row) - CLOCKS_APART
}

/** Whether a piece with a SYN begins another connection than the row's. */
function isAnother(state: FlowState, row: number, side: Side, piece: Piece): boolean {
  if (piece.flags < 0 || (piece.flags & tcp.SYN) === 0) return false
  if (piece.start <= lastAt(state, row)) return false
  const bits = bitsOf(state, row)
  const own = state.table.words[half(row, side) + F.SOURCE]!
  // Another exporter's view of the same beginning, by another clock.
  if (own !== 0 && own !== piece.account && piece.start - firstAt(state, row) <= CLOCKS_APART) return false
  const other = otherSide(side)
  // The first of its direction, or tried again: nobody had answered yet.
  const isTry = own === 0 || (packetsOf(state, row, other) === 0 && isSynOnly(bits, side))
  if (isTry && piece.start - firstAt(state, row) <= SYN_TRIES) return false
  return own !== 0 || (bits & (F.OVER | bit(F.ACK_SEEN, other))) !== 0
}

const isSynOnly = (bits: number, side: Side): boolean =>
  (bits & (bit(F.SYN_SEEN, side) | bit(F.ACK_SEEN, side))) === bit(F.SYN_SEEN, side)

/** A row for the connection that a piece begins; `table.side` says which side of it is the piece's. */
export function open(state: FlowState, piece: Piece): number {
  const { table, roles, counters } = state
  const { source, destination, sourcePort, destinationPort, flags, isOriginators } = piece
  const isAnswer = flags >= 0 && (flags & (tcp.SYN | tcp.ACK)) === tcp.SYN ? false : null
  const reversed =
    isOriginators >= 0
      ? isOriginators === 0
      : (isAnswer ?? roles.isServer(source, sourcePort, destination, destinationPort))
  const row = reversed
    ? table.insert(destination, source, destinationPort, sourcePort, SCOPE)
    : table.insert(source, destination, sourcePort, destinationPort, SCOPE)
  table.side = reversed ? 1 : 0
  const { words: w, f64 } = table
  const c = row * F.RECORD_WORDS
  w[c + F.STREAM] = state.streamNumbers.next++
  w[c + F.STATE] =
    F.UNOPENED | F.ROLES_GUESSED | (isOriginators >= 0 ? F.BEGAN_KNOWN : 0) | (piece.isDenied ? F.DENIED : 0)
  f64[(c + F.DUE) >> 1] = Infinity
  f64[(c + F.FIRST_AT) >> 1] = piece.start
  f64[(c + F.LAST_AT) >> 1] = piece.start
  counters.connections++
  return row
}

/** Whether the piece counts; what another exporter tells of the same direction does not. */
function accounted(state: FlowState, row: number, side: Side, piece: Piece): boolean {
  const w = state.table.words
  const h = half(row, side)
  const own = w[h + F.SOURCE]!
  if (own === 0) {
    w[h + F.SOURCE] = piece.account
    return true
  }
  const last = halfNumber(state, row, side, F.LAST)
  if (own === piece.account) {
    if (piece.start >= last || piece.isTotal) return true
    const lastStart = last - 1000 * (w[h + F.LAST_SPAN]! >>> 0)
    const overlap = Math.min(piece.end, last) - Math.max(piece.start, lastStart)
    if (overlap > Math.max(EQUAL, state.timeouts[piece.exporter]?.resolution ?? 0)) {
      state.counters.duplicates++
      return false
    }
    state.counters.outOfOrder++
    return true
  }
  const cold = coldOf(state, row)
  if (piece.start - last > state.clock.lag) {
    takeOver(state, row, side, cold.others[side])
    cold.others[side] = null
    w[h + F.SOURCE] = piece.account
    return true
  }
  state.counters.duplicates++
  cold.others[side] = withPiece(cold.others[side], piece, last)
  return false
}

/** What another exporter told since the one that counts fell silent. */
function withPiece(known: OtherAccount | null, piece: Piece, last: Micros): OtherAccount | null {
  if (piece.end <= last + CLOCKS_APART) return known
  const { account, start, end, packets, octets, record } = piece
  const flags = Math.max(0, piece.flags)
  if (known === null || known.start < last)
    return { source: account, start, end, packets, octets, flags, record, lastRecord: record }
  if (known.source !== account) return known
  known.end = Math.max(known.end, end)
  known.packets += packets
  known.octets += octets
  known.flags |= flags
  known.lastRecord = record
  return known
}

const taken = new Piece()

/** Another exporter's account goes on where the one that counted ended. */
export function takeOver(state: FlowState, row: number, side: Side, other: OtherAccount | null): void {
  if (other === null || other.start < halfNumber(state, row, side, F.LAST)) return
  const { start, end, packets, octets, flags, record } = other
  Object.assign(taken, { start, end, packets, octets, flags, record, account: other.source, isTotal: false })
  state.table.words[half(row, side) + F.SOURCE] = other.source
  state.counters.duplicates--
  add(state, row, side, taken)
}

/** The piece is one of the row's: its half, its times, its silences, and what is to be told when. */
function add(state: FlowState, row: number, side: Side, piece: Piece): void {
  const { words: w, f64 } = state.table
  const c = row * F.RECORD_WORDS
  const h = half(row, side)
  const { start, end, flags } = piece
  if (w[h + F.PACKETS] !== 0) noteAnswer(state, row, side, piece)
  // A silence is measured against the row as it was.
  const isFresh = w[half(row, 0) + F.PACKETS] === 0 && w[half(row, 1) + F.PACKETS] === 0
  if (!isFresh) cover(state, row, side, piece)
  // An event may have told of it before, which says no flags.
  else clearBits(state, row, F.FLAGLESS)
  // Zeek and Suricata begin a flow anew after a silence, and its counts with it.
  const isSameFlow = piece.isTotal && start < f64[(h + F.LAST) >> 1]!
  noteTimes(state, row, side, piece)
  const isPayload = counts(state, row, h, piece, isSameFlow)
  if (flags < 0) setBits(state, row, F.FLAGLESS)
  else noteFlags(state, row, side, flags)
  if (isPayload || (flags >= 0 && (flags & tcp.PSH) !== 0)) setBits(state, row, bit(F.SPOKE, side))
  if (piece.isSampled) setBits(state, row, F.SAMPLED)
  if (piece.isPaired) setBits(state, row, F.PAIRED)
  if (flags > 0 && (flags & (tcp.FIN | tcp.RST)) !== 0 && f64[(h + F.ENDED_AT) >> 1] === 0)
    f64[(h + F.ENDED_AT) >> 1] = end
  if (start < f64[(c + F.FIRST_AT) >> 1]!) f64[(c + F.FIRST_AT) >> 1] = start
  if (end > f64[(c + F.LAST_AT) >> 1]!) f64[(c + F.LAST_AT) >> 1] = end
  if (isEnded(bitsOf(state, row))) setBits(state, row, F.OVER)
  schedule(state, row, nextDue(state, row))
}

/** A further piece shows that its side was there when it began, and when it ended. */
function noteAnswer(
  state: FlowState,
  row: number,
  side: Side,
  { start, end, flags, isSampled }: Piece,
): void {
  const last = halfNumber(state, row, side, F.LAST)
  if (isSampled || start < last || (flags > 0 && (flags & (tcp.FIN | tcp.RST)) !== 0)) return
  if (start - last >= ANSWER_EVERY) state.answers.push(state.table, row, start)
  if (end - start >= ANSWER_EVERY) state.answers.push(state.table, row, end)
}

/** Times of the half: its first record, its last, how long that is, and what a record may hide. */
function noteTimes(state: FlowState, row: number, side: Side, piece: Piece): void {
  const { words: w, f64 } = state.table
  const c = row * F.RECORD_WORDS
  const h = half(row, side)
  const { start, end, record, exporter } = piece
  const isFirst = w[h + F.PACKETS] === 0
  const last = f64[(h + F.LAST) >> 1]!
  const span = end - start
  const timeouts = state.timeouts[exporter]
  if (!isFirst && start > last) timeouts?.continued(1000 * (w[h + F.LAST_SPAN]! >>> 0), start - last)
  if (isFirst || start < f64[(h + F.FIRST) >> 1]!) {
    f64[(h + F.FIRST) >> 1] = start
    f64[(h + F.FIRST_RECORD) >> 1] = record
  }
  if (isFirst || end >= last) {
    f64[(h + F.LAST) >> 1] = end
    f64[(h + F.LAST_RECORD) >> 1] = record
    w[h + F.LAST_SPAN] = inMilliseconds(span)
  }
  const other = half(row, otherSide(side))
  // Both directions of a flow told with the times of the flow: which of them was silent is not known.
  if (isFirst && span >= ANSWER_EVERY && w[other + F.PACKETS] !== 0) {
    const areEqual = (a: Micros, b: Micros): boolean => Math.abs(a - b) <= EQUAL
    if (areEqual(f64[(other + F.LAST) >> 1]!, end) && areEqual(f64[(other + F.FIRST) >> 1]!, start))
      setBits(state, row, F.PAIRED)
  }
  const inactive = Math.min(state.stated[exporter] ?? Infinity, timeouts?.inactive ?? Infinity)
  const hidden = inMilliseconds(piece.packets <= 1 ? 0 : Math.min(span, inactive))
  if (hidden > w[c + F.HIDDEN]! >>> 0) w[c + F.HIDDEN] = hidden
}

/** Packets and octets of the half; answers whether those that the piece adds hold payload for certain.
 * `isSameFlow`: it counts again what was counted before. */
function counts(state: FlowState, row: number, h: number, piece: Piece, isSameFlow: boolean): boolean {
  const { words: w, f64 } = state.table
  const at = (h + F.OCTETS) >> 1
  const before = w[h + F.PACKETS]! >>> 0
  // A record without packets still shows that the direction is there.
  const told = Math.max(1, piece.packets)
  const packets = isSameFlow ? Math.max(0, told - before) : told
  w[h + F.PACKETS] = Math.min(0xffffffff, before + packets)
  const octets = isSameFlow ? Math.max(0, piece.octets - f64[at]!) : piece.octets
  f64[at] = f64[at]! + octets
  if (piece.end - firstAt(state, row) <= MINUTE) {
    const early = (w[h + F.EARLY]! >>> 0) + payloadOf(state, row, packets, octets)
    w[h + F.EARLY] = Math.min(0xffffffff, Math.round(early))
  }
  return hasPayload(state, row, packets, octets)
}

function noteFlags(state: FlowState, row: number, side: Side, flags: number): void {
  let bits = 0
  if ((flags & tcp.SYN) !== 0) bits |= bit(F.SYN_SEEN, side)
  if ((flags & tcp.ACK) !== 0) bits |= bit(F.ACK_SEEN, side)
  if ((flags & tcp.FIN) !== 0) bits |= bit(F.FIN_SEEN, side)
  if ((flags & tcp.RST) !== 0) bits |= bit(F.RST_SEEN, side)
  if (bits !== 0) setBits(state, row, bits)
}

/** A RST, or a FIN of each side. Where one side alone is seen, its FIN says so once the other had its
 * time. */
function isEnded(bits: number): boolean {
  const both = F.FIN_SEEN | bit(F.FIN_SEEN, 1)
  return (bits & (F.RST_SEEN | bit(F.RST_SEEN, 1))) !== 0 || (bits & both) === both
}
