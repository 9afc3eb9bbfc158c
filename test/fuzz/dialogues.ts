/**
 * What mutation of streams starts from: conversations of every protocol that is read. Some are written here,
 * because a change must reach what encryption would hide from it; the others are what the captures of the
 * corpus carry, in order.
 */
import type { Side } from '../../src/model/packet.ts'
import type { SegmentConsumer, StreamConsumer } from '../../src/model/stream.ts'
import { CONTINUE } from '../../src/model/stream.ts'
import { seconds } from '../../src/model/time.ts'
import { ReassemblyAccount } from '../../src/streams/account.ts'
import { Stream } from '../../src/streams/reassembly.ts'
import { Tracker } from '../../src/connections/tracker.ts'
import { locate, Place, TCP } from '../../src/wire/frame.ts'
import { PathTable } from '../../src/wire/path.ts'
import { enterTunnels } from '../../src/wire/tunnel.ts'
import { FrameBatch } from '../../src/bytes/frame-batch.ts'
import { openCapture } from '../../collectors/index.ts'
import { memorySource } from '../collectors/reading.ts'
import { address, ASKED, framed, message, question, record, RESPONSE } from '../protocols/dns/craft.ts'
import * as H from '../protocols/http/http2/octets.ts'
import * as T from '../protocols/tls/craft.ts'
import { AGENT, EC, record as talk, RSA } from '../protocols/tls/handshakes.ts'
import type { Wish } from '../protocols/tls/handshakes.ts'
import type { Seed } from './corpus.ts'

export interface Part {
  readonly side: Side
  readonly bytes: Uint8Array
  /** The octets are the content of a protected record of this type, which is sealed after it was changed. */
  readonly sealed?: { readonly by: T.SecretName; readonly type: number }
}

export interface Dialogue {
  readonly name: string
  readonly parts: readonly Part[]
  /** A key log, or a private key; empty without. */
  readonly secrets: string
}

/** Octets of one recorded dialogue, and dialogues recorded from one capture: enough of each protocol. */
const OCTETS_MAX = 16 * 1024
const RECORDED_MAX = 12

const EXTENSIONS = [
  T.extension(0, T.vector(2, Uint8Array.of(0), T.vector(2, T.text('server.example')))),
  T.extension(16, T.vector(2, T.vector(1, T.text('h2')), T.vector(1, T.text('http/1.1')))),
  T.extension(10, T.vector(2, T.u16(29, 23))),
  T.extension(13, T.vector(2, T.u16(0x0403, 0x0804))),
  T.extension(5, T.bytes('01 0000 0000')),
  T.extension(27, T.vector(1, T.u16(1, 2, 3))),
  T.extension(42),
  T.extension(
    41,
    T.vector(2, T.vector(2, new Uint8Array(32)), new Uint8Array(4)),
    T.vector(2, T.vector(1, new Uint8Array(32))),
  ),
]
const der = Buffer.from(/-----BEGIN CERTIFICATE-----([^-]*)/.exec(RSA.cert)![1]!.replace(/\s/g, ''), 'base64')
const certificate = new Uint8Array(der)

/** TLS 1.3 by hand: messages that are changed in clear and sealed then. */
function sealedDialogue(): Dialogue {
  const of = (by: T.SecretName, type: number) => ({ sealed: { by, type } })
  const entry = T.concat(T.vector(3, certificate), T.vector(2, T.extension(5, new Uint8Array(40))))
  const flight = [
    T.message(8, T.vector(2, T.extension(16, T.vector(2, T.vector(1, T.text('h2')))), T.extension(42))),
    T.message(13, T.vector(1), T.vector(2, T.extension(13, T.vector(2, T.u16(0x0403))))),
    T.message(11, T.vector(1), T.vector(3, entry, T.vector(3, certificate), T.vector(2))),
    T.message(15, T.u16(0x0804), T.vector(2, new Uint8Array(64))),
    T.FINISHED,
  ]
  const ticket = T.message(
    4,
    new Uint8Array(8),
    T.vector(1, new Uint8Array(8)),
    T.vector(2, new Uint8Array(48)),
    T.vector(2, T.extension(42, new Uint8Array(4))),
  )
  const hello = T.clientHello({ extensions: [T.OFFERS_TLS13, ...EXTENSIONS] })
  const answer = T.serverHello({ extensions: [T.TLS13, T.extension(41, T.u16(0))] })
  return {
    name: 'TLS 1.3, sealed after the change',
    secrets: T.keyLogOf(),
    parts: [
      { side: 0, bytes: T.record(22, hello, 0x0301) },
      { side: 0, bytes: T.text('GET /early HTTP/1.1\r\n\r\n'), ...of('CLIENT_EARLY_TRAFFIC_SECRET', 23) },
      { side: 1, bytes: T.record(22, answer) },
      ...flight.map((bytes) => ({ side: 1 as const, bytes, ...of('SERVER_HANDSHAKE_TRAFFIC_SECRET', 22) })),
      { side: 0, bytes: T.message(5), ...of('CLIENT_EARLY_TRAFFIC_SECRET', 22) },
      { side: 0, bytes: flight[2]!, ...of('CLIENT_HANDSHAKE_TRAFFIC_SECRET', 22) },
      { side: 0, bytes: T.FINISHED, ...of('CLIENT_HANDSHAKE_TRAFFIC_SECRET', 22) },
      { side: 1, bytes: ticket, ...of('SERVER_TRAFFIC_SECRET_0', 22) },
      { side: 0, bytes: T.text('GET /a HTTP/1.1\r\nHost: a\r\n\r\n'), ...of('CLIENT_TRAFFIC_SECRET_0', 23) },
      { side: 1, bytes: T.message(24, Uint8Array.of(1)), ...of('SERVER_TRAFFIC_SECRET_0', 22) },
      { side: 1, bytes: T.text('HTTP/1.1 204 No\r\n\r\n'), ...of('SERVER_TRAFFIC_SECRET_0', 23) },
      { side: 0, bytes: Uint8Array.of(1, 0), ...of('CLIENT_TRAFFIC_SECRET_0', 21) },
    ],
  }
}

/** Every kind of frame of HTTP/2, with Huffman codes, padding, a table that changes and pieces of blocks. */
function http2Dialogue(): Dialogue {
  const get = [...H.indexed(2), ...H.indexed(7), ...H.added(4, '/x?y=1'), ...H.added(1, 'epo.example')]
  const coded = [...H.integer(H.huffman('a=1; b=2').length, 7, 0x80), ...H.huffman('a=1; b=2')]
  return {
    name: 'HTTP/2',
    secrets: '',
    parts: [
      H.part(0, H.preface, H.settings(H.setting(1, 4096), H.setting(4, 65_535))),
      H.part(1, H.settings(H.setting(1, 0), H.setting(1, 4096)), H.frame(4, 1, 0)),
      H.part(0, H.frame(H.HEADERS, 5, 1, [...H.tableSize(256), ...get, ...H.integer(32, 4, 0x10), ...coded])),
      H.part(0, H.frame(H.HEADERS, 0x28, 3, [2, ...H.word(1), 9, ...H.indexed(3), 0, 0])),
      H.part(0, H.frame(H.CONTINUATION, 0, 3, H.plain(4, '/up')), H.frame(H.CONTINUATION, 4, 3, [0xbe])),
      H.part(0, H.frame(H.DATA, 9, 3, [1, ...H.textOf('{"a":1}'), 0])),
      H.part(1, H.frame(H.HEADERS, 4, 1, [...H.indexed(8), ...H.plain(55, 'x=1; Path=/')])),
      H.part(1, H.frame(H.PUSH_PROMISE, 4, 1, [...H.word(2), ...H.indexed(2), ...H.plain(4, '/p')])),
      H.part(1, H.frame(H.DATA, 1, 1, H.textOf('body')), H.frame(H.RST_STREAM, 0, 3, H.word(8))),
      H.part(1, H.frame(H.PING, 0, 0, new Array<number>(8).fill(1)), H.frame(8, 0, 0, H.word(9))),
      H.part(1, H.frame(H.GOAWAY, 0, 0, [...H.word(3), ...H.word(11), ...H.textOf('calm')])),
    ],
  }
}

const texts = (name: string, ...said: readonly (readonly [Side, string])[]): Dialogue => ({
  name,
  secrets: '',
  parts: said.map(([side, text]) => ({ side, bytes: T.text(text) })),
})

const written = (): Dialogue[] => [
  sealedDialogue(),
  http2Dialogue(),
  texts(
    'HTTP/1',
    [
      0,
      'POST /omc/a HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 10.0.0.1, [2001:db8::1]:80\r\nForwarded: for="_x"\r\n',
    ],
    [
      0,
      'Cookie: a=1; BIGipServerp=1677787402.36895.0000\r\nTransfer-Encoding: chunked\r\n\r\n3;x=1\r\nabc\r\n0\r\n\r\n',
    ],
    [
      1,
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nSet-Cookie: a=1; Expires=Wed, 09 Jun 2027 10:18:14 GMT\r\n',
    ],
    [1, 'Content-Encoding: gzip\r\nVia: 1.1 p\r\nContent-Length: 12\r\n\r\nhello, world'],
    [0, 'GET /ws HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: websocket, h2c\r\n\r\n'],
    [1, 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n\x81\x05hello'],
  ),
  texts(
    'CONNECT and PROXY',
    [0, 'PROXY TCP4 10.9.9.9 10.0.0.25 4242 80\r\nCONNECT b.example:443 HTTP/1.1\r\nHost: b\r\n\r\n'],
    [1, 'HTTP/1.1 200 Connection established\r\n\r\n'],
    [0, 'GET /in HTTP/1.1\r\n\r\n'],
    [1, 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'],
  ),
  texts(
    'PROXY 2',
    [
      0,
      '\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x1c\x0a\x09\x09\x09\x0a\0\0\x19\x10\x92\0\x50\x01\0\x02h2\x03\0\x04\x01\x02\x03\x04\x04\0\0',
    ],
    [0, 'GET / HTTP/1.1\r\n\r\n'],
  ),
  texts(
    'SMTP',
    [1, '220-mx.example ESMTP\r\n220 ready\r\n'],
    [0, 'EHLO agent.example\r\n'],
    [1, '250-mx\r\n250-PIPELINING\r\n250-SIZE 1000\r\n250 STARTTLS\r\n'],
    [0, 'MAIL FROM:<a@b> SIZE=3\r\nRCPT TO:<c@d>\r\nDATA\r\n'],
    [1, '250 2.1.0 ok\r\n450 4.2.1 busy\r\n354 go\r\n'],
    [0, 'Subject: x\r\n\r\n..\r\n.\r\nBDAT 4 LAST\r\nabcdSTARTTLS\r\n'],
    [1, '250 ok\r\n250 ok\r\n220 go\r\n'],
  ),
  {
    name: 'DNS over TCP',
    secrets: '',
    parts: [
      framed(0, message({ id: 1, questions: [question('a.example')] })),
      framed(
        1,
        message({
          id: 1,
          flags: RESPONSE,
          questions: [question('a.example')],
          answers: [
            record(ASKED, 5, 9, '\x01b\xc0\x0e'),
            record('b.example', 1, 5, address('10.0.0.1')),
            record(ASKED, 65, 5, '\0\x01\0\0\x01\0\x03\x02h2\0\x04\0\x04\x0a\0\0\x01'),
          ],
        }),
      ),
    ],
  },
]

const WISHES: readonly (readonly [string, Wish, string])[] = [
  ['TLS 1.2, GCM', { client: { maxVersion: 'TLSv1.2' } }, ''],
  ['TLS 1.2, CBC', { client: { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-RSA-AES128-SHA256' } }, ''],
  ['TLS 1.2, ChaCha20', { client: { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-RSA-CHACHA20-POLY1305' } }, ''],
  ['TLS 1.2, static RSA', { client: { maxVersion: 'TLSv1.2', ciphers: 'AES128-GCM-SHA256' } }, RSA.key],
  [
    'TLS 1.2, client certificate',
    { client: { maxVersion: 'TLSv1.2', ...AGENT }, server: { requestCert: true, rejectUnauthorized: false } },
    '',
  ],
  ['TLS 1.3', { client: { ALPNProtocols: ['http/1.1'] }, server: { ALPNProtocols: ['http/1.1'] } }, ''],
  ['TLS 1.3, EC', { server: EC, client: { ciphers: 'TLS_CHACHA20_POLY1305_SHA256' } }, ''],
]
const TALK = [
  ['GET /in HTTP/1.1\r\nHost: a\r\n\r\n', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'],
] as const

const conversed = (): Promise<Dialogue[]> =>
  Promise.all(
    WISHES.map(async ([name, wish, key]) => {
      const { story, keyLog } = await talk({ ...wish, talk: TALK })
      return { name, parts: story, secrets: key === '' ? keyLog : key }
    }),
  )

/** Keeps what the sides of a connection say, up to the limit. */
function recorder(into: Part[]): StreamConsumer {
  let room = OCTETS_MAX
  return {
    data(side, bytes, start, end) {
      const stop = Math.min(end, start + room)
      if (stop > start) into.push({ side, bytes: new Uint8Array(bytes.subarray(start, stop)) })
      room -= stop - start
      return CONTINUE
    },
    gap: () => CONTINUE,
    end: () => {},
    close: () => {},
  }
}

/** What the connections of a capture carry; nothing of what is no capture. */
async function carried({ name, bytes }: Seed): Promise<Dialogue[]> {
  const reader = await openCapture(memorySource(bytes), { path: name }).catch(() => null)
  if (reader === null) return []
  const stories: Part[][] = [],
    paths = new PathTable(),
    place = new Place(paths),
    account = new ReassemblyAccount(),
    batch = new FrameBatch()
  const openStream = (): SegmentConsumer => {
    const story: Part[] = []
    if (stories.length < RECORDED_MAX) stories.push(story)
    return new Stream(recorder(story), account)
  }
  const tracker = new Tracker({
    tap: '',
    tapIndex: 0,
    silenceMin: seconds(60),
    streamNumbers: { next: 0 },
    paths,
    emit: () => {},
    openStream,
  })
  while (await reader.next(batch)) {
    for (let i = 0; i < batch.count; i++) {
      const at = batch.offset[i]!,
        end = at + batch.capturedLength[i]!,
        linkType = reader.interfaces[batch.interface[i]!]?.linkType ?? -1
      tracker.frameSeen(batch.time, i)
      const kind = enterTunnels(locate(batch.bytes, at, end, batch.wireLength[i]!, linkType, place), place)
      if (kind === TCP) tracker.segment(place, i + 1)
    }
  }
  tracker.captureEnded()
  const secrets = reader.secrets.join('\n')
  return stories
    .filter((parts) => parts.length > 0)
    .map((parts, i) => ({ name: `${name}, connection ${i}`, parts, secrets }))
}

/** All of them, for captures `seeds`. The same for the same seeds, but for keys and times in handshakes. */
export async function dialogues(seeds: readonly Seed[]): Promise<Dialogue[]> {
  const recorded: Dialogue[] = []
  for (const seed of seeds) recorded.push(...(await carried(seed)))
  return [...written(), ...(await conversed()), ...recorded]
}
