/**
 * What goes on has no end to be judged at: whatever a capture shows when it is over, it shows as time passes,
 * and once.
 */
import { describe, expect, test } from 'vitest'
import { EMPTY_DEPLOYMENT } from '../../src/model/deployment.ts'
import { INCIDENT_TYPES, type IncidentType } from '../../src/model/incident.ts'
import { seconds } from '../../src/model/time.ts'
import { analysedFiles, deployment } from './analysis.ts'
import { A1, begin, browses, calls, comes, fleet, G1, passes } from './cadence/fleet.ts'
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

describe('what nobody could see is not said to be missing', () => {
  const config = deployment(fleet())
  /** A1 comes three times, and is then away for so many intervals, while its host goes on. */
  function away(intervals: number): Uint8Array {
    const s = begin()
    comes(s, G1)
    passes(s, 2, { checkIn: [A1], alive: [A1] })
    passes(s, intervals, { alive: [A1] })
    return s.captures().get('client')!
  }
  const told = (capture: Uint8Array, type: IncidentType, ...missed: [number, number][]): number =>
    lived(capture, config, 0, missed).findings.filter((f) => f.type === type).length

  test.each<[string, number, [number, number][], number]>([
    ['seen all the time', 4, [], 1],
    ['a restart amid three check-ins', 3, [[1700, 1710]], 0],
    ['a long time without anybody', 4, [[1500, 3100]], 0],
    ['a restart, and yet too many are missing', 5, [[1700, 1710]], 1],
    ['a restart before', 4, [[100, 110]], 1],
  ])('check-ins: %s', (_what, intervals, missed, times) => {
    expect(told(away(intervals), 'missed-checkin', ...missed)).toBe(times)
    // Where packets were lost, it is the same.
    const { findings } = lived(away(intervals), config, 0, missed, true)
    expect(findings.filter(({ type }) => type === 'missed-checkin')).toHaveLength(times)
  })

  test.each<[string, [number, number][], number]>([
    ['nobody came of whom it could be seen', [], 1],
    ['it may have come while nobody listened', [[1220, 1250]], 0],
    ['nobody listened a while before', [[1000, 1010]], 1],
  ])('calls: %s', (_what, missed, times) => {
    const s = begin()
    comes(s, G1)
    passes(s, 2, { checkIn: [A1], alive: [A1] })
    calls(s)
    s.wait(seconds(100))
    browses(s)
    expect(told(s.captures().get('client')!, 'wakeup-failed', ...missed)).toBe(times)
  })
})
