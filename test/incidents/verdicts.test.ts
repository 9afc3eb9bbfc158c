import { describe, expect, test } from 'vitest'
import { isFlawed, type VerdictOptions, verdicts } from '../../src/incidents/verdicts.ts'
import type { Incident } from '../../src/model/incident.ts'
import { BASES, type Basis, type ServiceSeen } from '../../src/model/requirement.ts'
import { REQUIREMENTS } from '../../src/model/requirements/index.ts'

const seen = (
  counts: Partial<Record<Basis, number>>,
  profile = 'symantec-dlp',
  name = 'dlp',
): ServiceSeen => ({
  service: { name, profile } as never,
  seen: { ...(Object.fromEntries(BASES.map((basis) => [basis, 0])) as Record<Basis, number>), ...counts },
})

const incident = (type: string, more: Partial<Incident> = {}): Incident =>
  ({
    id: 'I1',
    type,
    severity: 'warning',
    service: 'dlp',
    occurrences: 3,
    requirements: [],
    ...more,
  }) as never

const ALL_TYPES = new Set(REQUIREMENTS.flatMap(({ brokenBy }) => brokenBy))

function judged(options: Partial<VerdictOptions>): Map<string, { status: string; needs: string | null }> {
  const records = verdicts({
    services: [seen({})],
    incidents: [],
    detected: ALL_TYPES,
    isFlawed: false,
    ...options,
  })
  return new Map(records.map((record) => [record.id, record]))
}

describe('one requirement', () => {
  test('without an incident it is met if enough was seen that would have broken it', () => {
    expect(judged({ services: [seen({ idle: 1 })] }).get('S0-04')).toMatchObject({
      status: 'met',
      observations: 1,
      incidents: [],
      needs: null,
    })
    const some = judged({ services: [seen({ relayed: 19 })] })
    expect(some.get('S0-17')).toMatchObject({
      status: 'not-observed',
      observations: 19,
      needs: 'more of the same: 20 observations, where 19 were made',
    })
    expect(judged({ services: [seen({ relayed: 20 })] }).get('S0-17')!.status).toBe('met')
  })

  test('without traffic it is not observed, and it says what would show it', () => {
    expect(judged({}).get('S0-04')).toMatchObject({
      status: 'not-observed',
      needs: 'a capture of agents’ own connections, long enough for them to fall idle',
    })
  })

  test('an incident that names it breaks it, and one of a type that breaks it', () => {
    const incidents = [
      incident('severed-idle', { requirements: ['S0-04'] }),
      incident('severed-active', { id: 'I2' }),
    ]
    expect(judged({ incidents }).get('S0-04')).toMatchObject({
      status: 'violated',
      incidents: ['I1', 'I2'],
      observations: 6,
      needs: null,
    })
  })

  test('what may have broken it leaves it open, and says what would decide it', () => {
    const services = [seen({ idle: 100, returns: 4 })]
    const open = { severity: 'info', needs: 'both sides', requirements: ['S0-04'] } as const
    const incidents = [incident('severed-idle', open)]
    const known = judged({ services, incidents })
    expect(known.get('S0-04')).toMatchObject({
      status: 'not-observed',
      needs: 'both sides',
      incidents: ['I1'],
      observations: 100,
    })
    expect(known.get('S0-05')!.status).toBe('met') // another matter
    expect(
      judged({ services: [seen({ idle: 100 }, 'symantec-dlp', 'other')], incidents }).get('S0-04')!.status,
    ).toBe('met')
    const broken = [...incidents, incident('severed-active', { id: 'I2' })]
    expect(judged({ services, incidents: broken }).get('S0-04')).toMatchObject({
      status: 'violated',
      incidents: ['I2'],
      needs: null,
    })
    // An incident that only informs is none of these.
    const informs = [incident('severed-idle', { severity: 'info' })]
    expect(judged({ services, incidents: informs }).get('S0-04')!.status).toBe('met')
  })

  test('where the type alone does not tell, only an incident that names it does', () => {
    const services = [seen({ returns: 4 })]
    expect(judged({ services, incidents: [incident('reconnect-overhead')] }).get('S0-10')!.status).toBe('met')
    const named = [incident('reconnect-overhead', { requirements: ['S0-10'] })]
    expect(judged({ services, incidents: named }).get('S0-10')!.status).toBe('violated')
  })

  test('what is normal breaks nothing, nor does what happened elsewhere', () => {
    const services = [seen({ idle: 5 })]
    const incidents = [
      incident('severed-idle', { severity: 'info', requirements: ['S0-04'] }),
      incident('severed-idle', { service: 'other' }),
    ]
    expect(judged({ services, incidents }).get('S0-04')!.status).toBe('met')
  })

  test('what may come is a risk; what happened beside it weighs more', () => {
    const risk = incident('timer-risk')
    expect(judged({ incidents: [risk] }).get('X-01')!.status).toBe('at-risk')
    expect(judged({ incidents: [risk, incident('severed-idle')] }).get('X-01')!.status).toBe('violated')
  })

  test('a capture with holes does not show that nothing happened', () => {
    expect(judged({ services: [seen({ idle: 5 })], isFlawed: true }).get('S0-04')).toMatchObject({
      status: 'not-observed',
      needs: 'a capture that lost no packets and holds both directions',
    })
  })

  test('what states the normal case does not apply; what no detector looks for is not judged', () => {
    expect(judged({ services: [seen({ idle: 5 })] }).get('S0-03')!.status).toBe('not-applicable')
    expect(judged({ services: [seen({ idle: 5 })], detected: new Set() }).get('S0-04')).toMatchObject({
      status: 'not-observed',
      needs: 'a rule: Holdfast does not judge this requirement yet',
    })
  })
})

test('requirements are those of the product; a service without one has what its incidents name', () => {
  const ids = (profile: string) => [...judged({ services: [seen({}, profile)] }).keys()]
  expect(ids('symantec-sepm').every((id) => /^(?:S1|X)-/.test(id))).toBe(true)
  expect(ids('mcafee-epo').every((id) => /^(?:S4|X)-/.test(id))).toBe(true)
  const named = incident('server-hop', { service: '192.0.2.1:443', requirements: ['X-10'] })
  const records = verdicts({ services: [], incidents: [named, named], detected: ALL_TYPES, isFlawed: false })
  expect(records).toMatchObject([
    { id: 'X-10', service: '192.0.2.1:443', status: 'violated', observations: 6 },
  ])
  const risk = incident('scan-at-risk', { service: '192.0.2.1:443', requirements: ['X-10'] })
  expect(verdicts({ services: [], incidents: [risk], detected: ALL_TYPES, isFlawed: false })).toMatchObject([
    { id: 'X-10', status: 'at-risk' },
  ])
})

describe('the table', () => {
  test('has every row of the vendors’ documents once', () => {
    const count = (prefix: string): number => REQUIREMENTS.filter(({ id }) => id.startsWith(prefix)).length
    expect(['S0-', 'S1-', 'S2-', 'S4-', 'X-'].map(count)).toEqual([20, 19, 54, 20, 4 + 17])
    const ids = REQUIREMENTS.flatMap(({ id, also }) => [id, ...also])
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.filter((id) => id.startsWith('S3-'))).toHaveLength(19)
  })

  test('says each in a sentence, and what would show it in the end of one', () => {
    expect(REQUIREMENTS.filter(({ title }) => !/^[A-Z“].*[.]$/.test(title))).toEqual([])
    expect(REQUIREMENTS.filter(({ needs }) => /[.]$|^[A-Z]/.test(needs))).toEqual([])
  })
})

describe('a capture that cannot show that nothing went wrong', () => {
  const whole = {
    interfaceDrops: 0,
    readError: null,
    evictedConnections: 0,
    oneWayConnections: 0,
  } as Parameters<typeof isFlawed>[0]

  test.each([
    ['dropped packets', { interfaceDrops: 1 }],
    ['was cut', { readError: 'cut' }],
    ['had more connections than there was room for', { evictedConnections: 1 }],
    ['lacks a direction of one in ten', { oneWayConnections: 10 }],
  ])('%s', (_, change) => {
    expect(isFlawed({ ...whole, ...change }, 100)).toBe(true)
  })

  test('one connection of one direction in a hundred is ordinary', () => {
    expect(isFlawed({ ...whole, oneWayConnections: 5 }, 100)).toBe(false)
  })
})

describe('where flow records are all there is', () => {
  const flows = (can: 'prove' | 'suggest' | 'not-show', lack: string | null) =>
    new Map([...ALL_TYPES].map((type) => [type, { can, lack }] as const))
  const enough = [seen({ idle: 1 })]

  test('what they prove is judged like packets', () => {
    expect(judged({ services: enough, flows: flows('prove', null) }).get('S0-04')!.status).toBe('met')
  })

  test('what they only suggest is never met, and a suspicion breaks nothing', () => {
    const suggesting = flows('suggest', 'sequence numbers')
    expect(judged({ services: enough, flows: suggesting }).get('S0-04')).toMatchObject({
      status: 'not-observed',
      needs: 'a packet capture: flow records do not show sequence numbers',
    })
    const incidents = [incident('severed-idle', { suggested: true })]
    expect(judged({ services: enough, flows: suggesting, incidents }).get('S0-04')).toMatchObject({
      status: 'at-risk',
      needs: 'a packet capture: flow records suggest it, and do not show sequence numbers',
    })
  })

  test('sampled records prove nothing by what they do not hold', () => {
    const options = { services: enough, flows: flows('prove', null), isSampled: true }
    expect(judged(options).get('S0-04')!.status).toBe('not-observed')
  })
})
