import { describe, expect, test } from 'vitest'
import type { Observation } from '../../../src/model/observation.ts'
import type { StreamContext } from '../../../src/model/stream.ts'
import { CONTINUE, DETACH } from '../../../src/model/stream.ts'
import { keyLog } from '../../../src/protocols/tls/key-log.ts'
import { HELD_OCTETS_MAX, openTls, type TlsConsumer } from '../../../src/protocols/tls/parser.ts'
import { REPORTED_MAX } from '../../../src/protocols/tls/report.ts'
import { runParserCases, type StoryPart } from '../parser.case.ts'
import { bytes, concat, message, record, serverHello, text } from './craft.ts'
import { record as talk, serve, type Wish } from './handshakes.ts'
import { play } from './play.ts'

const NOBODY = { data: () => CONTINUE, gap: () => CONTINUE, end: () => {}, close: () => {} }
const open = (context: StreamContext): TlsConsumer => openTls(context, () => NOBODY)
const held = { of: (consumer: unknown) => (consumer as TlsConsumer).heldOctets(), max: HELD_OCTETS_MAX }

/** What an observation says, fact by fact. */
function claims(o: Observation): string[] {
  const of = (name: string, value: unknown): string => `${name} ${JSON.stringify(value)}`
  if (o.kind === 'tls-alert')
    return [`alert of ${o.from}`, ...(o.level === null ? [] : [of('alert', [o.level, o.description])])]
  if (o.kind === 'tls-ticket') return [of('ticket', o.ticketHash)]
  if (o.kind !== 'tls-handshake') return [o.kind]
  return [
    ...Object.entries(o.client ?? {}).map(([name, value]) => of(`client ${name}`, value)),
    ...Object.entries(o.server ?? {})
      // Without what is encrypted, no protocol was seen to be agreed on.
      .filter(([name, value]) => name !== 'alpn' || value !== null)
      .map(([name, value]) => of(`server ${name}`, value)),
    ...o.certificates.map((certificate) => of('certificate', certificate)),
    ...o.clientCertificates.map((certificate) => of('client certificate', certificate)),
    ...o.issuedTicketHashes.map((hash) => of('ticket', hash)),
    ...(o.resumed === null ? [] : [of('resumed', o.resumed)]),
  ]
}

const TLS12: Wish = { client: { maxVersion: 'TLSv1.2' } }
const full12 = await talk(TLS12)
const full13 = await talk({
  client: { ALPNProtocols: ['http/1.1'] },
  server: { ALPNProtocols: ['http/1.1'] },
})
const by12 = serve()
const first12 = await talk({ ...TLS12, by: by12 })
const resumed12 = await talk({ by: by12, client: { ...TLS12.client, session: first12.session! } })

const V2_HELLO = bytes(
  `802e 01 0301 0015 0000 0010 00002f 000005 00000a 000009 000064 000062 000003 ${'ab'.repeat(16)}`,
)
const OLD_ANSWER = concat(serverHello({ version: 0x0301, suites: [0x2f], sessionId: '99' }), message(14))
const v2: StoryPart[] = [
  { side: 0, bytes: V2_HELLO },
  { side: 1, bytes: record(22, OLD_ANSWER, 0x0301) },
  { side: 0, bytes: bytes('15030100020228') },
]

for (const [name, story, log] of [
  ['TLS 1.2', full12.story, full12.keyLog],
  ['TLS 1.2 resumed', resumed12.story, resumed12.keyLog],
  ['TLS 1.3', full13.story, full13.keyLog],
  ['SSL 2.0 hello', v2, ''],
] as const) {
  const common = { open, story, claims, held, sweepMax: 250 }
  runParserCases(name, common)
  if (log !== '') runParserCases(`${name} with keys`, { ...common, secrets: keyLog(log), sweepMax: 120 })
}

describe('alerts', () => {
  test.each([
    ['no common version', { client: { maxVersion: 'TLSv1.2' }, server: { minVersion: 'TLSv1.3' } }, 70],
    [
      'no common protocol',
      { client: { ALPNProtocols: ['h2'] }, server: { ALPNProtocols: ['http/1.1'] } },
      120,
    ],
  ] as const)('%s: the server refuses', async (_name, wish, description) => {
    const { story } = await talk(wish)
    const { all, alerts } = play(story)
    expect(all.map(({ kind }) => kind)).toEqual(['tls-handshake', 'tls-alert'])
    expect(all[0]).toMatchObject({ client: { serverName: 'server.example' }, server: null, resumed: null })
    expect(alerts).toMatchObject([{ from: 1, level: 2, description, encrypted: false }])
  })

  test('a warning does not end the handshake', () => {
    const warning = bytes('15030300020170')
    const story = [full12.story[0]!, { side: 1, bytes: warning } as const, ...full12.story.slice(1)]
    const { all } = play(story)
    expect(all.slice(0, 2).map(({ kind }) => kind)).toEqual(['tls-alert', 'tls-handshake'])
    expect(all[1]).toMatchObject({ server: { version: 0x0303 } })
  })

  test('of a stream of alerts, so many are reported', () => {
    const warnings = concat(...Array.from({ length: REPORTED_MAX + 10 }, () => bytes('15030300020170')))
    const { alerts, counts } = play([full12.story[0]!, { side: 1, bytes: warnings }])
    expect(alerts).toHaveLength(REPORTED_MAX)
    // The handshake is one of those that are left out.
    expect(counts).toMatchObject({ reported: REPORTED_MAX, beyond: 11 })
  })

  test('close_notify ends the stream inside, whether or not a FIN follows', () => {
    const { calls } = play(full13.story, { keys: full13.keyLog, ends: false })
    expect(calls).toEqual(['end 0', 'end 1', 'close'])
  })
})

describe('old ways to begin', () => {
  test('the SSL 2.0 form of a ClientHello', () => {
    const { handshakes, alerts } = play(v2)
    expect(handshakes[0]).toMatchObject({
      client: { version: 0x0301, ja4: expect.stringMatching(/^t10i0700/) },
      server: { cipherSuite: 0x2f },
    })
    expect(alerts.map((a) => [a.from, a.level, a.description])).toEqual([[0, 2, 40]])
  })
})

describe('what is not TLS', () => {
  test('an answer in clear ends the handshake', () => {
    const { all, counts } = play([full12.story[0]!, { side: 1, bytes: text('HTTP/1.1 400 Bad Request') }])
    expect(all).toMatchObject([{ kind: 'tls-handshake', time: 1000, server: null, resumed: null }])
    expect(counts.foreign).toBe(1)
  })

  test('both sides foreign: nothing more is wanted', () => {
    const consumer = open({
      tap: '',
      connection: 1,
      originator: { address: '', port: 0 },
      responder: { address: '', port: 0 },
      emit() {},
    })
    const octets = text('GET / HTTP/1.1')
    expect(consumer.data(0, octets, 0, octets.length, 0, 1)).toBeGreaterThan(1_000_000)
    expect(consumer.data(1, octets, 0, octets.length, 0, 2)).toBe(DETACH)
  })

  test('without keys, bodies are not wanted', () => {
    const consumer = open({
      tap: '',
      connection: 1,
      originator: { address: '', port: 0 },
      responder: { address: '', port: 0 },
      emit() {},
    })
    const { bytes: octets } = {
      bytes: concat(record(23, new Uint8Array(5000)), record(23, new Uint8Array(9000))),
    }
    expect(consumer.data(0, octets, 0, 1460, 0, 1)).toBe(5005 - 1460)
    expect(consumer.data(0, octets, 5005, 5008, 0, 2)).toBe(CONTINUE)
    expect(consumer.data(0, octets, 5008, 5010, 0, 3)).toBe(9000)
  })

  test('a message longer than any is counted and passed over', () => {
    const huge = concat(bytes('0b030000'), new Uint8Array(0x30000))
    const records = Array.from({ length: Math.ceil(huge.length / 16_000) }, (_, i) =>
      record(22, huge.subarray(i * 16_000, (i + 1) * 16_000)),
    )
    const story: StoryPart[] = [
      full12.story[0]!,
      {
        side: 1,
        bytes: concat(record(22, serverHello({ suites: [0xc02f] })), ...records, bytes('140303000101')),
      },
    ]
    const { handshakes, held: most, counts } = play(story)
    expect(handshakes).toMatchObject([{ certificates: [], resumed: false, server: { cipherSuite: 0xc02f } }])
    expect(counts.unreadable).toBe(1)
    expect(most).toBe(0)
  })
})
