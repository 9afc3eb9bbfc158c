/**
 * When the tap itself saw nothing: a blind tap, a stopped capture or a clock that jumped looks like silence on every
 * connection at once, and must not be taken for one.
 */
import type { Micros } from '../model/time.ts'

/** Times without frames that are remembered; the oldest is forgotten. */
const REMEMBERED = 64

export class TapClock {
  private readonly silenceMin: Micros
  private readonly moment: Float64Array
  /** The last frame's time, and the latest. */
  private readonly last = new Float64Array([-Infinity, -Infinity])
  private readonly silences: { start: Micros; end: Micros }[] = []
  /** Frames stored with an earlier time than the frame before them. */
  outOfOrder = 0

  /** `moment[0]` is the time of the frame in hand. */
  constructor(silenceMin: Micros, moment: Float64Array) {
    this.silenceMin = silenceMin
    this.moment = moment
  }

  get latest(): Micros {
    return this.last[1]!
  }

  /** Time has come to `now` without a frame. */
  ticked(now: Micros): void {
    if (now > this.last[1]!) this.last[1] = now
  }

  frameSeen(): void {
    const time = this.moment[0]!
    const last = this.last[0]!
    this.last[0] = time
    if (time < last) this.outOfOrder++
    else {
      if (time > this.last[1]!) this.last[1] = time
      if (time - last >= this.silenceMin && last !== -Infinity) this.remember(last, time)
    }
  }

  longestSilence(start: Micros, end: Micros): Micros {
    let longest = 0
    for (const silence of this.silences) {
      longest = Math.max(longest, Math.min(end, silence.end) - Math.max(start, silence.start))
    }
    return longest
  }

  private remember(start: Micros, end: Micros): void {
    if (this.silences.length === REMEMBERED) this.silences.shift()
    this.silences.push({ start, end })
  }
}
