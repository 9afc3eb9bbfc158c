import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AGENTS_MAX, CAUSES_MAX, Ledger, OCCURRENCES_MAX } from '../../src/incidents/ledger.ts'
import type { Describe } from '../../src/incidents/ledger.ts'
import type { Finding } from '../../src/model/incident.ts'
import { seconds } from '../../src/model/time.ts'

/** A finding at a time in seconds. */
function finding(at: number, parts: Partial<Finding> = {}): Finding {
  return {
    type: 'severed-idle',
    severity: 'warning',
    at: seconds(at),
    tap: 'client',
    agent: { id: 'A', address: '10.0.0.5' },
    server: null,
    service: 'dlp',
    connection: 1,
    tuple: null,
    actor: { role: 'middlebox', address: null, confidence: 0.6 },
    manner: 'fin',
    confidence: 0.6,
    details: {},
    evidence: [{ tap: 'client', packet: 1, at: seconds(at), ends: null, note: 'it' }],
    cause: 'dlp|lb1',
    requirements: ['S0-04'],
    ...parts,
  }
}
const agent = (id: string) => ({ agent: { id, address: null } })

/** Describes an incident by the times of its findings. */
const words =
  (type: string): Describe =>
  (findings) => ({
    title: type,
    summary: findings.map(({ at }) => at / 1e6).join(' '),
    remedy: 'r',
    filter: 'f',
    details: { n: findings.length },
  })

function told(...findings: readonly Finding[]) {
  const ledger = new Ledger()
  const ids = findings.map((one) => ledger.add(one))
  return { ids, incidents: [...ledger.incidents(words)].map(({ incident }) => incident) }
}

test('findings of one cause are one incident, in order of time', () => {
  const { ids, incidents } = told(
    finding(20),
    finding(10, { ...agent('B'), severity: 'critical', confidence: 0.9, requirements: ['S0-15', 'S0-04'] }),
    finding(30, { actor: { role: 'load-balancer', address: '10.10.2.10', confidence: 0.95 } }),
  )
  expect(ids).toEqual(['I1', 'I1', 'I1'])
  expect(incidents).toEqual([
    {
      id: 'I1',
      type: 'severed-idle',
      severity: 'critical',
      service: 'dlp',
      title: 'severed-idle',
      summary: '10 20 30',
      start: seconds(10),
      end: seconds(30),
      occurrences: 3,
      agents: 2,
      actor: { role: 'load-balancer', address: '10.10.2.10', confidence: 0.95 },
      requirements: ['S0-04', 'S0-15'],
      remedy: 'r',
      filter: 'f',
      confidence: 0.9,
      details: { n: 3 },
    },
  ])
})

test('what is undecided names what would decide it, and breaks nothing once something has happened', () => {
  const open = finding(10, { severity: 'info', needs: 'both sides', requirements: ['S0-04', 'S0-06'] })
  expect(told(open, { ...open, at: seconds(20) }).incidents).toMatchObject([
    { severity: 'info', needs: 'both sides', requirements: ['S0-04', 'S0-06'], occurrences: 2 },
  ])
  const [mixed] = told(open, finding(20)).incidents
  expect(mixed).toMatchObject({ severity: 'warning', requirements: ['S0-04'], occurrences: 2 })
  expect(mixed).not.toHaveProperty('needs')
})

test('another cause or another type is another incident', () => {
  const { ids } = told(
    finding(1),
    finding(2, { cause: 'dlp|lb2' }),
    finding(3, { type: 'server-hop' }),
    finding(4),
  )
  expect(ids).toEqual(['I1', 'I2', 'I3', 'I1'])
})

describe('one event seen at two taps happened once', () => {
  const twice = (at: number, parts: Partial<Finding>): (string | null)[] =>
    told(finding(10), finding(at, parts)).ids

  test.each<[string, number, Partial<Finding>, string | null]>([
    ['the same agent, at another tap, two seconds later', 12, { tap: 'server' }, null],
    ['... or before', 8, { tap: 'server' }, null],
    ['longer ago', 12.1, { tap: 'server' }, 'I1'],
    ['at the same tap', 10, {}, 'I1'],
    ['another agent', 10, { tap: 'server', ...agent('B') }, 'I1'],
    ['of an agent that is not known', 10, { tap: 'server', agent: null }, 'I1'],
    ['of another cause', 10, { tap: 'server', cause: 'other' }, 'I2'],
  ])('%s', (_what, at, parts, id) => expect(twice(at, parts)[1]).toBe(id))
})

test('one event seen twice is recognised among any number of others', () => {
  const facts = fc.record({
    at: fc.integer({ min: 0, max: 400 }).map((tenths) => tenths / 10),
    tap: fc.constantFrom('client', 'server', 'middle'),
    who: fc.constantFrom('A', 'B', null),
  })
  fc.assert(
    fc.property(fc.array(facts, { maxLength: 60 }), (list) => {
      const ledger = new Ledger()
      const kept: Finding[] = []
      for (const { at, tap, who } of list) {
        const one = finding(at, { tap, agent: who === null ? null : { id: who, address: null } })
        const isSeen = kept.some(
          (other) =>
            other.tap !== tap &&
            who !== null &&
            other.agent?.id === who &&
            Math.abs(other.at - one.at) <= seconds(2),
        )
        expect(ledger.add(one)).toBe(isSeen ? null : 'I1')
        if (!isSeen) kept.push(one)
      }
    }),
    { numRuns: 200 },
  )
})

test('an occurrence that has made room for a later one is not met again', () => {
  const ledger = new Ledger()
  ledger.add(finding(0, { tap: 'server' }))
  for (let i = 1; i < OCCURRENCES_MAX; i++) ledger.add(finding(i * 10))
  const last = (OCCURRENCES_MAX - 1) * 10
  expect(ledger.add(finding(last, { tap: 'server' }))).toBe(null)
  ledger.add(finding(last + 10))
  expect(ledger.add(finding(last, { tap: 'server' }))).toBe('I1')
  expect(ledger.add(finding(last, { tap: 'middle' }))).toBe(null)
})

test('beyond the limit agents are not told apart', () => {
  const ledger = new Ledger()
  for (let i = 0; i < AGENTS_MAX + 5; i++) ledger.add(finding(i, { agent: null, connection: i }))
  const [only] = [...ledger.incidents(words)]
  expect(only!.incident).toMatchObject({ agents: AGENTS_MAX, occurrences: AGENTS_MAX + 5 })
})

test('who has no name counts by connection', () => {
  const nameless = (at: number, connection: number): Finding => finding(at, { agent: null, connection })
  expect(told(nameless(1, 1), nameless(2, 1), nameless(3, 2)).incidents[0]!.agents).toBe(2)
})

test('beyond the limit occurrences are counted; the first and the latest stay', () => {
  const ledger = new Ledger()
  for (let i = 0; i < OCCURRENCES_MAX + 5; i++) ledger.add(finding(i * 10))
  const [only] = [...ledger.incidents(words)]
  expect(only!.findings).toHaveLength(OCCURRENCES_MAX)
  expect(only!.findings[0]!.at).toBe(0)
  expect(only!.findings.at(-1)!.at).toBe(seconds((OCCURRENCES_MAX + 4) * 10))
  expect(only!.incident).toMatchObject({
    occurrences: OCCURRENCES_MAX + 5,
    end: seconds((OCCURRENCES_MAX + 4) * 10),
  })
})

test('beyond the limit of causes, findings are counted only', () => {
  const ledger = new Ledger()
  for (let i = 0; i < CAUSES_MAX; i++) ledger.add(finding(i, { cause: `${i}` }))
  expect(ledger.add(finding(0, { cause: 'another' }))).toBe(null)
  expect(ledger.add(finding(9, { cause: '1' }))).toBe('I2')
  expect([[...ledger.incidents(words)].length, ledger.unfiled]).toEqual([CAUSES_MAX, 1])
})

test.each<[what: string, parts: Partial<Finding>, agents: number]>([
  ['of a group, that are as many as it says', { agent: null, connection: null, details: { agents: 76 } }, 76],
  ['of a connection whose agent is not known, that is one', { agent: null }, 1],
  ['of no connection and no agent, that is none', { agent: null, connection: null }, 0],
  ['about no agent in particular, none', { type: 'health-check-failed', agent: null }, 0],
  ['of an agent that counts others, that is one', { details: { agents: 76 } }, 1],
])('a finding %s', (_what, parts, agents) => {
  expect(told(finding(1, parts)).incidents[0]!.agents).toBe(agents)
})
