/** Numbers and times as people read them: counts with commas, durations as devices are set, times in UTC. */
import { count } from '../../model/count.ts'
import { clock, day, type Micros } from '../../model/time.ts'

export { count }

/** `1 packet`, `1,204 packets`; the plural is given where it is not the word and an s. */
export const counted = (n: number, one: string, many = `${one}s`): string =>
  `${count(n)} ${n === 1 ? one : many}`

/** A number with at most `digits` decimals, and none for show. */
const decimal = (n: number, digits: number): string => String(Number(n.toFixed(digits)))

/**
 * `420 ms`, `15.02 s`, `300 s`, from 600 s on `41 min 4 s`, `2 h 41 min`, `3 d 4 h`: devices are set in
 * seconds.
 */
export function duration(seconds: number): string {
  if (seconds < 1) return `${decimal(seconds * 1000, 1)} ms`
  return seconds < 600 ? `${decimal(seconds, 2)} s` : elapsed(seconds)
}

/** `45 s`, `3 min 31 s`, `2 h 41 min`: how long something went on, to two units. */
export function elapsed(seconds: number): string {
  const whole = Math.round(seconds)
  if (whole < 60) return `${decimal(seconds, 1)} s`
  if (whole < 3_600) return pair(Math.floor(whole / 60), 'min', whole % 60, 's')
  if (whole < 172_800) return pair(Math.floor(whole / 3_600), 'h', Math.floor((whole % 3_600) / 60), 'min')
  return pair(Math.floor(whole / 86_400), 'd', Math.floor((whole % 86_400) / 3_600), 'h')
}

const pair = (large: number, largeUnit: string, small: number, smallUnit: string): string =>
  small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`

/** `[14.98, 15.03] s`, rounded outwards: the truth lies inside. */
export function intervalText(lower: number, upper: number): string {
  const hundredths = (seconds: number): number => Math.round(seconds * 10_000) / 100 // without binary dust
  const [from, to] = [Math.floor(hundredths(lower)) / 100, Math.ceil(hundredths(upper)) / 100]
  return `[${decimal(from, 2)}, ${decimal(to, 2)}] s`
}

/** `21 Nov 02:08:06`: the year is told once per page. */
export const dayAndClock = (at: Micros, milliseconds: boolean): string =>
  `${day(at).slice(0, -5)} ${clock(at, milliseconds)}`

/** `21 Nov 2026 02:05:40 to 02:09:11 UTC`; the second day only if it is another one. */
export function spanText(start: Micros, end: Micros): string {
  const until = day(start) === day(end) ? clock(end, false) : `${day(end)} ${clock(end, false)}`
  return `${day(start)} ${clock(start, false)} to ${until} UTC`
}

/** `20 Nov 22:25:12.123`, UTC; the head of the column says so. */
export const packetTime = (at: number): string => dayAndClock(at, true)

/** `+3.1`, `0`, `\u22120.8` */
export function weightText(weight: number): string {
  if (weight === 0) return '0'
  return `${weight > 0 ? '+' : '\u2212'}${Math.abs(weight).toFixed(1)}`
}

/** `38 kB`, decimal. */
export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 || value >= 99.5 ? String(Math.round(value)) : value.toPrecision(2)} ${units[unit]}`
}

/** What was counted most comes first. */
export const mostFirst = <K>(counts: Iterable<readonly [K, number]>): (readonly [K, number])[] =>
  [...counts].toSorted(([, a], [, b]) => b - a)

/** Each with its number behind, `losses of place in HTTP (6)`, the most frequent first. */
export const numbered = (counts: Readonly<Record<string, number>>): string[] =>
  mostFirst(Object.entries(counts)).map(([what, n]) => `${what} (${count(n)})`)
