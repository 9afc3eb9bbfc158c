/** Lengths of silence on a logarithmic axis: bars that survived, crosses that did not. Pure. */
import type { ServiceView } from '../../src/api/contract.ts'
import { countTicks, logShareOf, type Range } from './scale.ts'

type Histogram = ServiceView['silences']

export interface SilenceBar {
  readonly from: number
  readonly to: number
  readonly survived: number
  readonly severed: number
  /** Of the figure's height. */
  readonly height: number
  readonly crosses: number
  /** Where the crosses stand: at the timer if it lies among these lengths, else in their middle. */
  readonly crossesAt: number
}

export interface SilenceLayout {
  readonly axis: Range
  readonly bars: readonly SilenceBar[]
  readonly most: number
  readonly ticks: readonly number[]
  /** Severed silences that one cross stands for. */
  readonly each: number
  readonly timer: number | null
  readonly survived: number
  readonly severed: number
}

export const CROSSES_HIGH = 12
/**
 * Timers that can be asked about, in seconds: the edges of the steps from the shortest survived silence on,
 * and the one that lies beyond the longest. At an edge it is known how many silences are longer; between two
 * it is not.
 */
export function askableTimers({ bins }: Histogram): readonly number[] {
  const first = bins.findIndex(({ survived }) => survived > 0)
  const last = bins.findLastIndex(({ survived }) => survived > 0)
  return first < 0
    ? []
    : [...bins.slice(first, last + 1).map(({ fromSeconds }) => fromSeconds), bins[last]!.toSeconds]
}

/**
 * Connections that survived a silence as long as that, or longer: an idle timeout of that length would have
 * cut them.
 */
export const cutBy = ({ bins }: Histogram, seconds: number): number =>
  bins.reduce((sum, { fromSeconds, survived }) => sum + (fromSeconds >= seconds ? survived : 0), 0)

const AXIS_LEAST: Range = { from: 1, to: 900 }

/** The value at which a timer's line stands: the middle of its interval, the only bound if there is one. */
export const timerValue = (timer: Histogram['timer']): number | null => {
  if (timer === null) return null
  const { lowerSeconds: lower, upperSeconds: upper } = timer
  return lower !== null && upper !== null && upper / lower < 1.2 ? (lower + upper) / 2 : (upper ?? lower)
}

export function laySilences({ bins, timer }: Histogram): SilenceLayout {
  const filled = bins.filter(({ survived, severed }) => survived + severed > 0)
  const value = timerValue(timer)
  const axis = {
    from: AXIS_LEAST.from,
    to: Math.max(AXIS_LEAST.to, (value ?? 0) * 2, ...filled.map(({ toSeconds }) => toSeconds)),
  }
  const most = Math.max(1, ...filled.map(({ survived }) => survived))
  const each = Math.max(1, Math.ceil(Math.max(0, ...filled.map(({ severed }) => severed)) / CROSSES_HIGH))
  return {
    axis,
    most,
    each,
    ticks: countTicks(most, 5).filter((tick) => tick > 0),
    bars: filled.map(({ fromSeconds, toSeconds, survived, severed }) => ({
      from: logShareOf(Math.max(1, fromSeconds), axis),
      to: logShareOf(toSeconds, axis),
      survived,
      severed,
      height: survived / most,
      crosses: Math.ceil(severed / each),
      crossesAt:
        value !== null && value >= fromSeconds && value <= toSeconds
          ? logShareOf(value, axis)
          : (logShareOf(Math.max(1, fromSeconds), axis) + logShareOf(toSeconds, axis)) / 2,
    })),
    timer: value === null ? null : logShareOf(value, axis),
    survived: filled.reduce((sum, bin) => sum + bin.survived, 0),
    severed: filled.reduce((sum, bin) => sum + bin.severed, 0),
  }
}
