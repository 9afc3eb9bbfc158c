/**
 * What a segment does to its half of the connection: sequence numbers, acknowledgments and the facts kept for
 * attribution.
 *
 * The hot path: `advance` runs for every believed segment, what it calls for few of them.
 */
import { i32, u16 } from '../bytes/read.ts'
import { otherSide, type Side } from '../model/packet.ts'
import * as tcp from '../wire/tcp.ts'
import type { Place } from '../wire/frame.ts'
import {
  ACKNOWLEDGED,
  ACK_SEEN,
  FIN_SEEN,
  HALF_WORDS,
  HARDWARE_UNANSWERED,
  IDENTIFICATION_ZERO_WINDOWS,
  INITIAL,
  NEXT,
  PACKETS,
  READ,
  RECORD_WORDS,
  SENT_AT,
  SPOKE_LAST,
  STARTED,
  STATE,
  WINDOW_HOP_SCALE,
  bit,
  half,
  hopLimitOf,
} from './fields.ts'
import { isBelieved, JUMP_MAX } from './acceptance.ts'
import { withSide } from './cold.ts'
import { beganWithProbe, irregularSegment, missed, repeatsProbe } from './sequence.ts'
import { coldOf, connectionId, endpointOf, type TapState } from './tap-state.ts'

const WINDOW_HOP_MASK = 0xff
const SPOKE_LAST_EITHER = SPOKE_LAST | bit(SPOKE_LAST, 1)
const SYN_FIN_RST = tcp.SYN | tcp.FIN | tcp.RST

/** Accounts for a segment that is no RST; true if it asks for an answer again. */
export function advance(
  state: TapState,
  row: number,
  side: Side,
  place: Place,
  flags: number,
  payload: number,
  packet: number,
): boolean {
  const w = state.table.words
  const c = row * RECORD_WORDS
  const h = c + HALF_WORDS * (1 + side)
  const p = c + HALF_WORDS * (2 - side)
  const b = place.bytes
  const t = place.transportAt
  const sequence = i32(b, t + 4)
  const window = u16(b, t + 14)
  w[h + WINDOW_HOP_SCALE] =
    (window << 16) | (place.hopLimit << 8) | (w[h + WINDOW_HOP_SCALE]! & WINDOW_HOP_MASK)
  w[h + IDENTIFICATION_ZERO_WINDOWS] =
    (place.identification << 16) | (w[h + IDENTIFICATION_ZERO_WINDOWS]! & 0xffff)
  if (window === 0 && (flags & SYN_FIN_RST) === 0) countZeroWindow(w, h)
  if ((w[p + HARDWARE_UNANSWERED]! & 0xffff) !== 0) answered(state, row, otherSide(side))
  let isNew = false
  if ((flags & tcp.ACK) !== 0) {
    const acknowledgment = i32(b, t + 8)
    isNew = (w[c + STATE]! & bit(ACK_SEEN, side)) === 0 || ((acknowledgment - w[h + ACKNOWLEDGED]!) | 0) > 0
    if (isNew) acknowledge(state, row, side, acknowledgment, packet)
  }
  const isFirst = (w[c + STATE]! & bit(STARTED, side)) === 0
  if (isFirst || ((flags & tcp.SYN) !== 0 && sequence !== w[h + INITIAL])) {
    start(state, row, side, place, flags, payload, isFirst)
    return false
  }
  const syn = (flags >> 1) & 1
  const fin = flags & 1
  const length = payload + syn + fin
  if (sequence === w[h + NEXT]) {
    if (length > 0) {
      w[h + NEXT] = (sequence + length) | 0
      if (payload > 0) w[c + STATE] = (w[c + STATE]! & ~SPOKE_LAST_EITHER) | bit(SPOKE_LAST, side)
    }
    // Asked of few: of the second segment of a side, at the most.
    if (isNew || w[h + PACKETS] !== 2 || !repeatsProbe(state, row, side, place, flags, payload)) return false
    beganWithProbe(state, row, side)
  }
  const probe = isKeepAlive(state, row, side, flags, payload, sequence)
  if (length === 0 && !probe) return false
  return irregular(state, row, side, sequence, syn, payload, fin, probe, packet)
}

/** The other side sent something: what `side` repeated is no longer unanswered. */
export function answered(state: TapState, row: number, side: Side): void {
  state.table.words[half(row, side) + HARDWARE_UNANSWERED]! &= ~0xffff
  const cold = state.table.cold.get(row)
  if (cold !== undefined && cold.unanswered[side] !== null)
    cold.unanswered = withSide(cold.unanswered, side, null)
}

/**
 * RFC 9293 §3.8.4: a segment with at most one octet, one before the next sequence number. With an octet that
 * was not yet acknowledged, it is that octet sent again; with one that was not yet seen, that octet itself,
 * stored late. So is what has the number of a FIN that was not yet acknowledged, or passed before its side's
 * last.
 */
export function isKeepAlive(
  state: TapState,
  row: number,
  side: Side,
  flags: number,
  payload: number,
  sequence: number,
): boolean {
  const w = state.table.words
  const next = w[half(row, side) + NEXT]!
  if (sequence !== ((next - 1) | 0) || payload > 1 || (flags & SYN_FIN_RST) !== 0) return false
  const bits = w[row * RECORD_WORDS + STATE]!
  if ((bits & bit(STARTED, side)) === 0) return false
  if (state.moment[0]! < state.table.f64[(half(row, side) + SENT_AT) >> 1]!) return false
  const acknowledged = w[half(row, otherSide(side)) + ACKNOWLEDGED]!
  if ((bits & bit(FIN_SEEN, side)) !== 0 && ((acknowledged - next) | 0) < 0) return false
  if (payload === 1 && state.table.cold.get(row)?.holes[side].at(-1)?.to === next) return false
  if (payload === 0 || (bits & bit(ACK_SEEN, otherSide(side))) === 0) return true
  return ((acknowledged - next) | 0) >= 0
}

/** A side's first segment, or a SYN that numbers its stream anew. */
function start(
  state: TapState,
  row: number,
  side: Side,
  place: Place,
  flags: number,
  payload: number,
  isFirst: boolean,
): void {
  const w = state.table.words
  const c = row * RECORD_WORDS
  const h = half(row, side)
  const sequence = i32(place.bytes, place.transportAt + 4)
  w[h + INITIAL] = (flags & tcp.SYN) !== 0 ? sequence : (sequence - 1) | 0
  w[h + NEXT] = (sequence + payload + ((flags >> 1) & 1) + (flags & 1)) | 0
  if (isFirst) {
    w[c + STATE]! |= bit(STARTED, side)
    w[h + HARDWARE_UNANSWERED] = state.hardware.number(place.frame, place.sourceHardwareAt) << 16
    return
  }
  w[c + STATE]! &= ~bit(ACK_SEEN, otherSide(side))
  const holes = state.table.cold.get(row)?.holes[side] ?? []
  if (holes.length > 0) holes.length = 0
}

/** A side acknowledges more than it did before. */
function acknowledge(state: TapState, row: number, side: Side, acknowledgment: number, packet: number): void {
  const w = state.table.words
  const c = row * RECORD_WORDS
  const h = half(row, side)
  const p = half(row, otherSide(side))
  const bits = w[c + STATE]!
  const isFirst = (bits & bit(ACK_SEEN, side)) === 0
  if ((bits & bit(STARTED, otherSide(side))) !== 0) {
    const unseen = (acknowledgment - w[p + NEXT]!) | 0
    if (unseen > JUMP_MAX || unseen < -JUMP_MAX) return
    if (unseen > 0) {
      if (!isBelieved(state, row, otherSide(side), acknowledgment)) return
      missed(state, row, otherSide(side), acknowledgment)
    }
  } else if (isFirst) w[p + INITIAL] = (acknowledgment - 1) | 0
  if (isFirst) w[c + STATE]! |= bit(ACK_SEEN, side)
  w[h + ACKNOWLEDGED] = acknowledgment
  if ((bits & READ) !== 0) {
    state.table.streams
      .get(row)
      ?.acknowledged(otherSide(side), acknowledgment >>> 0, state.moment[0]!, packet)
  }
}

/** A segment at an unexpected place: tells of those that stay unanswered; true if it asks for an answer
 * again. */
function irregular(
  state: TapState,
  row: number,
  side: Side,
  sequence: number,
  syn: number,
  payload: number,
  fin: number,
  probe: boolean,
  packet: number,
): boolean {
  const what = irregularSegment(state, row, side, sequence, syn, payload, fin, probe)
  if (what !== 'keep-alive' && what !== 'retransmission') return false
  const time = state.moment[0]!
  const w = state.table.words
  const h = half(row, side)
  const count = w[h + HARDWARE_UNANSWERED]! & 0xffff
  const cold = coldOf(state, row)
  if (count === 1) cold.unanswered = withSide(cold.unanswered, side, { at: time, packet })
  const since = cold.unanswered[side]
  if (since !== null && count > 1 && (count & (count - 1)) === 0) {
    state.emit({
      kind: 'unanswered',
      time,
      tap: state.tap,
      connection: connectionId(state, row),
      originator: endpointOf(state, row, 0),
      responder: endpointOf(state, row, 1),
      from: side,
      count,
      since: since.at,
      firstPacket: since.packet,
      packet,
      keepAlive: what === 'keep-alive',
      hopLimit: hopLimitOf(w, h),
    })
  }
  return true
}

function countZeroWindow(w: Int32Array, h: number): void {
  const word = w[h + IDENTIFICATION_ZERO_WINDOWS]!
  if ((word & 0xffff) !== 0xffff) w[h + IDENTIFICATION_ZERO_WINDOWS] = word + 1
}
