/**
 * What time it is in a live capture while no packet comes, and by how much what is looked at lies behind.
 *
 * Packets arrive a little after they were captured, some later than others: buffers hold them back. So time
 * that passes without packets is told with a margin, as large as the largest such delay of late, or a packet
 * could arrive from before a time that was told to have passed.
 */
import { MILLISECOND, SECOND, type Micros } from '../../model/time.ts'

/** Added to the largest delay that was seen. */
const MARGIN: Micros = 30 * MILLISECOND
/** Delays are remembered for two periods of this length. */
const PERIOD: Micros = 60 * SECOND

export interface LiveClockOptions {
  /** Packets are stamped by this machine's clock; else the least delay ever seen stands for the
   * difference. */
  readonly isOurs: boolean
  /** Microseconds of the wall's clock. */
  now(): Micros
}

export class LiveClock {
  private readonly options: LiveClockOptions
  private last: Micros = -Infinity
  /** The difference between clocks, and when the last packet was looked at. */
  private least: Micros = Infinity
  private lookedAt: Micros = -Infinity
  private lag: Micros = 0
  /** The largest delay in this period and in the one before. */
  private largest: Micros = 0
  private before: Micros = 0
  private period = -Infinity

  constructor(options: LiveClockOptions) {
    this.options = options
  }

  /** Packets with times up to `time` were looked at; `first` is the earliest of them, `isBacklog`: more
   * waited already. */
  packets(first: Micros, time: Micros): void {
    const now = this.options.now()
    this.lookedAt = now
    if (time > this.last) this.last = time
    this.least = this.options.isOurs ? 0 : Math.min(this.least, now - time)
    this.lag = Math.max(0, now - time - this.least)
    if (now - this.period > PERIOD) {
      this.before = now - this.period > 2 * PERIOD ? 0 : this.largest
      this.largest = 0
      this.period = now
    }
    this.largest = Math.max(this.largest, now - first - this.least)
  }

  /** The time of the capture if no packet waits; -Infinity before the first packet. */
  get now(): Micros {
    if (this.last === -Infinity) return this.last
    const margin = Math.max(this.largest, this.before) + MARGIN
    return Math.max(this.last, this.last + (this.options.now() - this.lookedAt) - margin)
  }

  /** Seconds by which the packets that were looked at last lay behind those that arrive. */
  get lagSeconds(): number {
    return Math.round(this.lag / MILLISECOND) / 1000
  }

  /** Nothing waits. */
  caughtUp(): void {
    this.lag = 0
  }
}
