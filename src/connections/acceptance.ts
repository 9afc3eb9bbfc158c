/**
 * Whether a segment's numbers can be those of its connection (RFC 9293 §3.10.7.4): a receiver takes only
 * what lies in the window that it offers.
 *
 * An observer may have missed what opened the window, and the octets up to there. So what lies beyond it is
 * not believed at once, but when a second segment tells of about the same place: one that strayed here from
 * another life of the ports comes alone.
 */
import { otherSide, type Side } from '../model/packet.ts'
import { i32 } from '../bytes/read.ts'
import type { Place } from '../wire/frame.ts'
import {
  ACKNOWLEDGED,
  ACK_SEEN,
  FIN_SEEN,
  NEXT,
  RECORD_WORDS,
  STARTED,
  STATE,
  STREAM,
  SYN_SEEN,
  WINDOW_HOP_SCALE,
  bit,
  half,
} from './fields.ts'
import type { TapState } from './tap-state.ts'

/** A jump this far is no lost segment but another stream or a broken header: 2^30, the largest window (RFC
 * 7323 §2.3). */
export const JUMP_MAX = 1 << 30
/** Window assumed where the true one is not known, because no SYN told the scale or the side was never seen:
 * the largest unscaled one. */
export const WINDOW_UNKNOWN = 0xffff

/** Octets that a side is ready to take. Scaling counts if both SYNs offer it (RFC 7323 §2.2). */
export function windowOffered(w: Int32Array, bits: number, row: number, side: Side): number {
  const raw = w[half(row, side) + WINDOW_HOP_SCALE]! >>> 16
  const both = SYN_SEEN | bit(SYN_SEEN, 1)
  if ((bits & both) !== both) return Math.max(raw, WINDOW_UNKNOWN)
  const own = w[half(row, side) + WINDOW_HOP_SCALE]! & 0xff
  const other = w[half(row, otherSide(side)) + WINDOW_HOP_SCALE]! & 0xff
  return own > 0 && other > 0 ? raw << (own - 1) : raw
}

/** How far from where a side stands its octets may lie: the window that the other side offers, where both
 * SYNs tell of it. A small one may have been larger a moment before. */
export function reachOf({ table }: TapState, row: number, side: Side): number {
  const w = table.words
  const bits = w[row * RECORD_WORDS + STATE]!
  const both = SYN_SEEN | bit(SYN_SEEN, 1)
  if ((bits & both) !== both) return JUMP_MAX
  return Math.max(WINDOW_UNKNOWN, windowOffered(w, bits, row, otherSide(side)))
}

/** Whether the octets of a side may go up to `sequence`, which lies beyond NEXT, though those before it were
 * not seen. */
export function isBelieved(state: TapState, row: number, side: Side, sequence: number): boolean {
  const w = state.table.words
  const h = half(row, side)
  const ahead = (sequence - w[h + NEXT]!) | 0
  if (ahead <= WINDOW_UNKNOWN) return true
  const reach = reachOf(state, row, side)
  return ahead <= reach || state.doubts.isConfirmed(h, w[row * RECORD_WORDS + STREAM]!, sequence, reach)
}

/** Whether a segment with `payload` octets and a FIN can be its sender's last: nothing behind it was
 * acknowledged before, and it is not too far ahead. */
export function isFinBelieved(
  state: TapState,
  row: number,
  side: Side,
  { bytes, transportAt }: Place,
  payload: number,
): boolean {
  const w = state.table.words
  const bits = w[row * RECORD_WORDS + STATE]!
  if ((bits & (bit(STARTED, side) | bit(FIN_SEEN, side))) !== bit(STARTED, side)) return true
  const sequence = i32(bytes, transportAt + 4)
  const peer = otherSide(side)
  const isAcknowledged = (bits & bit(ACK_SEEN, peer)) !== 0
  const known = isAcknowledged ? w[half(row, peer) + ACKNOWLEDGED]! : w[half(row, side) + NEXT]!
  if (((sequence + payload + 1 - known) | 0) < 0) return false
  const ahead = (sequence - w[half(row, side) + NEXT]!) | 0
  return ahead <= 0 || (ahead <= JUMP_MAX && isBelieved(state, row, side, sequence))
}
