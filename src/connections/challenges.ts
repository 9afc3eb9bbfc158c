/**
 * Resets that were told and turn out not to have been taken.
 *
 * A receiver takes a RST only exactly where it stands, and answers one elsewhere in its window with a
 * challenge ACK (RFC 5961 §3.2). Where it stands, an observer does not know for certain; and devices in
 * between reset inexactly, too, whereupon nobody is heard any more. So such a RST is an end, until it is seen
 * that both sides go on: one sends what asks for an answer, and the other one, without a RST, acknowledges
 * all of it.
 */
import { otherSide, type Side } from '../model/packet.ts'
import { SECOND, type Micros } from '../model/time.ts'
import { i32 } from '../bytes/read.ts'
import * as tcp from '../wire/tcp.ts'
import type { Place } from '../wire/frame.ts'
import { type Cold, NEITHER } from './cold.ts'
import { ASKED, INEXACT, NEXT, OVER, RECORD_WORDS, RST_SEEN, STARTED, STATE, bit, half } from './fields.ts'
import { connectionId, type TapState } from './tap-state.ts'

/** What a side sends so long after it was reset was not on its way by then: no round trip takes longer (the
 * initial retransmission timeout of RFC 6298 §2.1). */
const CROSSING: Micros = SECOND
const SIDES = [0, 1] as const

/** RSTs ended the connection, and none of them lay exactly where its receiver stood. */
export const isDoubtful = (bits: number): boolean =>
  (bits & OVER) !== 0 && SIDES.every((side) => (bits & bit(RST_SEEN, side)) === 0 || isInexact(bits, side))

const isInexact = (bits: number, side: Side): boolean => (bits & bit(INEXACT, side)) !== 0

/**
 * A segment with neither SYN nor RST, not yet accounted for, of a connection whose end is doubtful. If it
 * shows that the connection goes on, it is open again.
 */
export function considerChallenge(
  state: TapState,
  row: number,
  side: Side,
  { bytes, transportAt }: Place,
  flags: number,
  payload: number,
  packet: number,
): void {
  const { words: w } = state.table
  const c = row * RECORD_WORDS
  const bits = w[c + STATE]!
  const cold = state.table.cold.get(row)
  if (cold === undefined || (bits & (STARTED | bit(STARTED, 1))) !== (STARTED | bit(STARTED, 1))) return
  const answers =
    (bits & bit(ASKED, otherSide(side))) !== 0 &&
    (flags & tcp.ACK) !== 0 &&
    i32(bytes, transportAt + 8) === w[half(row, otherSide(side)) + NEXT]
  if (answers) return goesOn(state, row, cold, packet)
  const length = payload + (flags & tcp.FIN)
  const ahead = (i32(bytes, transportAt + 4) + length - w[half(row, side) + NEXT]!) | 0
  const wasReset = cold.rst[otherSide(side)] !== null
  const since = state.moment[0]! - Math.max(cold.rst[0]?.at ?? 0, cold.rst[1]?.at ?? 0)
  const asks = since > CROSSING ? ahead < 0 || length > 0 : !wasReset && since > 0 && ahead > 0
  if (asks) w[c + STATE] = bits | bit(ASKED, side)
}

/** Nobody took the resets: they are told to have been challenged. */
function goesOn(state: TapState, row: number, cold: Cold, packet: number): void {
  const ends = RST_SEEN | INEXACT | ASKED
  state.table.words[row * RECORD_WORDS + STATE]! &= ~(OVER | ends | (ends << 1))
  for (const side of SIDES) {
    const reset = cold.rst[side]
    if (reset === null) continue
    state.counters.invalidResets++
    state.emit({
      kind: 'reset-challenged',
      time: state.moment[0]!,
      tap: state.tap,
      connection: connectionId(state, row),
      from: side,
      reset: reset.packet,
      packet,
    })
  }
  const wasFirst = cold.endedBy !== null && isFirstEnd(cold, cold.endedBy)
  cold.rst = NEITHER
  if (wasFirst) return
  cold.endedBy = SIDES.find((side) => cold.fin[side] !== null) ?? null
  cold.idleBeforeEnd = cold.endedBy === null ? null : 0
}

/** The side closed its half before it was reset. */
const isFirstEnd = ({ fin, rst }: Cold, side: Side): boolean =>
  fin[side] !== null && (rst[side] === null || fin[side].packet < rst[side].packet)
