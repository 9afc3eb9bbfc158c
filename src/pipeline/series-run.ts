/**
 * Captures of one tap, each of which goes on where the one before it ended (a ring of files): read one after
 * another, so that what is open stays open from one to the next.
 */
import type { Micros } from '../model/time.ts'
import type { Turn } from './joint-run.ts'
import type { TapRun } from './tap-run.ts'

export class SeriesRun implements Turn {
  private readonly runs: readonly [TapRun, ...TapRun[]]
  private readonly began: (run: TapRun) => void
  private run: TapRun
  private place = 0

  /** In order; the tap is the first one's. `began` is told of each but the first. */
  constructor(runs: readonly [TapRun, ...TapRun[]], began: (run: TapRun) => void) {
    this.runs = runs
    this.began = began
    this.run = runs[0]
  }

  async read(): Promise<boolean> {
    if (await this.run.read()) return true
    while (this.place + 1 < this.runs.length) {
      const before = this.run
      const next = (this.run = this.runs[++this.place]!)
      before.over()
      next.numbersAfter = before.numbered
      this.began(next)
      const hasMore = await next.read()
      next.continues(before)
      if (hasMore) return true
    }
    return false
  }

  process(): void {
    this.run.process()
  }

  get position(): Micros {
    return this.run.position
  }

  finish(): void {
    this.run.over()
    this.runs[0].accounted()
  }
}
