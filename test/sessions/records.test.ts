import { describe, expect, test } from 'vitest'
import { seconds } from '../../src/model/time.ts'
import { agentRecord, connectionRecord, serverRecord } from '../../src/sessions/records.ts'
import type { TrackedSighting } from '../../src/sessions/sighting.ts'
import { AGENT, half, Parties, reset, SERVER, summaryOf } from './parties.ts'

const parties = new Parties()

test('a connection, field by field', () => {
  const sighting = parties.sighting()
  sighting.agent = parties.agents.named({ id: 'A1', by: 'http-header', confidence: 0.99 })
  sighting.requests = 2
  sighting.responses = 1
  const summary = summaryOf(sighting, {
    stream: 7,
    start: seconds(1),
    end: seconds(20),
    handshakeRtt: 1500,
    maxIdle: seconds(12.5),
    idleBeforeEnd: seconds(0.25),
    halves: [
      half({
        packets: 5,
        bytes: 120,
        uniqueBytes: 100,
        retransmissions: 1,
        outOfOrder: 2,
        keepAlives: 3,
        captureDuplicates: 4,
      }),
      half({
        packets: 6,
        bytes: 330,
        uniqueBytes: 300,
        retransmissions: 10,
        outOfOrder: 20,
        keepAlives: 30,
        captureDuplicates: 40,
      }),
    ],
  })
  const record = connectionRecord(sighting, summary, true)
  expect(record).toEqual({
    kind: 'connection',
    id: sighting.connection,
    tap: 'client',
    stream: 7,
    service: '192.0.2.10:443',
    agent: 'A1',
    server: '192.0.2.10:443',
    client: AGENT,
    serverEndpoint: SERVER,
    resolvedName: null,
    start: seconds(1),
    end: seconds(20),
    handshake: 'complete',
    handshakeRttSeconds: 0.0015,
    clientPackets: 5,
    serverPackets: 6,
    clientBytes: 120,
    serverBytes: 330,
    clientUniqueBytes: 100,
    serverUniqueBytes: 300,
    retransmissions: 11,
    outOfOrder: 22,
    keepAlives: 33,
    captureDuplicates: 44,
    maxIdleSeconds: 12.5,
    idleBeforeEndSeconds: 0.25,
    longestSurvivedSeconds: 0,
    path: [],
    endReason: 'client-fin',
    tls: null,
    http: { requests: 2, responses: 1 },
  })
  expect(connectionRecord(sighting, summary, false).stream).toBe(null)
})

test.each(['probe', 'internal'] as const)("a connection of the %s kind is no agent's", (leg) => {
  const sighting = parties.sighting()
  sighting.agent = parties.agents.named({ id: 'A1', by: 'http-header', confidence: 0.99 })
  sighting.leg = leg
  expect(connectionRecord(sighting, summaryOf(sighting), true).agent).toBe(null)
})

describe('a reset that ended it', () => {
  const reason = (
    change: (sighting: TrackedSighting) => void,
    endReason: 'server-rst' | 'server-fin' = 'server-rst',
  ) => {
    const sighting = parties.sighting()
    change(sighting)
    return connectionRecord(sighting, summaryOf(sighting, { endReason, endedBy: 1 }), true).endReason
  }
  const came = (hopLimit: number, usualHopLimit: number | null) => (sighting: TrackedSighting) => {
    sighting.end.resets[1] = reset(sighting, 1, 20, { hopLimit, usualHopLimit })
  }

  test.each([
    ['came the way of the others', came(60, 60), 'server-rst'],
    ['came from nearer by', came(62, 60), 'middlebox-rst'],
    ['came as far, with another start', came(251, 60), 'server-rst'],
    ['is all there is of its side', came(62, null), 'server-rst'],
    ['was not told of', () => {}, 'server-rst'],
  ])('%s', (_what, change, expected) => expect(reason(change)).toBe(expected))

  test('is not asked where a FIN came first', () => {
    expect(reason(came(62, 60), 'server-fin')).toBe('server-fin')
  })
})

test('TLS as far as it was seen', () => {
  const sighting = parties.sighting()
  const shown = { version: 0x0303, serverName: 'x.example.com', ja3: 'j3', ja4: 'j4' }
  sighting.tls = {
    kind: 'tls-handshake',
    time: 0,
    tap: 'client',
    connection: 1,
    client: {
      side: 0,
      packet: 1,
      time: 0,
      random: 'r',
      alpn: [],
      sessionId: '',
      ticketHash: null,
      pskIdentityHashes: [],
      hash: 'h',
      ...shown,
    },
    server: null,
    certificates: [],
    certificatesIn: null,
    clientCertificates: [],
    resumed: null,
    issuedTicketHashes: [],
    packet: 1,
    packetTime: 0,
    decrypted: false,
  }
  const { tls } = connectionRecord(sighting, summaryOf(sighting), true)
  expect(tls).toEqual({
    version: 'TLS 1.2',
    sni: 'x.example.com',
    alpn: null,
    ja3: 'j3',
    ja3s: null,
    ja4: 'j4',
    resumed: null,
    resumption: null,
    certificates: [],
    decrypted: false,
  })
  const presenting = { ...sighting.tls, client: { ...sighting.tls.client!, ticketHash: 't' } }
  const resumption = (resumed: boolean | null): unknown => {
    sighting.tls = { ...presenting, resumed }
    return connectionRecord(sighting, summaryOf(sighting), true).tls!.resumption
  }
  expect([true, false, null].map(resumption)).toEqual(['accepted', 'refused', null])
  const ocsp = [
    { status: 'good', serial: '10', thisUpdate: '2026-11-21T00:00:00Z', nextUpdate: null, revokedAt: null },
  ] as const
  sighting.tls = { ...sighting.tls, ocsp, client: { ...sighting.tls.client!, version: 0x7f1c } }
  expect(connectionRecord(sighting, summaryOf(sighting), true).tls).toMatchObject({ version: '0x7f1c', ocsp })
})

test('agents and servers', () => {
  const sighting = parties.sighting()
  const agent = parties.agents.named({ id: 'A2', by: 'cookie', confidence: 0.9 })
  parties.agents.seen(agent, sighting, seconds(5), 0)
  expect(agentRecord(agent)).toEqual({
    kind: 'agent',
    id: 'A2',
    identifiedBy: 'cookie',
    confidence: 0.9,
    addresses: [{ address: AGENT.address, start: seconds(5), end: seconds(5) }],
  })
  expect(serverRecord(sighting.server!)).toEqual({
    kind: 'server',
    id: '192.0.2.10:443/192.0.2.10:443',
    name: '192.0.2.10:443',
    service: '192.0.2.10:443',
    address: '192.0.2.10',
    port: 443,
    identifiedBy: 'discovered',
  })
})
