/** Axes of figures: round steps, and places in per cent, so that a figure is as wide as its page. */

export interface Axis {
  readonly from: number
  readonly to: number
  readonly step: number
  readonly ticks: readonly number[]
}

/** Steps of seconds that people count in. */
const SECONDS = [
  0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800,
  21_600, 43_200, 86_400, 172_800, 432_000, 864_000, 2_592_000, 7_776_000, 31_536_000,
]

/** An axis of at most `ticksMax` steps; `from` and `to` are its ends, in seconds. */
export function axis(from: number, to: number, ticksMax: number): Axis {
  const span = Math.max(to - from, SECONDS[0]!)
  const step = SECONDS.find((one) => span / one <= ticksMax) ?? span / ticksMax
  const first = Math.ceil(from / step - 1e-9)
  const count = Math.floor((from + span) / step + 1e-9) - first + 1
  return {
    from,
    to: from + span,
    step,
    ticks: Array.from({ length: count }, (_, i) => tidy((first + i) * step)),
  }
}

/** The same, ending on a tick. */
export function roundAxis(from: number, to: number, ticksMax: number): Axis {
  const { step } = axis(from, to, ticksMax)
  return axis(from, tidy(Math.ceil(to / step - 1e-9) * step), ticksMax + 1)
}

/** Without the dust of binary fractions. */
const tidy = (value: number): number => Number(value.toFixed(6))

/** 0 to 100, of two decimals; outside of the axis it is held at its ends. */
export function percent({ from, to }: Pick<Axis, 'from' | 'to'>, value: number): number {
  const share = Math.min(1, Math.max(0, (value - from) / (to - from)))
  return Math.round(share * 10_000) / 100
}
