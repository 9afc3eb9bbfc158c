import { describe, expect, test } from 'vitest'
import type { Observation, ObservationOf } from '../../../src/model/observation.ts'
import { CONTINUE, DETACH, SKIP_REST } from '../../../src/model/stream.ts'
import type { StreamConsumer, StreamContext } from '../../../src/model/stream.ts'
import { HEADER_LINES_MAX } from '../../../src/protocols/http/header-lines.ts'
import { HEAD_BYTES_MAX } from '../../../src/protocols/http/message-reader.ts'
import { PENDING_MAX } from '../../../src/protocols/http/pairing.ts'
import { INTERIM_MAX } from '../../../src/protocols/http/message.ts'
import { openHttp } from '../../../src/protocols/http/parser.ts'
import { runParserCases } from '../parser.case.ts'
import { client, fin, lost, server, tell } from '../story.ts'
import type { Event } from '../story.ts'

/** What a tunnel carries, written down. */
const tunnel = (log: string[]): StreamConsumer => ({
  data: (side, bytes, start, end) => (
    log.push(`${side} ${Buffer.from(bytes.subarray(start, end)).toString()}`),
    CONTINUE
  ),
  gap: (side, length) => (log.push(`${side} gap ${length}`), CONTINUE),
  end: (side) => void log.push(`${side} end`),
  close: () => void log.push('close'),
})

const open = (context: StreamContext) => openHttp(context, () => tunnel([]))
const play = (...events: Event[]) => tell(open, events)

const transactions = (observations: readonly Observation[]) =>
  observations.filter((o): o is ObservationOf<'http-transaction'> => o.kind === 'http-transaction')

/** `method target -> status`, with `?` for what was not seen. */
const pairs = (observations: readonly Observation[]): string[] =>
  transactions(observations).map(({ request, response }) => {
    const asked = request === null ? '?' : `${request.method} ${request.target}`
    return `${asked} -> ${response === null ? '?' : response.status}`
  })

const get = (target: string, more = '') => client(`GET ${target} HTTP/1.1\r\nHost: a\r\n${more}\r\n`)
const ok = (body: string, more = '') =>
  server(`HTTP/1.1 200 OK\r\n${more}Content-Length: ${body.length}\r\n\r\n${body}`)

/** One turn after the other, every way of framing. */
const CONVERSATION = [
  client('POST /spipe/pkg?AgentGuid={1} HTTP/1.1\r\nHost: epo\r\nContent-Length: 5\r\n\r\n\xfa\xe5abc'),
  server('HTTP/1.1 100 Continue\r\nSet-Cookie: early=1\r\n\r\n'),
  ok('hello', 'Set-Cookie: ovidCookie=1; Path=/\r\nset-cookie: BIGipServerp=1677787402.20480.0000\r\n'),
  client('\r\nHEAD /head HTTP/1.1\r\nHost: a\r\n\r\n'),
  server('HTTP/1.1 200 OK\r\nContent-Length: 4711\r\n\r\n'),
  client(
    'PUT /chunks HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n' +
      '3;x=y\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\nT: u\r\n\r\n',
  ),
  server(
    'HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\nX-Fold: a\r\n b\r\n\r\n5\r\nHTTP/\r\n0\r\n\r\n',
  ),
  get('/not-modified'),
  server('HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n'),
  client('CHECK_IN /custom HTTP/1.0\nX: \xe9\n\n'),
  server('HTTP/1.1 204 No Content\r\n\r\n'),
  get('/last'),
  server('HTTP/1.0 200 OK\r\nConnection: close\r\n\r\nuntil the end'),
]
const CONVERSATION_PAIRS = [
  'POST /spipe/pkg?AgentGuid={1} -> 200',
  'HEAD /head -> 200',
  'PUT /chunks -> 201',
  'GET /not-modified -> 304',
  'CHECK_IN /custom -> 204',
  'GET /last -> 200',
]

const claims = (o: Observation): string[] => {
  if (o.kind === 'http-request') return [JSON.stringify(o.request)]
  if (o.kind !== 'http-transaction') return []
  // Without its request, a response with a declared length may or may not have a body.
  // Without the request's method, nor whether its end is stated can be told.
  const response = o.response && {
    ...(JSON.parse(JSON.stringify(o.response)) as object),
    bodyBytes: undefined,
    ambiguities: undefined,
  }
  const seen = [o.request, response, ...o.interim]
    .filter((message) => message !== null)
    .map((m) => JSON.stringify(m))
  return o.request !== null && o.response !== null ? [...seen, pairs([o])[0]!] : seen
}
const held = {
  of: (consumer: StreamConsumer) => (consumer as ReturnType<typeof open>).heldBytes,
  max: 2 * HEAD_BYTES_MAX,
}

runParserCases('http in turns', {
  open,
  story: CONVERSATION,
  claims,
  held,
  expect(observations) {
    expect(pairs(observations)).toEqual(CONVERSATION_PAIRS)
    expect(observations.filter(({ kind }) => kind === 'http-request')).toHaveLength(6)
  },
})

runParserCases('http pipelined', {
  open,
  story: [
    client('GET /1 HTTP/1.1\r\n\r\nPOST /2 HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcHEAD /3 HTTP/1.1\r\n\r\n'),
    server('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n'),
    client('GET /4 HTTP/1.1\r\n\r\n'),
    server('HTTP/1.1 302 x\r\nContent-Length: 9\r\n\r\nHTTP/1.1 500 x\r\nContent-Length: 0\r\n\r\n'),
  ],
  // Which response answers which request is not claimed: a client that pipelines and a gap make it uncertain.
  claims: (o) => claims(o).filter((claim) => !claim.includes(' -> ')),
  held,
  expect: (observations) =>
    expect(pairs(observations)).toEqual([
      'GET /1 -> 200',
      'POST /2 -> 404',
      'HEAD /3 -> 302',
      'GET /4 -> 500',
    ]),
})

runParserCases('http where response heads are not wanted', {
  open: (context) => {
    const wants = { openings: true, fingerprints: true, alerts: true, responseHeads: false }
    return openHttp({ ...context, wants }, () => tunnel([]))
  },
  story: CONVERSATION,
  claims,
  held,
  expect(observations) {
    const told = transactions(observations)
    expect(pairs(observations)).toEqual(CONVERSATION_PAIRS)
    expect(told.map(({ request }) => request!.headers.length)).toEqual([2, 1, 1, 1, 1, 1])
    // The third is folded, and has to be taken apart anyway.
    expect(told.map(({ response }) => response!.headers.length)).toEqual([3, 0, 2, 0, 0, 0])
    expect(told[0]!.response!.setCookieNames).toEqual(['ovidCookie', 'BIGipServerp'])
  },
})

describe('what is told', () => {
  test('a request when its head is complete, a transaction when the head of its response is', () => {
    const { observations, answers } = play(
      client('POST /a HTTP/1.1\r\nHost: b\r\nContent-Length: 100\r\n\r\nfirst'),
      server('HTTP/1.1 200 OK\r\nContent-Length: 100000\r\nSet-Cookie: a=1\r\n\r\n12345'),
    )
    const headers = [
      { name: 'Host', value: 'b' },
      { name: 'Content-Length', value: '100' },
    ]
    const request = {
      method: 'POST',
      target: '/a',
      version: '1.1',
      headers,
      time: 1000,
      packet: 1,
      bodyBytes: 100,
    }
    const on = { tap: '', connection: 1, requestFrom: 0, index: 0, decrypted: false }
    const response = {
      status: 200,
      version: '1.1',
      headers: [
        { name: 'Content-Length', value: '100000' },
        { name: 'Set-Cookie', value: 'a=1' },
      ],
      time: 2000,
      packet: 2,
      bodyBytes: 100_000,
      setCookieLines: 1,
      setCookies: [{ name: 'a', line: 'a=1' }],
    }
    expect(observations).toMatchObject([
      { kind: 'http-request', time: 1000, ...on, request },
      { kind: 'http-transaction', time: 2000, ...on, request, response, interim: [] },
    ])
    expect(answers).toEqual([95, 99_995])
  })

  test('bodies of known length are not wanted; chunk by chunk neither; until the close nothing is', () => {
    const { answers } = play(
      get('/1'),
      server('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFF\r\nabc'),
      server(`${'x'.repeat(252)}\r\n`),
      server('0\r\n\r\n'),
      get('/2'),
      server('HTTP/1.1 200 OK\r\n\r\nabc'),
    )
    expect(answers).toEqual([CONTINUE, 252, CONTINUE, CONTINUE, CONTINUE, SKIP_REST])
  })

  test('interim responses stand in their transaction if they set cookies', () => {
    const { observations } = play(
      get('/'),
      server('HTTP/1.1 100 Continue\r\n\r\n'),
      server('HTTP/1.1 103 Early Hints\r\nSet-Cookie: a=1\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n'),
      ok('x'),
    )
    const [transaction] = transactions(observations)
    expect(transaction!.interim).toMatchObject([
      {
        status: 103,
        version: '1.1',
        headers: [{ name: 'Set-Cookie', value: 'a=1' }],
        time: 3000,
        packet: 3,
        bodyBytes: 0,
        setCookieLines: 1,
      },
    ])
    expect(transaction!.response!.status).toBe(200)
  })

  test('inside TLS it says so; a server may be the originator', () => {
    const turned = [ok('late'), get('/')].map(({ side, bytes }) => ({ side: (1 - side) as 0 | 1, bytes }))
    const { observations } = tell((context) => openHttp(context, () => tunnel([]), true), turned)
    expect(
      observations.map((o) => 'requestFrom' in o && [o.kind, o.decrypted, o.requestFrom, o.index]),
    ).toEqual([
      ['http-transaction', true, 1, 0],
      ['http-request', true, 1, 1],
      ['http-transaction', true, 1, 1],
    ])
  })

  test('requests behind a response that ends with the connection have no answer', () => {
    const { observations } = play(
      get('/1'),
      get('/2'),
      server('HTTP/1.1 200 OK\r\n\r\n'),
      server('all the rest'),
    )
    expect(transactions(observations).map(({ time, request }) => [request!.target, time])).toEqual([
      ['/1', 3000],
      ['/2', 3000],
    ])
  })

  test('requests without an answer when the server ends, or when all ends', () => {
    expect(pairs(play(get('/1'), fin(1), get('/2')).observations)).toEqual(['GET /1 -> ?', 'GET /2 -> ?'])
    const { observations } = play(get('/1'), fin(0))
    expect(transactions(observations)[0]).toMatchObject({
      time: 1_000_000,
      request: { target: '/1' },
      response: null,
    })
    expect(pairs(play(get('/1'), fin(0), ok('x')).observations)).toEqual(['GET /1 -> 200'])
  })
})

describe('responses whose request was not seen', () => {
  test('are told with request null', () => {
    expect(pairs(play(ok('abc'), get('/2'), ok('d')).observations)).toEqual(['? -> 200', 'GET /2 -> 200'])
  })

  test('may have answered a HEAD: what follows shows it', () => {
    const head = server('HTTP/1.1 200 OK\r\nContent-Length: 300\r\n\r\n')
    expect(pairs(play(head, server('HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n')).observations)).toEqual([
      '? -> 200',
      '? -> 404',
    ])
    expect(play(head, server('HTML')).answers).toEqual([CONTINUE, 296])
    const chunked = server('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
    expect(pairs(play(chunked, server('HTTP/1.1 404 No\r\n\r\n')).observations)).toEqual([
      '? -> 200',
      '? -> 404',
    ])
    expect(play(chunked, server('FFFF\r\nab')).answers).toEqual([CONTINUE, 0xfffd])
  })

  test('a body that looks like a beginning in its first octets is still a body', () => {
    const { observations } = play(
      server('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n'),
      server('HT'),
      server('TP/2HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n'),
    )
    expect(pairs(observations)).toEqual(['? -> 200', '? -> 404'])
  })
})

describe('gaps', () => {
  test('inside a body of known length just count', () => {
    const { observations, counted } = play(
      get('/1'),
      server('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nabc'),
      lost(1, 900),
      server('x'.repeat(97)),
      get('/2'),
      ok('d'),
    )
    expect(pairs(observations)).toEqual(['GET /1 -> 200', 'GET /2 -> 200'])
    expect(counted).toEqual([])
  })

  test('elsewhere cost the place: the next segment that begins a message finds it again', () => {
    const { observations, counted } = play(
      get('/1'),
      server('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'),
      lost(1, 10),
      server('HTTP/1.1 is what this page is about'),
      server('and HTTP/1.1 200 OK does not count inside a segment\r\nHTTP/1.1 200 OK\r\n\r\n'),
      get('/2'),
      ok('d'),
    )
    expect(pairs(observations)).toEqual(['GET /1 -> 200', 'GET /2 -> 200'])
    expect(counted).toEqual(['http-place-lost'])
  })

  test('a place that was lost is lost once, however much is missing behind it', () => {
    const { observations, counted } = play(
      get('/1'),
      lost(1, 90),
      server('and more of a page'),
      lost(1, 10),
      get('/2'),
      ok('x'),
    )
    expect(pairs(observations)).toEqual(['GET /1 -> ?', 'GET /2 -> 200'])
    expect(counted).toEqual(['http-place-lost'])
  })

  test('a lost response leaves its request without an answer, not with the next one', () => {
    expect(pairs(play(get('/1'), lost(1, 90), get('/2'), ok('x')).observations)).toEqual([
      'GET /1 -> ?',
      'GET /2 -> 200',
    ])
    // The same if the gap shows only later.
    expect(pairs(play(get('/1'), get('/2'), lost(1, 90), ok('x')).observations)).toEqual([
      'GET /1 -> ?',
      'GET /2 -> 200',
    ])
  })

  test('a lost request leaves its response without a question', () => {
    const { observations } = play(get('/1'), ok('a'), lost(0, 50), ok('b'), get('/3'), ok('c'))
    expect(pairs(observations)).toEqual(['GET /1 -> 200', '? -> 200', 'GET /3 -> 200'])
  })

  test('on both sides: what cannot be told is not told', () => {
    const { observations } = play(get('/1'), lost(1, 90), lost(0, 50), ok('b'), get('/3'), ok('c'))
    expect(pairs(observations)).toEqual(['GET /1 -> ?', '? -> 200', 'GET /3 -> 200'])
  })

  test('and a client that pipelines: pairing is given up', () => {
    const burst = [get('/1'), get('/2'), get('/3'), ok('a')]
    const missed = play(...burst, lost(1, 90), ok('c'), get('/4'), ok('d'))
    expect(pairs(missed.observations)).toEqual([
      'GET /1 -> 200',
      'GET /2 -> ?',
      'GET /3 -> ?',
      '? -> 200',
      'GET /4 -> ?',
      '? -> 200',
    ])
    expect(missed.counted).toEqual(['http-place-lost', 'http-pairing-lost'])
    const unasked = play(...burst, lost(0, 90), get('/5'), ok('b'), ok('c'), ok('d'))
    expect(pairs(unasked.observations)).toEqual([
      'GET /1 -> 200',
      'GET /2 -> 200',
      'GET /3 -> 200',
      'GET /5 -> ?',
      '? -> 200',
    ])
    expect(unasked.counted).toEqual(['http-place-lost', 'http-pairing-lost'])
  })
})

describe('where HTTP ends', () => {
  test('101: the parse ends, unanswered requests are told', () => {
    const { observations, answers } = play(
      get('/ws', 'Upgrade: websocket\r\n'),
      get('/never'),
      server('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x05hello'),
    )
    expect(pairs(observations)).toEqual(['GET /ws -> 101', 'GET /never -> ?'])
    expect(answers.at(-1)).toBe(DETACH)
  })

  test('CONNECT: what the tunnel carries goes to the inner consumer', () => {
    const log: string[] = []
    const connect = client('CONNECT epo:443 HTTP/1.1\r\nContent-Length: 7\r\n\r\n')
    const { observations } = tell(
      (context) => openHttp(context, () => tunnel(log)),
      [
        connect,
        server('HTTP/1.1 407 Who are you\r\nContent-Length: 2\r\n\r\nno'),
        connect,
        client('early'),
        lost(0, 3),
        server('HTTP/1.1 200 Go\r\nContent-Length: 7\r\n\r\nhello'),
        client('GET / HTTP/1.1\r\n\r\n'),
        lost(1, 4),
        fin(0),
      ],
    )
    expect(pairs(observations)).toEqual(['CONNECT epo:443 -> 407', 'CONNECT epo:443 -> 200'])
    expect(log).toEqual(['0 gap 8', '1 hello', '0 GET / HTTP/1.1\r\n\r\n', '1 gap 4', '0 end', 'close'])
  })

  test('a length that two readers would tell differently ends the half', () => {
    const { observations, counted, answers } = play(
      client('POST /1 HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef'),
      ok('a'),
      ok('b'),
    )
    expect(pairs(observations)).toEqual(['POST /1 -> 200', '? -> 200'])
    expect(counted).toEqual(['http-length-ambiguous'])
    expect(answers[0]).toBe(SKIP_REST)
    const half = play(get('/1'), server('HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nabcde'), get('/2'))
    expect(pairs(half.observations)).toEqual(['GET /1 -> 200', 'GET /2 -> ?'])
  })

  test('both sides ask: who began keeps the part', () => {
    const { observations, counted } = play(get('/1'), server('GET /2 HTTP/1.1\r\n\r\n'), ok('a'))
    expect(pairs(observations)).toEqual(['GET /1 -> 200'])
    expect(counted).toEqual(['http-place-lost'])
  })

  test('both halves over: nothing more is wanted', () => {
    const bad = (text: string) => `${text}A: b\r\nContent-Length: x\r\n\r\n`
    const { answers } = play(client(bad('POST / HTTP/1.1\r\n')), server(bad('HTTP/1.1 200 OK\r\n')))
    expect(answers).toEqual([SKIP_REST, DETACH])
  })

  test('octets that begin no message cost the place', () => {
    const { observations, counted } = play(get('/1'), client('nonsense, by all means'), get('/2'), ok('a'))
    expect(counted).toEqual(['http-place-lost'])
    expect(pairs(observations)).toEqual(['GET /1 -> 200', 'GET /2 -> ?'])
  })
})

describe('limits', () => {
  const open1 = (...events: Event[]) => play(...events)

  test('a head that is too large ends the half, in one segment or in many', () => {
    const line = `X: ${'x'.repeat(1000)}\r\n`
    const large = `GET / HTTP/1.1\r\n${line.repeat(70)}\r\n`
    for (const events of [
      [client(large)],
      [...large.matchAll(/[^]{1,1460}/g)].map(([part]) => client(part)),
    ]) {
      const { observations, counted, answers } = open1(...events)
      expect(observations).toEqual([])
      expect(counted).toEqual(['http-head-too-large'])
      expect(answers).toContain(SKIP_REST)
    }
    const fits = `GET / HTTP/1.1\r\n${line.repeat(60)}\r\n`
    expect(transactions(open1(client(fits)).observations)[0]!.request!.headers).toHaveLength(60)
  })

  test('a head without end is not kept beyond its limit', () => {
    const consumer = open({ ...contextless(), emit: () => {} })
    const part = Buffer.from(`GET / HTTP/1.1\r\n${'X: y\r\n'.repeat(1000)}`)
    for (let i = 0; i < 30; i++) {
      consumer.data(0, part, i === 0 ? 0 : 16, part.length, i, i)
      expect(consumer.heldBytes).toBeLessThanOrEqual(HEAD_BYTES_MAX)
    }
    expect(consumer.heldBytes).toBe(0)
  })

  test('too many header lines end the half', () => {
    const { counted } = play(client(`GET / HTTP/1.1\r\n${'A: b\r\n'.repeat(HEADER_LINES_MAX + 1)}\r\n`))
    expect(counted).toEqual(['http-too-many-header-lines'])
  })

  test('too many requests without an answer: pairing is given up, requests are still told', () => {
    const { observations, counted } = play(
      ...Array.from({ length: PENDING_MAX + 3 }, (_, i) => get(`/${i}`)),
      ok('x'),
    )
    expect(counted).toEqual(['http-pairing-lost'])
    expect(pairs(observations)).toEqual([
      ...Array.from({ length: PENDING_MAX + 3 }, (_, i) => `GET /${i} -> ?`),
      '? -> 200',
    ])
  })

  test('too many interim responses are counted', () => {
    const interim = server('HTTP/1.1 103 x\r\nSet-Cookie: a=1\r\n\r\n')
    const { observations, counted } = play(
      get('/'),
      ...Array.from({ length: INTERIM_MAX + 2 }, () => interim),
      ok(''),
    )
    expect(transactions(observations)[0]!.interim).toHaveLength(INTERIM_MAX)
    expect(counted).toEqual(['http-too-many-interim-responses', 'http-too-many-interim-responses'])
  })
})

function contextless(): Omit<StreamContext, 'emit'> {
  const endpoint = { address: '192.0.2.1', port: 1 }
  return { tap: '', connection: 1, originator: endpoint, responder: endpoint }
}
