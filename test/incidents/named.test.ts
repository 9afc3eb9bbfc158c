import { describe, expect, test } from 'vitest'
import { DETECTORS } from '../../src/detectors/index.ts'
import { namedFor } from '../../src/incidents/named.ts'
import type { ProfileName } from '../../src/model/deployment.ts'
import type { IncidentType } from '../../src/model/incident.ts'
import { NEUTRAL_REQUIREMENTS } from '../../src/model/requirements/neutral.data.ts'

test.each<[string, string[], IncidentType, ProfileName | null, string[]]>([
  ['those of its product stay', ['S0-04', 'S0-15'], 'severed-idle', 'symantec-dlp', ['S0-04', 'S0-15']],
  ['of these, those of its version', ['S0-04', 'S0-15'], 'severed-idle', 'symantec-dlp-12.5', ['S0-04']],
  ["another product's become the neutral one", ['S0-04', 'S0-15'], 'severed-idle', 'mcafee-epo', ['X-07']],
  ['so do they where no product is known', ['S0-09'], 'server-hop', 'generic', ['X-10']],
  ['and where there is no service', ['S2-48'], 'dns-round-robin', null, ['X-12']],
  ['what holds for all stays', ['X-04'], 'mass-disconnect', 'generic', ['X-04']],
  ['what names nothing goes on naming nothing', [], 'reconnect-storm', 'generic', []],
])('%s', (_what, ids, type, profile, expected) => {
  expect(namedFor({ type, requirements: ids, weighs: false }, profile)).toEqual(expected)
})

test.each<[string, Parameters<typeof namedFor>[0], ProfileName, string[]]>([
  [
    'what every alarm of its type breaks stands beside what its detector named',
    { type: 'server-hop', requirements: ['S0-09', 'S0-16'], weighs: true },
    'symantec-dlp',
    ['S0-07', 'S0-09', 'S0-16'],
  ],
  [
    'what only informs breaks nothing',
    { type: 'server-hop', requirements: ['S0-09'], weighs: false },
    'symantec-dlp',
    ['S0-09'],
  ],
  [
    'of what only some of its type break, no more than its detector said',
    { type: 'mass-disconnect', requirements: ['X-04'], weighs: true },
    'symantec-dlp',
    ['X-04'],
  ],
])('%s', (_what, incident, profile, expected) => {
  expect(namedFor(incident, profile)).toEqual(expected)
})

describe.each(DETECTORS.map(({ type, requirements }) => [type, requirements] as const))(
  '%s',
  (type, requirements) => {
    test('has one neutral row, or names what holds for all', () => {
      const rows = NEUTRAL_REQUIREMENTS.filter(({ brokenBy }) => brokenBy.includes(type))
      const isForAll = requirements.every((id) => id.startsWith('X-'))
      // what a server does itself breaks nothing
      const needed = isForAll || type === 'server-idle-close' ? 0 : 1
      expect(rows).toHaveLength(needed)
    })
  },
)

test('neutral rows name no product and no document', () => {
  const named = NEUTRAL_REQUIREMENTS.filter(({ title }) => /DLP|SEP|SEMS|PGP|ePO|article|KB/.test(title))
  expect(named).toEqual([])
})
