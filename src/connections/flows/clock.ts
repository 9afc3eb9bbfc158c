/**
 * The clock of flow records: how far time is known. A record is told when it is over, so that the past comes
 * in pieces; only what lies further back than any exporter keeps a flow open is known for good.
 *
 * How far that is, is learned from the records themselves: by how much the beginnings lag behind the latest
 * end that was told. Until the records span ten times of it, the longest lag that routers are set to is
 * assumed. Of files, nothing here looks at when a record arrived: exports are replayed, and logs have no
 * arrival. Where exports are received, time is what exporters say that it is when they send, and passes
 * between them: then what an exporter holds back counts as lag, too.
 */
import { SECOND, seconds, type Micros } from '../../model/time.ts'

/**
 * Cisco's active timeout, the longest that is usual, is 30 min (ios netflow, `ip flow-cache timeout active`);
 * a minute for the quiet time at its end and for exporters that look every few seconds.
 */
export const LAG_MAX: Micros = seconds(31 * 60)
/** What was learned counts once the records span so many times of it. */
const LEARNED_AFTER = 10
/** By so much more than what was seen may still come. */
const MARGIN_SHARE = 1.25
const MARGIN: Micros = seconds(2)
/** A clock that runs ahead by more than this of what it says it exported at is not believed. */
const AHEAD_MAX: Micros = seconds(3600)
/** Seconds of which it is remembered whether a record began or ended in them: 2 h 16 min, a power of two. */
const REMEMBERED = 1 << 13
/** Times of lost exports that are told apart; of further ones the oldest two become one. */
const LOSSES_MAX = 64

// Places in `at`: numbers that large would be boxed as fields.
const FIRST = 0
const LATEST = 1
const LAG = 2
const KNOWN = 3
/** What time it is: the latest end that was told; live, when the latest message was sent, or a tick. */
const NOW = 4

/** Exports that are received as they are sent. */
export interface LiveFlows {
  /** No exporter holds a flow back for longer: learned lags are no larger. */
  readonly lagMax: Micros
}

/** Time in which exports were lost. */
interface Loss {
  readonly from: Micros
  readonly to: Micros
}

export class FlowClock {
  /** Records whose beginning lies before what was known for good. */
  late = 0
  /** Records whose times cannot be: the end before the beginning, or far in the future. */
  implausible = 0
  private readonly at = Float64Array.of(Infinity, -Infinity, 0, -Infinity, -Infinity)
  /** The second in which a record began or ended, by its last bits. */
  private readonly active = new Float64Array(REMEMBERED)
  private readonly losses: Loss[] = []
  private readonly isLive: boolean
  private readonly lagMax: Micros

  /** `live` is null for files and logs. */
  constructor(live: LiveFlows | null = null) {
    this.isLive = live !== null
    this.lagMax = Math.min(LAG_MAX, live?.lagMax ?? LAG_MAX)
  }

  /** The earliest beginning; Infinity before the first record. */
  get first(): Micros {
    return this.at[FIRST]!
  }

  /** The latest end; -Infinity before the first record. */
  get latest(): Micros {
    return this.at[LATEST]!
  }

  /** What time it is by the exporters' clocks; -Infinity before the first record. */
  get now(): Micros {
    return this.at[NOW]!
  }

  /** Everything that began by then was told. */
  get known(): Micros {
    return this.at[KNOWN]!
  }

  /** How far beginnings lag behind. */
  get lag(): Micros {
    const margin = MARGIN_SHARE * this.at[LAG]! + MARGIN
    const span = this.now - this.first
    return span >= LEARNED_AFTER * margin ? Math.min(this.lagMax, margin) : this.lagMax
  }

  /** Takes note of a record's times; false if they cannot be. `exported` and `received` may be NaN. */
  seen(start: Micros, end: Micros, exported: Micros, received: Micros): boolean {
    const { at } = this
    const isAhead = end - exported > AHEAD_MAX || (this.isLive && exported - received > AHEAD_MAX)
    if (!(end >= start) || isAhead) {
      this.implausible++
      return false
    }
    if (start < at[KNOWN]!) this.late++
    if (start < at[FIRST]!) at[FIRST] = start
    if (end > at[LATEST]!) at[LATEST] = end
    const now = this.isLive && exported > end ? exported : end
    if (now > at[NOW]!) at[NOW] = now
    const lag = at[NOW]! - start
    if (lag > at[LAG]!) at[LAG] = lag
    this.mark(start)
    this.mark(end)
    return true
  }

  /** Live: time has come to `now` by the exporters' clocks, without a record. */
  passed(now: Micros): void {
    if (this.now > -Infinity && now > this.now) this.at[NOW] = now
  }

  /** What is known by now. Called between batches, so that a batch's own order does not matter. */
  advance(): Micros {
    const known = this.now - this.lag
    if (known > this.known) this.at[KNOWN] = known
    return this.known
  }

  /** Nothing more will come. */
  ended(): void {
    this.at[KNOWN] = Infinity
  }

  /** What was sent between two moments was lost: silence in what it would have told of proves nothing. */
  lost(from: Micros, to: Micros): void {
    const last = this.losses.at(-1)
    if (last !== undefined && from <= last.to) {
      this.losses[this.losses.length - 1] = { from: Math.min(from, last.from), to: Math.max(to, last.to) }
      return
    }
    if (this.losses.length === LOSSES_MAX) {
      const [first, second] = this.losses.splice(0, 2)
      this.losses.unshift({ from: first!.from, to: second!.to })
    }
    this.losses.push({ from, to })
  }

  /** Whether a record that would have broken the silence may have been lost. */
  isDoubtful(start: Micros, end: Micros): boolean {
    const { lag } = this
    return this.losses.some(({ from, to }) => to >= start && from <= end + lag)
  }

  /** The longest time within the span in which no record began or ended, to the second. */
  longestSilence(start: Micros, end: Micros): Micros {
    const from = Math.floor(start / SECOND)
    const to = Math.floor(end / SECOND)
    const { active } = this
    let longest = 0
    let last = from
    for (let second = Math.max(from + 1, to - REMEMBERED); second < to; second++) {
      if (active[second & (REMEMBERED - 1)] !== second) continue
      longest = Math.max(longest, second - last)
      last = second
    }
    return Math.min(end - start, Math.max(longest, to - last) * SECOND)
  }

  private mark(at: Micros): void {
    const second = Math.floor(at / SECOND)
    this.active[second & (REMEMBERED - 1)] = second
  }
}
