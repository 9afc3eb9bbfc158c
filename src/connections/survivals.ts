/**
 * Which of the silences that were answered prove that their connection survived them.
 *
 * Where the tap saw no frame of anybody meanwhile, the network may have been quiet, or the tap blind: a
 * capture that was stopped, several that were strung together, a clock that jumped. In doubt, nothing is
 * claimed. A silence counts unless
 *
 * - the packet that breaks it tells of octets that passed unseen: it was no silence;
 * - its beginning was not seen, and hardly a frame of anybody was, either: nothing shows that the connection
 *   was there;
 * - it is a silence of the whole tap, and the capture ended within it, or another connection had packets
 *   again after the same one. A connection that is alone on its tap is silent with it as a matter of course,
 *   and counts.
 */
import { LONGEST_SURVIVED_MAX } from '../model/connection.ts'
import { i32 } from '../bytes/read.ts'
import { otherSide, type Side } from '../model/packet.ts'
import { MILLISECOND, type Micros } from '../model/time.ts'
import * as tcp from '../wire/tcp.ts'
import type { Place } from '../wire/frame.ts'
import { JUMP_MAX } from './acceptance.ts'
import { NEXT, RECORD_WORDS, STARTED, STATE, SURVIVED, bit, half } from './fields.ts'
import { coldOf, type TapState } from './tap-state.ts'
import type { Waking } from './waking.ts'

/** A silence is the tap's if the tap saw no frame for nearly all of it: the first and the last round trip may
 * be anybody's. */
const NEARLY_ALL = 0.9

/** A silence was broken: what the tap saw of anybody meanwhile is remembered for when its outcome is
 * known. */
export function doubt(state: TapState, waking: Waking): void {
  const { start, end } = waking
  const ofTap = state.clock.silenceOf(start, end, NEARLY_ALL)
  if (ofTap !== null) {
    ofTap.shared++
    waking.tapSilence = ofTap
  }
  if (waking.startPacket === 0)
    waking.doubtful = state.clock.totalSilence(start, end) >= NEARLY_ALL * (end - start)
}

/** The numbers of the packet in hand, not yet accounted for, tell of octets that the tap did not see, or are
 * those of another connection. */
export function tellsOfUnseen(state: TapState, row: number, side: Side, place: Place): boolean {
  const w = state.table.words
  const bits = w[row * RECORD_WORDS + STATE]!
  const { bytes: b, transportAt: t } = place
  const other = otherSide(side)
  if ((bits & bit(STARTED, side)) !== 0 && isBeyond((i32(b, t + 4) - w[half(row, side) + NEXT]!) | 0))
    return true
  const acknowledges = (tcp.flags(b, t) & tcp.ACK) !== 0 && (bits & bit(STARTED, other)) !== 0
  return acknowledges && isBeyond((i32(b, t + 8) - w[half(row, other) + NEXT]!) | 0)
}

const isBeyond = (ahead: number): boolean => ahead > 0 || ahead < -JUMP_MAX

/** A silence was answered. Whether others share it with the tap will show when they have packets again. */
export function credit(state: TapState, row: number, waking: Waking): void {
  if (waking.doubtful) return
  const length = waking.end - waking.start
  const of = waking.tapSilence
  if (of === null) return survived(state, row, length)
  if (of.interrupted || of.shared > 1) return
  const cold = coldOf(state, row)
  const before = cold.lone
  if (before !== null && before.of.shared === 1) survived(state, row, Math.min(before.length, length))
  if (before === null || before.of.shared > 1 || length > before.length) cold.lone = { length, of }
}

function survived(state: TapState, row: number, length: Micros): void {
  const w = state.table.words
  const at = row * RECORD_WORDS + SURVIVED
  w[at] = Math.max(w[at]! >>> 0, inMilliseconds(length))
}

const inMilliseconds = (length: Micros): number =>
  Math.ceil(Math.min(LONGEST_SURVIVED_MAX, length) / MILLISECOND)

/** The longest silence that the connection survived, as far as it is proven; 0 if there is none. */
export function longestSurvived(state: TapState, row: number): Micros {
  const told = state.table.words[row * RECORD_WORDS + SURVIVED]! >>> 0
  const lone = state.table.cold.get(row)?.lone ?? null
  const proven = lone !== null && lone.of.shared === 1 ? inMilliseconds(lone.length) : 0
  return Math.max(told, proven) * MILLISECOND
}
