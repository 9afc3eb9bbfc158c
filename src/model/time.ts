/** Microseconds since the Unix epoch, or a span of them; always an integer. Time is the capture's, never the
 * clock's. */
export type Micros = number

export const SECOND: Micros = 1_000_000
export const MILLISECOND: Micros = 1_000

export const seconds = (n: number): Micros => Math.round(n * SECOND)
export const milliseconds = (n: number): Micros => Math.round(n * MILLISECOND)
export const toSeconds = (span: Micros): number => span / SECOND

/** ISO 8601 in UTC with microseconds: `2026-11-21T02:08:06.123456Z`. A time that no calendar holds is given
 * as its number. */
export function isoTime(at: Micros): string {
  const ms = Math.floor(at / 1000)
  if (!Number.isFinite(ms) || Math.abs(ms) > 8.64e15) return String(at)
  const micros = String(at - ms * 1000).padStart(3, '0')
  return `${new Date(ms).toISOString().slice(0, -1)}${micros}Z`
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `21 Nov 2026`, in UTC. */
export function day(at: Micros): string {
  const date = new Date(at / 1000)
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`
}

/** `02:08:06.123`, in UTC, with milliseconds; `02:08:06` without. Not by the text of a Date: the first one
 * has the engine read its time zones. */
export function clock(at: Micros, milliseconds: boolean): string {
  const date = new Date(Math.floor(at / 1000))
  const parts = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()]
  const text = parts.map((part) => String(part).padStart(2, '0')).join(':')
  return milliseconds ? `${text}.${String(date.getUTCMilliseconds()).padStart(3, '0')}` : text
}

/** `21 Nov 2026 03:12:31 UTC` */
export const momentText = (at: number): string => `${day(at)} ${clock(at, false)} UTC`
