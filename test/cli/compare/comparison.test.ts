import { describe, expect, test } from 'vitest'
import { comparisonOf } from '../../../src/cli/compare/comparison.ts'
import type { ComparedIncident, ComparedVerdict, Result } from '../../../src/cli/compare/result.ts'

const incident = (more: Partial<ComparedIncident> = {}): ComparedIncident => ({
  type: 'severed-idle',
  severity: 'critical',
  service: 'dlp',
  title: 'Idle connections are severed',
  actor: { role: 'firewall', address: '10.0.0.1' },
  occurrences: 6,
  agents: 3,
  timer: null,
  ...more,
})
const verdict = (id: string, status: ComparedVerdict['status']): ComparedVerdict => ({
  id,
  title: `What ${id} says.`,
  service: 'dlp',
  status,
})
const result = (more: Partial<Result> = {}): Result => ({
  name: 'a.ndjson',
  incidents: [],
  verdicts: [],
  shares: new Map(),
  seconds: 3600,
  connections: 10,
  agents: 3,
  ...more,
})

describe('verdicts', () => {
  test.each([
    ['violated', 'met', 'better'],
    ['at-risk', 'met', 'better'],
    ['met', 'at-risk', 'worse'],
    ['met', 'violated', 'worse'],
    ['violated', 'not-observed', 'other'],
    ['not-observed', 'violated', 'other'],
    ['not-applicable', 'met', 'other'],
  ] as const)('from %s to %s is %s', (before, after, turn) => {
    const { verdicts } = comparisonOf(
      result({ verdicts: [verdict('S0-04', before)] }),
      result({ verdicts: [verdict('S0-04', after)] }),
    )
    expect(verdicts).toEqual([
      { id: 'S0-04', title: 'What S0-04 says.', service: 'dlp', before, after, turn },
    ])
  })

  test('what stays is not told; what one side did not judge is neither better nor worse', () => {
    const { verdicts } = comparisonOf(
      result({ verdicts: [verdict('S0-04', 'met'), verdict('S0-05', 'violated')] }),
      result({ verdicts: [verdict('S0-04', 'met')] }),
    )
    expect(verdicts).toMatchObject([{ id: 'S0-05', before: 'violated', after: null, turn: 'other' }])
  })
})

describe('incidents', () => {
  const turnOf = (before: Partial<Result>, after: Partial<Result>) =>
    comparisonOf(result(before), result(after)).incidents.map(({ turn, before: b, after: a }) => [turn, b, a])

  test('a cause that is gone, or new', () => {
    expect(turnOf({ incidents: [incident()] }, {})).toEqual([['better', 6, null]])
    expect(turnOf({}, { incidents: [incident()] })).toEqual([['worse', null, 6]])
  })

  test('rates are compared, not counts: the same in twice the time is half as often', () => {
    const incidents = [incident()]
    expect(turnOf({ incidents }, { incidents, seconds: 7200 })).toEqual([['better', 6, 3]])
    expect(turnOf({ incidents, seconds: 7200 }, { incidents })).toEqual([['worse', 3, 6]])
    expect(turnOf({ incidents, seconds: 5000 }, { incidents })[0]![0]).toBe('other')
  })

  test('another actor is another cause; several incidents of one are counted together', () => {
    const other = incident({ actor: { role: 'load-balancer', address: '10.0.0.2' } })
    const turns = turnOf({ incidents: [incident()] }, { incidents: [other, incident(), incident()] })
    expect(turns).toEqual([
      ['worse', null, 6],
      ['worse', 6, 12],
    ])
  })

  test('what is normal is neither better nor worse', () => {
    expect(turnOf({}, { incidents: [incident({ severity: 'info' })] })[0]![0]).toBe('other')
  })
})

test('a timer is another one where no value fits both intervals', () => {
  const timer = (lowerSeconds: number | null, upperSeconds: number | null) => ({
    incidents: [incident({ timer: { lowerSeconds, upperSeconds } })],
  })
  const changed = (a: Partial<Result>, b: Partial<Result>) => comparisonOf(result(a), result(b)).timers
  expect(changed(timer(299, 301), timer(599, 601))).toEqual([
    {
      service: 'dlp',
      actor: 'firewall 10.0.0.1',
      before: { lowerSeconds: 299, upperSeconds: 301 },
      after: { lowerSeconds: 599, upperSeconds: 601 },
    },
  ])
  expect(changed(timer(200, 301), timer(300, 400))).toEqual([])
  expect(changed(timer(null, 301), timer(300, null))).toEqual([])
})

test('shares of servers, where they moved by a twentieth or more', () => {
  const shares = (...servers: (readonly [string, number])[]) => ({
    shares: new Map([['dlp', new Map(servers)]]),
  })
  const before = shares(['dlp1', 50], ['dlp2', 47], ['dlp3', 3])
  const after = shares(['dlp1', 90], ['dlp2', 9], ['dlp4', 1])
  const round = (n: number): number => Math.round(100 * n) / 100
  expect(
    comparisonOf(result(before), result(after)).shares.map((s) => [
      s.server,
      round(s.before),
      round(s.after),
    ]),
  ).toEqual([
    ['dlp1', 0.5, 0.9],
    ['dlp2', 0.47, 0.09],
  ])
  expect(comparisonOf(result(), result(after)).shares).toEqual([])
})
