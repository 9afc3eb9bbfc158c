/** What the page of an incident works out: agents, steps of the remedy, quantities. */
import { describe, expect, test } from 'vitest'
import {
  agentsOf,
  incidentText,
  isUnconfirmed,
  quantities,
  remedySteps,
  sentence,
} from '../../../dashboards/pages/incident-parts.ts'
import type { IncidentView, OccurrenceRow } from '../../../src/api/contract.ts'

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

test('an incident as a text for those who own the box', () => {
  const incident = {
    id: 'HF-2041',
    severity: 'critical',
    title: 'The load balancer 10.10.2.10 cut 18 idle agents after 300 s',
    summary: 'It reset both ends, 63 times.\u202e',
    actor: { role: 'load-balancer', name: 'lb1', address: '10.10.2.10', confidence: 0.97 },
    requirements: ['S0-04', 'S0-15'],
    remedy: 'Raise the idle timeout.',
    filter: '',
    occurrences: 63,
    agents: 18,
    start: '2026-11-20T22:25:12Z',
    end: '2026-11-21T03:12:31Z',
  } as unknown as IncidentView
  expect(incidentText(incident, 'http://h:8480'))
    .toBe(`HF-2041, critical: The load balancer 10.10.2.10 cut 18 idle agents after 300 s.
It reset both ends, 63 times.\\u{202e}

When: 20 Nov 22:25:12 to 21 Nov 2026 03:12:31 UTC, 63 times, 18 agents
By: load balancer lb1 10.10.2.10, confidence 0.97
Breaks: S0-04, S0-15
What to do: Raise the idle timeout.
Proof: http://h:8480/incidents/HF-2041`)
})
