import { expect, test } from 'vitest'
import { interfaceTap, isTapOf, jointTap, ofInterface } from '../../src/model/joint-tap.ts'

const pair = jointTap('directions', ['rx', 'tx'])
const series = jointTap('series', ['office-01', 'office-02', 'office-03'])

test('several captures are named by the first and the last', () => {
  expect([pair, series]).toEqual(['rx+tx', 'office-01..office-03'])
})

test.each([
  ['an interface of it', interfaceTap('rx', 'eth0'), 'rx', true],
  ['two that show a direction each', pair, 'rx', true],
  ['the second of two', pair, 'tx', false],
  ['a series', series, 'office-01', true],
  ['an interface of a series', interfaceTap(series, 'eth0'), 'office-01', true],
  ['one with a longer name', 'rx1', 'rx', false],
  ['one with a dot in its name', 'rx.1', 'rx', false],
  ['one without a name', 'eth0', '', false],
])('%s', (_name, tap, capture, is) => {
  expect(isTapOf(tap, capture)).toBe(is)
})

test('an interface is taken from the end of a name', () => {
  expect(ofInterface(interfaceTap(series, 'eth0'))).toEqual([series, '/eth0'])
  expect(ofInterface(series)).toEqual([series, ''])
})
