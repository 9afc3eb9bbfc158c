/**
 * What the numbers of a segment tell of what the tap did not see: octets that it lost, or that a filter kept
 * from it. Asked before the segment is accounted for.
 */
import { i32 } from '../bytes/read.ts'
import { otherSide, type Side } from '../model/packet.ts'
import * as tcp from '../wire/tcp.ts'
import type { Place } from '../wire/frame.ts'
import { JUMP_MAX } from './acceptance.ts'
import { NEXT, RECORD_WORDS, STARTED, STATE, bit, half } from './fields.ts'
import type { TapState } from './tap-state.ts'

/** The numbers of the packet in hand, not yet accounted for, tell of octets that the tap did not see, or are
 * those of another connection. */
export function tellsOfUnseen(state: TapState, row: number, side: Side, place: Place): boolean {
  return isBeyond(aheadOf(state, row, side, place)) || isBeyond(acknowledgedAhead(state, row, side, place))
}

/**
 * Octets that passed unseen before the packet in hand: `[of the originator, of the responder]`. That it
 * acknowledges one sequence number more than was seen tells of the other side's FIN, and of no octet.
 */
export function unseenBefore(
  state: TapState,
  row: number,
  side: Side,
  place: Place,
): readonly [number, number] {
  const own = octets(aheadOf(state, row, side, place))
  const acknowledged = octets(acknowledgedAhead(state, row, side, place))
  const others = acknowledged === 1 ? 0 : acknowledged
  return side === 0 ? [own, others] : [others, own]
}

/** Octets passed since the last packet that the tap saw: there was no silence as long as that. */
export function passedUnseen(state: TapState, row: number, side: Side, place: Place): boolean {
  const [byOriginator, byResponder] = unseenBefore(state, row, side, place)
  return byOriginator + byResponder > 0
}

/** How far the segment begins beyond where its side stood; 0 if that is not known. */
function aheadOf({ table }: TapState, row: number, side: Side, { bytes, transportAt }: Place): number {
  const w = table.words
  if ((w[row * RECORD_WORDS + STATE]! & bit(STARTED, side)) === 0) return 0
  return (i32(bytes, transportAt + 4) - w[half(row, side) + NEXT]!) | 0
}

/** How far it acknowledges beyond where the other side stood; 0 if it acknowledges nothing, or that is not
 * known. */
function acknowledgedAhead(
  { table }: TapState,
  row: number,
  side: Side,
  { bytes, transportAt }: Place,
): number {
  const w = table.words
  const other = otherSide(side)
  const isKnown = (w[row * RECORD_WORDS + STATE]! & bit(STARTED, other)) !== 0
  if (!isKnown || (tcp.flags(bytes, transportAt) & tcp.ACK) === 0) return 0
  return (i32(bytes, transportAt + 8) - w[half(row, other) + NEXT]!) | 0
}

const isBeyond = (ahead: number): boolean => ahead > 0 || ahead < -JUMP_MAX

const octets = (ahead: number): number => (ahead > 0 && ahead <= JUMP_MAX ? ahead : 0)
