import { describe, expect, test } from 'vitest'
import { namedFor } from '../../src/incidents/named.ts'
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

/** As it comes out of an analysis: with what its type breaks, beside what its detector named. */
function incident(type: string, more: Partial<Incident> = {}, profile = 'symantec-dlp'): Incident {
  const { requirements = [], severity = 'warning', needs } = more
  const weighs = severity !== 'info' || needs !== undefined
  return {
    id: 'I1',
    type,
    severity,
    service: 'dlp',
    occurrences: 3,
    ...more,
    requirements: namedFor({ type, requirements, weighs } as never, profile as never),
  } as never
}

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
    const one = judged({ services: [seen({ relayed: 1 })] }).get('S0-17')!
    expect(one.needs).toBe('more of the same: 20 observations, where 1 was made')
    expect(judged({ services: [seen({ relayed: 20 })] }).get('S0-17')!.status).toBe('met')
  })

  test('of which something speaks against it is not met: sessions of TLS, where agents hop', () => {
    const of = (handshakes: number, incidents: readonly Incident[] = []) =>
      judged({ services: [seen({ handshakes })], incidents }).get('X-03')
    expect([of(1)!.status, of(2)!.status]).toEqual(['not-observed', 'met'])
    expect(of(2, [incident('server-hop')])).toMatchObject({
      status: 'not-observed',
      needs: expect.stringContaining('whether it refused to resume their sessions') as unknown,
    })
  })

  test('without traffic it is not observed, and it says what would show it', () => {
    expect(judged({}).get('S0-04')).toMatchObject({
      status: 'not-observed',
      needs: expect.stringContaining('silent for as long as the product may be') as unknown,
    })
  })

  test('an incident that names it breaks it, and one of a type that breaks it', () => {
    const incidents = [
      incident('server-hop', { requirements: ['S0-09'] }),
      incident('server-hop', { id: 'I2', requirements: ['S0-16'] }),
    ]
    expect(judged({ incidents }).get('S0-07')).toMatchObject({
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
    const broken = [...incidents, incident('severed-active', { id: 'I2', requirements: ['S0-04'] })]
    // What breaks it comes first.
    expect(judged({ services, incidents: broken }).get('S0-04')).toMatchObject({
      status: 'violated',
      incidents: ['I2', 'I1'],
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

  test('what shows it met counts as traffic that would have broken it', () => {
    const failovers = incident('failover', { severity: 'info', occurrences: 2, requirements: ['S0-08'] })
    expect(judged({ incidents: [failovers] }).get('S0-08')).toMatchObject({
      status: 'met',
      observations: 2,
      incidents: ['I1'],
    })
    // That a server was out shows nobody who went on at another one.
    const outage = incident('server-outage', { severity: 'info', requirements: ['S0-08', 'X-04'] })
    const out = judged({ incidents: [outage] })
    expect(out.get('S0-08')).toMatchObject({ status: 'not-observed', incidents: ['I1'] })
    expect(out.get('X-04')).toMatchObject({
      status: 'not-observed',
      needs: 'more of the same: 10 observations, where 3 were made',
    })
    const met = incident('server-outage', { severity: 'info', occurrences: 10, requirements: ['X-04'] })
    expect(judged({ incidents: [met] }).get('X-04')!.status).toBe('met')
    expect(judged({ services: [seen({ connections: 1_000 })] }).get('X-04')!.needs).toBe(
      'a capture of a restart that many agents meet',
    )
  })

  test('what speaks against it leaves it open: incidents that do not name it, or traffic', () => {
    const services = [seen({ idle: 4 })]
    const cuts = [incident('severed-idle', { severity: 'critical', requirements: ['S0-04', 'S0-15'] })]
    expect(judged({ services, incidents: cuts }).get('S0-06')).toMatchObject({
      status: 'not-observed',
      incidents: [],
      needs: expect.stringMatching(/^a capture of days/) as unknown,
    })
    const restarted = [incident('mass-disconnect', { requirements: ['S0-04', 'S0-15', 'X-04'] })]
    const known = judged({ services, incidents: restarted })
    expect(['S0-04', 'S0-15', 'X-04', 'S0-06'].map((id) => known.get(id)!.status)).toEqual([
      'violated',
      'violated',
      'violated',
      'not-observed',
    ])
    const sems = (counts: Partial<Record<Basis, number>>) =>
      judged({ services: [seen({ relayed: 94, handshakes: 9, ...counts }, 'symantec-sems')] })
    for (const id of ['S2-29', 'S2-47', 'S2-50']) {
      expect([id, sems({}).get(id)!.status]).toEqual([id, 'met'])
      expect([id, sems({ spread: 47 }).get(id)!.status]).toEqual([id, 'not-observed'])
    }
    expect(sems({ 'relayed-returns': 2 }).get('S2-35')!.status).toBe('met')
    expect(sems({ 'relayed-returns': 2, moves: 1 }).get('S2-35')!.status).toBe('not-observed')
    expect(sems({}).get('S2-08')!.status).toBe('met')
    expect(sems({ clear: 1 }).get('S2-08')!.status).toBe('not-observed')
  })

  test('connections that are handed round are not on one server', () => {
    const turns = incident('round-robin', { requirements: ['S2-46', 'S2-49'] }, 'symantec-sems')
    const services = [seen({ relayed: 94, 'relayed-returns': 80, listed: 94 }, 'symantec-sems')]
    const hops = incident('server-hop', { id: 'I2', requirements: ['S2-30', 'S2-35'] }, 'symantec-sems')
    const known = judged({ services, incidents: [turns, hops] })
    for (const id of ['S2-29', 'S2-46', 'S2-47', 'S2-49', 'S2-50'])
      expect(known.get(id)).toMatchObject({ id, status: 'violated', incidents: ['I1'] })
    expect([known.get('S2-36')!.status, known.get('S2-51')!.status]).toEqual(['not-observed', 'not-observed'])
  })

  test('nothing is met of what was not there: TLS, a load balancer, an interface for replication', () => {
    const plain = {
      connections: 90,
      payloads: 90,
      pairs: 90,
      exchanges: 90,
      answers: 9,
      visits: 90,
      returns: 80,
    }
    const known = judged({ services: [seen({ ...plain, relayed: 90 }, 'symantec-sems')] })
    const ids = ['S2-07', 'S2-08', 'S2-09', 'S2-43', 'S2-04', 'S2-22', 'S2-26', 'S2-38', 'S2-23', 'S2-35']
    expect(ids.map((id) => [id, known.get(id)!.status])).toEqual(ids.map((id) => [id, 'not-observed']))
    const services = [seen({ apart: 9 }, 'symantec-sems')]
    const shared = [incident('replication-wrong-interface', { requirements: ['S2-25'] }, 'symantec-sems')]
    expect(judged({ services }).get('S2-26')!.status).toBe('met')
    expect(judged({ services, incidents: shared }).get('S2-26')!.status).toBe('violated')
  })

  test('check-ins that were missed by hosts that may have been off are not all made', () => {
    const services = [seen({ 'check-ins': 40 }, 'mcafee-epo')]
    const missed = [incident('missed-checkin', { severity: 'info', requirements: ['S4-20'] }, 'mcafee-epo')]
    expect(judged({ services }).get('S4-20')!.status).toBe('met')
    expect(judged({ services, incidents: missed }).get('S4-20')).toMatchObject({
      status: 'not-observed',
      incidents: ['I1'],
    })
  })

  test('a capture with holes does not show that nothing happened', () => {
    expect(judged({ services: [seen({ idle: 5 })], isFlawed: true }).get('S0-04')).toMatchObject({
      status: 'not-observed',
      needs: 'a capture that lost no packets, was not filtered, and holds both directions',
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
  const named = incident('server-hop', { service: '192.0.2.1:443', requirements: ['X-10'] }, 'generic')
  const records = verdicts({ services: [], incidents: [named, named], detected: ALL_TYPES, isFlawed: false })
  expect(records).toMatchObject([
    { id: 'X-10', service: '192.0.2.1:443', status: 'violated', observations: 6 },
  ])
  const risk = incident('scan-at-risk', { service: '192.0.2.1:443', requirements: ['X-10'] }, 'generic')
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

  test('asks for something, so that to violate it is to fail in that', () => {
    const facts = REQUIREMENTS.filter(({ brokenBy }) => brokenBy.length > 0).filter(({ title }) =>
      /^(?!Nothing).*\bmay\b(?! be silent)|cannot work|can make|\bcosts?\b|is the old default: nobody|not freed/.test(
        title,
      ),
    )
    expect(facts.map(({ title }) => title)).toEqual([])
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
    missingSegments: 0,
  } as Parameters<typeof isFlawed>[0]

  test.each([
    ['dropped packets', { interfaceDrops: 1 }],
    ['was cut', { readError: 'cut' }],
    ['had more connections than there was room for', { evictedConnections: 1 }],
    ['lacks a direction of one in ten', { oneWayConnections: 10 }],
    ['lacks one segment in five', { missingSegments: 200 }],
    ['was filtered: no data', { withoutData: 4 }],
    ['was filtered: no acknowledgments', { withoutAcknowledgments: 4 }],
    ['was filtered: SYNs alone', { withoutHandshakes: 4 }],
  ])('%s', (_, change) => {
    expect(isFlawed({ ...whole, ...change }, 100, 1000)).toBe(true)
  })

  test('one segment in fifty is ordinary loss', () => {
    expect(isFlawed({ ...whole, missingSegments: 20 }, 100, 1000)).toBe(false)
  })

  test('one connection of one direction in a hundred is ordinary', () => {
    expect(isFlawed({ ...whole, oneWayConnections: 5 }, 100, 1000)).toBe(false)
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
    const incidents = [incident('severed-idle', { suggested: true, requirements: ['S0-04'] })]
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
