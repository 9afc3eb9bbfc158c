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
  private open: readonly TapRun[] = []
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
    while (this.nextBegins <= (this.first?.nextFrameAt ?? Infinity)) {
      const next = this.waiting.shift()
      if (next === undefined) break
      await this.begin(next)
    }
    return this.open.length > 0
  }

  /** Until a batch is used up, or another capture begins. By the times of frames: who waited for how far one
   * has come, flows and all, would wait for ever. */
  process(): void {
    const begins = this.nextBegins
    for (;;) {
      const first = this.first!
      let until = begins
      for (const run of this.open) if (run !== first && run.nextFrameAt < until) until = run.nextFrameAt
      const isUsedUp = first.processUntil(until)
      if (isUsedUp) this.spent.add(first)
      if (isUsedUp || first.nextFrameAt >= begins) return
    }
  }

  get position(): Micros {
    return Math.min(...this.open.map(({ position }) => position))
  }

  finish(): void {
    for (const run of this.open) run.over()
    this.whole[0].accounted()
  }

  /** The one with the next frame: it changes with almost every frame of two directions. */
  private get first(): TapRun | undefined {
    let first = this.open[0]
    for (const run of this.open) if (run.nextFrameAt < first!.nextFrameAt) first = run
    return first
  }

  private get nextBegins(): Micros {
    const [next] = this.waiting
    return next === undefined ? Infinity : beginningOf(next)
  }

  private async begin(run: TapRun): Promise<void> {
    const isAlone = this.open.length === 0
    if (!isAlone) this.numbered += this.room
    run.numbersAfter = this.numbered
    this.began(run)
    const hasFrames = await run.read()
    if (isAlone && this.latest !== null) run.continues(this.latest)
    this.latest = run
    if (hasFrames) this.open = [...this.open, run]
    else this.end(run)
  }

  private end(run: TapRun): void {
    run.over()
    this.open = this.open.filter((one) => one !== run)
    this.numbered = Math.max(this.numbered, run.numbersAfter + run.lastNumber)
  }
}

/** By the clock by which all captures are judged; -Infinity where nobody waits for it. */
const beginningOf = ({ input: { joint, clockAhead = 0 } }: TapRun): Micros =>
  (joint?.begins ?? -Infinity) - clockAhead
