import { describe, expect, test } from 'vitest'
import type { DetectorEvent } from '../../src/model/event.ts'
import type * as O from '../../src/model/observation.ts'
import type { Endpoint } from '../../src/model/packet.ts'
import type { Leg } from '../../src/model/party.ts'
import { seconds } from '../../src/model/time.ts'
import { attachmentOf } from '../../src/sessions/agents/tracked-agent.ts'
import { Sessions } from '../../src/sessions/sessions.ts'
import type { TrackedSighting } from '../../src/sessions/sighting.ts'
import { deployment } from '../detectors/analysis.ts'
import { answer } from './answers.ts'
import { AGENT, SERVER, summaryOf } from './parties.ts'

const BALANCER = { address: '10.10.3.1', port: 10_000 }
const VIP = { address: '10.10.2.10', port: 443 }
const CONFIG = {
  services: [
    {
      name: 's',
      ports: [443],
      vips: [VIP.address],
      servers: [
        { name: 's1', addresses: [SERVER.address], replicationAddresses: ['10.10.9.11'] },
        { name: 's2', addresses: ['192.0.2.11'] },
      ],
      identity: [{ payloadPattern: 'agent=(\\w+)' }],
    },
  ],
  devices: [{ role: 'load-balancer', addresses: [BALANCER.address] }],
  ignore: ['10.0.0.250'],
}

class Story {
  readonly events: DetectorEvent[] = []
  readonly accounted: TrackedSighting[] = []
  readonly sessions: Sessions
  private connections = 0

  constructor(config: unknown = CONFIG) {
    this.sessions = new Sessions({
      deployment: deployment(config),
      tell: (event) => this.events.push(event),
      accounted: (sighting) => this.accounted.push(sighting),
      severalTaps: () => true,
    })
  }

  /** A connection opens at a time in seconds. */
  opens(from: Endpoint, to: Endpoint, at = 0, tap = 'client'): number {
    const connection = ++this.connections
    this.sessions.observe({
      kind: 'connection-opened',
      time: seconds(at),
      tap,
      connection,
      originator: from,
      responder: to,
      packet: connection * 10,
      start: seconds(at),
      rolesKnown: true,
      handshake: 'complete',
      handshakeRtt: null,
      syn: [null, null],
      initialSequence: [null, null],
      hardware: [null, null],
      answeredTo: null,
      tag: 0,
    })
    return connection
  }

  says(connection: number, text: string, at: number, tap = 'client'): void {
    const side = 0
    this.sessions.observe({
      kind: 'opening',
      time: seconds(at),
      tap,
      connection,
      side,
      packet: 4,
      packetTime: seconds(at),
      text,
      protocol: null,
    })
  }

  asks(connection: number, line: string, at: number): void {
    const [method, target, version] = line.split(' ') as [string, string, string]
    const request = { method, target, version, headers: [], time: seconds(at), packet: 4, bodyBytes: 0 }
    const o: O.HttpRequestSeen = {
      kind: 'http-request',
      time: seconds(at),
      tap: 'client',
      connection,
      requestFrom: 0,
      request,
      index: 0,
      decrypted: false,
    }
    this.sessions.observe(o)
  }

  legOf(connection: number): Leg | undefined {
    return this.sessions.sightingOf(connection)?.leg
  }

  /** Visits so far: agent, server, and the server before. */
  get visits(): string[] {
    return this.events.flatMap((event) =>
      event.kind === 'visit'
        ? [`${event.visit.agent.id} ${event.visit.server.name} ${event.previous?.server.name ?? '-'}`]
        : [],
    )
  }
}

describe('where a connection runs', () => {
  test.each<[string, Endpoint, Endpoint, Leg]>([
    ['from an agent to a server', AGENT, SERVER, 'direct'],
    ['from an agent to a virtual address', AGENT, VIP, 'front'],
    ['from the load balancer to a server', BALANCER, SERVER, 'back'],
    ['from an agent to the load balancer itself', AGENT, { ...BALANCER, port: 443 }, 'front'],
    ['from one server to another', { ...SERVER, port: 1 }, { address: '192.0.2.11', port: 444 }, 'internal'],
    ['from the address that replicates', { address: '10.10.9.11', port: 1 }, SERVER, 'internal'],
    ['from who is to be ignored', { address: '10.0.0.250', port: 1 }, SERVER, 'internal'],
  ])('%s', (_what, from, to, leg) => {
    const s = new Story()
    expect(s.legOf(s.opens(from, to))).toBe(leg)
  })

  test('a PROXY header shows a relay that nobody stated, for what comes after it too', () => {
    const s = new Story({})
    const first = s.opens(BALANCER, SERVER)
    expect(s.legOf(first)).toBe('direct')
    const source = AGENT
    s.sessions.observe({
      kind: 'proxy-header',
      time: 0,
      tap: 'client',
      connection: first,
      packet: 4,
      version: 2,
      source,
      destination: VIP,
      local: false,
      family: 'inet',
      extensions: null,
    })
    expect(s.legOf(first)).toBe('back')
    expect(s.sessions.sightingOf(first)!.agent).toMatchObject({
      id: AGENT.address,
      identifiedBy: 'proxy-header',
    })
    expect(s.legOf(s.opens({ ...BALANCER, port: 2 }, SERVER))).toBe('back')
  })

  test('a PROXY header with LOCAL is a check by the relay itself', () => {
    const s = new Story({})
    const first = s.opens(BALANCER, SERVER)
    s.sessions.observe({
      kind: 'proxy-header',
      time: 0,
      tap: 'client',
      connection: first,
      packet: 4,
      version: 2,
      source: null,
      destination: null,
      local: true,
      family: 'unspecified',
      extensions: null,
    })
    expect(s.legOf(first)).toBe('probe')
    expect(s.legOf(s.opens({ ...BALANCER, port: 2 }, SERVER))).toBe('back')
  })

  test('a client that resolved a name goes to it by that name; others do not', () => {
    const s = new Story({ dns: { names: ['keys.example.com'] } })
    const client = { address: '10.0.0.5', port: 1 }
    s.sessions.observe(answer('keys.example.com', ['192.0.2.50', '192.0.2.51']))
    const named = s.opens(client, { address: '192.0.2.51', port: 443 }, 1010)
    expect(s.sessions.sightingOf(named)).toMatchObject({
      resolvedName: 'keys.example.com',
      service: { name: 'keys.example.com:443' },
      server: { name: '192.0.2.51:443' },
    })
    const other = s.opens({ ...client, address: '10.0.0.6' }, { address: '192.0.2.50', port: 443 }, 1011)
    expect(s.sessions.sightingOf(other)).toMatchObject({
      resolvedName: null,
      service: { name: '192.0.2.50:443' },
    })
  })

  test('a health check is one from its first request on, and no later', () => {
    const s = new Story({})
    const check = s.opens(AGENT, SERVER)
    s.asks(check, 'GET /healthz 1.1', 1)
    const agent = s.opens({ ...AGENT, port: 2 }, SERVER)
    s.asks(agent, 'GET / 1.1', 1)
    s.asks(agent, 'GET /healthz 1.1', 2)
    expect([s.legOf(check), s.legOf(agent)]).toEqual(['probe', 'direct'])
  })
})

test('a relay that asks another one is no agent', () => {
  const s = new Story()
  const between = s.opens(BALANCER, VIP, 0)
  s.says(between, 'hello', 1)
  s.opens(AGENT, VIP, 10)
  expect(s.sessions.sightingOf(between)!.agent).toBe(null)
  expect([...s.sessions.agents.all()].map(({ id }) => id)).not.toContain(BALANCER.address)
})

describe('visits', () => {
  test('are told two seconds after the first words, with the server before', () => {
    const s = new Story()
    s.says(s.opens(AGENT, SERVER, 0), 'agent=A1', 1)
    s.opens(AGENT, VIP, 2.9)
    expect(s.visits).toEqual([])
    s.opens(AGENT, VIP, 3)
    expect(s.visits).toEqual(['A1 s1 -'])
    s.says(s.opens(AGENT, { address: '192.0.2.11', port: 443 }, 10), 'agent=A1', 11)
    // The same again is nothing new.
    s.says(s.opens(AGENT, { address: '192.0.2.11', port: 443 }, 20), 'agent=A1', 21)
    s.sessions.ended()
    expect(s.visits).toEqual(['A1 s1 -', 'A1 s2 s1'])
    expect(s.events.at(-1)).toEqual({ kind: 'captures-ended' })
  })

  test('behind a relay are of who names himself there; a connection without words is none', () => {
    const s = new Story()
    s.opens(AGENT, VIP, 0)
    s.opens(BALANCER, SERVER, 0, 'server')
    s.says(s.opens({ ...BALANCER, port: 2 }, SERVER, 0, 'server'), 'agent=A1', 1, 'server')
    s.says(s.opens({ ...BALANCER, port: 3 }, SERVER, 0, 'server'), 'hello', 1, 'server')
    s.sessions.ended()
    expect(s.visits).toEqual(['A1 s1 -'])
  })

  test('of health checks and of servers among themselves are none', () => {
    const s = new Story({})
    s.asks(s.opens(AGENT, SERVER, 0), 'GET /healthz 1.1', 1)
    const t = new Story()
    t.says(t.opens({ ...SERVER, port: 1 }, { address: '192.0.2.11', port: 443 }, 0), 'agent=X', 1)
    s.sessions.ended()
    t.sessions.ended()
    expect([s.visits, t.visits]).toEqual([[], []])
  })
})

test('a request that only one product makes tells the service', () => {
  const s = new Story({})
  const connection = s.opens(AGENT, { ...SERVER, port: 80 })
  s.asks(connection, 'POST /spipe/pkg?AgentGuid={G}&Source=Agent_3.0.0 1.1', 1)
  expect(s.sessions.sightingOf(connection)).toMatchObject({
    service: { name: 'mcafee-epo' },
    server: { id: 'mcafee-epo/192.0.2.10:80' },
    agent: { id: '{G}', identifiedBy: 'url-parameter' },
  })
})

describe('the health of a server', () => {
  const failures = (play: (s: Story, connection: number) => void): string | null => {
    const s = new Story()
    play(s, s.opens(AGENT, SERVER, 0))
    const server = s.sessions.services.serverAt(s.sessions.services.serviceAt(SERVER), SERVER)
    return s.sessions.health.failureOf(server, 0, seconds(100))?.what ?? null
  }
  const answers = (status: number) => (s: Story, connection: number) =>
    s.sessions.observe({
      kind: 'http-transaction',
      time: seconds(5),
      tap: 'client',
      connection,
      requestFrom: 0,
      request: null,
      response: {
        status,
        version: '1.1',
        headers: [],
        setCookieLines: 0,
        setCookieNames: [],
        setCookies: [],
        time: seconds(5),
        packet: 9,
        bodyBytes: 0,
      },
      interim: [],
      index: 0,
      decrypted: false,
    })
  const fails = (manner: O.ConnectionFailed['manner']) => (s: Story) =>
    s.sessions.observe({
      kind: 'connection-failed',
      time: seconds(9),
      tap: 'client',
      connection: 99,
      originator: AGENT,
      responder: SERVER,
      packet: 1,
      start: seconds(5),
      manner,
      attempts: 3,
    })

  test.each([
    ['HTTP 503', answers(503), 'HTTP 503 from s1'],
    ['HTTP 502', answers(502), 'HTTP 502 from s1'],
    ['HTTP 504', answers(504), 'HTTP 504 from s1'],
    ['HTTP 500: it serves, badly', answers(500), null],
    ['HTTP 505', answers(505), null],
    ['a refused connection', fails('refused'), 'refused by s1'],
    ['an unanswered one', fails('unanswered'), 'unanswered by s1'],
    ['one that its agent gave up', fails('aborted'), null],
  ])('%s', (_what, play, what) => expect(failures(play)).toBe(what))
})

test('a connection is accounted for once the others have spoken', () => {
  const s = new Story()
  const connection = s.opens(AGENT, SERVER, 0)
  const sighting = s.sessions.sightingOf(connection)!
  const summary = summaryOf(sighting)
  s.sessions.observe({ kind: 'connection-closed', time: seconds(20), tap: 'client', connection, summary })
  expect([sighting.closed, s.sessions.sightingOf(connection), s.accounted]).toEqual([true, undefined, []])
  s.opens(AGENT, VIP, 22)
  expect(s.accounted).toEqual([sighting])
})

test('who scans a network, or meets it whole, takes no server’s place', () => {
  const s = new Story()
  const address = (i: number): string => `10.${64 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`
  const originator = { address: '10.0.0.66', port: 40_000 }
  for (let i = 0; i < 1 << 16; i++)
    s.sessions.observe({
      kind: 'connection-failed',
      time: 0,
      tap: 'client',
      connection: 1000 + i,
      originator,
      responder: { address: address(i), port: 80 },
      packet: 1,
      start: 0,
      manner: 'unanswered',
      attempts: 1,
    })
  const scanned = { address: address(0), port: 80 }
  expect(s.sessions.services.triedAt(scanned)).toBe(null)
  for (let i = 0; i < 1 << 16; i++) s.sessions.services.serviceAt({ address: address(i), port: 81 })
  s.says(s.opens(AGENT, SERVER, 10), 'agent=A1', 11)
  s.says(s.opens({ ...AGENT, port: 2 }, SERVER, 20), 'agent=A1', 21)
  const [first, second] = [30, 40].map((at) =>
    s.opens({ ...AGENT, port: at }, { address: '198.51.100.1', port: 80 }, at),
  )
  s.says(first!, 'agent=A1', 31)
  s.says(second!, 'agent=A1', 41)
  s.sessions.ended()
  // The last two are at one of too many servers.
  expect(s.visits).toEqual(['A1 s1 -', 'A1 198.51.100.1:80 -', 'A1 198.51.100.1:80 -'])
  expect([...s.sessions.stays.servers].map(({ name }) => name)).toEqual(['s1'])
  expect(s.sessions.stays.unfollowed).toBe(2)
})

describe('a connection that its agent left behind a day ago', () => {
  const S2 = { address: '192.0.2.11', port: 443 }

  /** A1 goes on at the second server, or at the same one, and never closes its first connection. */
  function leftOpen(next: Endpoint): Story {
    const s = new Story()
    s.says(s.opens(AGENT, SERVER, 0), 'agent=A1', 1)
    s.says(s.opens({ ...AGENT, port: 2 }, next, 100), 'agent=A1', 101)
    for (let minute = 2; minute < 3 * 24 * 60; minute++) s.sessions.tick(seconds(60 * minute))
    return s
  }

  test('does not hold the session that it was part of', () => {
    const told: string[] = []
    const s = leftOpen(S2)
    expect(s.visits).toEqual(['A1 s1 -', 'A1 s2 s1'])
    expect([...s.sessions.stays.lasting(s.sessions.now)].map(({ server }) => server)).toEqual(['s2'])
    s.sessions.stays.reportTo(({ server }) => void told.push(server))
    s.sessions.ended()
    expect(told).toEqual(['s2'])
  })

  test('is no contact with the server where the agent is', () => {
    const s = leftOpen(SERVER)
    const [agent] = s.sessions.agents.all()
    expect(attachmentOf(agent!, s.sessions.services.configured('s'))!.stay!.open).toBe(1)
  })
})

test('what is told of a connection that was never opened begins one', () => {
  const s = new Story()
  const o: O.Finished = {
    kind: 'finished',
    time: seconds(5),
    tap: 'client',
    connection: 7,
    originator: AGENT,
    responder: SERVER,
    packet: 3,
    from: 1,
    idleBefore: 0,
    first: true,
    bytes: [0, 0],
    hopLimit: 64,
    usualHopLimit: null,
  }
  s.sessions.observe(o)
  expect(s.sessions.sightingOf(7)).toMatchObject({
    start: seconds(5),
    startPacket: 0,
    handshake: null,
    leg: 'direct',
  })
})

test('words of connections that are not known change nothing', () => {
  const s = new Story()
  s.says(99, 'agent=A1', 1)
  s.asks(99, 'GET / 1.1', 1)
  s.sessions.ended()
  expect(s.events).toEqual([{ kind: 'captures-ended' }])
})
