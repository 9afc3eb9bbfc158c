/**
 * The three-way handshake: who opened the connection, how long a round trip takes, and whether the try came
 * to nothing.
 */
import type { ConnectionOpened } from '../model/observation.ts'
import { otherSide, type Side } from '../model/packet.ts'
import type { Micros } from '../model/time.ts'
import * as tcp from '../wire/tcp.ts'
import type { Place } from '../wire/frame.ts'
import { type Cold, NEITHER, withSide } from './cold.ts'
import {
  ACKNOWLEDGED,
  ACK_SEEN,
  ADDRESS_0,
  ADDRESS_1,
  ASKED,
  ESTABLISHED,
  FAILED,
  FIN_SEEN,
  FIRST_PACKET,
  HARDWARE_UNANSWERED,
  INEXACT,
  INITIAL,
  LEG_RTT,
  LEG_RTT_MIN,
  NEXT,
  OVER,
  PACKETS,
  RECORD_WORDS,
  RETRIED,
  ROLES_GUESSED,
  RST_SEEN,
  SENT_AT,
  STARTED,
  STATE,
  SYN_SEEN,
  UNOPENED,
  UNTIMED,
  WINDOW_HOP_SCALE,
  bit,
  half,
  handshakeRtt,
} from './fields.ts'
import { noteHopLimit } from './hop-limits.ts'
import { coldOf, connectionId, endpointOf, firstAt, type TapState } from './tap-state.ts'

const UINT32_MAX = 0xffffffff

/**
 * A SYN or SYN/ACK of `side`: its options are kept for telling hosts apart; a repeated SYN is a try that was
 * not answered. A SYN/ACK after a SYN brings back a connection that was over: a refused client tries again
 * with the same numbers.
 */
export function synSeen(
  state: TapState,
  row: number,
  side: Side,
  place: Place,
  time: Micros,
  packet: number,
): void {
  const w = state.table.words
  const c = row * RECORD_WORDS
  const cold = coldOf(state, row)
  const facts = state.synFacts.of(place)
  const h = half(row, side)
  if (facts.windowScale >= 0)
    w[h + WINDOW_HOP_SCALE] = (w[h + WINDOW_HOP_SCALE]! & ~0xff) | (facts.windowScale + 1)
  if (cold.syn[side] === null) cold.syn = withSide(cold.syn, side, facts)
  const isRepeated =
    (w[c + STATE]! & bit(SYN_SEEN, side)) !== 0 &&
    w[h + INITIAL] === (tcp.sequence(place.bytes, place.transportAt) | 0)
  const host = w[c + (side === 0 ? ADDRESS_0 : ADDRESS_1)]!
  noteHopLimit(state.hopLimits, host, facts.hopLimit, isRepeated)
  state.lacks.hasSyn = true
  w[c + STATE]! |= bit(SYN_SEEN, side)
  if ((tcp.flags(place.bytes, place.transportAt) & tcp.ACK) === 0) {
    synOf(state, row, side, cold, time)
    if (side === 0 && cold.synAttempts === 1) refusedBefore(state, row, place, time, packet)
  } else {
    if ((w[c + STATE]! & RETRIED) !== 0) revive(w, c, cold)
    // What is answered is the last one sent (Karn's rule; Wireshark's initial round trip does so too).
    if (cold.synAckAt === null && cold.synAt !== null) w[h + LEG_RTT] = span(cold.synAt, time)
    if (cold.synAckAt === null && side === 1) completedBefore(state, row, place, time)
    cold.synAckAt = time
    if (side === 1) cold.answeredTo = state.hardware.number(place.frame, place.destinationHardwareAt)
    if (side === 1) w[c + STATE]! &= ~ROLES_GUESSED
  }
}

/**
 * The responder's SYN/ACK comes: if it was acknowledged before, it is stored late, and completes the
 * handshake all the same. The acknowledgment's time is known while it is its side's last packet, and the
 * SYN's while it is the row's first.
 */
function completedBefore(state: TapState, row: number, place: Place, time: Micros): void {
  const { words: w, f64 } = state.table
  const c = row * RECORD_WORDS
  const told = SYN_SEEN | bit(ACK_SEEN, 0)
  const zero = half(row, 0)
  const sequence = tcp.sequence(place.bytes, place.transportAt) | 0
  const isAcknowledged = ((w[zero + ACKNOWLEDGED]! - sequence) | 0) > 0
  if ((w[c + STATE]! & (told | UNOPENED)) !== told || !isAcknowledged) return
  w[c + STATE]! |= ESTABLISHED
  if (w[zero + PACKETS] !== 2) return
  w[zero + LEG_RTT] = span(time, f64[(zero + SENT_AT) >> 1]!)
  w[half(row, 1) + LEG_RTT] = span(firstAt(state, row), time)
}

function synOf(state: TapState, row: number, side: Side, cold: Cold, time: Micros): void {
  const w = state.table.words
  const c = row * RECORD_WORDS
  if (cold.synAckAt === null) cold.synAt = time
  else if (cold.synAt === null && side === 0 && time <= cold.synAckAt) {
    // It is stored behind what answers it.
    cold.synAt = time
    w[half(row, 1) + LEG_RTT] = span(time, cold.synAckAt)
  }
  if ((w[c + STATE]! & OVER) !== 0) w[c + STATE]! |= RETRIED
  if (side === 1) return
  w[c + STATE]! &= ~ROLES_GUESSED
  cold.synAttempts++
  if (cold.synAttempts === 2 && cold.synAckAt === null) tellFailed(state, row, 'unanswered', time)
}

/** A refusal that is stored before the SYN that it answers: kept until that comes. */
function noteRefusal(w: Int32Array, row: number, { bytes, transportAt }: Place): void {
  const acknowledgment = tcp.acknowledgment(bytes, transportAt) | 0
  w[row * RECORD_WORDS + STATE]! |= bit(ACK_SEEN, 1)
  w[half(row, 1) + ACKNOWLEDGED] = acknowledgment
  w[half(row, 0) + INITIAL] = (acknowledgment - 1) | 0
}

/** The originator's first SYN comes, and is refused already. */
function refusedBefore(state: TapState, row: number, place: Place, time: Micros, packet: number): void {
  const { words: w } = state.table
  const c = row * RECORD_WORDS
  const refused = bit(RST_SEEN, 1) | bit(ACK_SEEN, 1) | UNOPENED
  const answered = (tcp.sequence(place.bytes, place.transportAt) + 1) | 0
  if ((w[c + STATE]! & (refused | bit(STARTED, 1))) !== refused) return
  if (w[half(row, 1) + ACKNOWLEDGED] !== answered) return
  w[c + FIRST_PACKET] = packet
  tellFailed(state, row, 'refused', time)
}

function revive(w: Int32Array, c: number, cold: Cold): void {
  const ends = FIN_SEEN | RST_SEEN | INEXACT | ASKED
  w[c + STATE]! &= ~(OVER | RETRIED | ends | (ends << 1))
  cold.fin = cold.rst = NEITHER
  cold.endedBy = null
  cold.idleBeforeEnd = null
}

/**
 * A packet without SYN on a connection that was not yet told as open; false if it belongs to an earlier one.
 * A host that still holds an old connection answers a SYN with an acknowledgment of that one's octets (a
 * challenge ACK, RFC 5961 §4.2). Who was not answered sends no RST (RFC 9293 §3.10.5): an originator that
 * does has heard what the tap has not.
 */
export function openBy(state: TapState, row: number, side: Side, place: Place, time: Micros): boolean {
  const w = state.table.words
  const c = row * RECORD_WORDS
  const both = SYN_SEEN | bit(SYN_SEEN, 1)
  const cold = state.table.cold.get(row)
  const flags = tcp.flags(place.bytes, place.transportAt)
  state.lacks.hasMore = true
  if ((flags & tcp.RST) !== 0) {
    if ((w[c + STATE]! & both) === both) tellFailed(state, row, 'aborted', time)
    else if ((w[c + STATE]! & both) !== 0) tellFailed(state, row, side === 1 ? 'refused' : 'aborted', time)
    else if (side === 1 && tcp.isRefusal(place.bytes, place.transportAt)) noteRefusal(w, row, place)
    return true
  }
  if (side === 1 && (w[c + STATE]! & both) === SYN_SEEN && !acknowledgesSyn(state, row, 0, place))
    return false
  if ((w[c + STATE]! & both) === both && (flags & tcp.ACK) !== 0) {
    w[c + STATE]! |= ESTABLISHED
    if (cold?.synAckAt != null && side === 0) w[half(row, 0) + LEG_RTT] = span(cold.synAckAt, time)
    else if (cold?.synAckAt != null) w[c + STATE]! |= UNTIMED
  }
  tellOpened(state, row, side, place, time)
  return true
}

/**
 * The originator's first packet since it was answered comes only after the responder's next one. It tells the
 * round trip of its leg if it acknowledges the SYN/ACK alone, or all that the responder sent.
 */
export function timeLate(state: TapState, row: number, { bytes, transportAt }: Place, time: Micros): void {
  const { words: w, f64 } = state.table
  const one = half(row, 1)
  w[row * RECORD_WORDS + STATE]! &= ~UNTIMED
  const answeredAt = state.table.cold.get(row)?.synAckAt ?? null
  const acknowledgment = tcp.acknowledgment(bytes, transportAt) | 0
  if (acknowledgment === ((w[one + INITIAL]! + 1) | 0) && answeredAt !== null)
    w[half(row, 0) + LEG_RTT] = span(answeredAt, time)
  else if (acknowledgment === w[one + NEXT])
    w[half(row, 0) + LEG_RTT] = span(f64[(one + SENT_AT) >> 1]!, time)
}

/** It acknowledges the SYN of `side`, and no more than was sent since. */
export function acknowledgesSyn(state: TapState, row: number, side: Side, place: Place): boolean {
  if ((tcp.flags(place.bytes, place.transportAt) & tcp.ACK) === 0) return false
  const w = state.table.words
  const h = half(row, side)
  const acknowledgment = tcp.acknowledgment(place.bytes, place.transportAt) | 0
  return ((acknowledgment - w[h + INITIAL]!) | 0) > 0 && ((w[h + NEXT]! - acknowledgment) | 0) >= 0
}

function tellOpened(state: TapState, row: number, side: Side, place: Place, time: Micros): void {
  const w = state.table.words
  const c = row * RECORD_WORDS
  w[c + STATE]! &= ~UNOPENED
  const hardware = [hardwareOf(state, row, 0, side, place), hardwareOf(state, row, 1, side, place)] as const
  const initialSequence = [
    initialBy(state, row, 0, side, place),
    initialBy(state, row, 1, side, place),
  ] as const
  state.emit(opened(state, row, { time, hardware, initialSequence, tag: place.tag }))
}

/** That it opened, and what the table knows of that; the rest is handed in. */
export function opened(
  state: TapState,
  row: number,
  its: Pick<ConnectionOpened, 'time' | 'hardware' | 'initialSequence' | 'tag'>,
): ConnectionOpened {
  const w = state.table.words
  const c = row * RECORD_WORDS
  const cold = state.table.cold.get(row)
  const { time, hardware, initialSequence, tag } = its
  return {
    kind: 'connection-opened',
    time,
    tap: state.tap,
    connection: connectionId(state, row),
    packet: w[c + FIRST_PACKET]! >>> 0,
    start: firstAt(state, row),
    originator: endpointOf(state, row, 0),
    responder: endpointOf(state, row, 1),
    rolesKnown: (w[c + STATE]! & ROLES_GUESSED) === 0,
    handshake: handshakeSeen(w[c + STATE]!),
    handshakeRtt: handshakeRtt(w, row) || null,
    syn: cold?.syn ?? NEITHER,
    hardware,
    answeredTo: state.hardware.text(cold?.answeredTo ?? 0),
    initialSequence,
    tag,
  }
}

/** The MAC address of a side; of the packet in hand, which `sender` sent, if the side was not seen before. */
function hardwareOf(state: TapState, row: number, side: Side, sender: Side, place: Place): string | null {
  const known = state.table.words[half(row, side) + HARDWARE_UNANSWERED]! >>> 16
  const number =
    known === 0 && side === sender ? state.hardware.number(place.frame, place.sourceHardwareAt) : known
  return state.hardware.text(number)
}

/** The initial sequence number of a side whose SYN was seen. It is also known by what the other side
 * acknowledged next after its own SYN, if it is stored behind that, or was missed. */
export function initial({ table: { words: w } }: TapState, row: number, side: Side): number | null {
  const other = otherSide(side)
  const bits = w[row * RECORD_WORDS + STATE]!
  const answered = bit(SYN_SEEN, other) | bit(ACK_SEEN, other)
  const isKnown = (bits & bit(SYN_SEEN, side)) !== 0 || (bits & answered) === answered
  return isKnown ? w[half(row, side) + INITIAL]! >>> 0 : null
}

/** The same, while the packet in hand, which `sender` sent, is not yet accounted for. */
function initialBy(state: TapState, row: number, side: Side, sender: Side, place: Place): number | null {
  const known = initial(state, row, side)
  const isSyn = (state.table.words[row * RECORD_WORDS + STATE]! & bit(SYN_SEEN, sender)) !== 0
  if (known !== null || sender === side || !isSyn) return known
  const { bytes, transportAt } = place
  if ((tcp.flags(bytes, transportAt) & tcp.ACK) === 0) return null
  return (tcp.acknowledgment(bytes, transportAt) - 1) >>> 0
}

/** Tells a try that came to nothing, once. The connection may yet open: a late SYN/ACK then tells so. */
export function tellFailed(
  state: TapState,
  row: number,
  manner: 'refused' | 'unanswered' | 'aborted',
  time: Micros,
): void {
  const w = state.table.words
  const c = row * RECORD_WORDS
  if ((w[c + STATE]! & FAILED) !== 0) return
  w[c + STATE]! |= FAILED
  state.emit({
    kind: 'connection-failed',
    time,
    tap: state.tap,
    connection: connectionId(state, row),
    packet: w[c + FIRST_PACKET]! >>> 0,
    start: firstAt(state, row),
    originator: endpointOf(state, row, 0),
    responder: endpointOf(state, row, 1),
    manner,
    attempts: state.table.cold.get(row)?.synAttempts ?? 1,
  })
}

export function handshakeSeen(bits: number): 'complete' | 'partial' | 'none' {
  if ((bits & ESTABLISHED) !== 0) return 'complete'
  return (bits & (SYN_SEEN | bit(SYN_SEEN, 1))) !== 0 ? 'partial' : 'none'
}

/** True if a SYN was sent, nothing came back, and it was not told yet. */
export function isUnansweredAttempt(state: TapState, row: number): boolean {
  const bits = state.table.words[row * RECORD_WORDS + STATE]!
  return (bits & (SYN_SEEN | UNOPENED | FAILED | bit(STARTED, 1))) === (SYN_SEEN | UNOPENED)
}

/** Microseconds for LEG_RTT: 1 where the times are equal, 0 where the order of packets is not that of their
 * times. */
const span = (from: Micros, to: Micros): number =>
  to < from ? 0 : Math.min(UINT32_MAX, Math.max(LEG_RTT_MIN, to - from))
