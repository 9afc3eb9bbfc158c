/** The static RSA exchange of OpenSSL, read with the private key of the server; and who goes on with it. */
import { constants, createPrivateKey, generateKeyPairSync, privateDecrypt } from 'node:crypto'
import type tls from 'node:tls'
import { describe, expect, test } from 'vitest'
import { keyLog } from '../../../src/protocols/tls/key-log.ts'
import { record, RSA, serve, type Recorded, type Wish } from './handshakes.ts'
import { play, segments } from './play.ts'

/** SSL_OP_NO_EXTENDED_MASTER_SECRET, which node does not name. */
const PLAIN_MASTER = 1
const talk = [
  ['hello', 'world'],
  ['long', 'x'.repeat(20_000)],
] as const

const wish = (version: tls.SecureVersion, ciphers: string, secureOptions = 0): Wish => {
  const both = { minVersion: version, maxVersion: version, ciphers: `${ciphers}:@SECLEVEL=0`, secureOptions }
  return { talk, client: both, server: { ...both, ...RSA } }
}

/** The encrypted premaster secret of a recorded connection: the body of its ClientKeyExchange. */
function exchangeOf({ story }: Recorded): Buffer {
  const flight = Buffer.concat(story.filter(({ side }) => side === 0).map(({ bytes }) => bytes))
  const first = 5 + flight.readUInt16BE(3)
  expect([flight[first], flight[first + 5]]).toEqual([22, 16])
  const length = flight.readUInt16BE(first + 9)
  return flight.subarray(first + 11, first + 11 + length)
}

describe('the static RSA exchange', () => {
  test.each<[string, Wish]>([
    ['TLS 1.2, extended master secret, GCM', wish('TLSv1.2', 'AES128-GCM-SHA256')],
    ['TLS 1.2, SHA-384', wish('TLSv1.2', 'AES256-GCM-SHA384')],
    ['TLS 1.2, plain master secret', wish('TLSv1.2', 'AES256-SHA256', PLAIN_MASTER)],
    ['TLS 1.2, CCM', wish('TLSv1.2', 'AES128-CCM')],
    ['TLS 1.1', wish('TLSv1.1', 'AES128-SHA')],
    ['TLS 1.0', wish('TLSv1', 'AES256-SHA')],
    ['TLS 1.0, plain master secret', wish('TLSv1', 'CAMELLIA128-SHA', PLAIN_MASTER)],
  ])('%s', async (_name, how) => {
    const { story, sent, error } = await record(how)
    expect(error).toBeNull()
    for (const parts of [story, segments(story, 100)]) {
      const { inside, handshakes, counts } = play(parts, { keys: RSA.key })
      expect(inside).toEqual(sent)
      expect([handshakes[0]?.decrypted, counts.unauthenticated]).toEqual([true, 0])
    }
  })

  test('a client certificate is part of what is hashed', async () => {
    const how = wish('TLSv1.2', 'AES128-GCM-SHA256')
    const server = { ...how.server, requestCert: true, rejectUnauthorized: false }
    const { story, sent } = await record({ ...how, server, client: { ...how.client, ...RSA } })
    const { inside, handshakes } = play(story, { keys: RSA.key })
    expect(inside).toEqual(sent)
    expect(handshakes[0]?.clientCertificates).toHaveLength(1)
  })

  test('another key, or another exchange, and nothing is opened', async () => {
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
    const { story } = await record(wish('TLSv1.2', 'AES128-GCM-SHA256'))
    const wrong = play(story, { keys: other.export({ type: 'pkcs8', format: 'pem' }) as string })
    expect([wrong.counts.opened, wrong.counts.unauthenticated, wrong.handshakes[0]?.decrypted]).toEqual([
      0,
      0,
      false,
    ])
    const secret = await record(wish('TLSv1.2', 'ECDHE-RSA-AES128-GCM-SHA256'))
    expect(play(secret.story, { keys: RSA.key }).counts).toMatchObject({ opened: 0, unauthenticated: 0 })
  })

  test('an altered exchange is left alone', async () => {
    const recorded = await record(wish('TLSv1.2', 'AES128-GCM-SHA256'))
    const story = recorded.story.map(({ side, bytes }) => ({ side, bytes: new Uint8Array(bytes) }))
    const altered = story.filter(({ side }) => side === 0)[1]!.bytes
    altered[5 + 4 + 2 + 100]! ^= 1
    const { counts, inside, handshakes } = play(story, { keys: RSA.key })
    expect([counts.opened, counts.unauthenticated, inside]).toEqual([0, 0, ['', '']])
    expect(handshakes).toHaveLength(1)
  })

  test('lines of premaster secrets do the same', async () => {
    const recorded = await record(wish('TLSv1.2', 'AES128-GCM-SHA256'))
    const encrypted = exchangeOf(recorded)
    const padded = privateDecrypt(
      { key: createPrivateKey(RSA.key), padding: constants.RSA_NO_PADDING },
      encrypted,
    )
    const premaster = padded.subarray(-48).toString('hex')
    const byExchange = `RSA ${encrypted.toString('hex', 0, 8)} ${premaster}`
    const random = Buffer.from(recorded.story[0]!.bytes).toString('hex', 11, 43)
    for (const keys of [byExchange, `PMS_CLIENT_RANDOM ${random} ${premaster}`])
      expect(play(recorded.story, { keys }).inside).toEqual(recorded.sent)
  })
})

describe('sessions that go on', () => {
  const NO_TICKETS = 1 << 14 // SSL_OP_NO_TICKET
  test.each([
    ['by ticket', 0],
    ['by session id', NO_TICKETS],
  ])('%s: the master secret is that of the first connection', async (_name, secureOptions) => {
    const how = wish('TLSv1.2', 'AES128-GCM-SHA256', secureOptions)
    const by = serve(how.server)
    const kept = new Map<string, Buffer>()
    by.on('newSession', (id: Buffer, data: Buffer, done: () => void) => {
      kept.set(id.toString('hex'), data)
      done()
    })
    by.on('resumeSession', (id: Buffer, done: (error: null, data: Buffer | null) => void) =>
      done(null, kept.get(id.toString('hex')) ?? null),
    )
    const first = await record({ ...how, by })
    const second = await record({ ...how, by, client: { ...how.client, session: first.session! } })
    expect(second.resumed).toBe(true)
    const secrets = keyLog(RSA.key)
    expect(play(first.story, { secrets }).inside).toEqual(first.sent)
    const { inside, handshakes, counts } = play(second.story, { secrets })
    expect(inside).toEqual(second.sent)
    expect([handshakes[0]?.resumed, handshakes[0]?.decrypted, counts.unauthenticated]).toEqual([
      true,
      true,
      0,
    ])
    expect(play(second.story, { keys: RSA.key }).counts).toMatchObject({ opened: 0, unauthenticated: 0 })
    const line = `RSA Session-ID:${sessionIdOf(first)} Master-Key:${masterOf(first)}`
    if (secureOptions !== 0) expect(play(second.story, { keys: line }).inside).toEqual(second.sent)
  })

  test('a ticket that the server does not take: the full handshake has its own secret', async () => {
    const how = wish('TLSv1.2', 'AES128-GCM-SHA256')
    const first = await record(how)
    const second = await record({ ...how, client: { ...how.client, session: first.session! } })
    expect(second.resumed).toBe(false)
    const secrets = keyLog(RSA.key)
    play(first.story, { secrets })
    const { inside, counts } = play(second.story, { secrets })
    expect([inside, counts.unauthenticated]).toEqual([second.sent, 0])
  })
})

const masterOf = ({ keyLog: text }: Recorded): string => /^CLIENT_RANDOM \S+ ([0-9a-f]{96})$/m.exec(text)![1]!
/** ServerHello: after the record's and the message's header, version and random. */
const sessionIdOf = ({ story }: Recorded): string => {
  const hello = Buffer.from(story.find(({ side }) => side === 1)!.bytes)
  return hello.toString('hex', 44, 44 + hello[43]!)
}
