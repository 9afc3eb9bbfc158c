import { X509Certificate } from 'node:crypto'
import { brotliCompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { ticketHash } from '../../../src/protocols/tls/hash.ts'
import { nextTrafficSecret } from '../../../src/protocols/tls/key-schedule.ts'
import type { StoryPart } from '../parser.case.ts'
import {
  bytes,
  concat,
  extension,
  keyLogOf,
  made,
  message,
  sealer,
  secretOf,
  text,
  u16,
  vector,
} from './craft.ts'
import { EC, record as talk, type Wish } from './handshakes.ts'
import { play, segments, without, type Step } from './play.ts'

const TLS12: Wish = { client: { maxVersion: 'TLSv1.2' } }
const full12 = await talk(TLS12)
const words: [string, string][] = Array.from({ length: 6 }, (_, i) => [
  `ask ${i} ${'q'.repeat(500 * i)}`,
  `answer ${i} ${'a'.repeat(700 * i)}`,
])
const spoken12 = await talk({ ...TLS12, talk: words })
const spoken13 = await talk({ talk: words })
const hashOf = (value: string): string => ticketHash(text(value), 0, value.length)

describe('what TLS 1.3 may do', () => {
  const keys = keyLogOf()

  test('padding is not content', () => {
    const { story, client } = made()
    const padded = {
      side: 0,
      bytes: concat(client(23, text('padded'), 100), client(23, text('')), client(23, text('!'))),
    } as const
    expect(play([...story, padded], { keys }).inside).toEqual(['padded!', ''])
  })

  test('keys are updated, by each side on its own', () => {
    const { story, client, server } = made()
    const update = message(24, Uint8Array.of(0))
    const next = (name: 'CLIENT_TRAFFIC_SECRET_0' | 'SERVER_TRAFFIC_SECRET_0', times: number) => {
      let secret = secretOf(name)
      for (let i = 0; i < times; i++) secret = nextTrafficSecret('sha256', secret)
      return sealer(secret)
    }
    const first = next('CLIENT_TRAFFIC_SECRET_0', 1)
    const second = next('CLIENT_TRAFFIC_SECRET_0', 2)
    const { inside, counts } = play(
      [
        ...story,
        {
          side: 0,
          bytes: concat(client(23, text('a')), client(22, update), first(23, text('b')), first(22, update)),
        },
        { side: 1, bytes: concat(server(23, text('x')), server(22, update)) },
        { side: 0, bytes: second(23, text('c')) },
        { side: 1, bytes: next('SERVER_TRAFFIC_SECRET_0', 1)(23, text('y')) },
      ],
      { keys },
    )
    expect(inside).toEqual(['abc', 'xy'])
    expect(counts.unauthenticated).toBe(0)
  })

  const PSK = { offers: [extension(42)], answers: [extension(41, u16(0))] }

  test('early data that the server takes comes first', () => {
    const early = sealer(secretOf('CLIENT_EARLY_TRAFFIC_SECRET'))
    const { story, client } = made({
      ...PSK,
      agreed: [extension(42)],
      early: [early(23, text('early ')), early(23, text('still early '))],
      late: [early(22, message(5))],
    })
    const { inside, handshakes, counts } = play([...story, { side: 0, bytes: client(23, text('late')) }], {
      keys,
    })
    expect(inside).toEqual(['early still early late', ''])
    expect(handshakes).toMatchObject([{ resumed: true, decrypted: true }])
    expect(counts.unauthenticated).toBe(0)
  })

  test.each([
    ['with its PSK', { offers: [extension(42)] }],
    ['but takes its PSK', PSK],
  ])('early data that the server refuses %s was not said', (_name, wish) => {
    const early = sealer(secretOf('CLIENT_EARLY_TRAFFIC_SECRET'))
    const { story, client } = made({
      ...wish,
      early: [early(23, text('early ')), early(23, text('early again '))],
    })
    const { inside } = play([...story, { side: 0, bytes: client(23, text('late')) }], { keys })
    expect(inside).toEqual(['late', ''])
  })

  test('a certificate may come compressed', () => {
    const der = new Uint8Array(new X509Certificate(EC.cert).raw)
    const chain = concat(vector(1), vector(3, vector(3, der), vector(2)))
    const length = vector(3, new Uint8Array(chain.length)).subarray(0, 3)
    const compressed = message(
      25,
      concat(u16(2), length, vector(3, new Uint8Array(brotliCompressSync(chain)))),
    )
    const { handshakes } = play(made({ flight: [compressed] }).story, { keys })
    expect(handshakes).toMatchObject([{ certificates: [{ names: ['elliptic.example'] }] }])
  })

  test('a message may span records, and a record hold several', () => {
    const { story, server } = made()
    const ticket = message(4, new Uint8Array(8), vector(1), vector(2, text('a ticket')), vector(2))
    const twice = concat(ticket, ticket)
    const cut = [twice.subarray(0, 10), twice.subarray(10, 30), twice.subarray(30)]
    const { tickets } = play(
      [...story, { side: 1, bytes: concat(...cut.map((piece) => server(22, piece))) }],
      { keys },
    )
    expect(tickets.map((t) => t.ticketHash)).toEqual([hashOf('a ticket'), hashOf('a ticket')])
  })

  test('with the application secrets alone, the data is read', () => {
    const { story, client, server } = made()
    const data: StoryPart[] = [
      { side: 0, bytes: client(23, text('asked')) },
      { side: 1, bytes: server(23, text('answered')) },
    ]
    const some = keyLogOf('CLIENT_TRAFFIC_SECRET_0', 'SERVER_TRAFFIC_SECRET_0')
    const { inside, handshakes } = play([...story, ...data], { keys: some })
    expect(inside).toEqual(['asked', 'answered'])
    expect(handshakes).toHaveLength(1)
    const one = play([...story, ...data], {
      keys: keyLogOf('CLIENT_HANDSHAKE_TRAFFIC_SECRET', 'CLIENT_TRAFFIC_SECRET_0'),
    })
    expect(one.inside).toEqual(['asked', ''])
  })
})

describe('gaps', () => {
  /** What is given inside is what was said, where it was said; up to where that is not known. */
  function isTrue(given: string, said: string): boolean {
    let at = 0
    for (const piece of given.split('…')) {
      const found = at === 0 ? 0 : said.indexOf(piece.replaceAll('·', ''), at)
      if (found < 0 || !agrees(piece, said, found)) return false
      at = Math.max(1, found + piece.length)
    }
    return true
  }
  const agrees = (piece: string, said: string, at: number): boolean =>
    [...piece].every((letter, i) => letter === '·' || letter === said[at + i])

  test.each([
    ['TLS 1.2', spoken12],
    ['TLS 1.3', spoken13],
  ])(
    'any segments missing: what is read is true, and in its place (%s)',
    (_name, { story, keyLog: keys, sent }) => {
      const all = segments(story, 500)
      let found = 0
      for (const count of [1, 2, 5])
        for (let from = 0; from + count <= all.length; from++) {
          const steps = all.map((step, i): Step =>
            i >= from && i < from + count ? { side: step.side, missing: step.bytes.length } : step,
          )
          const { inside, handshakes, counts } = play(steps, { keys })
          for (const side of [0, 1] as const)
            expect(isTrue(inside[side], sent[side]), `${count} from ${from}`).toBe(true)
          expect(handshakes.length).toBeLessThanOrEqual(1)
          if (counts.resynchronised > 0 && inside[0].length + inside[1].length > 0) found++
        }
      expect(found).toBeGreaterThan(20)
    },
  )

  test('in a record that is skipped, a gap costs nothing', () => {
    const at = full12.story.findIndex(({ side, bytes }, i) => i > 3 && side === 1 && bytes[0] === 23)
    const { counts, alerts } = play(without(full12.story, at, 8, 20))
    expect(counts).toMatchObject({ lost: 0, foreign: 0 })
    expect(alerts).toHaveLength(2)
  })

  test('after a gap over an edge, records are found again at the next segment that begins with one', () => {
    const at = full12.story.findIndex(({ side, bytes }, i) => i > 3 && side === 1 && bytes[0] === 23)
    const { counts, alerts } = play(without(full12.story, at, 3, full12.story[at]!.bytes.length))
    expect(counts).toMatchObject({ lost: 1, resynchronised: 1 })
    expect(alerts.map((a) => a.from)).toEqual([0, 1])
  })

  test('a segment that begins with something else is not taken for a record', () => {
    const at = full12.story.findIndex(({ side, bytes }, i) => i > 3 && side === 1 && bytes[0] === 23)
    const lost = without(full12.story, at, 3, full12.story[at]!.bytes.length)
    for (const foreign of ['1703010020', '1603030001', '1503030020ff', '4854545020']) {
      const odd: Step = { side: 1, bytes: bytes(foreign).subarray(0, foreign === '1503030020ff' ? 4 : 5) }
      const { counts } = play([...lost.slice(0, at + 2), odd])
      expect(counts.resynchronised, foreign).toBe(0)
    }
  })
})
