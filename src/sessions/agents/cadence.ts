/**
 * Whether intervals have a cadence, or lie as near one another as chance puts them now and then.
 *
 * Chance: each interval is drawn by itself, from a distribution whose density never rises and that may be
 * another one each time. That covers arrivals of a Poisson process of any rate, a changing one too, and so
 * bursts, quiet nights and heavy tails; arrivals thrown evenly over a span; and waits spread evenly from
 * nothing. Such a distribution is a mixture of even ones that begin at nothing (Khinchin 1938; Feller, An
 * Introduction to Probability Theory II, V.9), so that it has at most 1 - 1/r of its probability between any
 * `a` and `r * a`. What is left of a binomial tail is multiplied by the places where the intervals may have
 * been looked for (Bonferroni): p-values are upper bounds, and no rate needs to be known.
 */
import { binomialTail } from '../../model/statistics.ts'
import type { Micros } from '../../model/time.ts'

/** Intervals of an agent that are compared: so many of a client that spreads them evenly from 300 to 600 s
 * (article 156653) differ from chance in a service of a million check-ins. Fewer than the least say nothing
 * yet. */
export const INTERVALS_MAX = 48
export const INTERVALS_MIN = 6
/** So many of the intervals have to be alike: beside a cadence there are nights, and other visits. */
const ALIKE_SHARE = 0.75
/** The probability that at any time while a service is followed, an agent of it that comes by chance is taken
 * for one that has a cadence. */
export const MISTAKE_MAX = 0.01

/** Judges the intervals of one agent after another: they are put in order in the same place, for each agent
 * is judged at each of its visits. */
export class Cadence {
  private ordered = new Float64Array(INTERVALS_MAX)

  /** The middle one of the intervals that are most alike; null where there are too few. */
  middleOf(intervals: ArrayLike<Micros>): Micros | null {
    const n = this.putInOrder(intervals, 0)
    if (n < INTERVALS_MIN) return null
    const k = alikeMin(n)
    return this.ordered[tightest(this.ordered, n, k) + ((k - 1) >> 1)]!
  }

  /**
   * The probability, at most, that by chance so many intervals lie so near one another, wherever that is.
   * Intervals of `apart` or less were never counted: a density that never rises does not beyond that either,
   * so that what is longer is judged by how much longer it is.
   */
  chanceOf(intervals: ArrayLike<Micros>, apart: Micros): number {
    const n = this.putInOrder(intervals, apart)
    const spans = this.ordered
    return leastOf(n, (k) => {
      const first = tightest(spans, n, k)
      return n * binomialTail(k - 1, n - 1, 1 - spans[first]! / spans[first + k - 1]!)
    })
  }

  /** The same where the interval that they should lie near is known from elsewhere: the product's own, or
   * that of another agent. */
  chanceNear(interval: Micros, intervals: ArrayLike<Micros>, apart: Micros): number {
    const centre = interval - apart
    if (centre <= 0) return 1
    const n = this.putInOrder(intervals, apart, (span) => Math.max(span / centre, centre / span))
    const ratios = this.ordered
    return leastOf(n, (k) => binomialTail(k, n, 1 - 1 / ratios[k - 1]! ** 2))
  }

  /** Puts what `valueOf` makes of the intervals beyond `apart` in order; returns how many there are. By
   * insertion, which has no equal where they are few. */
  private putInOrder(
    intervals: ArrayLike<Micros>,
    apart: Micros,
    valueOf: ((span: Micros) => number) | null = null,
  ): number {
    if (intervals.length > this.ordered.length) this.ordered = new Float64Array(intervals.length)
    const { ordered } = this
    let n = 0
    for (let i = 0; i < intervals.length; i++) {
      const span = intervals[i]! - apart
      if (span <= 0) continue
      const value = valueOf === null ? span : valueOf(span)
      let at = n++
      for (; at > 0 && ordered[at - 1]! > value; at--) ordered[at] = ordered[at - 1]!
      ordered[at] = value
    }
    return n
  }
}

/**
 * How much of `MISTAKE_MAX` the judgement of the n-th interval may use: the shares of all that ever come add
 * up to less than one (the terms of each doubling to ln 2 / (k (k + 1))), so that neither the number of
 * agents nor time makes a mistake likelier than that.
 */
export function mistakeAt(n: number): number {
  const doublings = Math.log2(n + 1)
  return MISTAKE_MAX / (n * doublings * (doublings + 1))
}

const alikeMin = (n: number): number => Math.ceil(ALIKE_SHARE * n)

/** The least probability over all numbers of intervals that may be alike, times as many. */
function leastOf(n: number, chanceOf: (k: number) => number): number {
  let least = 1
  for (let k = Math.max(2, alikeMin(n)); k <= n; k++) least = Math.min(least, chanceOf(k))
  return Math.min(1, least * (n - alikeMin(n) + 1))
}

/** Where in the first `n` of a sorted list the `k` begin whose last is the smallest multiple of their
 * first. */
function tightest(sorted: Float64Array, n: number, k: number): number {
  let first = 0
  let least = sorted[k - 1]! / sorted[0]!
  for (let at = 1; at + k <= n; at++) {
    const ratio = sorted[at + k - 1]! / sorted[at]!
    if (ratio >= least) continue
    least = ratio
    first = at
  }
  return first
}
