/**
 * The three-way handshake: who opened the connection, how long a round trip takes, and whether the try came to nothing.
 */
import { otherSide, type Side } from '../model/packet.ts'
import type { SynFacts } from '../model/connection.ts'
import type { Micros } from '../model/time.ts'
import * as tcp from '../wire/tcp.ts'
import type { Place } from '../wire/frame.ts'
import {
  ESTABLISHED,
  FAILED,
  FIRST_PACKET,
  HARDWARE_UNANSWERED,
  INITIAL,
  LEG_RTT,
  PACKETS,
  RECORD_WORDS,
  ROLES_GUESSED,
  STATE,
  SYN_SEEN,
  UNOPENED,
  WINDOW_HOP_SCALE,
  bit,
  half,
  handshakeRtt,
} from './fields.ts'
import { coldOf, connectionId, endpointOf, firstAt, type TapState } from './tap-state.ts'

const UINT32_MAX = 0xffffffff

/** A SYN or SYN/ACK of `side`: its options are kept for telling hosts apart; a repeated SYN is a try that was not answered. */
export function synSeen(state: TapState, row: number, side: Side, place: Place, time: Micros): void {
  const w = state.table.words
  const c = row * RECORD_WORDS
  const cold = coldOf(state, row)
  const facts = synFacts(place)
  const h = half(row, side)
  if (facts.windowScale >= 0) w[h + WINDOW_HOP_SCALE] = (w[h + WINDOW_HOP_SCALE]! & ~0xff) | (facts.windowScale + 1)
  cold.syn[side] ??= facts
  w[c + STATE]! |= bit(SYN_SEEN, side)
  if ((tcp.flags(place.bytes, place.transportAt) & tcp.ACK) === 0) {
    cold.synAt ??= time
    cold.synAttempts++
    if (cold.synAttempts === 2) tellFailed(state, row, 'unanswered', time)
  } else if (cold.synAckAt === null) {
    cold.synAckAt = time
    if (cold.synAt !== null) w[h + LEG_RTT] = span(cold.synAt, time)
  }
}

/** A packet without SYN on a connection that was not yet told as open. */
export function openBy(state: TapState, row: number, side: Side, flags: number, time: Micros): void {
  const w = state.table.words
  const c = row * RECORD_WORDS
  const both = SYN_SEEN | bit(SYN_SEEN, 1)
  const cold = state.table.cold[row]
  if ((flags & tcp.RST) !== 0) {
    if ((w[c + STATE]! & both) === both) tellFailed(state, row, 'aborted', time)
    else if ((w[c + STATE]! & both) !== 0 && side === 1) tellFailed(state, row, 'refused', time)
    return
  }
  if ((w[c + STATE]! & both) === both && (flags & tcp.ACK) !== 0) {
    w[c + STATE]! |= ESTABLISHED
    if (cold?.synAckAt != null && side === 0) w[half(row, 0) + LEG_RTT] = span(cold.synAckAt, time)
  }
  tellOpened(state, row, time)
}

function tellOpened(state: TapState, row: number, time: Micros): void {
  const w = state.table.words
  const c = row * RECORD_WORDS
  const cold = state.table.cold[row]
  w[c + STATE]! &= ~UNOPENED
  state.emit({
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
    syn: cold === undefined ? [null, null] : [cold.syn[0], cold.syn[1]],
    hardware: [
      state.hardware.text(w[half(row, 0) + HARDWARE_UNANSWERED]! >>> 16),
      state.hardware.text(w[half(row, 1) + HARDWARE_UNANSWERED]! >>> 16),
    ],
    initialSequence: [initial(state, row, 0), initial(state, row, 1)],
    tag: 0,
  })
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
    attempts: state.table.cold[row]?.synAttempts ?? 1,
  })
}

export function handshakeSeen(bits: number): 'complete' | 'partial' | 'none' {
  if ((bits & ESTABLISHED) !== 0) return 'complete'
  return (bits & (SYN_SEEN | bit(SYN_SEEN, 1))) !== 0 ? 'partial' : 'none'
}

/** True if a SYN was sent and nothing at all came back. */
export function isUnansweredAttempt(state: TapState, row: number): boolean {
  const w = state.table.words
  const bits = w[row * RECORD_WORDS + STATE]!
  return (bits & SYN_SEEN) !== 0 && (bits & (ESTABLISHED | FAILED)) === 0 && w[half(row, otherSide(0)) + PACKETS] === 0
}

/** The initial sequence number of a side whose SYN was seen. */
const initial = (state: TapState, row: number, side: Side): number | null =>
  (state.table.words[row * RECORD_WORDS + STATE]! & bit(SYN_SEEN, side)) === 0
    ? null
    : state.table.words[half(row, side) + INITIAL]! >>> 0

const span = (from: Micros, to: Micros): number => Math.min(UINT32_MAX, Math.max(1, to - from))

function synFacts(place: Place): SynFacts {
  const b = place.bytes
  const t = place.transportAt
  const facts = { hopLimit: place.hopLimit, window: tcp.window(b, t), mss: 0, windowScale: -1, options: '' }
  const end = Math.min(place.end, t + tcp.headerLength(b, t, place.end))
  const kinds: number[] = []
  for (let at = t + tcp.HEADER_MIN; at < end && b[at] !== 0; ) {
    const kind = b[at]!
    kinds.push(kind)
    const length = kind === 1 ? 1 : at + 1 < end ? b[at + 1]! : 0
    if (length === 0 || at + length > end) break
    if (kind === tcp.OPTION_MSS && length === 4) facts.mss = (b[at + 2]! << 8) | b[at + 3]!
    if (kind === tcp.OPTION_WINDOW_SCALE && length === 3) facts.windowScale = Math.min(14, b[at + 2]!)
    at += length
  }
  facts.options = kinds.join(',')
  return facts
}
