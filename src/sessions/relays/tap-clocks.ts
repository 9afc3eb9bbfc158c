/**
 * How far the clocks of two taps are apart, by exchanges that both saw: a relay can pass on a request only
 * after it came, and a response likewise, so each exchange bounds the difference from both sides (as in RFC
 * 5905 §8, without assuming that both ways take the same time).
 */
import type { Tap } from '../../model/packet.ts'
import type { Micros } from '../../model/time.ts'
import type { ClockDifference } from '../../model/web.ts'

/** Pairs of taps that are compared: each tap with one or two others, as cables go. */
const PAIRS_MAX = 1024

interface Bounds {
  low: Micros
  high: Micros
}

export class TapClocks {
  private readonly pairs = new Map<string, Bounds>()

  /**
   * An exchange that both taps saw, by the clock of each: its request came to `first` and then to `second`,
   * its response the other way round.
   */
  matched(
    first: { readonly tap: Tap; readonly request: Micros; readonly response: Micros },
    second: { readonly tap: Tap; readonly request: Micros; readonly response: Micros },
  ): void {
    if (first.tap === second.tap) return
    const low = second.response - first.response
    const high = second.request - first.request
    if (low > high) return
    const known = this.pairs.get(keyOf(first.tap, second.tap))
    if (known === undefined) {
      if (this.pairs.size < PAIRS_MAX) this.pairs.set(keyOf(first.tap, second.tap), { low, high })
      return
    }
    const next = { low: Math.max(known.low, low), high: Math.min(known.high, high) }
    // Bounds that contradict the earlier ones: a clock was set, or drifts. The latest count.
    Object.assign(known, next.low <= next.high ? next : { low, high })
  }

  /** What `second` is ahead of `first`; zero for one tap, null if it is not known. */
  between(first: Tap, second: Tap): ClockDifference | null {
    if (first === second) return { offset: 0, residual: 0 }
    const known = this.pairs.get(keyOf(first, second))
    if (known === undefined) return null
    return { offset: (known.low + known.high) / 2, residual: (known.high - known.low) / 2 }
  }
}

const keyOf = (first: Tap, second: Tap): string => JSON.stringify([first, second])
