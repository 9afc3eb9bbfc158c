import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { localTime, maintenanceAt, minutesLeft, quietUntil } from '../../src/alerts/calendar.ts'
import type { QuietHours } from '../../src/alerts/settings.ts'
import { SECOND } from '../../src/model/time.ts'
import { micros } from './settings.ts'

const EVERY_DAY = [0, 1, 2, 3, 4, 5, 6]
const nights: QuietHours = {
  days: EVERY_DAY,
  from: 22 * 60,
  to: 6 * 60,
  timeZone: 'Europe/Berlin',
  outputs: [],
  criticalPasses: true,
}
const MINUTE = 60 * SECOND

test('local time is that of the zone, with its summer time', () => {
  // Berlin put its clocks back on 25 October 2026, 01:00 UTC.
  expect(localTime(micros('2026-10-25T00:30:00Z'), 'Europe/Berlin')).toEqual({ day: 0, minute: 150 })
  expect(localTime(micros('2026-10-25T01:30:00Z'), 'Europe/Berlin')).toEqual({ day: 0, minute: 150 })
  expect(localTime(micros('2026-11-21T23:59:59Z'), 'UTC')).toEqual({ day: 6, minute: 1439 })
})

describe('a span that crosses midnight', () => {
  test.each([
    ['2026-11-20T20:59:00Z', null], // 21:59 in Berlin
    ['2026-11-20T21:00:00Z', 480],
    ['2026-11-20T23:30:00Z', 330],
    ['2026-11-21T04:59:00Z', 1],
    ['2026-11-21T05:00:00Z', null],
  ])('at %s', (at, left) => {
    expect(minutesLeft(micros(at), nights)).toBe(left)
  })

  test('belongs to the day on which it begins', () => {
    const friday = { ...nights, days: [5] } // 20 November 2026 is a Friday
    expect(minutesLeft(micros('2026-11-21T03:00:00Z'), friday)).toBe(120)
    expect(minutesLeft(micros('2026-11-21T22:00:00Z'), friday)).toBeNull()
    expect(minutesLeft(micros('2026-11-20T03:00:00Z'), friday)).toBeNull()
  })

  test('from midnight to midnight is a whole day', () => {
    expect(minutesLeft(micros('2026-11-20T12:00:00Z'), { ...nights, from: 0, to: 0, timeZone: 'UTC' })).toBe(
      720,
    )
  })
})

test('what is quiet is looked at again when the span ends, and hourly before', () => {
  const one = { output: 'mail', isCritical: false }
  expect(quietUntil(micros('2026-11-21T04:30:20Z'), [nights], one)).toBe(micros('2026-11-21T05:00:00Z'))
  expect(quietUntil(micros('2026-11-20T22:00:30Z'), [nights], one)).toBe(micros('2026-11-20T23:00:00Z'))
  expect(quietUntil(micros('2026-11-20T12:00:00Z'), [nights], one)).toBeNull()
  expect(quietUntil(micros('2026-11-20T22:00:00Z'), [{ ...nights, outputs: ['chat'] }], one)).toBeNull()
})

test('what is critical passes, unless it may not', () => {
  const one = { output: 'mail', isCritical: true }
  const at = micros('2026-11-20T22:00:00Z')
  expect(quietUntil(at, [nights], one)).toBeNull()
  expect(quietUntil(at, [{ ...nights, criticalPasses: false }], one)).not.toBeNull()
})

test('waiting ends: looked at again and again, an alert is out of the span within a day', () => {
  fc.assert(
    fc.property(
      fc.integer({
        min: micros('2026-01-01T00:00:00Z') / MINUTE,
        max: micros('2027-01-01T00:00:00Z') / MINUTE,
      }),
      fc.constantFrom('Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe', 'UTC'),
      fc.integer({ min: 0, max: 1439 }),
      fc.integer({ min: 0, max: 1439 }),
      (minute, timeZone, from, to) => {
        fc.pre(from !== to)
        const start = minute * MINUTE
        let at = start
        for (let i = 0; i < 30; i++) {
          const next = quietUntil(at, [{ ...nights, timeZone, from, to }], { output: 'o', isCritical: false })
          if (next === null) return at - start <= 26 * 60 * MINUTE
          if (next <= at) return false
          at = next
        }
        return false
      },
    ),
    { numRuns: 300 },
  )
})

describe('maintenance', () => {
  const once = {
    name: 'patch day',
    services: ['dlp'],
    when: { start: micros('2026-11-21T20:00:00Z'), end: micros('2026-11-21T22:00:00Z') },
  }
  test.each([
    ['2026-11-21T19:59:59Z', 'dlp', null],
    ['2026-11-21T20:00:00Z', 'dlp', 'patch day'],
    ['2026-11-21T22:00:00Z', 'dlp', null],
    ['2026-11-21T21:00:00Z', 'sepm', null],
    ['2026-11-21T21:00:00Z', null, null],
  ])('once, at %s for %s', (at, service, name) => {
    expect(maintenanceAt(micros(at), [once], service)).toBe(name)
  })

  test('every week, for all services', () => {
    const weekly = {
      name: 'sundays',
      services: [],
      when: { ...nights, days: [0], from: 120, to: 240, timeZone: 'UTC' },
    }
    expect(maintenanceAt(micros('2026-11-22T03:00:00Z'), [weekly], null)).toBe('sundays')
    expect(maintenanceAt(micros('2026-11-23T03:00:00Z'), [weekly], null)).toBeNull()
  })
})
