/**
 * The clock of one tap, as its frames tell it, and when the tap itself saw nothing: a blind tap, a stopped
 * capture or a clock that jumped looks like silence on every connection at once, and must not be taken for
 * one.
 *
 * Frames are stored a little out of order by several queues; a clock that goes back by more than that was
 * set, and is followed. One that returns to where it was had only strayed.
 */
import { SECOND, type Micros } from '../model/time.ts'

/** A capture's clock that goes back this far was set, not jittering. */
export const CLOCK_STEP: Micros = SECOND
/** Times without frames that are remembered; the oldest is forgotten. */
const REMEMBERED = 64

/** A time without frames. */
export interface TapSilence {
  readonly start: Micros
  readonly end: Micros
  /** Nobody listened: the capture ended within it, and another one began. */
  readonly interrupted: boolean
  /** Something passed meanwhile that the tap did not see. */
  isBlind: boolean
  /** Connections whose own silence was this one, and that had packets again. */
  shared: number
}

const NONE: readonly TapSilence[] = []

// Places in `at`: numbers that large would be boxed as fields.
/** The frame before. */
const BEFORE = 0
/** The latest frame since the clock was last set back. */
const HIGHEST = 1
/** The last tick; none since then: -Infinity. */
const TICK = 2
/** The latest frame or tick before the clock was set back. */
const PEAK = 3
/** The latest frame of the capture to which the present one was strung; none: -Infinity. */
const CUT = 4

export class TapClock {
  private readonly silenceMin: Micros
  private readonly moment: Float64Array
  private readonly at = new Float64Array(5).fill(-Infinity)
  private readonly silences: TapSilence[] = []
  /** Frames stored with an earlier time than the frame before them. */
  outOfOrder = 0
  /** The first frame's time; Infinity before it. */
  first: Micros = Infinity
  /** Times that the clock was set back. */
  steps = 0

  /** `moment[0]` is the time of the frame in hand. */
  constructor(silenceMin: Micros, moment: Float64Array) {
    this.silenceMin = silenceMin
    this.moment = moment
  }

  /** The latest time by the clock as it goes now. */
  get latest(): Micros {
    return Math.max(this.at[HIGHEST]!, this.at[TICK]!)
  }

  /** Like `latest`, but it stands still while a clock that was set back has not caught up: for timers. */
  get steady(): Micros {
    return Math.max(this.latest, this.at[PEAK]!)
  }

  /** Time has come to `now` without a frame. */
  ticked(now: Micros): void {
    if (now < this.at[TICK]!) this.at[PEAK] = this.steady
    this.at[TICK] = now
  }

  /** The next frame is another capture's, strung to the one before. */
  interrupted(): void {
    this.at[CUT] = this.at[HIGHEST]!
  }

  /** The next frame, at that time, is another capture's, which goes on where this one ended. Answers whether
   * nobody may have listened in between: it is longer than any time without frames before. */
  continuesAt(time: Micros): boolean {
    const pause = time - this.at[HIGHEST]!
    const isCut = pause >= this.silenceMin && pause > this.longestSilence(-Infinity, Infinity)
    if (isCut) this.interrupted()
    return isCut
  }

  frameSeen(): void {
    const at = this.at
    const time = this.moment[0]!
    const highest = at[HIGHEST]!
    if (at[BEFORE] === -Infinity) this.first = time
    if (time < at[BEFORE]!) this.outOfOrder++
    at[BEFORE] = time
    if (time >= highest) {
      if (time - highest >= this.silenceMin) this.remember(highest, time)
      at[HIGHEST] = time
    } else if (highest - time >= CLOCK_STEP) this.setBack(time)
  }

  /** Octets passed between two frames of a connection that the tap did not see: if it saw nothing for a while
   * in between, it was blind then. Answers the times of which that was not known before. */
  missed(start: Micros, end: Micros): readonly TapSilence[] {
    let blind = NONE
    for (let i = this.silences.length - 1; i >= 0 && this.silences[i]!.end > start; i--) {
      const silence = this.silences[i]!
      if (silence.isBlind || silence.start < start || silence.end > end) continue
      silence.isBlind = true
      if (!silence.interrupted) blind = [...blind, silence]
    }
    return blind
  }

  /** For some of the span the tap was blind, as far as is known by now. */
  isBlindWithin(start: Micros, end: Micros): boolean {
    return this.silences.some((one) => (one.isBlind || one.interrupted) && one.start < end && one.end > start)
  }

  /** Since when the tap sees, as far as is known: its first frame, or the end of the last time that it was
   * blind. */
  get seesSince(): Micros {
    for (let i = this.silences.length - 1; i >= 0; i--) {
      const { end, isBlind, interrupted } = this.silences[i]!
      if (isBlind || interrupted) return end
    }
    return this.first
  }

  longestSilence(start: Micros, end: Micros): Micros {
    let longest = 0
    for (const silence of this.silences) longest = Math.max(longest, within(silence, start, end))
    return longest
  }

  /** All the time without frames within the span. */
  totalSilence(start: Micros, end: Micros): Micros {
    let total = 0
    for (const silence of this.silences) total += Math.max(0, within(silence, start, end))
    return total
  }

  /** The one time without frames that takes up at least this share of the span; null if there is none. */
  silenceOf(start: Micros, end: Micros, share: number): TapSilence | null {
    // Most taps are never silent, and most silences that are remembered were over long ago.
    for (let i = this.silences.length - 1; i >= 0 && this.silences[i]!.end > start; i--)
      if (within(this.silences[i]!, start, end) >= share * (end - start)) return this.silences[i]!
    return null
  }

  private setBack(time: Micros): void {
    this.steps++
    this.at[PEAK] = this.steady
    this.at[HIGHEST] = time
    this.at[TICK] = -Infinity
    this.at[CUT] = -Infinity
    // What the clock ran ahead by was no silence, and would cover all that is still to come.
    while (this.silences.length > 0 && this.silences.at(-1)!.end > time) this.silences.pop()
  }

  private remember(since: Micros, end: Micros): void {
    if (since === -Infinity) return
    const peak = this.at[PEAK]!
    const start = since < peak && end >= peak - CLOCK_STEP ? peak : since
    if (end - start < this.silenceMin) return
    if (this.silences.length === REMEMBERED) this.silences.shift()
    this.silences.push({ start, end, interrupted: since <= this.at[CUT]!, isBlind: false, shared: 0 })
  }
}

const within = (silence: TapSilence, start: Micros, end: Micros): Micros =>
  Math.min(end, silence.end) - Math.max(start, silence.start)
