import { expect, test } from 'vitest'
import type { Observation } from '../../src/model/observation.ts'
import type { Basis } from '../../src/model/requirement.ts'
import { seconds } from '../../src/model/time.ts'
import { followBasis } from '../../src/sessions/basis.ts'
import type { TrackedSighting } from '../../src/sessions/sighting.ts'
import { Health } from '../../src/sessions/servers/health.ts'
import { attachmentOf } from '../../src/sessions/agents/tracked-agent.ts'
import { AGENT, Parties, type SightingParts, summaryOf } from './parties.ts'

const CONFIG = {
  services: [
    {
      name: 'dlp',
      profile: 'symantec-dlp-12.5',
      fqdn: 'dlp.example.com',
      ports: [443],
      vips: ['192.0.2.9'],
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
  // It closes idle connections after 30 s by design: a silence is no longer.
  const idle = story.sighting()
  story.basis.closed!(idle, summaryOf(idle, { maxIdle: seconds(28) }))
  const closed = story.sighting()
  const half = { ...summaryOf(closed).halves[0], finAt: seconds(40) }
  const orderly = { maxIdle: seconds(28), endReason: 'client-fin' } as const
  story.basis.closed!(closed, summaryOf(closed, { ...orderly, halves: [half, half] }))
  const holed = story.sighting()
  const halves = [half, { ...half, missingBytes: 10 }] as const
  story.basis.closed!(holed, summaryOf(holed, { ...orderly, halves }))
  const survived = story.sighting()
  story.basis.closed!(survived, summaryOf(survived, { longestSurvived: seconds(26) }))
  const ended = story.sighting()
  story.basis.closed!(ended, summaryOf(ended, { idleBeforeEnd: seconds(30), endReason: 'server-fin' }))
  expect(story.seen).toEqual({ connections: 7, relayed: 1, via: 2, probes: 1, apart: 7, idle: 2 })
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
  expect(story.seen).toEqual({ connections: 2, named: 2, translated: 1, apart: 2 })
})

test('both sides of a relay', () => {
  const story = new Story()
  const front = story.sighting({ leg: 'front' })
  const back = story.sighting({ leg: 'back' })
  front.path.join(back.path, 'PROXY header')
  story.basis.closed!(front, summaryOf(front))
  expect(story.seen).toEqual({ connections: 1, via: 1, pairs: 1 })
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
  expect(story.seen).toEqual({ exchanges: 4, clear: 4, enrolments: 1, 'web-requests': 1 })
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
  story.observes(null, { kind: 'dns-answer', name: 'DLP.example.com', addresses: [{ address: '192.0.2.9' }] })
  story.observes(null, { kind: 'dns-answer', name: 'example.com', addresses: [] })
  expect(story.seen).toEqual({
    handshakes: 2,
    certificates: 1,
    payloads: 1,
    mails: 1,
    failures: 1,
    answers: 1,
    led: 1,
  })
})

test('services of no known product are not counted', () => {
  const story = new Story()
  const sighting = story.sighting({ to: { address: '198.51.100.9', port: 9 } })
  story.basis.closed!(sighting, summaryOf(sighting))
  expect(story.basis.counts()).toEqual([])
})

/** A service of a product behind a load balancer, with two servers. */
const behind = (more: object = {}) => ({
  services: [
    {
      name: 'dlp',
      profile: 'symantec-dlp',
      ports: [443],
      vips: ['192.0.2.9'],
      servers: [
        { name: 's1', addresses: ['192.0.2.10'] },
        { name: 's2', addresses: ['192.0.2.11'] },
      ],
      ...more,
    },
  ],
  devices: [{ role: 'load-balancer', addresses: ['192.0.2.9', '10.10.3.1'] }],
})

test.each<[string, object, number, number]>([
  ['a product that may be silent for any time', {}, 7_439, 7_440],
  ['one with a heartbeat', { heartbeat: '270s' }, 240, 243],
  ['one whose server closes idle connections', { profile: 'symantec-dlp-12.5' }, 26, 27],
])('how long a silence must be that shows what the path does to %s', (_what, more, short, long) => {
  const idleAfter = (silence: number): number => {
    const parties = new Parties(behind(more))
    const basis = followBasis(parties as never)
    const sighting = parties.sighting()
    basis.closed!(sighting, summaryOf(sighting, { longestSurvived: seconds(silence) }))
    return basis.counts()[0]!.seen.idle
  }
  expect([idleAfter(short), idleAfter(long)]).toEqual([0, 1])
})

test('an agent behind a load balancer is one, unless its own side was seen as well', () => {
  const parties = new Parties(behind())
  const basis = followBasis(parties as never)
  const relayed = parties.sighting({ leg: 'back', from: { address: '10.10.3.1', port: 9 } })
  basis.closed!(relayed, summaryOf(relayed))
  expect(basis.counts()[0]!.seen).toMatchObject({ connections: 0, relayed: 1, via: 1 })
  relayed.agent = parties.visit(relayed, 'EPA-1', 1).agent
  basis.closed!(relayed, summaryOf(relayed))
  expect(basis.counts()[0]!.seen).toMatchObject({ connections: 1, relayed: 2 })
  const front = parties.sighting({ leg: 'front', to: { address: '192.0.2.9', port: 443 } })
  front.path.join(relayed.path, 'PROXY header')
  basis.closed!(relayed, summaryOf(relayed))
  basis.closed!(front, summaryOf(front))
  expect(basis.counts()[0]!.seen).toMatchObject({ connections: 2, via: 4, pairs: 1, 'tls-pairs': 0 })
})

test('what pairs show of TLS, and of requests', () => {
  const parties = new Parties(behind())
  const basis = followBasis(parties as never)
  const hello = (random: string) => ({ client: { random }, server: {} }) as never
  for (const randoms of [['a', 'a'], ['b', 'c'], []]) {
    const front = parties.sighting({ leg: 'front' })
    const back = parties.sighting({ leg: 'back' })
    front.path.join(back.path, 'PROXY header')
    if (randoms.length > 0) [front.tls, back.tls] = [hello(randoms[0]!), hello(randoms[1]!)]
    else front.requests = back.requests = 1
    basis.closed!(front, summaryOf(front))
  }
  const expected = { pairs: 3, 'tls-pairs': 2, 're-encrypted': 1, 'read-pairs': 1 }
  expect(basis.counts()[0]!.seen).toMatchObject(expected)
})

test('a spread over servers, unless an order is stated', () => {
  const spread = (more: object): number => {
    const parties = new Parties(behind(more))
    const basis = followBasis(parties as never)
    for (const address of ['192.0.2.10', '192.0.2.11', '192.0.2.10']) {
      const sighting = parties.sighting({ leg: 'back', to: { address, port: 443 } })
      basis.closed!(sighting, summaryOf(sighting))
    }
    return basis.counts()[0]!.seen.spread
  }
  expect([spread({}), spread({ persistence: 'ordered' })]).toEqual([1, 0])
})

test('agents that come again behind a load balancer, and to another server than before', () => {
  const seenWith = (fails: boolean) => {
    const health = new Health()
    const parties = new Parties(behind())
    const basis = followBasis({ ...parties, health, later: (_: number, act: () => void) => act() } as never)
    const first = parties.sighting({ leg: 'back' })
    const next = parties.sighting({ leg: 'back', to: { address: '192.0.2.11', port: 443 } })
    const { agent, server } = parties.visit(first, 'EPA-1', 1)
    basis.visited!(first, agent, seconds(1), 1)
    attachmentOf(agent, first.service)!.stay = { server, end: seconds(1), arrivedBy: 'unknown' } as never
    const failure = {
      at: seconds(2),
      tap: 'client',
      packet: 3,
      what: 'refused',
      by: '10.10.3.1',
      manner: 'refused',
    }
    if (fails) health.failed(server, failure as never)
    basis.visited!(first, agent, seconds(2), 2)
    basis.visited!(next, agent, seconds(3), 3)
    const { moves, ...seen } = basis.counts()[0]!.seen
    expect(seen).toMatchObject({ returns: 2, 'relayed-returns': 2, 'session-returns': 2 })
    return moves
  }
  expect([seenWith(false), seenWith(true)]).toEqual([1, 0])
})
