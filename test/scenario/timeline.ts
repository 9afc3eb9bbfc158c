/**
 * Virtual time: what happens when, in order. Two kinds of happenings: packets on their way (`transit`) and
 * timers. A story goes on when nothing is on its way any more; timers fire only as time passes, by waiting or
 * under a later packet.
 */
import type { Micros } from '../../src/model/time.ts'

interface Happening {
  readonly at: Micros
  readonly order: number
  readonly transit: boolean
  /** Null once cancelled. */
  act: (() => void) | null
}

const STEPS_MAX = 5_000_000 // of one story: past it two devices are answering each other for ever

export class Timeline {
  now: Micros
  private readonly waiting: Happening[] = []
  private entered = 0
  private steps = 0
  private underway = 0

  constructor(start: Micros) {
    this.now = start
  }

  /** A packet that arrives `after` from now. */
  transit(after: Micros, act: () => void): void {
    this.underway++
    this.enter(after, true, act)
  }

  /** Something that is due `after` from now; the answer cancels it. */
  timer(after: Micros, act: () => void): () => void {
    const happening = this.enter(after, false, act)
    return () => {
      happening.act = null
    }
  }

  /** Lets everything happen that is due by `until`, and makes it now. */
  runUntil(until: Micros): void {
    while (this.waiting.length > 0 && this.waiting[0]!.at <= until) this.step()
    this.now = Math.max(this.now, until)
  }

  /** Lets time pass until no packet is on its way. */
  settle(): void {
    while (this.underway > 0) this.step()
  }

  private enter(after: Micros, transit: boolean, act: () => void): Happening {
    const happening: Happening = { at: this.now + after, order: this.entered++, transit, act }
    let low = 0,
      high = this.waiting.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.waiting[middle]!.at <= happening.at) low = middle + 1
      else high = middle
    }
    this.waiting.splice(low, 0, happening)
    return happening
  }

  private step(): void {
    const next = this.waiting.shift()!
    if (++this.steps > STEPS_MAX) throw new Error(`the story does not end: ${STEPS_MAX} steps at ${this.now}`)
    this.now = Math.max(this.now, next.at)
    if (next.transit) this.underway--
    next.act?.()
  }
}
