/** When a connection was last seen, and what a clock that goes back does to that. */
import type { Micros } from '../model/time.ts'
import type { Cold } from './cold.ts'
import { FIRST_AT, LAST_AT, LAST_PACKET, MAX_IDLE, OVER, RECORD_WORDS, SENT_AT, STATE } from './fields.ts'
import { CLOCK_STEP } from './tap-clock.ts'
import { coldOf, lastAt, type TapState } from './tap-state.ts'

/**
 * The packet is the connection's latest, unless the capture stored it late. `c` and `h` are the word offsets
 * of the connection's record and of the half that sent it.
 */
export function touch(state: TapState, c: number, h: number, packet: number): void {
  const { words: w, f64 } = state.table
  const time = state.moment[0]!
  const isFirst = w[c + LAST_PACKET] === 0
  w[c + LAST_PACKET] = packet
  const at = (c + LAST_AT) >> 1
  const before = f64[at]!
  const silence = time - before
  if (silence < 0) {
    timeWentBack(state, c, h)
    return
  }
  f64[at] = time
  f64[(h + SENT_AT) >> 1] = time
  const longest = (c + MAX_IDLE) >> 1
  // A connection that was open before the capture has been silent since, but not to its own knowledge.
  if (silence > f64[longest]! && !isFirst && !wasOver(state, c, before)) f64[longest] = silence
}

/** Whether a connection was over at its last packet before the one in hand, which came at `before`: what is
 * sent again later breaks no silence of it. The last acknowledgment of a FIN is its own. */
function wasOver(state: TapState, c: number, before: Micros): boolean {
  if ((state.table.words[c + STATE]! & OVER) === 0) return false
  const cold = state.table.cold.get(c / RECORD_WORDS)
  if (cold === undefined) return false
  const at = (pair: Cold['fin']): Micros[] => pair.flatMap((end) => end?.at ?? [])
  const [resets, fins] = [at(cold.rst), at(cold.fin)]
  return resets.length > 0 ? before >= Math.min(...resets) : before > Math.max(...fins)
}

function timeWentBack(state: TapState, c: number, h: number): void {
  const { f64 } = state.table
  const time = state.moment[0]!
  const sent = (h + SENT_AT) >> 1
  const last = f64[(c + LAST_AT) >> 1]!
  if (time < f64[(c + FIRST_AT) >> 1]!) f64[(c + FIRST_AT) >> 1] = time
  if (last - time < CLOCK_STEP) {
    f64[sent] = Math.max(f64[sent]!, time)
    return
  }
  const cold = coldOf(state, c / RECORD_WORDS)
  cold.latest = Math.max(cold.latest, last)
  f64[(c + LAST_AT) >> 1] = time
  f64[sent] = time
}

/**
 * If the capture's clock had only strayed and is back where it was, a silence that appears to have begun
 * meanwhile began where the clock left.
 */
export function forgetStray(state: TapState, row: number): void {
  const time = state.moment[0]!
  const left = state.table.cold.get(row)?.latest ?? 0
  if (left <= lastAt(state, row) || time < left - CLOCK_STEP) return
  state.table.f64[(row * RECORD_WORDS + LAST_AT) >> 1] = Math.min(left, time)
}
