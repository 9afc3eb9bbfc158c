import { describe, expect, test } from 'vitest'
import { clock, day } from '../../../src/model/time.ts'
import {
  count,
  counted,
  dayAndClock,
  duration,
  elapsed,
  intervalText,
  spanText,
} from '../../../src/cli/output/quantities.ts'
import { firstFew, listed } from '../../../src/model/listed.ts'

const at = Date.UTC(2026, 10, 21, 2, 8, 6) * 1000 + 123_456

test('counts have commas', () => {
  expect([0, 999, 1000, 41_204, 1_000_000].map(count)).toEqual(['0', '999', '1,000', '41,204', '1,000,000'])
  expect([counted(1, 'packet'), counted(1204, 'packet'), counted(0, 'entry', 'entries')]).toEqual([
    '1 packet',
    '1,204 packets',
    '0 entries',
  ])
})

test.each([
  [0, '0 ms'],
  [0.000246, '0.2 ms'],
  [0.42, '420 ms'],
  [15.003211, '15 s'],
  [15.0184, '15.02 s'],
  [300, '300 s'],
  [599.99, '599.99 s'],
  [600, '10 min'],
  [2464, '41 min 4 s'],
  [9660, '2 h 41 min'],
  [86_400, '24 h'],
  [273_600, '3 d 4 h'],
])('%f s is %s, in seconds as devices are set', (seconds, text) => {
  expect(duration(seconds)).toBe(text)
})

test.each([
  [45.25, '45.3 s'],
  [59.7, '1 min'],
  [211.302, '3 min 31 s'],
  [7200, '2 h'],
])('%f s went on for %s', (seconds, text) => {
  expect(elapsed(seconds)).toBe(text)
})

test('intervals are rounded outwards', () => {
  expect(intervalText(14.9871, 15.0018)).toBe('[14.98, 15.01] s')
  expect(intervalText(299, 300)).toBe('[299, 300] s')
})

describe('times are in UTC', () => {
  test('of one day', () => {
    expect([day(at), clock(at, true), clock(at, false), dayAndClock(at, true)]).toEqual([
      '21 Nov 2026',
      '02:08:06.123',
      '02:08:06',
      '21 Nov 02:08:06.123',
    ])
    expect(spanText(at, at + 63e6)).toBe('21 Nov 2026 02:08:06 to 02:09:09 UTC')
  })

  test('of two', () => {
    expect(spanText(at, at + 86_400e6)).toBe('21 Nov 2026 02:08:06 to 22 Nov 2026 02:08:06 UTC')
  })
})

test('lists', () => {
  expect([listed([]), listed(['a']), listed(['a', 'b']), listed(['a', 'b', 'c'])]).toEqual([
    '',
    'a',
    'a and b',
    'a, b and c',
  ])
  expect([firstFew(['a', 'b', 'c'], 2), firstFew(['a', 'b'], 2), firstFew(['a', 'b'], 2, 1_500)]).toEqual([
    'a, b and 1 more',
    'a and b',
    'a, b and 1,498 more',
  ])
})
