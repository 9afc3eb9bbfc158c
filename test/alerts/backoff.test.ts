import { expect, test } from 'vitest'
import { retryAfter, waitAfter } from '../../src/alerts/backoff.ts'
import { SECOND } from '../../src/model/time.ts'
import { micros } from './settings.ts'

test('waits grow fourfold to an hour, with jitter of up to half', () => {
  const least = [1, 2, 3, 4, 5, 6, 7, 99].map((attempt) => waitAfter(attempt, null, 0) / SECOND)
  expect(least).toEqual([2.5, 10, 40, 160, 640, 1800, 1800, 1800])
  const most = [1, 2, 3].map((attempt) => waitAfter(attempt, null, 0.999_999) / SECOND)
  expect(most.map(Math.round)).toEqual([5, 20, 80])
})

test('never sooner than the receiver asked for', () => {
  expect(waitAfter(1, 120, 0.5)).toBe(120 * SECOND)
  expect(waitAfter(6, 1, 0)).toBe(1800 * SECOND)
})

test.each([
  ['120', 120],
  [' 7 ', 7],
  ['Sat, 21 Nov 2026 12:00:30 GMT', 30],
  ['Sat, 21 Nov 2026 11:00:00 GMT', 0],
  ['soon', null],
  ['-1', null],
  ['1.5', null],
  ['', null],
  [null, null],
])('Retry-After: %s', (header, seconds) => {
  expect(retryAfter(header, micros('2026-11-21T12:00:00Z'))).toBe(seconds)
})
