import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cookieDate } from '../../../src/protocols/cookies/cookie-date.ts'
import { codePoint } from '../../code-point.ts'

const at = (...parts: Parameters<typeof Date.UTC>): number => Date.UTC(...parts) * 1000

test.each([
  // The three forms of RFC 9110 §5.6.7, and what servers write besides.
  ['Sun, 06 Nov 1994 08:49:37 GMT', at(1994, 10, 6, 8, 49, 37)],
  ['Sunday, 06-Nov-94 08:49:37 GMT', at(1994, 10, 6, 8, 49, 37)],
  ['Sun Nov  6 08:49:37 1994', at(1994, 10, 6, 8, 49, 37)],
  ['Thu, 01-Jan-1970 00:00:00 GMT', 0],
  ['Thu Jan 01 2026 00:00:00 GMT+0000 (UTC)', at(2026, 0, 1)],
  ['Tue, 9-Jun-2026 1:2:3', at(2026, 5, 9, 1, 2, 3)],
  ['10:18:14 2026 JUNE 09th', at(2026, 5, 9, 10, 18, 14)],
  // Two digits: 70 to 99 are of the last century, 00 to 69 of this one.
  ['Wed, 31-Dec-69 23:59:59 GMT', at(2069, 11, 31, 23, 59, 59)],
  ['Thu, 01-Jan-70 00:00:00 GMT', 0],
  // The zone is not looked at: all are UTC.
  ['Wed, 09 Jun 2026 10:18:14 +0900', at(2026, 5, 9, 10, 18, 14)],
  ['Wed, 09 Jun 2026 10:18:14 PST', at(2026, 5, 9, 10, 18, 14)],
  ['Thu, 29 Feb 2024 00:00:00 GMT', at(2024, 1, 29)],
  ['Mon, 01 Jan 1601 00:00:00 GMT', at(1601, 0, 1)],
])('%s', (text, expected) => expect(cookieDate(text)).toBe(expected))

test.each([
  '',
  '0',
  '-1',
  'never',
  'Session',
  '2026-06-09T10:18:14Z',
  '1780999094',
  '09 Jun 2026',
  'Jun 2026 10:18:14',
  '09 2026 10:18:14',
  '09 Jun 10:18:14',
  '09 Jun 2026 24:00:00',
  '09 Jun 2026 23:60:00',
  '09 Jun 2026 23:00:60',
  '09 Jun 2026 123:00:00',
  '00 Jun 2026 10:18:14',
  '32 Jan 2026 10:18:14',
  '29 Feb 2025 10:18:14',
  '31 Dec 1600 10:18:14',
  '09 Jun 20261 10:18:14',
  '009 Jun 10:18:14',
])('%j is no date', (text) => expect(cookieDate(text)).toBeNull())

test('any moment of the calendar that is written as servers write it', () => {
  const moment = fc.date({
    min: new Date('1970-01-01T00:00:00Z'),
    max: new Date('9999-12-31T23:59:59Z'),
    noInvalidDate: true,
  })
  fc.assert(
    fc.property(moment, (date) => {
      const whole = Math.floor(date.getTime() / 1000) * 1_000_000
      expect(cookieDate(date.toUTCString())).toBe(whole)
      expect(cookieDate(date.toUTCString().replaceAll(' ', '-'))).toBe(whole)
    }),
  )
})

test('any text is read', () => {
  const text = fc.oneof(
    fc.string({ unit: codePoint }),
    fc.string({ unit: fc.constantFrom(...'0159:- JanMay') }),
  )
  fc.assert(
    fc.property(text, (date) => {
      expect(Number.isNaN(cookieDate(date))).toBe(false)
    }),
  )
})
