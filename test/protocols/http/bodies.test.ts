import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Observation, ObservationOf } from '../../../src/model/observation.ts'
import { CONTINUE, DETACH, SKIP_REST } from '../../../src/model/stream.ts'
import type { Wants } from '../../../src/model/stream.ts'
import { EXCERPT_BYTES_MAX } from '../../../src/protocols/http/body.ts'
import { HEAD_BYTES_MAX } from '../../../src/protocols/http/message-reader.ts'
import { openHttp } from '../../../src/protocols/http/parser.ts'
import { runParserCases } from '../parser.case.ts'
import { client, fin, lost, server, tell, type Event } from '../story.ts'

const wants = (bodies: 'hash' | 'excerpt'): Wants => ({
  openings: true,
  fingerprints: true,
  alerts: true,
  bodies,
})
const NOBODY = { data: () => DETACH, gap: () => DETACH, end: () => {}, close: () => {} }
const play = (...events: Event[]) =>
  tell((context) => openHttp({ ...context, wants: wants('excerpt') }, () => NOBODY), events)
const of = <K extends Observation['kind']>(all: readonly Observation[], kind: K): ObservationOf<K>[] =>
  all.filter((o): o is ObservationOf<K> => o.kind === kind)
const bodies = (all: readonly Observation[]) =>
  of(all, 'http-body').map(({ of: whose, index, body }) => [
    whose,
    index,
    body.excerpt,
    body.bytes,
    body.missing,
    body.complete,
  ])
const get = client('GET /a HTTP/1.1\r\nHost: a\r\n\r\n')
const sha256 = (text: string): string => createHash('sha256').update(text, 'latin1').digest('hex')

const STORY = [
  client('POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nasked'),
  server('HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Type: text/plain\r\n\r\ntold'),
  client(
    'PUT /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nchu\r\n4\r\nnked\r\n0\r\n\r\n',
  ),
  server('HTTP/1.1 204 No Content\r\n\r\n'),
  get,
  server('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nin\r\n7\r\n pieces\r\n0\r\nT: u\r\n\r\n'),
  client('HEAD /a HTTP/1.1\r\nHost: a\r\n\r\n'),
  server('HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n'),
  get,
  server('HTTP/1.0 200 OK\r\n\r\nuntil the end'),
]

runParserCases('http, bodies collected', {
  open: (context) => openHttp({ ...context, wants: wants('excerpt') }, () => NOBODY),
  story: STORY,
  expect: (all) =>
    expect(bodies(all)).toEqual([
      ['request', 0, 'asked', 5, 0, true],
      ['response', 0, 'told', 4, 0, true],
      ['request', 1, 'chunked', 7, 0, true],
      ['response', 2, 'in pieces', 9, 0, true],
      ['response', 4, 'until the end', 13, 0, true],
    ]),
  // What ends with the connection is complete wherever that ends.
  claims: (o) =>
    o.kind === 'http-body' && o.body.complete && !'until the end'.startsWith(o.body.excerpt!)
      ? [o.body.sha256!]
      : [],
  held: {
    of: (consumer) => (consumer as ReturnType<typeof openHttp>).heldBytes,
    max: 2 * (HEAD_BYTES_MAX + EXCERPT_BYTES_MAX),
  },
})

describe('bodies', () => {
  test('are told with their facts, after their transaction', () => {
    const { observations } = play(...STORY.slice(0, 2))
    expect(observations.map(({ kind }) => kind)).toEqual([
      'http-request',
      'http-body',
      'http-transaction',
      'http-body',
    ])
    expect(of(observations, 'http-body')[1]).toEqual({
      kind: 'http-body',
      time: 2000,
      tap: '',
      connection: 1,
      from: 1,
      of: 'response',
      index: 0,
      body: {
        bytes: 4,
        missing: 0,
        complete: true,
        sha256: sha256('told'),
        codings: [],
        contentType: 'text/plain',
        excerpt: 'told',
        excerptCut: false,
        excerptFault: null,
      },
      trailers: [],
      ambiguities: [],
      packet: 2,
      decrypted: false,
    })
  })

  test('without anybody who asks, they are passed over', () => {
    const { observations, answers } = tell(
      (context) => openHttp(context, () => NOBODY),
      [
        get,
        server('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01'),
        server('23456789'),
        get,
        server('HTTP/1.0 200 OK\r\n\r\n'),
      ],
    )
    expect(of(observations, 'http-body')).toEqual([])
    expect(answers).toEqual([CONTINUE, 8, null, CONTINUE, SKIP_REST])
  })

  test('octets missing within: the place is not lost', () => {
    const { observations, counted } = play(
      get,
      server('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n012'),
      lost(1, 4),
      server('789'),
      get,
      server('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\n012'),
      lost(1, 4),
      server('789\r\n0\r\n\r\n'),
      get,
      server('HTTP/1.1 404 x\r\nContent-Length: 0\r\n\r\n'),
    )
    expect(bodies(observations)).toEqual([
      ['response', 0, '012', 6, 4, false],
      ['response', 1, '012', 6, 4, false],
    ])
    expect(of(observations, 'http-transaction').map(({ response }) => response?.status)).toEqual([
      200, 200, 404,
    ])
    expect(counted).toEqual([])
  })

  test('octets missing beyond its end: the place is lost', () => {
    const { observations, counted } = play(
      get,
      server('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n012'),
      lost(1, 20),
    )
    expect(bodies(observations)).toEqual([['response', 0, '012', 3, 7, false]])
    expect(counted).toEqual(['http-place-lost'])
  })

  test('one that breaks off', () => {
    const { observations } = play(get, server('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n012'), fin(1))
    expect(bodies(observations)).toEqual([['response', 0, '012', 3, 0, false]])
  })

  test('until the end, which is not seen', () => {
    const { observations } = play(get, server('HTTP/1.1 200 OK\r\n\r\n012'))
    expect(bodies(observations)).toEqual([['response', 0, '012', 3, 0, false]])
  })

  test.each<[string, string, string[]]>([
    ['a leading zero', '03\r\nabc\r\n0\r\n\r\n', ['chunk-size-odd']],
    ['a blank behind the size', '3 \r\nabc\r\n0\r\n\r\n', ['chunk-size-odd']],
    ['LF alone', '3\nabc\r\n0\r\n\r\n', ['chunk-bare-lf']],
    ['no size', '3\r\nabcX\r\n', ['chunk-malformed']],
    ['an extension', '3;a="b"\r\nabc\r\n0\r\n\r\n', []],
  ])('chunks, %s', (_what, chunks, marks) => {
    const { observations } = play(
      get,
      server(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`),
    )
    expect(of(observations, 'http-body').map(({ ambiguities }) => ambiguities)).toEqual([marks])
  })
})

describe('what takes over', () => {
  const asking = client('GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n')

  test('WebSocket: told, and the parse is over', () => {
    const { observations, answers, counted } = play(
      asking,
      server(
        'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nupgrade: WebSocket\r\n\r\n\x81\x05hello',
      ),
    )
    expect(of(observations, 'http-transaction').map(({ response }) => response?.status)).toEqual([101])
    expect(of(observations, 'http-upgrade')).toEqual([
      {
        kind: 'http-upgrade',
        time: 2000,
        tap: '',
        connection: 1,
        protocol: 'websocket',
        requestFrom: 0,
        index: 0,
        packet: 2,
        decrypted: false,
      },
    ])
    expect([answers.at(-1), counted]).toEqual([DETACH, []])
  })

  test('a 101 that does not say to what, without heads wanted', () => {
    const { observations } = tell(
      (context) => openHttp({ ...context, wants: { ...wants('hash'), responseHeads: false } }, () => NOBODY),
      [asking, server('HTTP/1.1 101 x\r\n\r\n')],
    )
    expect(of(observations, 'http-upgrade').map(({ protocol }) => protocol)).toEqual([''])
  })
})
