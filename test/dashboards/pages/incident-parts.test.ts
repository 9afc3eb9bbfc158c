/** What the page of an incident works out: agents, steps of the remedy, quantities. */
import { describe, expect, test } from 'vitest'
import {
  agentsOf,
  isUnconfirmed,
  quantities,
  remedySteps,
  sentence,
} from '../../../dashboards/pages/incident-parts.ts'
import type { OccurrenceRow } from '../../../src/api/contract.ts'

const hit = (agent: string | null, at: string): OccurrenceRow =>
  ({ agent: agent === null ? null : { id: agent, address: null }, at }) as OccurrenceRow

test('agents come by how often they were hit, then by the latest hit', () =>
  expect(agentsOf([hit('b', '03'), hit('a', '02'), hit(null, '09'), hit('c', '04'), hit('a', '01')])).toEqual(
    [
      { id: 'a', times: ['02', '01'], last: '02' },
      { id: 'c', times: ['04'], last: '04' },
      { id: 'b', times: ['03'], last: '03' },
    ],
  ))

describe('a remedy', () => {
  test('is cut where another way begins', () => {
    expect(
      remedySteps(
        'Raise the idle timeout of lb1 above what the product needs, or switch it off; until then, a keep-alive every 239.9 s or less keeps the connections open.',
      ),
    ).toEqual([
      'Raise the idle timeout of lb1 above what the product needs, or switch it off.',
      'Until then, a keep-alive every 239.9 s or less keeps the connections open.',
    ])
    expect(remedySteps('Raise it to 86,400 s. Or keep it busy')).toEqual([
      'Raise it to 86,400 s.',
      'Or keep it busy.',
    ])
  })
  test('of one thing is one step; of none, none', () => {
    expect(remedySteps('On lb1, set persistence; it is off.')).toEqual([
      'On lb1, set persistence; it is off.',
    ])
    expect(remedySteps('')).toEqual([])
  })
})

test('quantities are every second part', () => {
  expect(quantities('from 300 s to at least 86,400 s.')).toEqual([
    'from ',
    '300 s',
    ' to at least ',
    '86,400 s',
    '.',
  ])
  expect(quantities('10.10.2.10:10443 for 24 h')).toEqual(['10.10.2.10:10443 for ', '24 h', ''])
  expect(quantities('S0-04 says so')).toEqual(['S0-04 says so'])
})

test('a title becomes a sentence once', () => {
  expect(sentence('It severs')).toBe('It severs.')
  expect(sentence('Does it?')).toBe('Does it?')
})

test('a default without a document says so', () => {
  expect(isUnconfirmed('A10 Thunder (TCP template) (120 s, unconfirmed)')).toBe(true)
  expect(isUnconfirmed('F5 BIG-IP (300 s)')).toBe(false)
})
