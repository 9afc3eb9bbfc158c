import { expect, test } from 'vitest'
import { incidentFilter, isFiltered, matchesIncident, matchesOccurrence } from '../../dashboards/filters.ts'
import type { IncidentRow, OccurrenceRow } from '../../src/api/contract.ts'

const NOW = Date.parse('2026-11-21T03:12:31Z')
const of = (search: string) => incidentFilter(new URLSearchParams(search), NOW)

const incident = {
  id: 'HF-2041',
  state: 'open',
  severity: 'critical',
  type: 'severed-idle',
  service: 'dlp-endpoint',
  title: 'The load balancer 10.10.2.10 cut 18 idle agents after 300 s',
  summary: '',
} as IncidentRow

test('without a state, what is active', () => {
  expect(of('').state).toEqual(['open', 'acknowledged', 'reopened'])
  expect(of('state=all').state).toEqual([])
  expect(of('state=resolved').state).toEqual(['resolved'])
})

test('a span back from now, else the times of the address', () => {
  expect(of('since=24h')['from']).toBe('2026-11-20T03:12:31.000Z')
  expect(of('from=2026-11-01T00:00:00Z')).toMatchObject({ from: '2026-11-01T00:00:00Z', to: null })
  expect(of('since=constructor')['from']).toBeNull()
})

test.each([
  ['', true],
  ['severity=critical&severity=warning', true],
  ['severity=info', false],
  ['service=sepm', false],
  ['state=resolved', false],
  ['text=LOAD+balancer', true],
  ['text=nothing', false],
])('an incident of an event, with %s: %s', (search, isShown) => {
  expect(matchesIncident(of(search), incident)).toBe(isShown)
})

test('an occurrence by its agent and server', () => {
  const row = { severity: 'info', agent: { id: 'EPA-0017', address: null }, server: null } as OccurrenceRow
  expect(matchesOccurrence({ agent: ['EPA-0017'] }, row)).toBe(true)
  expect(matchesOccurrence({ agent: ['EPA-0018'] }, row)).toBe(false)
  expect(matchesOccurrence({ server: ['dlp1'] }, row)).toBe(false)
})

test('what counts as a filter', () => {
  expect(isFiltered(new URLSearchParams('cursor=1'))).toBe(false)
  expect(isFiltered(new URLSearchParams('text=x'))).toBe(true)
})
