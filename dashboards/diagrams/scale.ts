/** Positions on axes: values to shares of the width, and the round values at which an axis is marked.
 * Pure. */

export interface Range {
  readonly from: number
  readonly to: number
}

/** Where a value lies in a range, from 0 to 1; what lies outside stands at the edge. */
export function shareOf(value: number, { from, to }: Range): number {
  if (!(to > from)) return 0
  return Math.min(1, Math.max(0, (value - from) / (to - from)))
}

/** The same on a logarithmic axis; both ends above zero. */
export const logShareOf = (value: number, { from, to }: Range): number =>
  shareOf(Math.log(Math.max(value, Number.MIN_VALUE)), { from: Math.log(from), to: Math.log(to) })

/** A share of the width as an SVG length: `12.34%`. */
export const across = (share: number): string => `${Math.round(share * 10_000) / 100}%`

/** Steps of seconds that people count in. */
const SECOND_STEPS = [
  0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900,
  1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400,
]

/** Multiples of a step that people count in, at most `most` of them. */
export function secondTicks({ from, to }: Range, most: number): number[] {
  const span = to - from
  if (!(span > 0)) return [from]
  const step =
    SECOND_STEPS.find((s) => Math.floor(span / s) + 1 <= most) ?? 86_400 * Math.ceil(span / 86_400 / most)
  return multiples({ from, to }, step)
}

/** Multiples of 1, 2 or 5 times a power of ten, at most `most` of them. */
export function countTicks(to: number, most: number): number[] {
  if (!(to > 0)) return [0]
  const power = 10 ** Math.floor(Math.log10(to / most))
  const step = Math.max(
    1,
    power * ([1, 2, 5, 10, 20].find((m) => Math.floor(to / (m * power)) + 1 <= most) ?? 20),
  )
  return multiples({ from: 0, to }, step)
}

function multiples({ from, to }: Range, step: number): number[] {
  const ticks: number[] = []
  const first = Math.ceil(from / step - 1e-9)
  for (let n = first; n * step <= to + step * 1e-9; n++) ticks.push(Number((n * step).toPrecision(12)))
  return ticks
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const TIME_STEPS = [
  1000,
  2000,
  5000,
  10_000,
  15_000,
  30_000,
  MINUTE,
  2 * MINUTE,
  5 * MINUTE,
  10 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  DAY,
  2 * DAY,
  7 * DAY,
]

/** Round times in a range of milliseconds since 1970, at most `most`, counted in the zone that lies
 * `offset` milliseconds east of UTC. */
export function timeTicks({ from, to }: Range, most: number, offset = 0): number[] {
  const span = to - from
  if (!(span > 0)) return [from]
  const step = TIME_STEPS.find((s) => Math.floor(span / s) + 1 <= most) ?? DAY * Math.ceil(span / DAY / most)
  return multiples({ from: from + offset, to: to + offset }, step).map((t) => t - offset)
}

/** How exactly an axis of that range tells times: marks within one minute must not look alike. */
export const clockPrecision = ({ from, to }: Range): 'minute' | 'second' =>
  to - from < 10 * MINUTE ? 'second' : 'minute'

/** Lengths of silence at which a logarithmic axis of seconds is marked. */
const LOG_MARKS = [1, 10, 60, 300, 900, 3600, 21_600, 86_400, 604_800]

/** The marks of a logarithmic axis of seconds within the range. */
export const logTicks = ({ from, to }: Range): number[] =>
  LOG_MARKS.filter((mark) => mark >= from && mark <= to)

/** The next number of seconds to end an axis with: 1, 1.2, 1.5, 2, 3, 4.2, 5, 6, 8 or 10 of a power of
 * ten. */
export function roundUp(seconds: number): number {
  if (!(seconds > 0)) return 1
  const power = 10 ** Math.floor(Math.log10(seconds))
  const step =
    [1, 1.2, 1.5, 2, 2.4, 3, 3.6, 4.2, 5, 6, 7.2, 8, 10].find((m) => m * power >= seconds - 1e-9) ?? 10
  return Number((step * power).toPrecision(6))
}

/** An ISO time with up to six decimals, in microseconds since 1970. */
export function microsOf(instant: string): number {
  const fraction = /\.(\d+)/.exec(instant)?.[1] ?? ''
  return Date.parse(`${instant.slice(0, 19)}Z`) * 1000 + Number(fraction.slice(0, 6).padEnd(6, '0'))
}
