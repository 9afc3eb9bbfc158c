/**
 * How connections end: FIN, RST (believed only inside the window, RFC 5961 §3.2), and the account of both.
 */
import { latin1 } from '../bytes/latin1.ts'
import type { SilenceOutcome } from '../model/observation.ts'
import { otherSide, type Side } from '../model/packet.ts'
import { SECOND, type Micros } from '../model/time.ts'
import * as tcp from '../wire/tcp.ts'
import type { Place } from '../wire/frame.ts'
import { hardwareText } from '../bytes/address.ts'
import { type Cold, withSide } from './cold.ts'
import {
  ACKNOWLEDGED,
  ADDRESS_0,
  ADDRESS_1,
  ACK_SEEN,
  FIN_SEEN,
  HARDWARE_UNANSWERED,
  IDENTIFICATION_ZERO_WINDOWS,
  INEXACT,
  LAST_PACKET,
  LEG_RTT,
  LEG_RTT_MIN,
  NEXT,
  OVER,
  PACKETS,
  RECORD_WORDS,
  RST_SEEN,
  SENT_AT,
  STARTED,
  STATE,
  SYN_SEEN,
  WAKING,
  bit,
  half,
  hopLimitOf,
} from './fields.ts'
import { isOneOfSeveral, latestHopLimit } from './hop-limits.ts'
import { WINDOW_UNKNOWN, windowOffered } from './acceptance.ts'
import { answered } from './advance.ts'
import { acknowledgesSyn } from './handshake.ts'
import { isUnasked, settle, settleHeard, wake } from './silences.ts'
import type { Waking } from './waking.ts'
import { passedUnseen, unseenBefore } from './unseen.ts'
import { bytesSent, coldOf, connectionId, endpointOf, lastAt, type TapState } from './tap-state.ts'

/** Whoever takes its leave in words (a close_notify, a 408, a 421) closes right behind them; TLS wants the
 * one before the other (RFC 8446 §6.1). Both come of one call; a starting value. */
const FAREWELL_WITHIN: Micros = SECOND
/** Octets of text in a RST that are kept. */
const RESET_TEXT_MAX = 256

/**
 * Whether the receiver would take this RST: it lies in the window that the receiver last offered, or where
 * its sender goes on; the answer to a SYN has to acknowledge that SYN (RFC 9293 §3.10.7.3). A passive
 * observer sees segments before the receiver or after it, so the exact match that RFC 5961 §3.2 asks of
 * receivers would reject good ones. Without knowledge of either side, it is believed.
 */
export function isResetValid(state: TapState, row: number, side: Side, place: Place): boolean {
  const w = state.table.words
  const bits = w[row * RECORD_WORDS + STATE]!
  const own = half(row, side)
  const peer = half(row, otherSide(side))
  const sequence = tcp.sequence(place.bytes, place.transportAt) | 0
  const started = (bits & bit(STARTED, side)) !== 0
  if (started && sequence === w[own + NEXT]) return true
  if ((bits & bit(ACK_SEEN, otherSide(side))) !== 0) {
    const ahead = (sequence - w[peer + ACKNOWLEDGED]!) | 0
    return ahead === 0 || (ahead > 0 && ahead < windowOffered(w, bits, row, otherSide(side)))
  }
  if (!started)
    return (
      (bits & bit(SYN_SEEN, otherSide(side))) === 0 || acknowledgesSyn(state, row, otherSide(side), place)
    )
  const ahead = (sequence - w[own + NEXT]!) | 0
  return ahead > 0 && ahead < WINDOW_UNKNOWN
}

/** Whether a RST that is believed lies exactly where its receiver stands, as far as that is known. */
function isExact(state: TapState, row: number, side: Side, place: Place): boolean {
  const w = state.table.words
  const bits = w[row * RECORD_WORDS + STATE]!
  const sequence = tcp.sequence(place.bytes, place.transportAt) | 0
  if ((bits & bit(STARTED, side)) === 0 || sequence === w[half(row, side) + NEXT]) return true
  const peer = otherSide(side)
  return (bits & bit(ACK_SEEN, peer)) !== 0 && sequence === w[half(row, peer) + ACKNOWLEDGED]
}

/** Tells a believed RST, settles a waking silence, and marks the connection over. Comes before the packet is
 * accounted for. One more that lies exactly where its receiver stands leaves no doubt of those before it. */
export function resetSeen(
  state: TapState,
  row: number,
  side: Side,
  place: Place,
  time: Micros,
  packet: number,
): void {
  const cold = coldOf(state, row)
  const w = state.table.words
  const c = row * RECORD_WORDS
  const exact = isExact(state, row, side, place)
  if ((w[c + STATE]! & bit(RST_SEEN, side)) !== 0) {
    if (exact) w[c + STATE]! &= ~bit(INEXACT, side)
    return
  }
  const before = state.table.f64[(half(row, otherSide(side)) + SENT_AT) >> 1]!
  const sinceLast = Math.max(0, time - lastAt(state, row))
  if (sinceLast > FAREWELL_WITHIN) settleHeard(state, row, time)
  const hears =
    w[half(row, otherSide(side)) + PACKETS]! > 0 && (w[c + STATE]! & bit(RST_SEEN, otherSide(side))) === 0
  const provoked = hears && before === lastAt(state, row) && sinceLast < state.silenceMin
  const waking = state.wakings.of(row)
  const wokenByPeer = waking?.brokenBy === otherSide(side) ? waking.end - waking.start : 0
  const isFree = (w[c + STATE]! & (OVER | WAKING)) === 0
  if (sinceLast >= state.silenceMin && isFree && !passedUnseen(state, row, side, place))
    wake(state, row, side, 'rst', time, packet)
  const idleBefore = provoked ? wokenByPeer : sinceLast
  tellReset(state, row, side, place, time, packet, provoked ? sinceLast : null, idleBefore)
  endSilence(state, row, side, 'rst', false, time, packet)
  answered(state, row, otherSide(side))
  cold.rst = withSide(cold.rst, side, { at: time, packet })
  markEnd(cold, side, idleBefore)
  w[c + STATE]! |= bit(RST_SEEN, side) | OVER | (exact ? 0 : bit(INEXACT, side))
}

function tellReset(
  state: TapState,
  row: number,
  side: Side,
  place: Place,
  time: Micros,
  packet: number,
  sinceProvocation: Micros | null,
  idleBefore: Micros,
): void {
  const w = state.table.words
  const c = row * RECORD_WORDS
  const h = half(row, side)
  const b = place.bytes
  const t = place.transportAt
  const spoke = (w[c + STATE]! & bit(STARTED, side)) !== 0
  const ownLast = state.table.f64[(h + SENT_AT) >> 1]!
  const header = tcp.headerLength(b, t, place.end)
  const payloadAt = header === 0 ? place.end : t + header
  state.emit({
    kind: 'reset',
    time,
    tap: state.tap,
    connection: connectionId(state, row),
    originator: endpointOf(state, row, 0),
    responder: endpointOf(state, row, 1),
    packet,
    from: side,
    sequence: tcp.sequence(b, t),
    sequenceOffset: (w[c + STATE]! & bit(STARTED, side)) !== 0 ? (tcp.sequence(b, t) - w[h + NEXT]!) | 0 : 0,
    acknowledges: (tcp.flags(b, t) & tcp.ACK) !== 0,
    window: tcp.window(b, t),
    payload: latin1(b, payloadAt, Math.min(place.end, payloadAt + RESET_TEXT_MAX)),
    hopLimit: place.hopLimit,
    usualHopLimit: hopLimitBefore(state, row, side, place),
    identification: place.identification,
    previousIdentification: spoke ? w[h + IDENTIFICATION_ZERO_WINDOWS]! >>> 16 : null,
    hardware: place.sourceHardwareAt < 0 ? null : hardwareText(place.frame, place.sourceHardwareAt),
    usualHardware: state.hardware.text(w[h + HARDWARE_UNANSWERED]! >>> 16),
    provokedBy: sinceProvocation === null ? null : w[c + LAST_PACKET]! >>> 0,
    sinceProvocation,
    idleBefore,
    sinceOwn: ownLast > 0 ? Math.max(0, time - ownLast) : null,
    legRtt: w[h + LEG_RTT]! >>> 0 > LEG_RTT_MIN ? w[h + LEG_RTT]! >>> 0 : null,
    bytes: bytesBefore(state, row, side, place),
    afterFin: (w[c + STATE]! & (FIN_SEEN | bit(FIN_SEEN, 1))) !== 0,
  })
}

/**
 * Tells a side's first FIN. One that acknowledges the other side's, which the capture does not hold or holds
 * behind it, is the answer: that one was first, and this packet shows it.
 */
export function finSeen(
  state: TapState,
  row: number,
  side: Side,
  place: Place,
  time: Micros,
  packet: number,
): void {
  const bits = state.table.words[row * RECORD_WORDS + STATE]!
  if ((bits & bit(FIN_SEEN, side)) !== 0) return
  const idleBefore = Math.max(0, time - lastAt(state, row))
  if (idleBefore > FAREWELL_WITHIN) settleHeard(state, row, time)
  const unheard = acknowledgesUnheard(state, row, side, place)
  const isAnswer = unheard === 1 || acknowledgesUnseenFin(state, row, side, place)
  const first = isAnswer ? otherSide(side) : side
  const bytes = bytesBefore(state, row, side, place)
  // What the other side said meanwhile, where it is not heard, was no silence.
  const isFree = (state.table.words[row * RECORD_WORDS + STATE]! & (OVER | WAKING)) === 0
  const isSilent = idleBefore >= state.silenceMin && isFree && !isReply(state, row, side, place)
  if (isSilent && unheard <= 1 && !passedUnseen(state, row, side, place))
    wake(state, row, first, 'fin', time, packet)
  if (isAnswer) {
    const known = wokenByUnseenFin(state, row, side, place)
    const idle = known === null ? idleBefore : known.end - known.start
    tellFinished(state, row, first, null, bytes, idle, time, known?.endPacket ?? packet)
  }
  tellFinished(state, row, side, place, bytes, isAnswer ? 0 : idleBefore, time, packet)
}

/** Tells the FIN of the other side where nothing but its acknowledgment shows it: the segment in hand, of a
 * side that had closed before. Without that, the other side would count as open. False: it shows none. */
export function unseenFinAcknowledged(
  state: TapState,
  row: number,
  side: Side,
  place: Place,
  time: Micros,
  packet: number,
): boolean {
  const bits = state.table.words[row * RECORD_WORDS + STATE]!
  if ((bits & bit(FIN_SEEN, side)) === 0 || !acknowledgesUnseenFin(state, row, side, place)) return false
  const other = otherSide(side)
  const idleBefore = Math.max(0, time - lastAt(state, row))
  if (idleBefore >= state.silenceMin && (bits & (OVER | WAKING)) === 0)
    wake(state, row, other, 'fin', time, packet)
  tellFinished(state, row, other, null, bytesSent(state, row), idleBefore, time, packet)
  return true
}

/** Octets of the streams until the FIN or RST in hand: its numbers tell of those that passed unseen. */
function bytesBefore(state: TapState, row: number, side: Side, place: Place): readonly [number, number] {
  const seen = bytesSent(state, row)
  const unseen = unseenBefore(state, row, side, place)
  return [seen[0] + unseen[0], seen[1] + unseen[1]]
}

/** The silence that the other side's unseen FIN broke: `side` had acknowledged that at once, before it closed
 * as well. Null if it broke none. */
function wokenByUnseenFin(
  state: TapState,
  row: number,
  side: Side,
  { bytes, transportAt }: Place,
): Waking | null {
  const waking = state.wakings.of(row)
  const acknowledged = state.table.words[half(row, side) + ACKNOWLEDGED]!
  const isAcknowledged = (tcp.acknowledgment(bytes, transportAt) | 0) === acknowledged
  if (waking?.brokenBy !== side || waking.breaker !== 'acknowledgment' || !isAcknowledged) return null
  waking.brokenBy = otherSide(side)
  waking.breaker = 'fin'
  return waking
}

/**
 * Whether the segment acknowledges one sequence number more than its receiver was seen to use: that of a FIN
 * (RFC 9293 §3.4). A single octet that was lost would look the same.
 */
function acknowledgesUnseenFin(
  state: TapState,
  row: number,
  side: Side,
  { bytes, transportAt }: Place,
): boolean {
  const w = state.table.words
  const peer = otherSide(side)
  const isOpen =
    (w[row * RECORD_WORDS + STATE]! & (bit(STARTED, peer) | bit(FIN_SEEN, peer) | bit(RST_SEEN, peer))) ===
    bit(STARTED, peer)
  if (!isOpen || (tcp.flags(bytes, transportAt) & tcp.ACK) === 0) return false
  const next = w[half(row, peer) + NEXT]!
  const ahead = tcp.sequenceDistance(tcp.acknowledgment(bytes, transportAt), next)
  if (ahead !== 0) return ahead === 1
  // An acknowledgment before this one may have told of it.
  const hole = state.table.cold.get(row)?.holes[peer].at(-1)
  return hole !== undefined && hole.to === next && tcp.sequenceDistance(next, hole.from) === 1
}

/** Sequence numbers that the other side used since the last packet of this one, where none of its packets
 * passes the tap: those that the segment acknowledges anew. 0 where it is heard, or where nothing tells. */
function acknowledgesUnheard(state: TapState, row: number, side: Side, place: Place): number {
  const w = state.table.words
  const isUnheard = w[half(row, otherSide(side)) + PACKETS] === 0
  if (!isUnheard || (w[row * RECORD_WORDS + STATE]! & bit(ACK_SEEN, side)) === 0) return 0
  const { bytes, transportAt } = place
  if ((tcp.flags(bytes, transportAt) & tcp.ACK) === 0) return 0
  return tcp.sequenceDistance(tcp.acknowledgment(bytes, transportAt), w[half(row, side) + ACKNOWLEDGED]!)
}

/** `place`: null for a FIN that only its answer shows. */
function tellFinished(
  state: TapState,
  row: number,
  side: Side,
  place: Place | null,
  bytes: readonly [number, number],
  idleBefore: Micros,
  time: Micros,
  packet: number,
): void {
  const cold = coldOf(state, row)
  const w = state.table.words
  const c = row * RECORD_WORDS
  state.emit({
    kind: 'finished',
    time,
    tap: state.tap,
    connection: connectionId(state, row),
    originator: endpointOf(state, row, 0),
    responder: endpointOf(state, row, 1),
    packet,
    from: side,
    idleBefore,
    first: cold.endedBy === null,
    bytes,
    hopLimit: place?.hopLimit ?? null,
    usualHopLimit: place === null ? null : hopLimitBefore(state, row, side, place),
  })
  const received = place !== null && receivesAll(state, row, side, place)
  endSilence(state, row, side, 'fin', received, time, packet)
  cold.fin = withSide(cold.fin, side, { at: time, packet })
  markEnd(cold, side, idleBefore)
  w[c + STATE]! |= bit(FIN_SEEN, side)
}

/** A FIN or RST of `side` settles a waking silence: which way depends on who broke it. `received`: it
 * acknowledges all that the other side sent. */
function endSilence(
  state: TapState,
  row: number,
  side: Side,
  by: 'fin' | 'rst',
  received: boolean,
  time: Micros,
  packet: number,
): void {
  const waking = state.wakings.of(row)
  if (waking === undefined) return
  const tell = (outcome: SilenceOutcome): void => settle(state, row, outcome, time, packet)
  if (waking.endPacket === packet) return tell(by === 'rst' ? 'aborted' : 'closed')
  // Who closes has got the answer that it had waited for; behind any other word, a FIN is no answer.
  const isReceipt = received && waking.brokenBy === 1 && waking.breaker === 'data' && !waking.isUnasked
  if (side !== waking.brokenBy) return tell(by === 'rst' ? 'reset' : isReceipt ? 'answered' : 'closed')
  // The side that broke the silence ends the connection: it took its leave, its word was received before, or
  // it gives up without ever having been answered.
  const isFarewell = waking.isUnasked && by === 'fin' && time - waking.end <= FAREWELL_WITHIN
  if (isFarewell && waking.retransmissions === 0) tell('closed')
  else if (waking.heardPacket !== 0) tell('answered')
  else tell(waking.retransmissions > 0 ? 'unanswered' : 'unknown')
}

/** A FIN that carries the answer to what the other side asked ends a wait, not a silence: HTTP/1.0 closes so
 * (RFC 9112 §9.3). */
function isReply(state: TapState, row: number, side: Side, { bytes, transportAt, wireEnd }: Place): boolean {
  return tcp.payloadLength(bytes, transportAt, wireEnd) > 0 && !isUnasked(state, row, side)
}

/** The packet in hand acknowledges all that the other side has sent. */
function receivesAll(state: TapState, row: number, side: Side, { bytes, transportAt }: Place): boolean {
  if ((tcp.flags(bytes, transportAt) & tcp.ACK) === 0) return false
  const next = state.table.words[half(row, otherSide(side)) + NEXT]!
  return tcp.sequenceDistance(tcp.acknowledgment(bytes, transportAt), next) >= 0
}

function markEnd(cold: Cold, side: Side, idleBefore: Micros): void {
  if (cold.endedBy !== null) return
  cold.endedBy = side
  cold.idleBeforeEnd = idleBefore
}

/** The hop limit of the side's packets so far, or with which its host began other connections; null where
 * there is none, or where it has several, and that of the packet in hand is like one of them. */
function hopLimitBefore(state: TapState, row: number, side: Side, { hopLimit }: Place): number | null {
  const w = state.table.words
  const c = row * RECORD_WORDS
  const host = w[c + (side === 0 ? ADDRESS_0 : ADDRESS_1)]!
  if (isOneOfSeveral(state.hopLimits, host, hopLimit)) return null
  const spoke = (w[c + STATE]! & bit(STARTED, side)) !== 0
  return spoke ? hopLimitOf(w, half(row, side)) : latestHopLimit(state.hopLimits, host)
}
