import { expect, test } from 'vitest'
import type { Observation } from '../../src/model/observation.ts'
import type { Basis } from '../../src/model/requirement.ts'
import { seconds } from '../../src/model/time.ts'
import { followBasis } from '../../src/sessions/basis.ts'
import type { TrackedSighting } from '../../src/sessions/sighting.ts'
import { attachmentOf } from '../../src/sessions/tracked-agent.ts'
import { AGENT, Parties, type SightingParts, summaryOf } from './parties.ts'

const CONFIG = {
  services: [
    {
      name: 'dlp',
      profile: 'symantec-dlp-12.5',
      fqdn: 'dlp.example.com',
      ports: [443],
      servers: [{ name: 's1', addresses: ['192.0.2.10'], replicationAddresses: ['10.10.9.11'] }],
      enrolment: { paths: ['/enrol'] },
      web: { sessionCookies: ['SID'] },
      replication: { ports: [444] },
    },
  ],
  devices: [{ role: 'load-balancer', addresses: ['10.10.3.1'] }],
  nat: [{ inside: '10.0.0.0/24', outside: ['203.0.113.5'], mapping: 'static' }],
}

class Story {
  readonly parties = new Parties(CONFIG)
  readonly basis = followBasis(this.parties as never)

  sighting(parts: SightingParts = {}): TrackedSighting {
    return this.parties.sighting(parts)
  }

  observes(
    sighting: TrackedSighting | null,
    o: { readonly kind: string; readonly [fact: string]: unknown },
  ): void {
    const told = this.basis.observe![o.kind as keyof typeof this.basis.observe]
    ;(told as (o: Observation, sighting: TrackedSighting | null) => void)(o as never, sighting)
  }

  get seen(): Partial<Record<Basis, number>> {
    const [one] = this.basis.counts()
    return Object.fromEntries(Object.entries(one?.seen ?? {}).filter(([, n]) => n > 0))
  }
}

const transaction = (target: string, headers: readonly { name: string; value: string }[] = []) => ({
  kind: 'http-transaction',
  request: { target, headers },
  response: { status: 200 },
})

test('connections by their leg, and those that were idle', () => {
  const story = new Story()
  for (const leg of ['direct', 'front', 'back', 'probe', 'internal'] as const) {
    const sighting = story.sighting({ leg })
    story.basis.closed!(sighting, summaryOf(sighting))
  }
  const idle = story.sighting()
  story.basis.closed!(idle, summaryOf(idle, { maxIdle: seconds(60) }))
  const survived = story.sighting()
  story.basis.closed!(survived, summaryOf(survived, { longestSurvived: seconds(61) }))
  expect(story.seen).toEqual({ connections: 4, relayed: 1, probes: 1, idle: 2 })
})

test('replication by its port', () => {
  const story = new Story()
  const sighting = story.sighting({ to: { address: '192.0.2.10', port: 443 }, leg: 'internal' })
  Object.assign(sighting, { responder: { address: '192.0.2.10', port: 444 } })
  story.basis.closed!(sighting, summaryOf(sighting))
  expect(story.seen).toEqual({ replications: 1 })
})

test('agents that name themselves, in front of and behind an address translation', () => {
  const story = new Story()
  const named = { id: 'EPA-1' } as never
  for (const from of [AGENT, { address: '203.0.113.5', port: 40_000 }]) {
    const sighting = story.sighting({ from })
    sighting.speaker = named
    story.basis.closed!(sighting, summaryOf(sighting))
  }
  expect(story.seen).toEqual({ connections: 2, named: 2, translated: 1 })
})

test('both sides of a relay', () => {
  const story = new Story()
  const front = story.sighting({ leg: 'front' })
  const back = story.sighting({ leg: 'back' })
  front.path.join(back.path, 'PROXY header')
  story.basis.closed!(front, summaryOf(front))
  expect(story.seen).toEqual({ connections: 1, pairs: 1 })
})

test('visits; who was there before returns, and checks in where the product polls', () => {
  const story = new Story()
  const sighting = story.sighting()
  const { agent } = story.parties.visit(sighting, 'EPA-1', 1)
  story.basis.visited!(sighting, agent, seconds(1), 1)
  attachmentOf(agent, sighting.service)!.stay = {} as never
  story.basis.visited!(sighting, agent, seconds(2), 2)
  expect(story.seen).toEqual({ visits: 2, returns: 1, 'check-ins': 1 })
})

test('visits of agents whose servers are stated', () => {
  const servers = [{ name: 's1', addresses: ['192.0.2.10'] }]
  const listed = { locations: [{ name: 'Office', subnets: ['10.0.0.0/24'], servers: { dlp: [['s1']] } }] }
  const ordered = [{ ...servers[0], priority: 1 }]
  const seenWith = (config: object): number => {
    const parties = new Parties(config)
    const basis = followBasis(parties as never)
    const sighting = parties.sighting()
    basis.visited!(sighting, parties.visit(sighting, 'EPA-1', 1).agent, seconds(1), 1)
    return basis.counts()[0]!.seen.listed
  }
  const service = { name: 'dlp', profile: 'symantec-dlp', ports: [443] }
  expect(seenWith({ services: [{ ...service, servers }] })).toBe(0)
  expect(seenWith({ services: [{ ...service, servers }], ...listed })).toBe(1)
  expect(seenWith({ services: [{ ...service, servers: ordered }] })).toBe(1)
})

test('what was said: requests, enrolments, web sessions', () => {
  const story = new Story()
  const sighting = story.sighting()
  story.observes(sighting, transaction('/'))
  story.observes(sighting, transaction('/enrol?v=1'))
  story.observes(sighting, transaction('/inbox', [{ name: 'Cookie', value: 'a=1; SID=2' }]))
  story.observes(sighting, transaction('/inbox', [{ name: 'Cookie', value: 'XSID=2' }]))
  story.observes(sighting, { ...transaction('/enrol'), response: null })
  expect(story.seen).toEqual({ exchanges: 4, enrolments: 1, 'web-requests': 1 })
})

test('handshakes, certificates, first octets, mail, tries in vain, names', () => {
  const story = new Story()
  const sighting = story.sighting()
  const hello = { kind: 'tls-handshake', client: {}, server: {}, certificates: [] }
  story.observes(sighting, hello)
  story.observes(sighting, { ...hello, certificates: [{}] })
  story.observes(sighting, { ...hello, server: null })
  story.observes(sighting, { kind: 'opening', side: 0 })
  story.observes(sighting, { kind: 'opening', side: 1 })
  story.observes(sighting, { kind: 'smtp-session' })
  const failed = { kind: 'connection-failed', originator: AGENT, responder: sighting.responder }
  story.observes(null, { ...failed, manner: 'refused' })
  story.observes(null, { ...failed, manner: 'aborted' })
  story.observes(null, { ...failed, manner: 'unanswered', originator: { address: '10.10.3.1', port: 9 } })
  story.observes(null, { kind: 'dns-answer', name: 'DLP.example.com' })
  story.observes(null, { kind: 'dns-answer', name: 'example.com' })
  expect(story.seen).toEqual({
    handshakes: 2,
    certificates: 1,
    payloads: 1,
    mails: 1,
    failures: 1,
    answers: 1,
  })
})

test('services of no known product are not counted', () => {
  const story = new Story()
  const sighting = story.sighting({ to: { address: '198.51.100.9', port: 9 } })
  story.basis.closed!(sighting, summaryOf(sighting))
  expect(story.basis.counts()).toEqual([])
})
