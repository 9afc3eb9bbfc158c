/**
 * Values of the key `alerts` that are written as text. Each reader returns the value, or a sentence that says
 * what is wrong with the text.
 */
import { suggestion } from '../nearest.ts'
import type { Read } from './values.ts'

export const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const

/** RFC 5424 table 1, by the names of syslog.conf(5). */
const FACILITIES: ReadonlyMap<string, number> = new Map([
  ['kern', 0],
  ['user', 1],
  ['mail', 2],
  ['daemon', 3],
  ['auth', 4],
  ['syslog', 5],
  ['lpr', 6],
  ['news', 7],
  ['uucp', 8],
  ['cron', 9],
  ['authpriv', 10],
  ['ftp', 11],
  ['ntp', 12],
  ['audit', 13],
  ['alert', 14],
  ['clock', 15],
  ...Array.from({ length: 8 }, (_, i) => [`local${i}`, 16 + i] as const),
])

/** `local0` -> 16 */
export function syslogFacility(text: string): Read<number> {
  const value = FACILITIES.get(text)
  if (value !== undefined) return { value }
  return { wrong: `is no facility, such as user, daemon or local0${suggestion(text, FACILITIES.keys())}` }
}

/** `22:30` -> 1350 minutes; `24:00` is the end of a day. */
export function clockTime(text: string): Read<number> {
  const [, hours = '', minutes = ''] = /^(\d{1,2}):(\d\d)$/.exec(text) ?? []
  const value = Number(hours) * 60 + Number(minutes)
  if (hours === '' || Number(minutes) > 59 || value > 24 * 60)
    return { wrong: 'must be a time of day such as "22:00"' }
  return { value: value % (24 * 60) }
}

/** A name that the engine's database of time zones knows. */
export function timeZone(text: string): Read<string> {
  try {
    return { value: new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone }
  } catch {
    const known = Intl.supportedValuesOf('timeZone')
    return { wrong: `is no time zone, such as UTC or Europe/Berlin${suggestion(text, known)}` }
  }
}

export function webAddress(text: string): Read<string> {
  const url = URL.parse(text)
  if (url === null || !['http:', 'https:'].includes(url.protocol))
    return { wrong: 'must be an http or https address' }
  if (url.username !== '' || url.password !== '')
    return { wrong: 'holds a password; put the whole address into the environment or a file' }
  return { value: text }
}
