/**
 * Which of the silences that were answered prove that their connection survived them.
 *
 * Where the tap saw no frame of anybody meanwhile, the network may have been quiet, or the tap blind: a
 * capture that was stopped, several that were strung together, a clock that jumped. In doubt, nothing is
 * claimed. A silence counts unless
 *
 * - the packet that breaks it tells of octets that passed unseen: it was no silence;
 * - it began with octets that nobody was seen to acknowledge, and that were not sent again: whoever received
 *   them did so within half a second (RFC 9293 §3.8.6.3), so that packets passed unseen;
 * - its beginning was not seen, and the tap saw nothing of anybody for a while, or never a SYN: nothing shows
 *   that the connection was there;
 * - the tap was blind for some of it;
 * - it is a silence of the whole tap, and the capture ended within it, or another connection had packets
 *   again after the same one. A connection that is alone on its tap is silent with it as a matter of course,
 *   and counts.
 */
import { LONGEST_SURVIVED_MAX } from '../model/connection.ts'
import { MILLISECOND, type Micros } from '../model/time.ts'
import { ACK_SEEN, RECORD_WORDS, STATE, SURVIVED, bit } from './fields.ts'
import { coldOf, type TapState } from './tap-state.ts'
import type { Waking } from './waking.ts'

/** A silence is the tap's if the tap saw no frame for nearly all of it: the first and the last round trip may
 * be anybody's. */
const NEARLY_ALL = 0.9
/** What each side has received is known. */
const HEARD = ACK_SEEN | bit(ACK_SEEN, 1)

/** A silence was broken: what the tap saw of anybody meanwhile is remembered for when its outcome is known.
 * `isAgain`: the packet that broke it brings octets that were sent before. */
export function doubt(state: TapState, row: number, waking: Waking, isAgain: boolean): void {
  const { start, end } = waking
  const ofTap = state.clock.silenceOf(start, end, NEARLY_ALL)
  if (ofTap !== null) {
    ofTap.shared++
    waking.tapSilence = ofTap
  }
  const isTold = waking.breaker !== 'rst' && !isAgain
  const isUnheard = isTold && waking.inFlight > 0
  if (isUnheard || state.clock.isBlindWithin(start, end)) waking.doubtful = true
  if (waking.startPacket === 0) {
    const isTaps = state.clock.totalSilence(start, end) > 0
    if (isTaps || !state.lacks.hasSyn) waking.doubtful = true
  } else if (isTold && (state.table.words[row * RECORD_WORDS + STATE]! & HEARD) === HEARD)
    state.lacks.silence(isUnheard)
}

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
