/** How fast the inputs of a job are read: what arrived in the last minute, by the clock on the wall. */
import type { InputProgress } from '../../pipeline/monitor.ts'
import type { JobProgress } from './order.ts'

export interface TapRates {
  note(progress: JobProgress): void
  /** False before and after the stage in which inputs are read. */
  isReading(): boolean
  /** Of the input in this place; null while nothing can be told. */
  packetsPerSecond(place: number): number | null
  drops(place: number): number | null
}

const WINDOW_MS = 60_000
/** Over less time a rate would jump about. */
const SPAN_MS_MIN = 500
/** Samples are this far apart at least: 120 at most are kept. */
const SAMPLE_MS_MIN = 500

interface Sample {
  readonly at: number
  readonly inputs: readonly InputProgress[]
}

/** `clock` in milliseconds. */
export function tapRates(clock: () => number = () => performance.now()): TapRates {
  const began = clock()
  const samples: Sample[] = [{ at: began, inputs: [] }]
  let last: Sample | null = null
  return {
    note({ inputs }) {
      const at = clock()
      last = inputs.length === 0 ? null : { at, inputs }
      if (last === null || at - samples.at(-1)!.at < SAMPLE_MS_MIN) return
      samples.push(last)
      while (samples.length > 1 && at - samples[0]!.at > WINDOW_MS) samples.shift()
    },
    isReading: () => last !== null,
    packetsPerSecond(place) {
      const first = samples[0]!
      if (last === null || last.at - first.at < SPAN_MS_MIN) return null
      const packets = (last.inputs[place]?.packets ?? 0) - (first.inputs[place]?.packets ?? 0)
      return Math.round((1000 * packets) / (last.at - first.at))
    },
    drops: (place) => last?.inputs[place]?.drops ?? null,
  }
}
