import { describe, expect, test } from 'vitest'
import fc from 'fast-check'
import * as text from '../../dashboards/text.ts'

const plain = (said: string): string => said.replaceAll('\u00a0', ' ')
const AT = '2026-11-20T22:25:12.402917Z'
const NOW = Date.parse('2026-11-21T03:12:31Z')

describe('times', () => {
  test('one on its own has its zone', () => {
    expect(plain(text.time(AT, 'second', 'utc'))).toBe('20 Nov 22:25:12 UTC')
    expect(plain(text.time(AT, 'millisecond', 'utc'))).toBe('20 Nov 22:25:12.402 UTC')
  })

  test('today is left out in lists, another day never', () => {
    expect(plain(text.listTime('2026-11-21T03:06:12Z', 'minute', NOW, 'utc'))).toBe('03:06')
    expect(plain(text.listTime(AT, 'minute', NOW, 'utc'))).toBe('20 Nov 22:25')
    expect(plain(text.listTime('2025-11-21T03:06:12Z', 'second', NOW, 'utc'))).toBe('21 Nov 2025 03:06:12')
  })

  test('a span has the year once, and the second day only if it is another', () => {
    expect(plain(text.span('2026-11-20T03:12:00Z', '2026-11-21T03:12:00Z', 'minute', 'utc'))).toBe(
      '20 Nov 03:12 to 21 Nov 2026 03:12 UTC',
    )
    expect(plain(text.span('2026-11-20T03:12:00Z', '2026-11-20T04:00:00Z', 'minute', 'utc'))).toBe(
      '20 Nov 2026 03:12 to 04:00 UTC',
    )
    expect(plain(text.span('2025-12-31T23:00:00Z', '2026-01-01T01:00:00Z', 'minute', 'utc'))).toBe(
      '31 Dec 2025 23:00 to 1 Jan 2026 01:00 UTC',
    )
  })

  test('a span in a list', () => {
    expect(plain(text.listSpan('2026-11-20T20:00:00Z', '2026-11-21T00:00:00Z', NOW, 'utc'))).toBe(
      '20 Nov 20:00 to 21 Nov 00:00',
    )
    expect(plain(text.listSpan('2026-11-20T15:40:28.6Z', '2026-11-20T15:40:40Z', NOW, 'utc'))).toBe(
      '20 Nov 15:40:28 to 15:40:40',
    )
    expect(plain(text.listSpan('2026-11-20T15:40:00Z', '2026-11-20T15:58:00Z', NOW, 'utc'))).toBe(
      '20 Nov 15:40 to 15:58',
    )
  })

  test('local time is the clock of this machine', () => {
    const local = new Date(AT)
    const hours = String(local.getHours()).padStart(2, '0')
    const minutes = String(local.getMinutes()).padStart(2, '0')
    expect(text.clock(AT, 'minute', 'local')).toBe(`${hours}:${minutes}`)
  })

  test('seconds between', () => {
    expect(text.secondsBetween('2026-11-20T22:00:00.000000Z', '2026-11-20T22:00:01.500000Z')).toBe(1.5)
  })
})

describe('lengths', () => {
  test.each([
    [0, '0 s'],
    [0.0004, '0.4 ms'],
    [0.42, '420 ms'],
    [3.7, '3.7 s'],
    [300, '300 s'],
    [299.91, '299.9 s'],
    [576, '576 s'],
    [600, '600 s'],
    [636, '10 min 36 s'],
    [9_660, '2 h 41 min'],
    [273_600, '3 d 4 h'],
  ])('%d s is %s', (seconds, said) => {
    expect(plain(text.duration(seconds))).toBe(said)
  })

  test('how long something went on', () => {
    expect([0, 45, 60, 211, 3600].map((n) => plain(text.elapsed(n)))).toEqual([
      '0 s',
      '45 s',
      '1 min',
      '3 min 31 s',
      '1 h',
    ])
  })

  test('how long something lasted', () => {
    expect([0.0152, 12, 2960].map((n) => plain(text.lasted(n)))).toEqual(['15 ms', '12 s', '49 min 20 s'])
  })

  test('a timer stays in seconds', () => {
    expect(plain(text.seconds(86_400))).toBe('86,400 s')
    expect(plain(text.seconds(299.913))).toBe('299.91 s')
  })

  test('intervals are rounded outwards', () => {
    expect(plain(text.interval(299.9149, 300.0201))).toBe('[299.91, 300.03] s')
    expect(plain(text.interval(299.91, 300.03))).toBe('[299.91, 300.03] s')
    expect(plain(text.interval(120, null))).toBe('at least 120 s')
    expect(plain(text.interval(null, 350))).toBe('at most 350 s')
    expect(text.interval(null, null)).toBe('not known')
  })

  test('an interval always holds what it was made of', () => {
    const length = fc.double({ min: 0, max: 1e6, noNaN: true })
    fc.assert(
      fc.property(length, length, (a, b) => {
        const [lower, upper] = [Math.min(a, b), Math.max(a, b)]
        const said = /\[([\d,.]+), ([\d,.]+)\]/.exec(plain(text.interval(lower, upper)))
        const [low, high] = [said?.[1], said?.[2]].map((part) => Number(part?.replaceAll(',', '')))
        expect(low).toBeLessThanOrEqual(lower + 1e-6)
        expect(high).toBeGreaterThanOrEqual(upper - 1e-6)
      }),
    )
  })
})

describe('numbers', () => {
  test.each([
    [0, '0'],
    [999, '999'],
    [41_204, '41,204'],
    [-1234, '−1,234'],
    [999_999, '999,999'],
    [41_800_000, '41.8 M'],
    [999_960_000, '1 G'],
    [1_240_000_000, '1.2 G'],
  ])('%d is %s', (n, said) => {
    expect(plain(text.count(n))).toBe(said)
  })

  test('sizes are decimal', () => {
    expect(
      [0, 214, 999, 1000, 38_200, 2_300_000, 9.2e9, 21.7e9, 1.5e12].map((n) => plain(text.bytes(n))),
    ).toEqual(['0 B', '214 B', '999 B', '1 kB', '38 kB', '2.3 MB', '9.2 GB', '22 GB', '1.5 TB'])
  })

  test('weights have a sign, zero has none', () => {
    expect([4, -0.8, 0, -0.01].map((n) => text.signed(n))).toEqual(['+4.0', '−0.8', '0', '0'])
  })

  test('shares', () => {
    expect([0, 0.0001, 0.004, 0.12, 1].map((n) => plain(text.percent(n)))).toEqual([
      '0 %',
      'under 0.1 %',
      '0.4 %',
      '12 %',
      '100 %',
    ])
  })

  test('a confidence is certain only if it is', () => {
    expect([0.97, 0.999, 1, 0.5].map(text.confidence)).toEqual(['0.97', '0.99', '1.00', '0.50'])
  })

  test('counted things and words', () => {
    expect(plain(text.counted(1, 'agent'))).toBe('1 agent')
    expect(plain(text.counted(1204, 'agent'))).toBe('1,204 agents')
    expect([0, 2, 11].map((n) => text.numberWord(n))).toEqual(['no', 'two', '11'])
    expect(text.numberWord(2, true)).toBe('Two')
  })
})

describe('names', () => {
  test('lists', () => {
    expect(text.listed(['a', 'b', 'c'])).toBe('a, b and c')
    expect(text.firstFew(['a', 'b', 'c'], 2)).toBe('a, b and 1 more')
    expect(text.firstFew(['a', 'b'], 2)).toBe('a and b')
  })

  test('addresses with ports', () => {
    expect(text.endpoint('10.0.0.1', 443)).toBe('10.0.0.1:443')
    expect(text.endpoint('2001:db8::1', 443)).toBe('[2001:db8::1]:443')
  })

  test('files and digests', () => {
    expect(text.fileName('/captures/north/a.pcap')).toBe('a.pcap')
    expect(text.fileName('C:\\captures\\a.pcap')).toBe('a.pcap')
    expect(text.fileName('a.pcap')).toBe('a.pcap')
    expect(text.captureName('/captures/a.pcap', false)).toBe('a.pcap')
    expect(text.captureName('ring (/var/ring)', true)).toBe('ring (/var/ring)')
    expect(text.shortHash('9f2c0000000000a1')).toBe('9f2c…a1')
  })
})
