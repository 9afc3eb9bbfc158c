import { describe, expect, test } from 'vitest'
import { jsonLine, ndjsonSink } from '../../../src/cli/output/ndjson.ts'
import type { RecordKind } from '../../../src/model/record.ts'
import { recordedConsole } from '../console.ts'
import { agents, capture, connection, cut, severedIdle, servers, session, summary } from './story.ts'

const parsed = (record: Parameters<typeof jsonLine>[0]) => JSON.parse(jsonLine(record))
const keysOf = (record: Parameters<typeof jsonLine>[0]): string[] => Object.keys(parsed(record))

describe('each kind has the fields of the contract, kind first', () => {
  test('capture', () => {
    expect(keysOf(capture())).toEqual([
      'kind',
      'tap',
      'path',
      'sha256',
      'format',
      'linkTypes',
      'packets',
      'bytes',
      'start',
      'end',
      'quality',
      'skipped',
    ])
    expect(parsed(capture({ tap: '' }))).toMatchObject({
      tap: null,
      start: '2026-11-21T02:05:40.000000Z',
      end: '2026-11-21T02:09:11.302000Z',
      quality: { missingSegments: 0, readError: null },
    })
    expect(parsed(capture({ start: null, end: null }))).toMatchObject({
      tap: 'client',
      start: null,
      end: null,
    })
  })

  test('agent', () => {
    expect(parsed(agents[0]!)).toEqual({
      kind: 'agent',
      id: 'EPA-0017',
      identifiedBy: 'payload-pattern',
      confidence: 0.98,
      addresses: [
        { address: '10.10.1.101', start: '2026-11-21T02:05:40.000000Z', end: '2026-11-21T02:09:11.000000Z' },
      ],
    })
  })

  test('server', () => {
    expect(jsonLine(servers[0]!)).toBe(
      '{"kind":"server","id":"dlp-endpoint/dlp1","name":"dlp1","service":"dlp-endpoint","address":"10.10.3.11","port":8000,"identifiedBy":"config"}',
    )
  })

  test('connection', () => {
    const { start: _start, end: _end, longestSurvivedSeconds: _survived, ...rest } = connection()
    expect(parsed(connection())).toEqual({
      ...rest,
      communityId: '1:pTaWk93S+1Uy1evXj2zk8jXVPJM=',
      start: '2026-11-21T02:05:40.250000Z',
      end: '2026-11-21T02:08:06.123456Z',
    })
    const members = Object.keys(connection()).filter((key) => key !== 'longestSurvivedSeconds')
    expect(keysOf(connection())).toEqual(members.toSpliced(4, 0, 'communityId'))
    expect(parsed(connection({ tap: '', handshakeRttSeconds: null, maxIdleSeconds: NaN }))).toMatchObject({
      tap: null,
      handshakeRttSeconds: null,
      maxIdleSeconds: null,
    })
  })

  test('connection, with what was read inside', () => {
    const tls = {
      version: '1.3',
      sni: 'dlp.example.com',
      alpn: null,
      ja3: 'a',
      ja3s: 'b',
      ja4: 'c',
      resumed: false,
      resumption: null,
      certificates: [],
      decrypted: true,
    }
    expect(parsed(connection({ tls, http: { requests: 3, responses: 2 } }))).toMatchObject({
      tls,
      http: { requests: 3, responses: 2 },
    })
  })

  test('session', () => {
    expect(parsed(session)).toEqual({
      ...session,
      start: '2026-11-21T02:05:40.250000Z',
      end: '2026-11-21T02:08:06.123456Z',
    })
    expect(keysOf(session)[0]).toBe('kind')
  })

  test('incident, without what its maker keeps in it', () => {
    expect(parsed({ ...severedIdle, cause: 'internal' } as typeof severedIdle)).toEqual({
      ...severedIdle,
      start: '2026-11-21T02:06:00.053000Z',
      end: '2026-11-21T02:09:06.200000Z',
    })
    expect(keysOf(severedIdle)[0]).toBe('kind')
  })

  test('occurrence, flat', () => {
    expect(
      parsed({
        kind: 'occurrence',
        incident: 'HF-2041',
        finding: cut({ evidence: [{ tap: '', packet: 7, at: 0, ends: null, note: 'x' }] }),
      }),
    ).toEqual({
      kind: 'occurrence',
      incident: 'HF-2041',
      type: 'severed-idle',
      severity: 'critical',
      at: '2026-11-21T02:08:06.123456Z',
      tap: 'client',
      agent: { id: 'EPA-0017', address: '10.10.1.101' },
      server: { name: 'dlp1', address: '10.10.3.11', port: 8000 },
      service: 'dlp-endpoint',
      connection: 3,
      actor: { role: 'load-balancer', address: '10.10.2.10', confidence: 0.93 },
      manner: 'fin',
      confidence: 0.93,
      details: { signature: 'fin', silenceSeconds: 15.003211 },
      evidence: [{ tap: null, packet: 7, at: '1970-01-01T00:00:00.000000Z', note: 'x' }],
    })
  })

  test('summary', () => {
    expect(jsonLine(summary())).toBe(
      '{"kind":"summary","captures":2,"packets":2391,"connections":21,"agents":4,"servers":2,"incidents":{"critical":1,"warning":1,"info":0},"longestSilenceSeconds":15.003211,"longestSurvivedSeconds":14.988,"forgotten":{"agents":0,"addresses":0,"visits":0,"findings":0},"elapsedSeconds":0.4}',
    )
  })
})

describe('the sink', () => {
  const all = new Set<RecordKind>(['connection'])

  test('writes a line for each record, in order, when it is finished', () => {
    const console = recordedConsole()
    const sink = ndjsonSink(all, console.out)
    const records = Array.from({ length: 500 }, (_, i) => connection({ id: i, agent: `агент ${i} "東京"` }))
    for (const record of records) sink.write(record)
    sink.finish()
    const lines = console.written.out.split('\n')
    expect(lines.pop()).toBe('')
    expect(lines.map((line) => JSON.parse(line))).toEqual(
      records.map((record) => JSON.parse(jsonLine(record))),
    )
  })

  test('holds no more than one buffer', () => {
    const writes: number[] = []
    const { out } = recordedConsole()
    const sink = ndjsonSink(all, { ...out, write: (content) => void writes.push(content.length) })
    for (let i = 0; i < 500; i++) sink.write(connection({ id: i }))
    sink.finish()
    expect(Math.max(...writes)).toBeLessThanOrEqual(65_536)
    expect(writes.length).toBeLessThan(12)
    expect(writes.reduce((sum, n) => sum + n, 0)).toBe(
      Array.from({ length: 500 }, (_, i) => jsonLine(connection({ id: i })).length + 1).reduce(
        (sum, n) => sum + n,
        0,
      ),
    )
  })

  test('writes a record that is larger than the buffer', () => {
    const console = recordedConsole()
    const sink = ndjsonSink(all, console.out)
    const long = connection({ agent: 'ü'.repeat(70_000) })
    sink.write(connection())
    sink.write(long)
    sink.finish()
    expect(console.written.out).toBe(`${jsonLine(connection())}\n${jsonLine(long)}\n`)
  })

  test('writes nothing when nothing came', () => {
    const console = recordedConsole()
    ndjsonSink(all, console.out).finish()
    expect(console.written.out).toBe('')
  })

  test('escapes what a terminal obeys on a terminal, and only there', () => {
    const record = connection({ agent: 'a\u009b31m\u202eb\u001b[2J' })
    const lineOn = (isTerminal: boolean): string => {
      const console = recordedConsole({ isTerminal })
      const sink = ndjsonSink(all, console.out)
      sink.write(record)
      sink.finish()
      return console.written.out
    }
    expect(lineOn(true)).toContain('"agent":"a\\u009b31m\\u202eb\\u001b[2J"')
    expect(JSON.parse(lineOn(true))).toEqual(JSON.parse(lineOn(false)))
    expect(lineOn(false)).toContain('\u202e')
  })
})
