import { describe, expect, test } from 'vitest'
import { headerValue } from '../../../../src/model/http.ts'
import type { Observation, ObservationOf } from '../../../../src/model/observation.ts'
import type { Wants } from '../../../../src/model/stream.ts'
import { BLOCK_BYTES_MAX } from '../../../../src/protocols/http/http2/frame-reader.ts'
import { TABLE_BYTES_MAX } from '../../../../src/protocols/http/http2/hpack.ts'
import { openHttp2, STREAMS_MAX, type Upgraded } from '../../../../src/protocols/http/http2/parser.ts'
import { INTERIM_MAX } from '../../../../src/protocols/http/message.ts'
import { openStream } from '../../../../src/protocols/dispatch.ts'
import { EXCERPT_BYTES_MAX } from '../../../../src/protocols/http/body.ts'
import { runParserCases, type StoryPart } from '../../parser.case.ts'
import { lost, tell, type Event } from '../../story.ts'
import * as H from './octets.ts'
import type { Octets } from './octets.ts'

const WANTS: Wants = { openings: true, fingerprints: true, alerts: true, bodies: 'excerpt' }
const play = (...events: Event[]) => tell((context) => openHttp2(context), events)
const collect = (...events: Event[]) => tell((context) => openHttp2({ ...context, wants: WANTS }), events)

/** `:method GET`, `:scheme https`, then path and host, both added to the table. */
const get = (path: string, ...more: Octets[]): Octets => [
  ...H.indexed(2),
  ...H.indexed(7),
  ...H.added(4, path),
  ...H.added(1, 'epo.example'),
  ...more.flat(),
]
const request = (stream: number, block: Octets, flags = H.END_STREAM | H.END_HEADERS): Octets =>
  H.frame(H.HEADERS, flags, stream, block)
const response = (stream: number, block: Octets, ends = false): Octets =>
  H.frame(H.HEADERS, H.END_HEADERS | (ends ? H.END_STREAM : 0), stream, block)
const data = (stream: number, text: string, ends = true): Octets =>
  H.frame(H.DATA, ends ? H.END_STREAM : 0, stream, H.textOf(text))
const OK = H.indexed(8)
const hello = [
  H.part(0, H.preface, H.settings(H.setting(1, 4096))),
  H.part(1, H.settings(), H.frame(4, 1, 0)),
]

const of = <K extends Observation['kind']>(all: readonly Observation[], kind: K): ObservationOf<K>[] =>
  all.filter((o): o is ObservationOf<K> => o.kind === kind)
/** `stream: method target -> status`, with `?` for what was not seen. */
const pairs = (all: readonly Observation[]): string[] =>
  of(all, 'http-transaction').map(({ request: asked, response: told, stream, pushed }) => {
    const question = asked === null ? '?' : `${asked.method} ${asked.target}`
    return `${pushed === true ? 'pushed ' : ''}${stream}: ${question} -> ${told?.status ?? '?'}`
  })

/** Every frame type, padding, priority, CONTINUATION, interleaved streams, push, trailers, resets. */
const CONVERSATION: readonly StoryPart[] = [
  ...hello,
  H.part(
    0,
    H.frame(H.WINDOW_UPDATE, 0, 0, H.word(1_000_000)),
    H.frame(2, 0, 3, [...H.word(0), 15]),
    request(1, get('/spipe/pkg?AgentGuid={1}', H.plain('cookie', 'a=1'), H.plain(32, 'b=2'))),
  ),
  H.part(
    0,
    H.frame(H.HEADERS, H.END_STREAM | H.PADDED | H.HAS_PRIORITY, 3, [
      3,
      ...H.word(0),
      200,
      ...H.indexed(3),
      ...H.indexed(7),
      0,
      0,
      0,
    ]),
    H.frame(H.CONTINUATION, 0, 3, H.added(4, '/upload')),
    H.frame(H.CONTINUATION, H.END_HEADERS, 3, H.indexed(63)),
  ),
  H.part(
    1,
    response(3, [...H.added(8, '100'), ...H.plain(55, 'early=1')]),
    H.frame(0xf0, 0xff, 7, [1, 2, 3]),
    H.frame(H.PUSH_PROMISE, H.END_HEADERS | H.PADDED, 1, [
      1,
      ...H.word(2),
      ...H.indexed(2),
      ...H.indexed(7),
      ...H.plain(4, '/pushed'),
      0,
    ]),
    response(3, [...H.indexed(9), ...H.plain(55, 'x=1; Path=/'), ...H.plain(55, 'y=2')], true),
  ),
  H.part(
    1,
    response(1, [...OK, ...H.added(28, '5'), ...H.added('via', '2 proxy')]),
    H.frame(H.DATA, H.PADDED, 1, [2, ...H.textOf('hel'), 0, 0]),
    response(2, [...OK, ...H.indexed(63)]),
    data(2, 'push', true),
    data(1, 'lo', false),
    H.frame(H.HEADERS, H.END_HEADERS | H.END_STREAM, 1, H.plain('grpc-status', '0')),
  ),
  H.part(0, request(5, get('/given-up')), H.frame(H.PING, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8])),
  H.part(1, H.frame(H.PING, 1, 0, [1, 2, 3, 4, 5, 6, 7, 8]), H.frame(H.RST_STREAM, 0, 5, H.word(8))),
  H.part(0, request(7, get('/last'))),
  H.part(1, H.frame(H.GOAWAY, 0, 0, [...H.word(7), ...H.word(11), ...H.textOf('too many')])),
]
const CONVERSATION_PAIRS = [
  '3: POST /upload -> 204',
  '1: GET /spipe/pkg?AgentGuid={1} -> 200',
  'pushed 2: GET /pushed -> 200',
  '5: GET /given-up -> ?',
  '7: GET /last -> ?',
]

/** Message by message: what is left out because of a gap takes nothing from the rest. */
function claims(o: Observation): string[] {
  if (o.kind === 'http-request')
    return [`${o.stream} ${o.request.method} ${o.request.target}`, ...lines(o.request.headers)]
  if (o.kind === 'http-transaction')
    return [
      ...(o.response === null ? [] : [`${o.stream} -> ${o.response.status}`, ...lines(o.response.headers)]),
      ...(o.request === null || o.response === null ? [] : pairs([o])),
    ]
  if (o.kind === 'http-body') return o.body.complete ? [`${o.stream} ${o.of} ${o.body.sha256}`] : []
  return o.kind === 'http2-goaway' || o.kind === 'http2-reset' ? [`${o.kind} ${o.from} ${o.errorCode}`] : []
}
const lines = (headers: readonly { name: string; value: string }[]): string[] =>
  // The pieces of a cookie that are left are claims of their own.
  headers.flatMap(({ name, value }) => (name === 'cookie' ? value.split('; ') : `${name}: ${value}`))

const HELD_MAX = 2 * (BLOCK_BYTES_MAX + TABLE_BYTES_MAX) + 32 * EXCERPT_BYTES_MAX

runParserCases('http2', {
  open: (context) => openHttp2(context),
  story: CONVERSATION,
  expect: (all) => expect(pairs(all)).toEqual(CONVERSATION_PAIRS),
  claims,
  held: { of: (consumer) => (consumer as ReturnType<typeof openHttp2>).heldBytes, max: HELD_MAX },
})
runParserCases('http2, bodies collected', {
  open: (context) => openHttp2({ ...context, wants: WANTS }),
  story: CONVERSATION,
  expect: (all) => expect(of(all, 'http-body').length).toBe(2),
  claims,
  held: { of: (consumer) => (consumer as ReturnType<typeof openHttp2>).heldBytes, max: HELD_MAX },
})

describe('a conversation', () => {
  const { observations, counted } = collect(...CONVERSATION)

  test('is read without loss', () => expect(counted).toEqual([]))

  test('requests: method, target, host, joined cookies, in the order in which they came', () => {
    const seen = of(observations, 'http-request').map(({ request: r, stream, index }) => [
      stream,
      index,
      r.version,
      r.method,
      r.target,
      headerValue(r, 'host'),
      headerValue(r, 'cookie'),
    ])
    expect(seen).toEqual([
      [1, 0, '2', 'GET', '/spipe/pkg?AgentGuid={1}', 'epo.example', 'a=1; b=2'],
      [3, 1, '2', 'POST', '/upload', 'epo.example', null],
      [5, 3, '2', 'GET', '/given-up', 'epo.example', null],
      [7, 4, '2', 'GET', '/last', 'epo.example', null],
    ])
  })

  test('too many interim responses are counted', () => {
    const early = response(1, [...H.plain(8, '103'), ...H.plain('set-cookie', 'a=1')])
    const { observations, counted } = play(
      ...hello,
      H.part(0, request(1, get('/'))),
      ...Array.from({ length: INTERIM_MAX + 2 }, () => H.part(1, early)),
      H.part(1, response(1, OK, true)),
    )
    expect(of(observations, 'http-transaction')[0]!.interim).toHaveLength(INTERIM_MAX)
    expect(counted).toEqual(['http-too-many-interim-responses', 'http-too-many-interim-responses'])
  })

  test('every set-cookie field is a line, those of interim responses too', () => {
    const [first] = of(observations, 'http-transaction')
    expect(first!.response!.setCookies.map(({ line }) => line)).toEqual(['x=1; Path=/', 'y=2'])
    expect(first!.interim.map((r) => [r.status, r.setCookieNames])).toEqual([[100, ['early']]])
  })

  test('bodies, with trailers', () => {
    const bodies = of(observations, 'http-body').map(({ stream, of: whose, body, trailers, index }) => [
      stream,
      whose,
      index,
      body.bytes,
      body.excerpt,
      body.complete,
      trailers,
    ])
    expect(bodies).toEqual([
      [2, 'response', 2, 4, 'push', true, []],
      [1, 'response', 0, 5, 'hello', true, [{ name: 'grpc-status', value: '0' }]],
    ])
  })

  test('a reset stream and the farewell are told', () => {
    const [reset] = of(observations, 'http2-reset')
    expect([reset!.from, reset!.stream, reset!.error, reset!.index]).toEqual([1, 5, 'CANCEL', 3])
    const [bye] = of(observations, 'http2-goaway')
    expect([bye!.from, bye!.lastStream, bye!.errorCode, bye!.error, bye!.text]).toEqual([
      1,
      7,
      11,
      'ENHANCE_YOUR_CALM',
      'too many',
    ])
  })
})

describe('what takes over', () => {
  test('WebSocket in a stream (RFC 8441)', () => {
    const connect = [
      ...H.plain(2, 'CONNECT'),
      ...H.plain(':protocol', 'websocket'),
      ...H.indexed(7),
      ...H.plain(4, '/chat'),
      ...H.plain(1, 'a'),
    ]
    const { observations } = collect(
      ...hello,
      H.part(0, request(1, connect, H.END_HEADERS)),
      H.part(1, response(1, OK), data(1, 'frames', false)),
    )
    expect(pairs(observations)).toEqual(['1: CONNECT /chat -> 200'])
    expect(of(observations, 'http-upgrade')).toEqual([
      {
        kind: 'http-upgrade',
        time: 4000,
        tap: '',
        connection: 1,
        protocol: 'websocket',
        requestFrom: 0,
        index: 0,
        packet: 4,
        decrypted: false,
        stream: 1,
      },
    ])
    expect(of(observations, 'http-body').filter(({ from }) => from === 1)).toEqual([])
  })

  test('a request of HTTP/1 is answered on stream 1', () => {
    const upgraded: Upgraded = { asking: 0, request: null, index: 4 }
    const { observations } = tell(
      (context) => openHttp2(context, false, upgraded),
      [
        H.part(1, H.settings(), response(1, OK, true)),
        H.part(0, H.preface, H.settings(), request(3, get('/next'))),
        H.part(1, response(3, OK, true)),
      ],
    )
    expect(of(observations, 'http-transaction').map(({ index, stream }) => [index, stream])).toEqual([
      [4, 1],
      [5, 3],
    ])
  })

  test('101 Switching Protocols to h2c, in the stream of HTTP/1', () => {
    const text = (side: 0 | 1, words: string, ...frames: Octets[]) => H.part(side, H.textOf(words), ...frames)
    const { observations } = tell(openStream, [
      text(0, 'GET /first HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n'),
      text(
        1,
        'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n',
        H.settings(),
        response(1, OK, true),
      ),
      H.part(0, H.preface, H.settings(), request(3, get('/next'))),
      H.part(1, response(3, H.indexed(13), true)),
    ])
    expect(pairs(observations)).toEqual(['1: GET /first -> 200', '3: GET /next -> 404'])
    expect(of(observations, 'http-upgrade').map(({ protocol }) => protocol)).toEqual(['h2c'])
  })
})

describe('what is missing', () => {
  test('octets of a body: the frames go on, the body is incomplete', () => {
    const { observations, counted } = collect(
      ...hello,
      H.part(0, request(1, get('/'))),
      H.part(1, response(1, OK), data(1, '0123456789').slice(0, 13)),
      lost(1, 4),
      H.part(1, H.textOf('89')),
      H.part(0, request(3, get('/again'))),
      H.part(1, response(3, OK, true)),
    )
    expect(pairs(observations)).toEqual(['1: GET / -> 200', '3: GET /again -> 200'])
    const [{ body }] = of(observations, 'http-body') as [ObservationOf<'http-body'>]
    expect([body.bytes, body.missing, body.complete, body.sha256, body.excerpt]).toEqual([
      6,
      4,
      false,
      null,
      '0123',
    ])
    expect(counted).toEqual([])
  })

  test('a header block: fields that refer to it are left out, and it is said', () => {
    const block = get('/lost')
    const { observations, counted } = play(
      ...hello,
      H.part(0, request(1, block).slice(0, 9)),
      lost(0, block.length),
      H.part(0, request(3, [...H.indexed(2), ...H.indexed(7), ...H.indexed(62), ...H.plain(4, '/seen')])),
      H.part(0, request(5, [...H.indexed(2), ...H.indexed(7), ...H.indexed(63)])),
      H.part(1, response(1, OK, true), response(3, OK, true), response(5, OK, true)),
    )
    expect(pairs(observations)).toEqual(['1: ? -> 200', '3: GET /seen -> 200', '5: ? -> 200'])
    const [seen] = of(observations, 'http-request')
    expect([seen!.request.ambiguities, seen!.request.headers]).toEqual([['fields-unknown'], []])
    expect(counted).toEqual([
      'http2-header-block-lost',
      'http2-fields-unknown',
      'http2-fields-unknown',
      'http2-request-unknown',
    ])
  })

  test('frames: they are found again where a segment begins with some', () => {
    const { observations, counted } = play(
      ...hello,
      H.part(0, request(1, get('/a'))),
      lost(0, 500),
      H.part(0, [0x00, 0x17, ...H.textOf('the rest of something')]),
      H.part(0, request(9, [...H.indexed(2), ...H.indexed(7), ...H.plain(4, '/b')])),
      H.part(1, response(1, OK, true), response(9, OK, true)),
    )
    expect(pairs(observations)).toEqual(['1: GET /a -> 200', '9: GET /b -> 200'])
    expect(counted).toEqual(['http2-place-lost'])
  })

  test('the beginning: a capture that begins late', () => {
    const { observations } = tell(openStream, [
      H.part(0, H.textOf('\x99\x06 rest of a frame')),
      H.part(1, H.textOf('\x99\x06 rest of another')),
      H.part(
        0,
        request(101, [...H.indexed(2), ...H.indexed(7), ...H.indexed(70), ...H.plain(4, '/late')]),
        H.frame(H.WINDOW_UPDATE, 0, 0, H.word(5)),
      ),
      H.part(1, response(101, [...OK, ...H.indexed(66)], true), H.frame(H.PING, 1, 0, H.textOf('12345678'))),
    ])
    expect(pairs(observations)).toEqual(['101: GET /late -> 200'])
    const [seen] = of(observations, 'http-transaction')
    expect([seen!.request!.ambiguities, seen!.response!.ambiguities]).toEqual([
      ['fields-unknown'],
      ['fields-unknown'],
    ])
  })
})

describe('what is wrong', () => {
  test.each<[string, Octets, string[]]>([
    ['an upper-case name', H.plain('X-A', '1'), ['name-not-lowercase']],
    [
      'a pseudo-header field behind others',
      [...H.plain('x', 'y'), ...H.plain(':scheme', 'http')],
      ['pseudo-field-misplaced'],
    ],
    ['a field of HTTP/1 connections', H.plain('connection', 'close'), ['connection-field']],
    ['a NUL in a value', H.plain('x', 'a\0b'), ['control-octet']],
    ['another host', H.plain('host', 'other'), ['host-conflict']],
  ])('%s is marked', (_what, fields, marks) => {
    const { observations } = play(...hello, H.part(0, request(1, get('/', fields))))
    expect(of(observations, 'http-request').map((o) => o.request.ambiguities)).toEqual([marks])
  })

  test.each<[string, Octets, Octets]>([
    ['to HEAD', [...H.plain(2, 'HEAD'), ...H.indexed(7), ...H.indexed(4)], OK],
    ['that says that nothing has changed', get('/'), H.indexed(11)],
  ])('nothing of a response %s, whose content-length is that of another one', (_what, asked, status) => {
    const { observations } = collect(
      ...hello,
      H.part(0, request(1, asked)),
      H.part(1, response(1, [...status, ...H.plain(28, '700')]), data(1, '')),
    )
    expect(of(observations, 'http-transaction').map(({ response: told }) => told?.bodyBytes)).toEqual([0])
    expect(of(observations, 'http-body').map(({ ambiguities }) => ambiguities)).toEqual([[]])
  })

  test('a body that is not as long as its content-length', () => {
    const { observations } = collect(
      ...hello,
      H.part(0, request(1, get('/'))),
      H.part(1, response(1, [...OK, ...H.plain(28, '7')]), data(1, 'short')),
    )
    expect(of(observations, 'http-body').map(({ ambiguities }) => ambiguities)).toEqual([['length-differs']])
  })

  test('a malformed header block costs its table, not the connection', () => {
    const { observations, counted } = play(
      ...hello,
      H.part(0, request(1, [0x80])),
      H.part(0, request(3, get('/'))),
      H.part(1, response(3, OK, true)),
    )
    expect(pairs(observations)).toEqual(['3: GET / -> 200'])
    expect(counted).toEqual(['http2-header-block-malformed'])
  })

  test('a table larger than was allowed is counted', () => {
    const { counted } = play(
      ...hello,
      H.part(1, response(2, [...H.tableSize(4096), ...OK], true)),
      H.part(1, response(4, [...H.tableSize(8192), ...OK], true)),
    )
    expect(counted).toEqual(['http2-table-over-limit'])
  })

  test('a response on a stream that is closed says nothing', () => {
    const { observations } = play(
      ...hello,
      H.part(0, request(1, get('/')), H.frame(H.RST_STREAM, 0, 1, H.word(8))),
      H.part(1, response(1, OK, true)),
    )
    expect(pairs(observations)).toEqual(['1: GET / -> ?'])
  })
})

describe('limits', () => {
  test(`more than STREAMS_MAX streams: the oldest counts as unanswered`, () => {
    const many = Array.from({ length: STREAMS_MAX + 1 }, (_, i) => request(2 * i + 1, get(`/${i}`)))
    const { observations, counted } = play(...hello, H.part(0, ...many))
    expect(pairs(observations)[0]).toBe('1: GET /0 -> ?')
    expect(counted).toEqual(['http2-too-many-streams'])
  })

  test('a header block without end', () => {
    const piece = H.plain('x', 'y'.repeat(16_000))
    const pieces = Array.from({ length: 5 }, () => H.frame(H.CONTINUATION, 0, 1, piece))
    const { observations, counted } = play(
      ...hello,
      H.part(0, request(1, get('/'), 0), ...pieces, H.frame(H.CONTINUATION, H.END_HEADERS, 1)),
      H.part(0, request(3, get('/next'))),
    )
    expect(of(observations, 'http-request').map((o) => o.request.target)).toEqual(['/next'])
    expect(counted).toEqual(['http2-header-block-too-large'])
  })
})
