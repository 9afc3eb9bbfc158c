/**
 * Dates as Expires has them (RFC 6265 §5.1.1): in any order, with whatever between them, always UTC.
 * `Date.parse` takes other texts, and some in the local time of the machine.
 */
import type { Micros } from '../../model/time.ts'

const DELIMITERS = /[\t\x20-\x2f\x3b-\x40\x5b-\x60\x7b-\x7e]+/
const TIME = /^(\d{1,2}):(\d{1,2}):(\d{1,2})(?!\d)/
const DAY = /^(\d{1,2})(?!\d)/
const MONTH = /^(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)/i
const YEAR = /^(\d{2,4})(?!\d)/
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
/** The Gregorian calendar's first full century; the RFC takes no year before it. */
const YEAR_MIN = 1601

/** The first token of each kind counts, in this order of preference. Null: no date. */
export function cookieDate(text: string): Micros | null {
  const found: (RegExpExecArray | null)[] = [null, null, null, null]
  for (const token of text.split(DELIMITERS)) {
    for (const [i, pattern] of [TIME, DAY, MONTH, YEAR].entries()) {
      if (found[i] !== null) continue
      found[i] = pattern.exec(token)
      if (found[i] !== null) break
    }
  }
  const [time, day, month, year] = found
  if (time == null || day == null || month == null || year == null) return null
  const date = [fullYear(Number(year[1])), MONTHS.indexOf(month[1]!.toLowerCase()), Number(day[1])] as const
  return microsOf(date, [Number(time[1]), Number(time[2]), Number(time[3])])
}

/** Two digits: 1970 to 2069. */
const fullYear = (year: number): number => (year >= 100 ? year : year >= 70 ? 1900 + year : 2000 + year)

function microsOf(
  [year, month, day]: readonly [number, number, number],
  [hour, minute, second]: readonly [number, number, number],
): Micros | null {
  if (year < YEAR_MIN || hour > 23 || minute > 59 || second > 59) return null
  const ms = Date.UTC(year, month, day, hour, minute, second)
  return new Date(ms).getUTCDate() === day ? ms * 1000 : null // 31 February is no date
}
