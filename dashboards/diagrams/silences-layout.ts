/** Lengths of silence on a logarithmic axis: bars that survived, crosses that did not. Pure. */
import type { ServiceView } from '../../src/api/contract.ts'
import { countTicks, logShareOf, type Range } from './scale.ts'

type Histogram = ServiceView['silences']
type Bin = Histogram['bins'][number]

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
  /** Where their number stands; null where it would stand on others: the table has it. */
  readonly told: 'beside' | 'above' | null
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

/** Numbers this close, as a part of the width, would stand on each other. */
const NUMBER_SHARE = 0.12

/** Beside the crosses where none stand near; where many do, above those that are the most among them. */
function placesOfNumbers(
  bins: readonly Bin[],
  crossesAt: (bin: Bin) => number,
): ReadonlyMap<number, 'beside' | 'above'> {
  const isNear = (a: Bin, b: Bin): boolean => a !== b && Math.abs(crossesAt(a) - crossesAt(b)) < NUMBER_SHARE
  const told = new Set<Bin>()
  for (const bin of [...bins].sort((a, b) => b.severed - a.severed))
    if (![...told].some((other) => isNear(bin, other))) told.add(bin)
  return new Map(
    [...told].map((bin) => [bin.fromSeconds, bins.some((other) => isNear(bin, other)) ? 'above' : 'beside']),
  )
}

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
  const crossesAt = ({ fromSeconds, toSeconds }: Pick<Bin, 'fromSeconds' | 'toSeconds'>): number =>
    value !== null && value >= fromSeconds && value <= toSeconds
      ? logShareOf(value, axis)
      : (logShareOf(Math.max(1, fromSeconds), axis) + logShareOf(toSeconds, axis)) / 2
  const told = placesOfNumbers(
    filled.filter(({ severed }) => severed > 0),
    crossesAt,
  )
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
      told: told.get(fromSeconds) ?? null,
      crossesAt: crossesAt({ fromSeconds, toSeconds }),
    })),
    timer: value === null ? null : logShareOf(value, axis),
    survived: filled.reduce((sum, bin) => sum + bin.survived, 0),
    severed: filled.reduce((sum, bin) => sum + bin.severed, 0),
  }
}
