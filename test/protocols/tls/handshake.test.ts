import { describe, expect, test } from 'vitest'
import { u16 } from '../../../src/bytes/read.ts'
import { record, text } from './craft.ts'
import { AGENT, EC, record as talk, serve, type Recorded, type Wish } from './handshakes.ts'
import { play, summary, without } from './play.ts'

const TLS12: Wish = { client: { maxVersion: 'TLSv1.2' } }
const full12 = await talk(TLS12)
const full13 = await talk({
  client: { ALPNProtocols: ['http/1.1'] },
  server: { ALPNProtocols: ['http/1.1'] },
})

describe('one handshake, one observation', () => {
  test('TLS 1.2 in clear: everything, when the server changes its keys', () => {
    const { all, handshakes, alerts } = play(full12.story)
    const [h] = handshakes
    expect(summary({ handshakes })).toEqual([
      {
        version: 0x0303,
        resumed: false,
        certificates: ['server.example'],
        clientCertificates: [],
        decrypted: false,
      },
    ])
    expect(h).toMatchObject({
      time: 3000,
      packet: 4,
      client: { side: 0, packet: 1, serverName: 'server.example', version: 0x0303, ticketHash: null },
      server: { packet: 2, alpn: null, selectedPsk: null },
    })
    expect(h!.issuedTicketHashes).toHaveLength(1)
    expect(all.map(({ kind }) => kind)).toEqual(['tls-handshake', 'tls-alert', 'tls-alert'])
    expect(alerts.map((a) => [a.from, a.level, a.description, a.encrypted])).toEqual([
      [0, null, null, true],
      [1, null, null, true],
    ])
  })

  test('TLS 1.3 in clear: the hellos, and the alerts that their length tells', () => {
    const { handshakes, alerts } = play(full13.story)
    expect(summary({ handshakes })).toEqual([
      { version: 0x0304, resumed: false, certificates: [], clientCertificates: [], decrypted: false },
    ])
    expect(handshakes[0]).toMatchObject({
      packet: 2,
      client: { version: 0x0304, alpn: ['http/1.1'] },
      server: { alpn: null },
    })
    expect(alerts.map((a) => [a.from, a.encrypted])).toEqual([
      [0, true],
      [1, true],
    ])
  })

  test('TLS 1.3 with keys: certificate, protocol, tickets, the true alerts', () => {
    const { all, handshakes, tickets, alerts, inside } = play(full13.story, { keys: full13.keyLog })
    expect(summary({ handshakes })).toEqual([
      {
        version: 0x0304,
        resumed: false,
        certificates: ['server.example'],
        clientCertificates: [],
        decrypted: true,
      },
    ])
    expect(handshakes[0]).toMatchObject({ server: { alpn: 'http/1.1' }, issuedTicketHashes: [] })
    expect(tickets).toHaveLength(2)
    expect(alerts.map((a) => [a.from, a.level, a.description, a.encrypted])).toEqual([
      [0, 1, 0, false],
      [1, 1, 0, false],
    ])
    expect(all[0]).toBe(handshakes[0])
    expect(inside).toEqual(['ask', 'answer'])
  })

  test('without a FIN, an encrypted alert of TLS 1.3 is not told from data', () => {
    expect(play(full13.story, { ends: false }).alerts).toEqual([])
  })

  test('no secret is in any observation', () => {
    const { all } = play(full13.story, { keys: full13.keyLog })
    const said = JSON.stringify(all)
    for (const [, secret] of full13.keyLog.matchAll(/ ([0-9a-f]{64,96})$/gm))
      expect(said).not.toContain(secret)
  })

  test('nothing of a handshake, no observation', () => {
    const data = record(23, text('sixteen and more octets'))
    expect(
      play([
        { side: 0, bytes: data },
        { side: 1, bytes: data },
      ]).all,
    ).toEqual([])
  })

  test('client certificates, in clear and with keys', async () => {
    const asking = { requestCert: true, rejectUnauthorized: false }
    const seen = (r: Recorded, keys: boolean) => summary(play(r.story, keys ? { keys: r.keyLog } : {}))
    const old = await talk({ client: { ...TLS12.client, ...AGENT }, server: asking })
    expect(seen(old, false)).toEqual([
      {
        version: 0x0303,
        resumed: false,
        certificates: ['server.example'],
        clientCertificates: ['agent-0007'],
        decrypted: false,
      },
    ])
    const modern = await talk({ client: AGENT, server: { ...asking, ...EC } })
    expect(seen(modern, true)).toEqual([
      {
        version: 0x0304,
        resumed: false,
        certificates: ['elliptic.example'],
        clientCertificates: ['agent-0007'],
        decrypted: true,
      },
    ])
    const bare = await talk({ server: asking })
    expect(seen(bare, true)[0]).toMatchObject({ certificates: ['server.example'], clientCertificates: [] })
    expect(play(bare.story, { keys: bare.keyLog }).counts.unreadable).toBe(0)
  })

  test('a HelloRetryRequest is part of the handshake; the first hello stands', async () => {
    const { story, keyLog: keys } = await talk({
      client: { ecdhCurve: 'X25519:P-384' },
      server: { ecdhCurve: 'P-384' },
    })
    for (const manner of [{}, { keys }]) {
      const { handshakes, counts } = play(story, manner)
      expect(handshakes).toHaveLength(1)
      expect(handshakes[0]).toMatchObject({
        client: { packet: 1 },
        server: { version: 0x0304 },
        resumed: false,
      })
      expect(counts).toMatchObject({ unreadable: 0, unauthenticated: 0 })
    }
  })

  test('a renegotiation is another handshake, visible with keys', async () => {
    const again = await talk({
      ...TLS12,
      afterwards: (client) =>
        new Promise((done, fail) => {
          client.renegotiate({ rejectUnauthorized: false }, (error) => (error ? fail(error) : done()))
        }),
    })
    expect(again.error).toBeNull()
    expect(summary(play(again.story))).toHaveLength(1)
    const { handshakes, counts } = play(again.story, { keys: again.keyLog })
    expect(summary({ handshakes }).map((h) => h.certificates)).toEqual([
      ['server.example'],
      ['server.example'],
    ])
    expect(handshakes[0]!.client!.random).not.toBe(handshakes[1]!.client!.random)
    expect(counts.unauthenticated).toBe(0)
  })
})

describe('resumption', () => {
  const both = async (wish: Wish, by = serve()): Promise<[Recorded, Recorded, Recorded]> => {
    const first = await talk({ ...wish, by })
    const client = { ...wish.client, session: first.session! }
    return [first, await talk({ ...wish, by, client }), await talk({ ...wish, by: serve(), client })]
  }
  const keysOf = ({ keyLog: keys }: Recorded) => ({ keys })

  test('TLS 1.2 by ticket: here, and refused elsewhere', async () => {
    const [first, here, elsewhere] = await both(TLS12)
    const [issued] = play(first.story).handshakes[0]!.issuedTicketHashes
    const again = play(here.story).handshakes[0]!
    expect(again).toMatchObject({ resumed: true, certificates: [], client: { ticketHash: issued } })
    expect(again.issuedTicketHashes).toEqual([])
    expect(play(elsewhere.story).handshakes[0]).toMatchObject({
      resumed: false,
      client: { ticketHash: issued },
    })
    expect(play(here.story, keysOf(here)).handshakes[0]).toMatchObject({ resumed: true, decrypted: true })
  })

  test('TLS 1.2 by session id', async () => {
    const sessions = new Map<string, Buffer>()
    const by = serve({ secureOptions: 1 << 14 }) // SSL_OP_NO_TICKET
    by.on('newSession', (id, session, done) => {
      sessions.set(id.toString('hex'), session)
      done()
    })
    by.on('resumeSession', (id, done) => done(null, sessions.get(id.toString('hex')) ?? null))
    const [first, here, elsewhere] = await both(TLS12, by)
    const before = play(first.story).handshakes[0]!
    expect(before.server!.sessionId).toMatch(/^[0-9a-f]{64}$/)
    expect(before.issuedTicketHashes).toHaveLength(1)
    expect(play(here.story).handshakes[0]).toMatchObject({
      resumed: true,
      client: { sessionId: before.server!.sessionId },
      server: { sessionId: before.server!.sessionId },
      issuedTicketHashes: [],
    })
    expect(play(elsewhere.story).handshakes[0]).toMatchObject({ resumed: false })
  })

  test('TLS 1.3 by PSK', async () => {
    const [first, here, elsewhere] = await both({})
    const tickets = play(first.story, keysOf(first)).tickets.map((t) => t.ticketHash)
    const again = play(here.story).handshakes[0]!
    expect(again).toMatchObject({ resumed: true, server: { selectedPsk: 0 } })
    expect(tickets).toEqual(expect.arrayContaining([...again.client!.pskIdentityHashes]))
    const refused = play(elsewhere.story).handshakes[0]!
    expect(refused).toMatchObject({ resumed: false, server: { selectedPsk: null } })
    expect(refused.client!.pskIdentityHashes).toEqual(again.client!.pskIdentityHashes)
  })

  test("where part of the server's answer is missing, nothing is concluded from absence", () => {
    // All after the ServerHello is gone: it looks abbreviated.
    const flight = full12.story[1]!.bytes
    const { handshakes } = play(without(full12.story, 1, 5 + u16(flight, 3), flight.length))
    expect(handshakes.map((h) => h.resumed)).toEqual([null])
  })
})
