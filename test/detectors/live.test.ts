/**
 * What goes on has no end to be judged at: whatever a capture shows when it is over, it shows as time passes,
 * and once.
 */
import { expect, test } from 'vitest'
import { EMPTY_DEPLOYMENT } from '../../src/model/deployment.ts'
import { INCIDENT_TYPES, type IncidentType } from '../../src/model/incident.ts'
import { seconds } from '../../src/model/time.ts'
import { analysedFiles, deployment } from './analysis.ts'
import { lived } from './living.ts'
import { STORIES } from './stories.ts'

/** It takes both sides, which a capture at one place does not have. */
const NEED_TWO_TAPS: ReadonlySet<IncidentType> = new Set([
  'nat-change',
  'tls-modified',
  'tls-terminated',
  'tls-passthrough',
  'payload-modified',
  'csrf-modified',
  'cookie-rewritten',
])
const PASSES = seconds(3 * 3600)

test.each(INCIDENT_TYPES.filter((type) => !NEED_TWO_TAPS.has(type)))(
  '%s is told without an end, as often as with one',
  async (type) => {
    const { config, play } = STORIES[type]
    let most = 0
    for (const [tap, bytes] of play().captures()) {
      const told = (await analysedFiles([[tap, bytes]], config)).findings(type).length
      const { findings, incidents } = lived(
        bytes,
        config === undefined ? EMPTY_DEPLOYMENT : deployment(config),
        PASSES,
      )
      const its = incidents.filter((incident) => incident.type === type)
      expect(its.reduce((sum, { occurrences }) => sum + occurrences, 0)).toBe(told)
      expect(findings.filter((f) => f.type === type && f.amends !== true)).toHaveLength(told)
      most = Math.max(most, told)
    }
    expect(most).toBeGreaterThan(0)
  },
)
