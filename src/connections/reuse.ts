/**
 * Whether ports are used again: the segment in hand has the tuple of a connection that is known, and begins
 * another one, or is part of one whose beginning was not captured.
 */
import { i32 } from '../bytes/read.ts'
import { otherSide, type Side } from '../model/packet.ts'
import * as tcp from '../wire/tcp.ts'
import type { Place } from '../wire/frame.ts'
import { reachOf } from './acceptance.ts'
import {
  ACKNOWLEDGED,
  ACK_SEEN,
  INITIAL,
  NEXT,
  OVER,
  RECORD_WORDS,
  STARTED,
  STATE,
  SYN_SEEN,
  bit,
  half,
} from './fields.ts'
import type { TapState } from './tap-state.ts'

/** Whether the segment is of another connection than the row that `table.side` was found with. */
export function isAnotherLife(state: TapState, row: number, { bytes, transportAt }: Place): boolean {
  const side = state.table.side as Side
  const flags = tcp.flags(bytes, transportAt)
  const sequence = i32(bytes, transportAt + 4)
  const acknowledgment = i32(bytes, transportAt + 8)
  if ((flags & (tcp.SYN | tcp.ACK)) === tcp.SYN) return isOtherSyn(state, row, side, sequence)
  if ((flags & (tcp.RST | tcp.FIN)) !== 0 || (flags & tcp.ACK) === 0) return false
  if ((flags & tcp.SYN) !== 0 && isOtherSynAck(state, row, side, sequence, acknowledgment)) return true
  const isOver = (state.table.words[row * RECORD_WORDS + STATE]! & OVER) !== 0
  return isOver && isFarFrom(state, row, side, sequence, acknowledgment)
}

/** A SYN with another initial sequence number than its side had. What the other side acknowledged first will
 * do for that, if the side was not captured. */
function isOtherSyn({ table: { words: w } }: TapState, row: number, side: Side, sequence: number): boolean {
  const known = bit(STARTED, side) | bit(ACK_SEEN, otherSide(side))
  return (w[row * RECORD_WORDS + STATE]! & known) !== 0 && w[half(row, side) + INITIAL] !== sequence
}

/** A SYN/ACK with another initial sequence number than its side had, and the answer to another SYN: one that
 * answers the same SYN anew may number its stream as it likes. */
function isOtherSynAck(
  { table: { words: w } }: TapState,
  row: number,
  side: Side,
  sequence: number,
  acknowledgment: number,
): boolean {
  const bits = w[row * RECORD_WORDS + STATE]!
  const isPeerKnown = (bits & (bit(STARTED, otherSide(side)) | bit(ACK_SEEN, side))) !== 0
  if ((bits & bit(SYN_SEEN, side)) === 0 || !isPeerKnown) return false
  const answered = (acknowledgment - 1) | 0
  return w[half(row, side) + INITIAL] !== sequence && w[half(row, otherSide(side)) + INITIAL] !== answered
}

/** Both numbers lie farther from where a connection ended than any straggler of it may. */
function isFarFrom(
  state: TapState,
  row: number,
  side: Side,
  sequence: number,
  acknowledgment: number,
): boolean {
  const w = state.table.words
  const bits = w[row * RECORD_WORDS + STATE]!
  const peer = otherSide(side)
  const isPeerStarted = (bits & bit(STARTED, peer)) !== 0
  if ((bits & bit(STARTED, side)) === 0 || (!isPeerStarted && (bits & bit(ACK_SEEN, side)) === 0))
    return false
  const acknowledged = isPeerStarted ? w[half(row, peer) + NEXT]! : w[half(row, side) + ACKNOWLEDGED]!
  return (
    Math.abs((sequence - w[half(row, side) + NEXT]!) | 0) > reachOf(state, row, side) &&
    Math.abs((acknowledgment - acknowledged) | 0) > reachOf(state, row, peer)
  )
}
