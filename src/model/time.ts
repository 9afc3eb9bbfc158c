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
