/** How long a job will still take, from how long it has taken so far. */
import type { JobProgress } from './order.ts'

export interface Remaining {
  note(progress: JobProgress): void
  /** Null while nothing can be told. */
  seconds(): number | null
}

/** Before this share of a stage, and this time, an estimate would jump about. */
const FRACTION_MIN = 0.02
const MS_MIN = 500

/** `clock` in milliseconds. */
export function remaining(clock: () => number = () => performance.now()): Remaining {
  let stage: JobProgress['stage'] | null = null
  let began = clock()
  let at = began
  let fraction = 0
  return {
    note(progress) {
      at = clock()
      if (progress.stage !== stage) began = at
      ;({ stage, fraction } = progress)
    },
    seconds() {
      const spent = at - began
      if (fraction < FRACTION_MIN || spent < MS_MIN) return null
      // What has passed since the last word is taken off.
      const left = (spent * (1 - fraction)) / fraction - (clock() - at)
      return Math.max(0, Math.round(left / 100) / 10)
    },
  }
}
