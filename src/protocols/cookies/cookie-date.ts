/**
 * Dates of cookies as user agents read them (RFC 6265 §5.1.1): four tokens in any order and among anything.
 *
 * `Date.parse` is another language: it takes `0` for a year, and a date without a zone for local time.
 */
import type { Micros } from '../../model/time.ts'

// The erratum 3444 of the RFC: what follows a number's digits may also be nothing.
const DELIMITERS = /[\t\u0020-\u002f\u003b-\u0040\u005b-\u0060\u007b-\u007e]+/
const TIME = /^(\d{1,2}):(\d{1,2}):(\d{1,2})(?!\d)/
const DAY = /^\d{1,2}(?!\d)/
const MONTH = /^(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)/i
const YEAR = /^\d{2,4}(?!\d)/
const MONTHS = 'janfebmaraprmayjunjulaugsepoctnovdec'
/** The first year of the calendar cycle that dates are reckoned in (§5.1.1, step 5). */
const YEAR_MIN = 1601

/** The moment that a date names, which is in UTC whatever it says; null if it names none. */
export function cookieDate(text: string): Micros | null {
  let time: RegExpExecArray | null = null
  let day: RegExpExecArray | null = null
  let month: RegExpExecArray | null = null
  let year: RegExpExecArray | null = null
  for (const token of text.split(DELIMITERS)) {
    if (time === null && (time = TIME.exec(token)) !== null) continue
    if (day === null && (day = DAY.exec(token)) !== null) continue
    if (month === null && (month = MONTH.exec(token)) !== null) continue
    year ??= YEAR.exec(token)
  }
  if (time === null || day === null || month === null || year === null) return null
  const [hours = 0, minutes = 0, seconds = 0] = time.slice(1).map(Number)
  if (hours > 23 || minutes > 59 || seconds > 59) return null
  const inYear = MONTHS.indexOf(month[0].toLowerCase()) / 3
  return midnight(fullYear(Number(year[0])), inYear, Number(day[0]), (hours * 60 + minutes) * 60 + seconds)
}

/** Two digits are of 1970 to 2069. */
const fullYear = (year: number): number => (year >= 100 ? year : year >= 70 ? year + 1900 : year + 2000)

/** Null if there is no such day. */
function midnight(year: number, month: number, day: number, seconds: number): Micros | null {
  if (year < YEAR_MIN) return null
  const at = Date.UTC(year, month, day)
  return new Date(at).getUTCDate() === day && day > 0 ? at * 1000 + seconds * 1_000_000 : null
}
