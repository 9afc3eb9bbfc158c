/**
 * Captures that are one tap, read frame by frame in order of time: two that show a direction each of the same
 * connections, so that what one asks comes before what the other answers; and those of which each goes on
 * where the one before it ended, so that what is open stays open. One that begins before another ends is read
 * beside it.
 */
import type { Micros } from '../model/time.ts'
import type { Run } from './run.ts'
import type { TapRun } from './tap-run.ts'

/** What is read on, whichever lies furthest behind. */
export type Turn = Pick<Run, 'read' | 'process' | 'position' | 'finish'>

/** Numbers that are left for the packets of a capture while another one begins beside it: of two directions
 * half of what fits in 31 bits, of a series as many as dozens of overlaps leave. */
const ROOM = { directions: 2 ** 30, series: 2 ** 25 } as const

export class JointRun implements Turn {
  private readonly whole: readonly [TapRun, ...TapRun[]]
  private readonly began: (run: TapRun) => void
  private readonly room: number
  /** In order of their beginnings. */
  private readonly waiting: TapRun[]
  /** Those that are not at their end, and those of them that have no batch in hand. */
  private readonly open = new Set<TapRun>()
  private readonly spent = new Set<TapRun>()
  private latest: TapRun | null = null
  /** Larger than the number of any packet so far. */
  private numbered = 0

  /** The tap is the first one's. `began` is told of each as its packets get their numbers. */
  constructor(whole: readonly [TapRun, ...TapRun[]], began: (run: TapRun) => void) {
    this.whole = whole
    this.began = began
    this.room = ROOM[whole[0].input.joint!.joining]
    this.waiting = [...whole]
  }

  async read(): Promise<boolean> {
    for (const run of this.spent) if (!(await run.read())) this.end(run)
    this.spent.clear()
    while (this.nextBegins <= this.nextFrameAt) {
      const next = this.waiting.shift()
      if (next === undefined) break
      await this.begin(next)
    }
    return this.open.size > 0
  }

  /** Until a batch is used up, or another capture begins. By the times of frames: who waited for how far one
   * has come, flows and all, would wait for ever. */
  process(): void {
    for (;;) {
      const [one, other] = [...this.open].toSorted((a, b) => a.nextFrameAt - b.nextFrameAt)
      const isUsedUp = one!.processUntil(Math.min(other?.nextFrameAt ?? Infinity, this.nextBegins))
      if (isUsedUp) this.spent.add(one!)
      if (isUsedUp || one!.nextFrameAt >= this.nextBegins) return
    }
  }

  get position(): Micros {
    return Math.min(...[...this.open].map(({ position }) => position))
  }

  finish(): void {
    for (const run of this.open) run.over()
    this.whole[0].accounted()
  }

  /** Infinity: there is none in hand. */
  private get nextFrameAt(): Micros {
    return Math.min(...[...this.open].map(({ nextFrameAt }) => nextFrameAt))
  }

  private get nextBegins(): Micros {
    const [next] = this.waiting
    return next === undefined ? Infinity : beginningOf(next)
  }

  private async begin(run: TapRun): Promise<void> {
    const isAlone = this.open.size === 0
    if (!isAlone) this.numbered += this.room
    run.numbersAfter = this.numbered
    this.began(run)
    const hasFrames = await run.read()
    if (isAlone && this.latest !== null) run.continues(this.latest)
    this.latest = run
    if (hasFrames) this.open.add(run)
    else this.end(run)
  }

  private end(run: TapRun): void {
    run.over()
    this.open.delete(run)
    this.numbered = Math.max(this.numbered, run.numbersAfter + run.lastNumber)
  }
}

/** By the clock by which all captures are judged; -Infinity where nobody waits for it. */
const beginningOf = ({ input: { joint, clockAhead = 0 } }: TapRun): Micros =>
  (joint?.begins ?? -Infinity) - clockAhead
