import { describe, expect, test } from 'vitest'
import { endAnalysis } from '../../src/store/analyses.ts'
import { connectionFacts } from '../../src/store/connection-facts.ts'
import { analysisWriter } from '../../src/store/analysis-writer.ts'
import { END_REASONS } from '../../src/store/codes.data.ts'
import { StoreError } from '../../src/store/store.ts'
import { writerThread } from '../../src/store/writer-thread.ts'
import { connection, STORY } from '../cli/output/story.ts'
import { all, analysed, database, NOW, one, RESULT_TABLES, running } from './database.ts'
import type { Store } from '../../src/store/store.ts'

const TABLES = [...RESULT_TABLES, 'analysis', 'analysis_input']
const contents = (store: Store): unknown[] =>
  TABLES.map((table) => [table, all<object>(store, `SELECT * FROM ${table}`).map(withoutClock)])
const withoutClock = (row: object): object => ({ ...row, created: 0, changed: 0 })

const TLS = {
  version: 'TLS 1.2',
  sni: 'dlp.example.com',
  alpn: null,
  ja3: 'a',
  ja3s: 'b',
  ja4: null,
  resumed: false,
  resumption: null,
  certificates: [],
  decrypted: false,
}

describe('a connection', () => {
  test('is a row with all that its record says', () => {
    const store = database()
    const id = running(store, ['a', 'b'])
    const record = connection({
      tap: 'server/eth1',
      stream: null,
      longestSurvivedSeconds: 12.5,
      tls: TLS,
      http: { requests: 3, responses: 2 },
      resolvedName: 'keys.example.com',
    })
    const writer = analysisWriter(store, id, { now: () => NOW })
    writer.write(record)
    writer.write(connection({ id: 2 ** 47 + 1, agent: null, server: null, handshakeRttSeconds: null }))
    writer.finish()
    const [row, bare] = all<Record<string, unknown>>(store, 'SELECT * FROM connection')
    expect(row).toEqual({
      id: 1,
      analysis: id,
      input: 1,
      number: 3,
      service: 1,
      agent: 1,
      server: 1,
      start: record.start,
      end: record.end,
      end_reason: END_REASONS.indexOf('server-fin'),
      survived: 12_500_000,
      tap: 'server/eth1',
      facts: expect.any(Buffer) as Buffer,
    })
    expect(connectionFacts(row?.['facts'] as Buffer)).toEqual({
      clientAddress: Buffer.from([10, 10, 1, 101]),
      clientPort: 40747,
      serverAddress: Buffer.from([10, 10, 2, 10]),
      serverPort: 8000,
      clientBytes: 4210,
      serverBytes: 92_480,
      maxIdle: 15_003_211,
      idleBeforeEnd: 15_003_211,
      stream: null,
      handshake: 2,
      handshakeRtt: 246,
      clientPackets: 31,
      serverPackets: 78,
      clientUniqueBytes: 4210,
      serverUniqueBytes: 91_020,
      retransmissions: 1,
      outOfOrder: 0,
      keepAlives: 0,
      captureDuplicates: 0,
      requests: 3,
      responses: 2,
      tls: JSON.stringify(TLS),
      path: '',
      resolvedName: 'keys.example.com',
      clientIpBytes: null,
      serverIpBytes: null,
      maxIdleAtMost: null,
    })
    expect(bare).toMatchObject({ input: 0, number: 2 ** 47 + 1, agent: null, server: null })
    const none = { handshakeRtt: null, requests: null, responses: null, tls: '', path: '', resolvedName: '' }
    expect(connectionFacts(bare?.['facts'] as Buffer)).toMatchObject(none)
  })

  test('of IPv6 has sixteen octets', () => {
    const store = database()
    const writer = analysisWriter(store, running(store, ['a']), { now: () => NOW })
    writer.write(connection({ client: { address: '2001:db8::1', port: 1 } }))
    writer.finish()
    const { clientAddress } = connectionFacts(one(store, 'SELECT facts FROM connection') as Buffer)
    expect(Buffer.from(clientAddress).toString('hex')).toBe(`20010db8${'0'.repeat(23)}1`)
  })

  test('is counted by minute, server and silence', () => {
    const store = database()
    const start = Date.UTC(2026, 10, 21, 3) * 1000
    const minute = start / 60e6
    analysed(
      store,
      ['a'],
      [
        connection({ start, end: start + 61e6, longestSurvivedSeconds: 20 }),
        connection({ id: 4, start: start + 1, end: start + 2, server: null, endReason: 'open' }),
      ],
    )
    const bytes = 4210 + 92_480
    const none = { critical: 0, warning: 0, info: 0 }
    expect(
      all(
        store,
        'SELECT minute, server, opened, closed, bytes, critical, warning, info FROM minute ORDER BY minute, server',
      ),
    ).toEqual([
      { minute, server: 0, opened: 2, closed: 0, bytes, ...none },
      { minute, server: 1, opened: 1, closed: 0, bytes: 0, ...none },
      { minute: minute + 1, server: 0, opened: 0, closed: 1, bytes, ...none },
      { minute: minute + 1, server: 1, opened: 0, closed: 1, bytes, ...none },
    ])
    // 20 * log10(0.000246) = -72.2
    expect(all(store, 'SELECT server, connections, open, handshakes FROM tally')).toEqual([
      { server: 0, connections: 1, open: 1, handshakes: '{"-73":1}' },
      { server: 1, connections: 1, open: 0, handshakes: '{"-73":1}' },
    ])
    // 4 * log10(20) = 5.2
    expect(all(store, 'SELECT step, survived, severed FROM silence')).toEqual([
      { step: 5, survived: 1, severed: 0 },
    ])
    expect(all(store, 'SELECT first_seen, last_seen FROM service')).toEqual([
      { first_seen: start, last_seen: start + 61e6 },
    ])
    expect(one(store, 'SELECT last_seen FROM server')).toBe(start + 61e6)
  })
})

test('a story is stored whole', () => {
  const store = database()
  analysed(store, ['a', 'b'], STORY)
  expect(
    all(store, 'SELECT name, identified_by, confidence, occurrences, worst FROM agent ORDER BY name'),
  ).toEqual([
    { name: '10.10.1.240', identified_by: 'address', confidence: 0.5, occurrences: 0, worst: 0 },
    { name: 'EPA-0017', identified_by: 'payload-pattern', confidence: 0.98, occurrences: 2, worst: 3 },
    { name: 'EPA-0020', identified_by: 'payload-pattern', confidence: 0.98, occurrences: 3, worst: 3 },
    { name: 'EPA-0023', identified_by: 'payload-pattern', confidence: 0.98, occurrences: 1, worst: 3 },
  ])
  expect(all(store, 'SELECT name, address, port, identified_by FROM server ORDER BY name')).toEqual([
    { name: 'dlp1', address: '10.10.3.11', port: 8000, identified_by: 'config' },
    { name: 'dlp2', address: '10.10.3.12', port: 8000, identified_by: 'config' },
  ])
  expect(all(store, 'SELECT server, connections, bytes, ended_by FROM session')).toEqual([
    { server: 'dlp1', connections: 1, bytes: 96_690, ended_by: 'severed' },
  ])
  expect(all(store, 'SELECT tap, packets, skipped FROM analysis_input')).toEqual([
    { tap: 'client', packets: 1204, skipped: '{}' },
    { tap: 'server', packets: 1187, skipped: '{"arp":30,"lldp":12}' },
  ])
  expect(all(store, 'SELECT type, severity, state, occurrences, agents FROM incident ORDER BY id')).toEqual([
    { type: 'severed-idle', severity: 3, state: 'open', occurrences: 7, agents: 3 },
    { type: 'server-hop', severity: 2, state: 'open', occurrences: 1, agents: 1 },
  ])
  expect(one(store, 'SELECT sentence FROM occurrence WHERE connection_number = 3')).toBe(
    'The load balancer 10.10.2.10 cut the idle connection of EPA-0017 to dlp1 after 15 s of silence.',
  )
  expect(one(store, 'SELECT sum(severed) FROM silence')).toBe(5)
  expect(one(store, 'SELECT sum(critical) FROM minute WHERE server = 0')).toBe(5)
  expect(
    one(store, 'SELECT rowid FROM incident_text WHERE incident_text MATCH \'agents : "EPA-0023"\''),
  ).toBe(1)
})

test('nothing is written after the end, and nothing published by one that is abandoned', () => {
  const store = database()
  const writer = analysisWriter(store, running(store, ['a']), { now: () => NOW })
  for (const record of STORY) writer.write(record)
  writer.abandon()
  writer.finish()
  expect(one(store, 'SELECT count(*) FROM incident')).toBe(0)
  expect(() => analysisWriter(store, 77, { now: () => NOW })).toThrow(StoreError)
})

describe('a thread', () => {
  test('writes what the writer writes', async () => {
    const [here, there] = [database(), database()]
    const many = Array.from({ length: 3_000 }, (_, i) =>
      connection({ id: 100 + i, agent: `agent-${i % 700}` }),
    )
    const story = [...many, ...STORY]
    analysed(here, ['a', 'b'], story)
    const id = running(there, ['a', 'b'])
    const thread = writerThread(there.path, id)
    for (const record of story) thread.write(record)
    await thread.finish()
    endAnalysis(there, id, { state: 'done', error: null, summary: null, at: NOW })
    expect(contents(there)).toEqual(contents(here))
  })

  test('that is abandoned publishes nothing', async () => {
    const store = database()
    const thread = writerThread(store.path, running(store, ['a']))
    for (const record of STORY) thread.write(record)
    await thread.abandon()
    expect(one(store, 'SELECT count(*) FROM incident')).toBe(0)
  })

  test('says what is wrong with the database', async () => {
    const store = database()
    const missing = writerThread(store.path, 77)
    await expect(missing.finish()).rejects.toThrow(new StoreError('there is no analysis 77'))
    const nowhere = writerThread('/nowhere/holdfast.db', 1)
    const write = (): void => {
      for (let i = 0; i < 1e6; i++) nowhere.write(connection({ id: i }))
    }
    expect(write).toThrow(new StoreError('/nowhere/holdfast.db: there is no such folder'))
    await nowhere.abandon()
  })
})
