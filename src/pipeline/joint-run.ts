/**
 * Two captures that show a direction each of the same connections, read frame by frame in order of time: what
 * one asks comes before what the other answers.
 */
import type { Micros } from '../model/time.ts'
import type { Run } from './run.ts'
import type { TapRun } from './tap-run.ts'

/** What is read on, whichever lies furthest behind. */
export type Turn = Pick<Run, 'read' | 'process' | 'position' | 'finish'>

export class JointRun implements Turn {
  private readonly whole: readonly [TapRun, TapRun]
  /** Those that are not at their end, and those of them that have no batch in hand. */
  private readonly open: Set<TapRun>
  private readonly spent: Set<TapRun>

  /** The tap is the first one's. */
  constructor(whole: readonly [TapRun, TapRun]) {
    this.whole = whole
    this.open = new Set(whole)
    this.spent = new Set(whole)
  }

  async read(): Promise<boolean> {
    for (const run of this.spent) if (!(await run.read())) this.open.delete(run)
    this.spent.clear()
    return this.open.size > 0
  }

  /** Until a batch is used up. By the times of frames: who waited for how far one has come, flows and all,
   * would wait for ever. */
  process(): void {
    const [one, other] = [...this.open].toSorted((a, b) => a.nextFrameAt - b.nextFrameAt)
    for (let [run, next] = [one!, other]; this.spent.size === 0; [run, next] = [next!, run])
      if (run.processUntil(next?.nextFrameAt ?? Infinity)) this.spent.add(run)
  }

  get position(): Micros {
    return Math.min(...[...this.open].map(({ position }) => position))
  }

  finish(): void {
    const [one, other] = this.whole
    other.over()
    one.finish()
  }
}
