import { expect, test } from 'vitest'
import { spoken, timesAmong } from '../../src/detectors/detector.ts'
import { seconds } from '../../src/model/time.ts'

test.each([
  [0.0004, 'less than 1 ms'],
  [0.04, '40 ms'],
  [0.9996, '1.0 s'],
  [15, '15.0 s'],
  [599.9, '599.9 s'],
  [659.7, '11 min'],
  [7199.4, '119 min 59 s'],
  [7199.9, '2 h'],
  [3 * 3600 - 10, '3 h'],
])('%d s are %s', (span, text) => {
  expect(spoken(seconds(span))).toBe(text)
})

test('how often something happened is said of all, or of each', () => {
  const said = ([n, whom]: readonly [number, number]): string => timesAmong(n, whom)
  const cases = [
    [1, 1],
    [2, 1],
    [7, 1],
    [2, 2],
    [7, 7],
    [3, 2],
    [7, 2],
  ] as const
  expect(cases.map(said)).toEqual([
    'once',
    'twice',
    '7 times',
    'once each',
    'once each',
    '3 times in all',
    '7 times in all',
  ])
})
