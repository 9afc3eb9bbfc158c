/**
 * Numbers and times as people read them, in one place. Times carry their zone or stand under a head that
 * does; durations are seconds where devices are set in seconds; sizes are decimal; minus is a minus sign.
 * Every function that tells a time takes the zone last and reads the chosen one by default, so that a
 * component which calls it is drawn again when the zone changes.
 */
import type { Instant } from '../src/api/contract.ts'
import { zone as chosenZone } from './settings.ts'
import type { Zone } from './settings.ts'

export type Precision = 'minute' | 'second' | 'millisecond'

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const NUMBER_WORDS = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten']
const THIN = '\u00a0' // a number never parts from its unit

/** Fields of a time in a zone. */
interface Parts {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly millisecond: number
}

function partsOf(at: Instant | number, zone: Zone): Parts {
  const date = new Date(at)
  // The local clock is the universal one, moved by the offset of that day.
  const moved = zone === 'utc' ? date : new Date(date.getTime() - date.getTimezoneOffset() * 60_000)
  return {
    year: moved.getUTCFullYear(),
    month: moved.getUTCMonth(),
    day: moved.getUTCDate(),
    hour: moved.getUTCHours(),
    minute: moved.getUTCMinutes(),
    second: moved.getUTCSeconds(),
    millisecond: moved.getUTCMilliseconds(),
  }
}

const two = (n: number): string => String(n).padStart(2, '0')

/** `22:25`, `22:25:12`, `22:25:12.402` */
export function clock(
  at: Instant | number,
  precision: Precision = 'minute',
  zone = chosenZone.value,
): string {
  const { hour, minute, second, millisecond } = partsOf(at, zone)
  const minutes = `${two(hour)}:${two(minute)}`
  if (precision === 'minute') return minutes
  const seconds = `${minutes}:${two(second)}`
  return precision === 'second' ? seconds : `${seconds}.${String(millisecond).padStart(3, '0')}`
}

/** `20 Nov`; with the year `20 Nov 2026`. */
export function day(at: Instant | number, withYear = false, zone = chosenZone.value): string {
  const { day: date, month, year } = partsOf(at, zone)
  return `${date}${THIN}${MONTHS[month]}${withYear ? `${THIN}${year}` : ''}`
}

/** `UTC`, or the local zone's short name on that day: `CET`, `GMT+2`. */
export function zoneName(at: Instant | number = Date.now(), zone = chosenZone.value): string {
  if (zone === 'utc') return 'UTC'
  const format = new Intl.DateTimeFormat('en-GB', { timeZoneName: 'short' })
  return format.formatToParts(new Date(at)).find(({ type }) => type === 'timeZoneName')?.value ?? 'local'
}

const isSameDay = (a: Instant | number, b: Instant | number, zone: Zone): boolean =>
  day(a, true, zone) === day(b, true, zone)

/** `20 Nov 22:25:12 UTC`: a time on its own. */
export const time = (
  at: Instant | number,
  precision: Precision = 'second',
  zone = chosenZone.value,
): string => `${day(at, false, zone)}${THIN}${clock(at, precision, zone)}${THIN}${zoneName(at, zone)}`

/**
 * A time in a list, whose head names the zone: `22:25` today, `20 Nov 22:25` this year, `20 Nov 2025 22:25`
 * before.
 */
export function listTime(
  at: Instant | number,
  precision: Precision = 'minute',
  now = Date.now(),
  zone = chosenZone.value,
): string {
  if (isSameDay(at, now, zone)) return clock(at, precision, zone)
  const isThisYear = partsOf(at, zone).year === partsOf(now, zone).year
  return `${day(at, !isThisYear, zone)}${THIN}${clock(at, precision, zone)}`
}

/** `20 Nov 03:12 to 21 Nov 2026 03:12 UTC`, `20 Nov 2026 03:12 to 04:00 UTC`: what a page covers. */
export function span(
  from: Instant | number,
  to: Instant | number,
  precision: Precision = 'minute',
  zone = chosenZone.value,
): string {
  const until = `${clock(to, precision, zone)}${THIN}${zoneName(to, zone)}`
  if (isSameDay(from, to, zone))
    return `${day(from, true, zone)}${THIN}${clock(from, precision, zone)} to ${until}`
  const isOneYear = partsOf(from, zone).year === partsOf(to, zone).year
  const begin = `${day(from, !isOneYear, zone)}${THIN}${clock(from, precision, zone)}`
  return `${begin} to ${day(to, true, zone)}${THIN}${until}`
}

/** The same without year and zone, for a column whose head has the zone: `20 Nov 20:00 to 21 Nov 00:00`. With
 * seconds where it is less than a minute. */
export function listSpan(
  from: Instant | number,
  to: Instant | number,
  now = Date.now(),
  zone = chosenZone.value,
): string {
  const precision = secondsBetween(from, to) < 60 ? 'second' : 'minute'
  const until = clock(to, precision, zone)
  const end = isSameDay(from, to, zone) ? until : `${day(to, false, zone)}${THIN}${until}`
  return `${listTime(from, precision, now, zone)} to ${end}`
}

/** Seconds from one time to the other. */
export const secondsBetween = (from: Instant | number, to: Instant | number): number =>
  (new Date(to).getTime() - new Date(from).getTime()) / 1000

/** At most `digits` decimals, none for show, commas per thousand. */
export function decimal(n: number, digits = 0): string {
  const [whole = '0', fraction] = String(Number(Math.abs(n).toFixed(digits))).split('.')
  const grouped = whole.replaceAll(/\B(?=(?:\d{3})+$)/g, ',')
  const sign = n < 0 && Number(n.toFixed(digits)) !== 0 ? '−' : ''
  return `${sign}${grouped}${fraction === undefined ? '' : `.${fraction}`}`
}

/** `41,204`; from a million on `41.8 M`, `1.2 G`. */
export function count(n: number): string {
  if (Math.abs(n) < 1e6) return decimal(n)
  return Math.abs(n) < 999.95e6 ? `${decimal(n / 1e6, 1)}${THIN}M` : `${decimal(n / 1e9, 1)}${THIN}G`
}

/** `1 agent`, `18 agents`, `no agents` never: a zero is a number. */
export const counted = (n: number, one: string, many = `${one}s`): string =>
  `${count(n)}${THIN}${n === 1 ? one : many}`

/** `two`, `Two` at the beginning of a sentence; digits from eleven on. */
export function numberWord(n: number, isFirst = false): string {
  const word = NUMBER_WORDS[n] ?? decimal(n)
  return isFirst ? word.charAt(0).toUpperCase() + word.slice(1) : word
}

/** `+4.0`, `−0.8`, `0`: a signed weight with one decimal. */
export function signed(n: number, digits = 1): string {
  const text = Math.abs(n).toFixed(digits)
  if (Number(text) === 0) return '0'
  return `${n < 0 ? '−' : '+'}${text}`
}

/** `12 %`, `0.4 %`, and `under 0.1 %` rather than nothing. `share` is 0 to 1. */
export function percent(share: number): string {
  if (share > 0 && share < 0.0005) return `under${THIN}0.1${THIN}%`
  const value = share * 100
  return `${decimal(value, value < 10 && value > 0 ? 1 : 0)}${THIN}%`
}

const SIZES: readonly (readonly [number, string])[] = [
  [1e12, 'TB'],
  [1e9, 'GB'],
  [1e6, 'MB'],
  [1e3, 'kB'],
]

/** `214 B`, `38 kB`, `2.3 MB`: decimal, two digits that mean something. */
export function bytes(n: number): string {
  for (const [size, unit] of SIZES) {
    const value = n / size
    if (Math.abs(value) < 0.9995) continue
    return `${decimal(value, Math.abs(value) < 9.95 ? 1 : 0)}${THIN}${unit}`
  }
  return `${decimal(n)}${THIN}B`
}

/** A timer, or a silence that is compared with one: always seconds, `300 s`, `86,400 s`, `299.91 s`. */
export const seconds = (n: number, digits = 2): string => `${decimal(n, digits)}${THIN}s`

/** `0.4 ms`, `3.7 s`, `300 s`; from 600 s on `9 min 36 s` and so on: devices are set in seconds. */
export function duration(n: number): string {
  if (n > 0 && n < 1) return `${decimal(n * 1000, n < 0.01 ? 1 : 0)}${THIN}ms`
  return n <= 600 ? seconds(n, n < 10 ? 2 : 1) : elapsed(n)
}

/** `45 s`, `3 min 31 s`, `2 h 41 min`, `3 d 4 h`: how long something went on, to two units. */
export function elapsed(n: number): string {
  const whole = Math.max(0, Math.round(n))
  if (whole < 60) return `${whole}${THIN}s`
  if (whole < 3_600) return pair(Math.floor(whole / 60), 'min', whole % 60, 's')
  if (whole < 172_800) return pair(Math.floor(whole / 3_600), 'h', Math.floor((whole % 3_600) / 60), 'min')
  return pair(Math.floor(whole / 86_400), 'd', Math.floor((whole % 86_400) / 3_600), 'h')
}

/** `15 ms`, `3.7 s`, `3 min 31 s`: how long something short or long lasted. */
export const lasted = (n: number): string => (n < 60 ? duration(n) : elapsed(n))

const pair = (large: number, largeUnit: string, small: number, smallUnit: string): string =>
  small === 0
    ? `${large}${THIN}${largeUnit}`
    : `${large}${THIN}${largeUnit}${THIN}${small}${THIN}${smallUnit}`

/** `[299.91, 300.03] s`, rounded outwards; open ends as `at least`, `at most`. */
export function interval(lower: number | null, upper: number | null): string {
  const low = lower === null ? null : decimal(Math.floor(lower * 100 + 1e-6) / 100, 2)
  const high = upper === null ? null : decimal(Math.ceil(upper * 100 - 1e-6) / 100, 2)
  if (low === null) return high === null ? 'not known' : `at most${THIN}${high}${THIN}s`
  return high === null ? `at least${THIN}${low}${THIN}s` : `[${low},${THIN}${high}]${THIN}s`
}

/** `0.97`: a confidence, 0 to 1, never 1.00 unless it is. */
export const confidence = (n: number): string => (n > 0.995 && n < 1 ? '0.99' : n.toFixed(2))

/** `a, b and c` */
export const listed = (items: readonly string[]): string =>
  items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`

/** `a, b and 4 more` */
export function firstFew(items: readonly string[], most: number, total = items.length): string {
  const shown = items.slice(0, most)
  const rest = total - shown.length
  return rest > 0 ? `${shown.join(', ')} and ${count(rest)} more` : listed(shown)
}

/** `10.0.0.1:443`, `[2001:db8::1]:443` (RFC 5952 §6). */
export const endpoint = (address: string, port: number): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`

/** The last part of a path: captures that were read in place are named by their path. */
export const fileName = (path: string): string => path.split(/[/\\]/).findLast((part) => part !== '') ?? path

/** A capture in a list: a file by its own name; what a collector gathers has no path to shorten. */
export const captureName = (name: string, isLive: boolean): string => (isLive ? name : fileName(name))

/** `9f2c…a1`: enough of a digest to compare by eye. */
export const shortHash = (hash: string): string =>
  hash.length > 8 ? `${hash.slice(0, 4)}…${hash.slice(-2)}` : hash
