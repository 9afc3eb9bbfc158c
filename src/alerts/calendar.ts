/**
 * Quiet hours and maintenance windows: whether a moment lies in a span, and when it ends. Local times are
 * those of the IANA time zone database, as the engine has it; a span keeps its local times when the clocks
 * are put back or forward.
 */
import { SECOND, type Micros } from '../model/time.ts'
import type { DailySpan, Maintenance, QuietHours } from './settings.ts'

const MINUTE: Micros = 60 * SECOND
const DAY_MINUTES = 24 * 60
/**
 * What waits for the end of a span is looked at again at least this often: a clock that is put forward or
 * back meanwhile moves the end by an hour.
 */
const LOOK_AGAIN: Micros = 60 * MINUTE

const formats = new Map<string, Intl.DateTimeFormat>()

function formatOf(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone)
  if (format === undefined)
    formats.set(
      timeZone,
      (format = new Intl.DateTimeFormat('en-GB', {
        timeZone,
        weekday: 'short',
        hour: '2-digit',
        minute: '2-digit',
        hourCycle: 'h23',
      })),
    )
  return format
}

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']

/** Day of the week and minute of the day that the clocks of a zone show. */
export function localTime(at: Micros, timeZone: string): { readonly day: number; readonly minute: number } {
  const parts = formatOf(timeZone).formatToParts(Math.floor(at / 1000))
  const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? ''
  return {
    day: WEEKDAYS.indexOf(part('weekday')),
    minute: Number(part('hour')) * 60 + Number(part('minute')),
  }
}

/** Minutes until a span ends in which a moment lies; null if it lies in none. */
export function minutesLeft(at: Micros, { days, from, to, timeZone }: DailySpan): number | null {
  const { day, minute } = localTime(at, timeZone)
  const length = (to - from + DAY_MINUTES) % DAY_MINUTES || DAY_MINUTES
  for (const daysAgo of [0, 1]) {
    const since = minute + daysAgo * DAY_MINUTES - from
    if (since >= 0 && since < length && days.includes((day - daysAgo + 7) % 7)) return length - since
  }
  return null
}

/** When to look again at an alert that has to wait now; null if it has not. */
export function quietUntil(
  at: Micros,
  spans: readonly QuietHours[],
  { output, isCritical }: { readonly output: string; readonly isCritical: boolean },
): Micros | null {
  const ends = spans
    .filter(({ outputs, criticalPasses }) => !(isCritical && criticalPasses) && admits(outputs, output))
    .flatMap((span) => minutesLeft(at, span) ?? [])
  if (ends.length === 0) return null
  const wholeMinute = at - (at % MINUTE)
  return wholeMinute + Math.min(Math.max(...ends) * MINUTE, LOOK_AGAIN)
}

/** The name of the maintenance that a happening is part of; null if of none. */
export function maintenanceAt(
  at: Micros,
  windows: readonly Maintenance[],
  service: string | null,
): string | null {
  const holds = ({ services, when }: Maintenance): boolean => {
    if (services.length > 0 && (service === null || !services.includes(service))) return false
    return 'start' in when ? at >= when.start && at < when.end : minutesLeft(at, when) !== null
  }
  return windows.find(holds)?.name ?? null
}

/** An empty list admits everything. */
export const admits = <T>(list: readonly T[], one: T): boolean => list.length === 0 || list.includes(one)
