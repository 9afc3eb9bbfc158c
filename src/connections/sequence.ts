/**
 * Sequence space of a half that does not advance evenly: holes, what fills them, retransmissions and probes.
 *
 * Called only for segments that do not begin where the last one ended. RFC 9293 §3.4 for the arithmetic, §3.8.4 for keep-alives.
 */
import type { Side } from '../model/packet.ts'
import { MILLISECOND, type Micros } from '../model/time.ts'
import { type Hole, HOLES_MAX } from './cold.ts'
import {
  HARDWARE_UNANSWERED,
  KEEP_ALIVES,
  NEXT,
  OUT_OF_ORDER,
  RECORD_WORDS,
  REPEATED,
  RETRANSMISSIONS,
  half,
  handshakeRtt,
} from './fields.ts'
import { coldOf, type TapState } from './tap-state.ts'

/** A jump this far ahead is no lost segment but another stream or a broken header: 2^30, the largest window (RFC 7323 §2.2). */
const JUMP_MAX = 1 << 30
/** A late segment is out of order, not sent again, if its hole is no older than this or the round trip (Wireshark uses 3 ms too). */
const REORDERING: Micros = 3 * MILLISECOND
const UINT32_MAX = 0xffffffff

/** What a segment at an unexpected place is. */
export type Irregularity = 'ahead' | 'out-of-order' | 'retransmission' | 'keep-alive' | 'stray'

/**
 * Accounts for a segment of `length` octets of sequence space (payload, SYN and FIN) at `sequence`, where NEXT was expected.
 * Advances NEXT where the segment reaches beyond it.
 */
export function irregularSegment(
  state: TapState,
  row: number,
  side: Side,
  sequence: number,
  length: number,
  probe: boolean,
  time: Micros,
): Irregularity {
  const w = state.table.words
  const h = half(row, side)
  const next = w[h + NEXT]!
  const ahead = (sequence - next) | 0
  if (ahead > JUMP_MAX || ahead < -JUMP_MAX) return 'stray'
  if (ahead > 0) {
    addHole(state, row, side, next, sequence, time)
    w[h + NEXT] = (sequence + length) | 0
    return 'ahead'
  }
  if (probe) {
    w[h + KEEP_ALIVES] = w[h + KEEP_ALIVES]! + 1
    countUnanswered(w, h)
    return 'keep-alive'
  }
  const fresh = Math.max(0, ahead + length)
  if (fresh > 0) w[h + NEXT] = (sequence + length) | 0
  const hole = fillHole(state, row, side, sequence, (sequence + length - fresh) | 0)
  if (hole !== null) {
    const reordered = time - hole.since <= Math.max(REORDERING, handshakeRtt(w, row))
    if (reordered) {
      w[row * RECORD_WORDS + OUT_OF_ORDER] = w[row * RECORD_WORDS + OUT_OF_ORDER]! + 1
      return 'out-of-order'
    }
  } else {
    w[h + REPEATED] = Math.min(UINT32_MAX, (w[h + REPEATED]! >>> 0) + length - fresh)
  }
  w[h + RETRANSMISSIONS] = w[h + RETRANSMISSIONS]! + 1
  countUnanswered(w, h)
  return 'retransmission'
}

/** Remembers that `from`..`to` of a side was not captured (yet); the oldest hole is given up when there are too many. */
export function addHole(state: TapState, row: number, side: Side, from: number, to: number, since: Micros): void {
  const cold = coldOf(state, row)
  const holes = cold.holes[side]
  if (holes.length === HOLES_MAX) {
    const given = holes.shift()!
    cold.missing[side] += (given.to - given.from) | 0
    state.counters.missingSegments++
  }
  holes.push({ from, to, since })
}

/** Takes `from`..`to` out of the holes of a side; the hole that held the first octet of it, or null if none did. */
function fillHole(state: TapState, row: number, side: Side, from: number, to: number): Hole | null {
  const holes = state.table.cold[row]?.holes[side]
  if (holes === undefined) return null
  for (let i = 0; i < holes.length; i++) {
    const hole = holes[i]!
    if (((from - hole.from) | 0) < 0 || ((hole.to - from) | 0) <= 0) continue
    const left = (from - hole.from) | 0
    const right = (hole.to - to) | 0
    if (left > 0 && right > 0 && holes.length < HOLES_MAX) {
      holes.splice(i, 1, { from: hole.from, to: from, since: hole.since }, { from: to, to: hole.to, since: hole.since })
    } else if (left > 0) hole.to = from
    else if (right > 0) hole.from = to
    else holes.splice(i, 1)
    return hole
  }
  return null
}

/** One more segment in a row that asks for an answer again; saturates at 65535. */
function countUnanswered(w: Int32Array, h: number): void {
  const word = w[h + HARDWARE_UNANSWERED]!
  if ((word & 0xffff) !== 0xffff) w[h + HARDWARE_UNANSWERED] = word + 1
}
