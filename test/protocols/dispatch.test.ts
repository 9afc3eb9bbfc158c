import { describe, expect, test } from 'vitest'
import { OPENING_BYTES } from '../../src/model/observation.ts'
import type { Observation, ObservationOf } from '../../src/model/observation.ts'
import { CONTINUE, DETACH, SKIP_REST } from '../../src/model/stream.ts'
import type { StreamConsumer } from '../../src/model/stream.ts'
import { NESTING_MAX, PROBE_SEGMENTS, PROBE_TURNS, openStream } from '../../src/protocols/dispatch.ts'
import { keyLog } from '../../src/protocols/tls/key-log.ts'
import { OPENING_PATIENCE } from '../../src/protocols/opening.ts'
import { contextInto, runParserCases } from './parser.case.ts'
import { client, fin, lost, server, tell } from './story.ts'
import type { Event } from './story.ts'

const play = (...events: Event[]) => tell(openStream, events)

const openings = (observations: readonly Observation[]): unknown[] =>
  observations
    .filter((o): o is ObservationOf<'opening'> => o.kind === 'opening')
    .map(({ side, text, protocol, packet, time }) => [side, text, protocol, packet, time])
const kinds = (observations: readonly Observation[]): string[] => observations.map(({ kind }) => kind)

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const PROXY = 'PROXY TCP4 10.10.1.101 10.10.2.10 40000 443\r\n'

runParserCases('dispatch to http', {
  open: openStream,
  story: [client(`${PROXY}${GET}`), server(OK), client(GET), server(OK), client(GET)],
  steady: (o) => o.kind !== 'opening',
  claims: (o) => (o.kind === 'http-request' || o.kind === 'proxy-header' ? [JSON.stringify(o)] : []),
  held: { of: (consumer) => (consumer as ReturnType<typeof openStream>).heldBytes, max: 2 * OPENING_BYTES },
  expect: (observations) =>
    expect(kinds(observations)).toEqual([
      'proxy-header',
      'opening',
      'http-request',
      'opening',
      'http-transaction',
      'http-request',
      'http-transaction',
      'http-request',
      'http-transaction',
    ]),
})

runParserCases('dispatch of what is unknown', {
  open: openStream,
  story: [
    client('DLPX\x01\0\0\0\x14{"agent":"EPA-0017"}'),
    server('\0\0ok'),
    client('more'),
    server('and more'),
  ],
  steady: () => false,
  expect: (observations) =>
    expect(openings(observations)).toEqual([
      [0, 'DLPX\x01\0\0\0\x14{"agent":"EPA-0017"}', null, 1, 2000],
      [1, '\0\0ok', null, 2, 3000],
    ]),
})

describe('openings', () => {
  test('of a known protocol are shown at once, each side its own', () => {
    const { observations } = play(client(GET), server(OK))
    expect(openings(observations)).toEqual([
      [0, GET, 'http', 1, 1000],
      [1, OK, 'http', 2, 2000],
    ])
  })

  test('cover the first segment, up to a limit', () => {
    const long = client(`GET / HTTP/1.1\r\nX: ${'x'.repeat(3000)}\r\n\r\n`)
    expect(openings(play(long).observations)).toEqual([
      [0, Buffer.from(long.bytes).toString('latin1', 0, OPENING_BYTES), 'http', 1, 1000],
    ])
    const binary = '\x01'.repeat(2000)
    const { observations } = play(client(binary))
    expect(openings(observations)).toEqual([[0, binary.slice(0, OPENING_BYTES), null, 1, 1000]])
  })

  test('of an unknown protocol are collected until the other side speaks, or the end', () => {
    expect(openings(play(client('DLPX\x01'), client('{"agent":1}'), server('\0')).observations)).toEqual([
      [0, 'DLPX\x01{"agent":1}', null, 1, 3000],
      [1, '\0', null, 3, 1_000_000],
    ])
    expect(openings(play(client('DLPX\x01'), fin(0)).observations)).toEqual([[0, 'DLPX\x01', null, 1, 2000]])
    expect(openings(play(client('DLPX\x01'), lost(0, 5), client('x')).observations)).toEqual([
      [0, 'DLPX\x01', null, 1, 2000],
    ])
  })

  test('a later message is not part of them', () => {
    const observations: Observation[] = []
    const consumer = openStream(contextInto(observations))
    consumer.data(0, Buffer.from('\x01one'), 0, 4, 0, 1)
    consumer.data(0, Buffer.from('\x01two'), 0, 4, OPENING_PATIENCE, 2)
    expect(observations).toEqual([])
    consumer.data(0, Buffer.from('\x01three'), 0, 6, OPENING_PATIENCE + 1, 3)
    expect(openings(observations)).toEqual([[0, '\x01one\x01two', null, 1, OPENING_PATIENCE + 1]])
  })

  test('a side whose first octets were not captured has none', () => {
    expect(openings(play(lost(0, 100), client('\x01rest'), server('\x02')).observations)).toEqual([
      [1, '\x02', null, 3, 1_000_000],
    ])
    expect(openings(play(client(GET), lost(1, 10), server('\x02')).observations)).toEqual([
      [0, GET, 'http', 1, 1000],
    ])
  })

  test('are shown also of what the parser then leaves', () => {
    const bad = 'GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n'
    const { observations, answers } = play(
      client(bad),
      client('more'),
      server('HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n'),
    )
    expect(openings(observations)).toHaveLength(2)
    expect(answers).toEqual([SKIP_REST, null, DETACH])
  })
})

describe('a PROXY header', () => {
  const header = {
    kind: 'proxy-header',
    tap: '',
    connection: 1,
    version: 1,
    packet: 1,
    local: false,
    family: 'inet',
    extensions: null,
  }
  const source = { address: '10.10.1.101', port: 40000 }
  const destination = { address: '10.10.2.10', port: 443 }

  test('is told and taken off, in a segment of its own or not', () => {
    const told = { ...header, time: 1000, source, destination }
    const together = play(client(`${PROXY}${GET}`), server(OK)).observations
    expect(together[0]).toEqual(told)
    expect(openings(together)[0]).toEqual([0, GET, 'http', 1, 1000])
    const apart = play(client(PROXY), client(GET), server(OK)).observations
    expect(apart[0]).toEqual(told)
    expect(openings(apart)[0]).toEqual([0, GET, 'http', 2, 2000])
    const cut = play(client(PROXY.slice(0, 9)), client(`${PROXY.slice(9)}${GET}`)).observations
    expect(cut[0]).toEqual({ ...told, time: 2000 })
    expect(openings(cut)[0]).toEqual([0, GET, 'http', 2, 2000])
  })

  test('before an unknown protocol, and before silence', () => {
    expect(openings(play(client(`${PROXY}\x01hello`), server('\x02')).observations)[0]).toEqual([
      0,
      '\x01hello',
      null,
      1,
      2000,
    ])
    expect(kinds(play(client(PROXY), fin(0)).observations)).toEqual(['proxy-header'])
  })

  test('of version 2 may be longer than its segment: the rest is not wanted', () => {
    const fixed = '\r\n\r\n\0\r\nQUIT\n\x21\x11\x08\x00\x0a\x0a\x01\x65\x0a\x0a\x02\x0a\x9c\x40\x01\xbb'
    const first = fixed.padEnd(OPENING_BYTES, '\xf0\0\0')
    const { observations, answers } = play(
      client(first),
      client(`${'t'.repeat(2064 - first.length)}${GET}`),
      server(OK),
    )
    const extensions = expect.objectContaining({ cut: true }) as unknown
    expect(observations[0]).toEqual({ ...header, version: 2, time: 1000, source, destination, extensions })
    expect(answers[0]).toBe(2064 - first.length)
    expect(openings(observations)).toHaveLength(2)
    expect(kinds(observations)).toContain('http-transaction')
  })

  test('that only seems to begin is not taken off', () => {
    const { observations } = play(client('PROX'), client('IMATE /x HTTP/1.1\r\n\r\n'), server(OK))
    expect(openings(observations)[0]).toEqual([0, 'PROXIMATE /x HTTP/1.1\r\n\r\n', 'http', 1, 2000])
    expect(kinds(observations)).toContain('http-transaction')
  })
})

describe('what only the port can tell', () => {
  const onPort = (port: number, ...events: Event[]): string[] =>
    kinds(
      tell((context) => openStream({ ...context, responder: { address: '192.0.2.2', port } }), events)
        .observations,
    )
  const query = '\0\x1b\0\x01\x01\0\0\x01\0\0\0\0\0\0\x01a\x07example\0\0\x01\0\x01'
  const response = query.replace('\0\x01\x01\0', '\0\x01\x81\x80')

  test.each([
    ['a refusal of SMTP', 25, [server('421 4.3.2 no\r\n'), fin(1)], ['smtp-reply', 'smtp-session']],
    ['the same elsewhere', 8000, [server('421 4.3.2 no\r\n'), fin(1)], []],
    ['DNS over TCP', 53, [client(query), server(response)], ['dns-answer']],
    [
      'the same, one octet first',
      53,
      [client('\0'), client(query.slice(1)), server(response)],
      ['dns-answer'],
    ],
    ['the same elsewhere', 8000, [client(query), server(response)], []],
  ])('%s, on port %i', (_what, port, events, expected) =>
    expect(onPort(port, ...events).filter((kind) => kind !== 'opening')).toEqual(expected),
  )
})

describe('recognition', () => {
  test('SMTP is known by its greeting, or by the client where the greeting does not say', () => {
    const banner = '220 mx ESMTP\r\n'
    const { observations } = play(server(banner), client('EHLO a\r\n'))
    expect(openings(observations)).toEqual([
      [1, banner, 'smtp', 1, 1000],
      [0, 'EHLO a\r\n', 'smtp', 2, 2000],
    ])
    expect(openings(play(server('220 mx\r\n'), client('EHLO a\r\n')).observations)).toEqual([
      [1, '220 mx\r\n', 'smtp', 1, 2000],
      [0, 'EHLO a\r\n', 'smtp', 2, 2000],
    ])
    expect(
      openings(play(server('220 ftp\r\n'), client('USER a\r\n'), server('331 ok\r\n')).observations),
    ).toEqual([
      [1, '220 ftp\r\n', null, 1, 2000],
      [0, 'USER a\r\n', null, 2, 3000],
    ])
  })

  test('TLS after STARTTLS is still found', () => {
    const { observations } = play(
      server('220 mx ESMTP\r\n'),
      client('EHLO a\r\n'),
      server('250 STARTTLS\r\n'),
      client('STARTTLS\r\n'),
      server('220 go\r\n'),
      client('\x15\x03\x01\x00\x02\x02\x28'),
    )
    expect(kinds(observations).filter((kind) => !kind.startsWith('smtp'))).toEqual([
      'opening',
      'opening',
      'tls-alert',
    ])
  })

  test('a capture that begins inside a body finds the next message', () => {
    const { observations } = play(
      server('in the middle of a body'),
      server('and more'),
      client(GET),
      server(OK),
    )
    expect(kinds(observations)).toEqual(['opening', 'opening', 'http-request', 'http-transaction'])
    const long = Array.from({ length: PROBE_SEGMENTS + 5 }, () => server('more of it'))
    expect(kinds(play(...long, client(GET), server(OK)).observations)).toContain('http-transaction')
  })

  test('a response after the body of a request that began before the capture', () => {
    const { observations } = play(client('end of a body'), server(OK), client(GET), server(OK))
    const http = observations.filter(
      (o): o is ObservationOf<'http-transaction'> => o.kind === 'http-transaction',
    )
    expect(http.map(({ request, response }) => [request?.target ?? null, response?.status])).toEqual([
      [null, 200],
      ['/', 200],
    ])
  })

  test('the first segment behind a gap is not taken for a whole one', () => {
    const { observations } = play(lost(0, 1), client('OST /x HTTP/1.1\r\n\r\n'), client(GET), server(OK))
    const http = observations.filter((o): o is ObservationOf<'http-request'> => o.kind === 'http-request')
    expect(http.map(({ request }) => request.method)).toEqual(['GET'])
  })

  test('what is never recognised is left after so many turns', () => {
    const turns = Array.from({ length: PROBE_TURNS + 10 }, (_, i) =>
      i % 2 === 0 ? client('\x01a') : server('\x02b'),
    )
    const { answers, observations } = play(...turns)
    expect(answers).toEqual([...Array<number>(PROBE_TURNS).fill(CONTINUE), DETACH])
    expect(openings(observations)).toHaveLength(2)
  })

  test('in one turn only the first segments are tried', () => {
    const { observations } = play(
      ...Array.from({ length: PROBE_SEGMENTS + 1 }, () => client('\x01'.repeat(1460))),
      client(GET),
    )
    expect(kinds(observations)).toEqual(['opening'])
  })
})

describe('handing over', () => {
  test('the octets that were held come with what follows them, and the answer counts', () => {
    const head = 'POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\n'
    const { observations, answers } = play(
      client(head.slice(0, 5)),
      client(`${head.slice(5)}abc`),
      client(`defghij${GET}`),
    )
    expect(answers).toEqual([CONTINUE, 7, CONTINUE])
    expect(kinds(observations).filter((kind) => kind === 'http-request')).toHaveLength(2)
  })

  test('the other side had begun something that may belong to it', () => {
    const { observations } = play(client('GE'), server(OK), client('T /x HTTP/1.1\r\n\r\n'))
    const request = observations.find((o): o is ObservationOf<'http-request'> => o.kind === 'http-request')
    expect(request?.request).toMatchObject({ method: 'GET', target: '/x', packet: 3 })
  })

  test('a segment larger than what is held: nothing of it is lost', () => {
    const body = 'x'.repeat(5000)
    const { observations, answers } = play(
      client('PO'),
      client(`ST / HTTP/1.1\r\nContent-Length: 6000\r\n\r\n${body}`),
    )
    expect(answers).toEqual([CONTINUE, 1000])
    expect(kinds(observations)).toEqual(['opening', 'http-request', 'http-transaction'])
  })

  test('afterwards it is only a way through: the same buffer, the same answer', () => {
    const consumer = openStream(contextInto([]))
    const bytes = Buffer.from(`..${GET}POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n`)
    expect(consumer.data(0, bytes, 2, bytes.length, 1, 1)).toBe(9)
    expect(consumer.heldBytes).toBe(0)
  })
})

test('observations never run backwards, though octets that waited are older', () => {
  const observations: Observation[] = []
  const consumer = openStream(contextInto(observations))
  const send = (side: 0 | 1, text: string, time: number): number => {
    const bytes = Buffer.from(text)
    return consumer.data(side, bytes, 0, bytes.length, time, time)
  }
  send(0, GET.slice(0, 10), 50)
  send(0, GET.slice(10), 20)
  send(1, OK, 40)
  expect(observations.map(({ time }) => time)).toEqual([50, 50, 50, 50])
  expect(observations.find((o) => o.kind === 'http-request')).toMatchObject({
    request: { time: 20, packet: 20 },
  })
})

test('streams inside streams are followed only so deep', () => {
  const events: Event[] = []
  for (let i = 0; i < NESTING_MAX + 2; i++)
    events.push(client('CONNECT a:1 HTTP/1.1\r\n\r\n'), server('HTTP/1.1 200 x\r\n\r\n'))
  const { observations, counted, answers } = play(...events)
  expect(kinds(observations).filter((kind) => kind === 'http-request')).toHaveLength(NESTING_MAX + 1)
  expect(counted).toEqual(['nested-too-deep'])
  expect(answers.at(-1)).toBe(DETACH)
  expect(kinds(observations).filter((kind) => kind === 'opening')).toHaveLength(2)
})

test('secrets reach the parsers, also those inside', () => {
  const asked: string[] = []
  const secrets = { ...keyLog(), secretOf: (label: string) => void asked.push(label) }
  const consumer: StreamConsumer = openStream(contextInto([], secrets))
  const hello = Buffer.from(CLIENT_HELLO, 'hex')
  consumer.data(0, hello, 0, hello.length, 1, 1)
  const answer = Buffer.from(SERVER_HELLO, 'hex')
  consumer.data(1, answer, 0, answer.length, 2, 2)
  expect(asked.length).toBeGreaterThan(0)
})

/** RFC 8448 §3: ClientHello and ServerHello records. */
const CLIENT_HELLO = [
  '16030100c4010000c00303cb34ecb1e78163ba1c38c6dacb196a6dffa21a8d9912ec18a2ef6283024dece700000613011303',
  '1302010000910000000b0009000006736572766572ff01000100000a00140012001d00170018001901000101010201030104',
  '00230000003300260024001d002099381de560e4bd43d23d8e435a7dbafeb3c06e51c13cae4d5413691e529aaf2c002b0003',
  '020304000d0020001e040305030603020308040805080604010501060102010402050206020202002d00020101001c000240',
  '01',
].join('')
const SERVER_HELLO = [
  '160303005a020000560303a6af06a4121860dc5e6e60249cd34c95930c8ac5cb1434dac155772ed3e2692800130100002e00',
  '330024001d0020c9828876112095fe66762bdbf7c672e156d6cc253b833df1dd69b1b04e751f0f002b00020304',
].join('')
