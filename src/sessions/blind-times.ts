/**
 * Times in which nobody listened at some tap: the collector was restarted, a capture was strung to the next,
 * or packets were lost by the dozen. Whatever happened then was not seen; what rests on that nothing happened
 * is not said of such times.
 */
import type { Observation } from '../model/observation.ts'
import type { Micros } from '../model/time.ts'

/** Times remembered: the oldest is forgotten, long after anybody asks for it. */
const SPANS_MAX = 256

export class BlindTimes {
  private readonly spans: { readonly from: Micros; readonly to: Micros }[] = []

  /** Notes such a time, before anything that waits for what happened in it; whether the observation says what
   * it seems to. A try that nobody was seen to answer may have been answered meanwhile. */
  isShown(o: Observation): boolean {
    if (o.kind === 'capture-blind') this.note(o.start, o.end)
    if (this.spans.length === 0 || o.kind !== 'connection-failed') return true
    return o.manner !== 'unanswered' || !this.touches(o.start, o.time)
  }

  /** Times that touch are one: packets may be lost for as long as the capture lasts. */
  private note(from: Micros, to: Micros): void {
    const last = this.spans.at(-1)
    if (last !== undefined && from <= last.to && to >= last.from) {
      this.spans[this.spans.length - 1] = { from: Math.min(from, last.from), to: Math.max(to, last.to) }
      return
    }
    if (this.spans.length >= SPANS_MAX) this.spans.shift()
    this.spans.push({ from, to })
  }

  /** Some of the span was not seen. */
  touches(from: Micros, to: Micros): boolean {
    return this.spans.some((blind) => blind.from < to && blind.to > from)
  }

  /** How much of the span may hide something that comes every `interval`: with each time, that before it. */
  hiding(from: Micros, to: Micros, interval: Micros): Micros {
    let hidden = 0
    for (const blind of this.spans)
      if (blind.from < to && blind.to > from)
        hidden += Math.min(to, blind.to) - Math.max(from, blind.from) + interval
    return hidden
  }
}
