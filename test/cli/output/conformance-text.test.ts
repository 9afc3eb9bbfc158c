import { expect, test } from 'vitest'
import type { RequirementRecord } from '../../../src/model/record.ts'
import { writeConformance } from '../../../src/cli/output/conformance-text.ts'
import { page } from '../../../src/cli/output/page.ts'

const record = (id: string, more: Partial<RequirementRecord> = {}): RequirementRecord => ({
  kind: 'requirement',
  id,
  title: `What ${id} says.`,
  status: 'met',
  service: 'dlp',
  observations: 3,
  incidents: [],
  needs: null,
  ...more,
})

function told(...records: readonly RequirementRecord[]): string {
  const sheet = page(100, (_, text) => text)
  const incidents = [
    { id: 'I1', type: 'severed-idle' },
    { id: 'I2', type: 'severed-idle' },
    { id: 'I3', type: 'server-hop' },
  ] as never
  writeConformance(sheet, records, incidents)
  return sheet.text()
}

test('what is violated comes with the types that break it, what was not seen with what it needs', () => {
  expect(
    told(
      record('S0-04', { status: 'violated', incidents: ['I1', 'I2', 'I3'] }),
      record('S0-12', { status: 'at-risk' }),
      record('S0-09'),
      record('S0-11'),
      record('S0-08', { status: 'not-observed', needs: 'an outage' }),
      record('S0-10', { status: 'not-observed', needs: 'an outage' }),
      record('S0-03', { status: 'not-applicable' }),
    ).trim(),
  ).toBe(
    `
Conformance
  service      dlp: 1 violated, 1 at risk, 2 met, 2 not observed and 1 not applicable
  violated     S0-04: What S0-04 says. (severed-idle and server-hop)
  at risk      S0-12: What S0-12 says.
  met          S0-09, S0-11
  not seen     S0-08, S0-10: needs an outage`.trim(),
  )
})

test('nothing is told where nothing was judged', () => {
  expect(told().trim()).toBe('')
})

test('of many services the further ones are counted', () => {
  const services = Array.from({ length: 14 }, (_, i) => record('S0-04', { service: `service-${i}` }))
  const text = told(...services)
  expect(text).toContain('service-11')
  expect(text).not.toContain('service-12')
  expect(text).toContain('and 2 more services (--format ndjson --include requirement lists all)')
})
