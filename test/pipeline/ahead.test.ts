/** Records that are opened ahead change nothing but the time that it takes. */
import { describe, expect, test } from 'vitest'
import type { RecordsAhead } from '../../src/model/ahead.ts'
import type { Observation } from '../../src/model/observation.ts'
import { milliseconds, seconds } from '../../src/model/time.ts'
import { TapRun } from '../../src/pipeline/tap-run.ts'
import { Helper, OpensAhead } from '../../src/protocols/tls/ahead.ts'
import { keyLog } from '../../src/protocols/tls/key-log.ts'
import { record as talk, type Recorded, type Wish } from '../protocols/tls/handshakes.ts'
import { tcpFrame } from '../scenario/frame-writer.ts'
import { createRandom, type Random } from '../scenario/random.ts'
import { type Frame, readerOf } from './reader.ts'

const ACK = 16,
  SYN = 2,
  FIN = 1

/** A helper in the same thread, which has done its work whenever it was given any: what it opens is used. */
class AtOnce extends OpensAhead {
  used = 0
  private readonly helpers: Helper[]

  constructor(helpers: Helper[] = []) {
    super((memory) => {
      helpers.push(new Helper(memory))
      return { stop: () => {} }
    }, 0)
    this.helpers = helpers
  }

  override dispatch(): void {
    super.dispatch()
    for (const helper of this.helpers) helper.openAll()
  }

  override take(...of: Parameters<RecordsAhead['take']>): number {
    const place = super.take(...of)
    if (place >= 0) this.used++
    return place
  }
}

const request = (path: string): string => `GET /${path} HTTP/1.1\r\nHost: a.example\r\n\r\n`
const answer = (body: string): string =>
  `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\nSet-Cookie: id=${body.length}\r\n\r\n${body}`
const words: (readonly [string, string])[] = Array.from({ length: 30 }, (_, i) => [
  request(`page/${i}/${'x'.repeat(13 * i)}`),
  answer('y'.repeat((i * i * 7) % 3000)),
])
const suite = (ciphers: string): Wish => ({
  client: { maxVersion: 'TLSv1.2', ciphers },
  server: { ciphers },
  talk: words,
})
const CONNECTIONS: readonly (readonly [string, Recorded])[] = [
  ['TLS 1.3', await talk({ talk: words })],
  ['TLS 1.3 with ChaCha20', await talk({ ...suite('TLS_CHACHA20_POLY1305_SHA256'), client: {} })],
  ['TLS 1.2 with GCM', await talk(suite('ECDHE-RSA-AES128-GCM-SHA256'))],
  ['TLS 1.2 with ChaCha20', await talk(suite('ECDHE-RSA-CHACHA20-POLY1305'))],
  ['TLS 1.2 with CCM', await talk(suite('DHE-RSA-AES128-CCM8:ECDHE-RSA-AES256-GCM-SHA384'))],
]

/** The frames of one connection, its parts cut into segments of up to `longest` octets. */
function framesOf({ story }: Recorded, port: number, longest: number, random: Random): Uint8Array[] {
  const next = [1000 * port, 77_000]
  const frames: Uint8Array[] = []
  const send = (side: 0 | 1, flags: number, payload?: Uint8Array): void => {
    const [source, destination] =
      side === 0 ? (['10.0.0.1', '192.0.2.1'] as const) : (['192.0.2.1', '10.0.0.1'] as const)
    const ports = side === 0 ? [port, 443] : [443, port]
    const [sequence, acknowledgment] = side === 0 ? next : next.toReversed()
    frames.push(
      tcpFrame({
        source,
        destination,
        sourcePort: ports[0]!,
        destinationPort: ports[1]!,
        sequence: sequence!,
        acknowledgment: flags === SYN ? 0 : acknowledgment!,
        flags,
        identification: frames.length + 1,
        ...(payload === undefined ? {} : { payload }),
      }),
    )
    next[side] = next[side]! + (payload?.length ?? 0) + ((flags & (SYN | FIN)) === 0 ? 0 : 1)
  }
  send(0, SYN)
  send(1, SYN | ACK)
  send(0, ACK)
  for (const { side, bytes } of story) {
    for (let at = 0; at < bytes.length;) {
      const length = random.chance(0.2) ? random.between(1, longest) : longest
      send(side, ACK, bytes.subarray(at, at + length))
      at += length
    }
  }
  send(0, FIN | ACK)
  send(1, FIN | ACK)
  return frames
}

/** Connections side by side; a frame in twenty is lost, doubled or late, if that is wished. */
function capture(random: Random, longest: number, isRough: boolean): Frame[] {
  const lanes = CONNECTIONS.map(([, recorded], i) => framesOf(recorded, 50_000 + i, longest, random))
  const frames: Uint8Array[] = []
  while (lanes.some((lane) => lane.length > 0)) {
    const lane = random.pick(lanes.filter(({ length }) => length > 0))
    // Once it carries data: without its handshake a connection cannot be read at all.
    const isTouched = isRough && frames.length > 100 && random.chance(0.05)
    const [first, second] = isTouched ? lane.splice(0, 2) : [lane.shift()!]
    const rest = second === undefined ? [] : [second]
    const manners = [[first!, first!, ...rest], [...rest, first!], rest]
    frames.push(...(isTouched ? random.pick(manners) : [first!]))
  }
  return frames.map((bytes, i) => ({ time: seconds(1_000_000) + milliseconds(2 * i), bytes }))
}

async function read(frames: readonly Frame[], perBatch: number, ahead?: AtOnce) {
  const observations: Observation[] = []
  const secrets = keyLog(CONNECTIONS.map(([, { keyLog: log }]) => log).join('\n'))
  const run = new TapRun(
    { tap: '', path: 'a.pcap', reader: readerOf(frames, { frames: perBatch }), sha256: null },
    {
      silenceMin: seconds(30),
      servicePorts: new Set(),
      secrets: () => secrets,
      from: null,
      to: null,
      nextTapIndex: () => 0,
      wants: { openings: true, fingerprints: true, alerts: true, bodies: 'hash' },
      emit: (observation) => void observations.push(observation),
      ...(ahead === undefined ? {} : { ahead }),
    },
  )
  while (await run.read()) run.process()
  run.finish()
  ahead?.close()
  return { observations, record: run.record(null) }
}

test.each(CONNECTIONS)('%s is read', async (_, { error, sent }) => {
  expect(error).toBeNull()
  expect(sent[0]).toBe(words.map(([ask]) => ask).join(''))
})

describe('the same is told', () => {
  const longest = [1460, 400, 9000]

  test.each(longest)('of segments of %i octets', async (length) => {
    const random = createRandom(length)
    const frames = capture(random, length, false)
    const ahead = new AtOnce()
    const plain = await read(frames, 60)
    const foreseen = await read(frames, 60, ahead)
    expect(foreseen).toEqual(plain)
    const transactions = plain.observations.filter(({ kind }) => kind === 'http-transaction')
    expect(transactions).toHaveLength(words.length * CONNECTIONS.length)
    // Of 1,460 octets a segment, most records are whole in one.
    expect(ahead.used).toBeGreaterThan(length === 400 ? 30 : 100)
  })

  test.each(Array.from({ length: 40 }, (_, seed) => seed))('of a rough capture, %i', async (seed) => {
    const random = createRandom(seed)
    const frames = capture(random, random.pick(longest), true)
    const perBatch = random.pick([120, 60, 20])
    const ahead = new AtOnce()
    expect(await read(frames, perBatch, ahead)).toEqual(await read(frames, perBatch))
    expect(ahead.used).toBeGreaterThan(0)
  })
})
