import { describe, expect, test } from 'vitest'
import type { TlsHandshake } from '../../../src/model/observation.ts'
import type { ClientHello, ServerHello } from '../../../src/model/tls.ts'
import type { TrackedSighting } from '../../../src/sessions/sighting.ts'
import { TlsIdentity } from '../../../src/sessions/agents/tls-identity.ts'
import { Parties } from '../parties.ts'

const BALANCER = { address: '10.10.3.1', port: 10_000 }
const RELAY_2 = { address: '10.10.3.2', port: 10_000 }

const client = (parts: Partial<ClientHello> = {}): ClientHello => ({
  side: 0,
  packet: 4,
  time: 0,
  random: 'r',
  version: 0x0303,
  serverName: 'dlp.example.com',
  alpn: [],
  sessionId: '',
  ticketHash: null,
  pskIdentityHashes: [],
  ja3: 'j3',
  ja4: 't12d',
  hash: 'h',
  ...parts,
})

const server = (parts: Partial<ServerHello> = {}): ServerHello => ({
  packet: 5,
  random: 's',
  version: 0x0303,
  cipherSuite: 0xc02f,
  alpn: null,
  sessionId: '',
  ja3s: 'j3s',
  selectedPsk: null,
  ...parts,
})

function handshake(hello: ClientHello | null, parts: Partial<TlsHandshake> = {}): TlsHandshake {
  return {
    kind: 'tls-handshake',
    time: 0,
    tap: 'server',
    connection: 1,
    client: hello,
    server: server(),
    certificates: [],
    certificatesIn: null,
    clientCertificates: [],
    resumed: false,
    issuedTicketHashes: [],
    packet: 6,
    packetTime: 0,
    decrypted: false,
    ...parts,
  }
}

class Relay {
  readonly parties = new Parties()
  readonly identity = new TlsIdentity(this.parties.agents)

  /** One connection behind the relay, and whose it turned out to be. */
  connects(
    start: number,
    shown: TlsHandshake,
    from = BALANCER,
  ): { sighting: TrackedSighting; claims: string[] } {
    const sighting = this.parties.sighting({ tap: 'server', leg: 'back', from, start })
    const claims = this.identity.claims(sighting, shown)
    for (const { sighting: one, agent } of claims) one.agent ??= agent
    this.identity.issued(sighting, shown)
    sighting.closed = true
    return { sighting, claims: claims.map(({ agent }) => agent.id) }
  }
}

describe('a session that is resumed', () => {
  const issued = (parts: Partial<TlsHandshake>): TlsHandshake => handshake(client({ ja4: 'first' }), parts)

  test.each<[string, Partial<TlsHandshake>, Partial<ClientHello>, Partial<ServerHello>]>([
    ['by ticket', { issuedTicketHashes: ['T'] }, { ticketHash: 'T' }, {}],
    [
      'by PSK',
      { issuedTicketHashes: ['T'] },
      { pskIdentityHashes: ['U', 'T'], version: 0x0304 },
      { version: 0x0304 },
    ],
    ['by session id', { server: server({ sessionId: 'ID' }) }, { sessionId: 'ID' }, {}],
  ])('%s tells that it is the same agent, twice over', (_how, given, shown, answer) => {
    const relay = new Relay()
    const first = relay.connects(0, issued(given))
    expect(first.claims).toEqual([])
    const back = handshake(client(shown), { server: server(answer) })
    expect(relay.connects(100, back).claims).toEqual(['tls-session-1', 'tls-session-1'])
    expect(first.sighting.agent).toMatchObject({ nameable: false, identifiedBy: 'tls-session' })
    expect(relay.connects(200, back).claims).toEqual(['tls-session-1'])
  })

  test('of an agent that is known is its own', () => {
    const relay = new Relay()
    const { sighting } = relay.connects(0, issued({ issuedTicketHashes: ['T'] }))
    sighting.agent = relay.parties.agents.named({ id: 'A1', by: 'client-certificate', confidence: 0.99 })
    expect(relay.connects(100, handshake(client({ ticketHash: 'T' }))).claims).toEqual(['A1'])
  })

  test('by a ticket that came after the handshake', () => {
    const relay = new Relay()
    const { sighting } = relay.connects(0, issued({}))
    relay.identity.ticket(sighting, 'LATE')
    expect(relay.connects(100, handshake(client({ ticketHash: 'LATE' }))).claims).toHaveLength(2)
  })

  test('what TLS 1.3 shows as session id was given to nobody', () => {
    const relay = new Relay()
    relay.connects(0, issued({ server: server({ sessionId: 'ID' }) }))
    const shown = handshake(client({ sessionId: 'ID', version: 0x0304 }), {
      server: server({ version: 0x0304 }),
    })
    expect(relay.connects(100, shown).claims).toEqual([])
  })

  test('two agents with sessions of their own are two', () => {
    const relay = new Relay()
    relay.connects(0, issued({ issuedTicketHashes: ['T'] }))
    relay.connects(1, issued({ issuedTicketHashes: ['U'] }))
    expect(relay.connects(100, handshake(client({ ticketHash: 'T' }))).claims[0]).toBe('tls-session-1')
    expect(relay.connects(101, handshake(client({ ticketHash: 'U' }))).claims[0]).toBe('tls-session-2')
  })
})

describe('a fingerprint with a steady beat', () => {
  const beats = (relay: Relay, times: readonly number[], hello = client(), from = BALANCER): string[][] =>
    times.map((at) => relay.connects(at, handshake(hello), from).claims)

  test('is one agent from the fourth connection on', () => {
    const claims = beats(new Relay(), [0, 900, 1810, 2690, 3600])
    expect(claims.map(({ length }) => length)).toEqual([0, 0, 0, 4, 5])
    expect(new Set(claims.flat())).toEqual(new Set(['tls-client-t12d']))
  })

  test.each([
    ['that stumbles: two agents mixed', [0, 100, 900, 1000, 1800]],
    ['in bursts: parallel connections', [0, 0.1, 0.2, 0.3, 0.4]],
    ['not yet long enough', [0, 900, 1800]],
  ])('none %s', (_what, times) => {
    expect(beats(new Relay(), times).flat()).toEqual([])
  })

  test('never two at a time', () => {
    const relay = new Relay()
    const shown = handshake(client())
    relay.connects(0, shown).sighting.closed = false
    expect(beats(relay, [900, 1800, 2700, 3600]).flat()).toEqual([])
  })

  test('unless the one before had just ended', () => {
    const relay = new Relay()
    const { sighting } = relay.connects(0, handshake(client()))
    sighting.closed = false
    expect(sighting.end.silence).toBe(null) // its end has begun
    expect(beats(relay, [900, 1800, 2700]).flat()).toHaveLength(4)
  })

  test('another name, another client, another relay: others', () => {
    const relay = new Relay()
    const mixed = [
      [0, client(), BALANCER],
      [900, client({ serverName: 'other.example.com' }), BALANCER],
      [1800, client({ ja3: 'other' }), BALANCER],
      [2700, client(), RELAY_2],
    ] as const
    expect(mixed.flatMap(([at, hello, from]) => relay.connects(at, handshake(hello), from).claims)).toEqual(
      [],
    )
  })

  test('clients alike behind two relays are two agents', () => {
    const relay = new Relay()
    const here = beats(relay, [0, 900, 1800, 2700]).flat()
    const there = beats(relay, [100, 1000, 1900, 2800], client(), RELAY_2).flat()
    expect([new Set(here).size, new Set(there).size, new Set([...here, ...there]).size]).toEqual([1, 1, 2])
  })

  test('nothing without a ClientHello', () => {
    expect(new Relay().connects(0, handshake(null)).claims).toEqual([])
  })
})
