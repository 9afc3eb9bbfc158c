/**
 * The decoder against two others: http-parser-js, on made-up conversations, and node:http, on what it really
 * sends through a loopback socket. Where ours differs on purpose, the difference is listed and both
 * behaviours are checked.
 */
import fc from 'fast-check'
import http, { createServer, request as ask } from 'node:http'
import type { IncomingMessage, RequestOptions } from 'node:http'
import { connect, createServer as createRelay } from 'node:net'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { HTTPParser } from 'http-parser-js'
import { describe, expect, test } from 'vitest'
import type { HeaderLine } from '../../../src/model/http.ts'
import type { Observation, ObservationOf } from '../../../src/model/observation.ts'
import { openHttp } from '../../../src/protocols/http/parser.ts'
import type { StoryPart } from '../parser.case.ts'
import { client, server, tell } from '../story.ts'

const open = (context: Parameters<typeof openHttp>[0]) => openHttp(context, () => expect.unreachable())
const transactions = (observations: readonly Observation[]) =>
  observations.filter((o): o is ObservationOf<'http-transaction'> => o.kind === 'http-transaction')
const flat = (headers: readonly HeaderLine[]): string[] => headers.flatMap(({ name, value }) => [name, value])

interface OracleHead {
  readonly headers: string[]
  readonly method: number
  readonly url: string
  readonly statusCode: number
}

/**
 * What http-parser-js makes of one direction. `bodiless[i]`: it is told that message i has no body, as it
 * cannot know.
 */
function oracle(
  type: 'REQUEST' | 'RESPONSE',
  bytes: Uint8Array,
  bodiless: readonly boolean[] = [],
): OracleHead[] | Error {
  const heads: OracleHead[] = []
  const parser = new HTTPParser(type)
  parser[HTTPParser.kOnHeadersComplete] = (head: OracleHead) => {
    heads.push({ ...head, headers: [...head.headers] })
    return bodiless[heads.length - 1] === true ? 1 : 0
  }
  const done = parser.execute(Buffer.from(bytes))
  return done instanceof Error ? done : heads
}

describe('http-parser-js reads the same', () => {
  const token = fc
    .stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,12}$/)
    .filter((name) => !/^(?:content-length|transfer-encoding|connection|upgrade)$/i.test(name))
  const value = fc.stringMatching(/^[!-~](?:[ -~]{0,40}[!-~])?$/)
  const header = fc.tuple(fc.oneof(token, fc.constantFrom('Set-Cookie', 'set-cookie', 'Cookie')), value)
  const body = fc.record({
    octets: fc.string({
      unit: fc.constantFrom('a', '\r\n', 'HTTP/1.1 200 OK\r\n\r\n', 'GET / HTTP/1.1\r\n\r\n', '0\r\n\r\n'),
      maxLength: 12,
    }),
    chunks: fc.option(fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 4 })),
    extension: fc.constantFrom('', ';a=b', ';q="x y"'),
    trailer: fc.constantFrom('', 'X-Trailer: y\r\n'),
  })
  const exchange = fc.record({
    method: fc.constantFrom('GET', 'POST', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'),
    target: fc.stringMatching(/^\/[!-~]{0,30}$/),
    asked: fc.array(header, { maxLength: 5 }),
    question: fc.option(body, { nil: null }),
    status: fc.constantFrom(200, 201, 204, 302, 304, 404, 500),
    told: fc.array(header, { maxLength: 6 }),
    answer: body,
  })
  type Exchange = typeof exchange extends fc.Arbitrary<infer T> ? T : never
  type Body = Exchange['answer']

  function framed({ octets, chunks, extension, trailer }: Body): [string, string] {
    if (chunks === null) return [`Content-Length: ${octets.length}\r\n`, octets]
    let text = ''
    let at = 0
    for (const size of chunks) {
      const part = octets.slice(at, (at += size))
      if (part !== '') text += `${part.length.toString(16)}${extension}\r\n${part}\r\n`
    }
    return ['transfer-encoding: chunked\r\n', `${text}0\r\n${trailer}\r\n`]
  }
  const lines = (headers: [string, string][]): string =>
    headers.map(([name, text]) => `${name}: ${text}\r\n`).join('')
  const isBodiless = ({ method, status }: Exchange): boolean =>
    method === 'HEAD' || status === 204 || status === 304

  function written(e: Exchange): [string, string] {
    const [askedHow, question] = e.question === null ? ['', ''] : framed(e.question)
    const [toldHow, answer] = framed(e.answer)
    const asking = `${e.method} ${e.target} HTTP/1.1\r\n${lines(e.asked)}${askedHow}\r\n${question}`
    return [asking, `HTTP/1.1 ${e.status} x\r\n${lines(e.told)}${toldHow}\r\n${isBodiless(e) ? '' : answer}`]
  }

  const cut = (text: string, side: 0 | 1, size: number): StoryPart[] =>
    Array.from({ length: Math.ceil(text.length / size) }, (_, i) =>
      (side === 0 ? client : server)(text.slice(i * size, (i + 1) * size)),
    )

  test.each(['in turns', 'pipelined'])('%s', (manner) => {
    const conversation = fc.array(exchange, { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(conversation, fc.integer({ min: 1, max: 400 }), (exchanges, size) => {
        const texts = exchanges.map(written)
        const asked = texts.map(([asking]) => asking).join('')
        const told = texts.map(([, telling]) => telling).join('')
        const story =
          manner === 'pipelined'
            ? [...cut(asked, 0, size), ...cut(told, 1, size)]
            : texts.flatMap(([asking, telling]) => [...cut(asking, 0, size), ...cut(telling, 1, size)])
        const seen = transactions(tell(open, story).observations)
        const requests = oracle('REQUEST', Buffer.from(asked)) as OracleHead[]
        const responses = oracle('RESPONSE', Buffer.from(told), exchanges.map(isBodiless)) as OracleHead[]
        expect(seen.map(({ request }) => [request!.target, flat(request!.headers)])).toEqual(
          requests.map(({ url, headers }) => [url, headers]),
        )
        expect(seen.map(({ response }) => [response!.status, flat(response!.headers)])).toEqual(
          responses.map(({ statusCode, headers }) => [statusCode, headers]),
        )
        expect(seen.map(({ request }) => request!.method)).toEqual(exchanges.map(({ method }) => method))
      }),
      { numRuns: 150 },
    )
  })
})

describe('http-parser-js reads otherwise, on purpose', () => {
  const ours = (...story: StoryPart[]) => transactions(tell(open, story).observations)

  test('a space before the colon: it loses the Set-Cookie, here it is kept', () => {
    const text = 'HTTP/1.1 200 OK\r\nSet-Cookie : a=b\r\nContent-Length: 0\r\n\r\n'
    expect((oracle('RESPONSE', Buffer.from(text)) as OracleHead[])[0]!.headers).toEqual([
      'Content-Length',
      '0',
    ])
    expect(flat(ours(server(text))[0]!.response!.headers)).toEqual([
      'Set-Cookie',
      'a=b',
      'Content-Length',
      '0',
    ])
  })

  test('after HEAD, and a 304 with a length: it swallows the next response unless it is told', () => {
    const next = 'HTTP/1.1 404 x\r\nContent-Length: 0\r\n\r\n'
    for (const [method, status] of [
      ['HEAD', 200],
      ['GET', 304],
    ] as const) {
      const told = `HTTP/1.1 ${status} x\r\nContent-Length: 60\r\n\r\n${next}`
      const seen = ours(client(`${method} / HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n`), server(told))
      expect(seen.map(({ response }) => response!.status)).toEqual([status, 404])
      expect(oracle('RESPONSE', Buffer.from(told))).toHaveLength(1)
    }
  })

  test('a method that nobody registered: it gives up, here it is a method', () => {
    const text = 'BITS_POST / HTTP/1.1\r\n\r\n'
    expect(oracle('REQUEST', Buffer.from(text))).toBeInstanceOf(Error)
    expect(ours(client(text))[0]!.request!.method).toBe('BITS_POST')
  })

  test('octets above 0x7f: it changes them, here they stay', () => {
    const text = 'HTTP/1.1 200 OK\r\nX: \xe4\r\nContent-Length: 0\r\n\r\n'
    expect((oracle('RESPONSE', Buffer.from(text, 'latin1')) as OracleHead[])[0]!.headers[1]).not.toBe('\xe4')
    expect(flat(ours(server(text))[0]!.response!.headers)[1]).toBe('\xe4')
  })

  test('Content-Length: +5 it takes for 5, here it is no length', () => {
    const text = 'POST / HTTP/1.1\r\nContent-Length: +5\r\n\r\nabcdeGET /2 HTTP/1.1\r\n\r\n'
    expect(oracle('REQUEST', Buffer.from(text))).toHaveLength(2)
    expect(ours(client(text)).map(({ request }) => request!.target)).toEqual(['/'])
  })

  test('a capture that begins inside a message: it gives up, here the next message is found', () => {
    const text = 'of a body\r\n\r\nGET / HTTP/1.1\r\n\r\n'
    expect(oracle('REQUEST', Buffer.from(text))).toBeInstanceOf(Error)
    const seen = ours(client('of a body\r\n\r\n'), client('GET / HTTP/1.1\r\n\r\n'))
    expect(seen.map(({ request }) => request!.target)).toEqual(['/'])
  })
})

/** A relay that writes down what passes, in the order in which it passes. */
async function relay(port: number): Promise<{ port: number; story: StoryPart[]; close(): void }> {
  const story: StoryPart[] = []
  const listener = createRelay((inside) => {
    const outside = connect(port, '127.0.0.1')
    inside.on(
      'data',
      (bytes) => (story.push({ side: 0, bytes: Uint8Array.from(bytes) }), outside.write(bytes)),
    )
    outside.on(
      'data',
      (bytes) => (story.push({ side: 1, bytes: Uint8Array.from(bytes) }), inside.write(bytes)),
    )
    for (const [one, other] of [
      [inside, outside],
      [outside, inside],
    ] as const) {
      one.on('end', () => other.end())
      one.on('error', () => other.destroy())
    }
  }).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  return { port: (listener.address() as AddressInfo).port, story, close: () => listener.close() }
}

test('node:http, through a loopback socket, means what is read', async () => {
  const served: [string | undefined, string | undefined, string[]][] = []
  const far = createServer((message, response) => {
    served.push([message.method, message.url, message.rawHeaders])
    message.resume().on('end', () => {
      const { url } = message
      response.setHeader('Set-Cookie', ['ovidCookie=1; Path=/', 'BIGipServerp=1677787402.20480.0000'])
      if (url === '/hints') response.writeEarlyHints({ link: '</a>; rel=preload' })
      if (url === '/none') response.writeHead(204).end()
      else if (url === '/same') response.writeHead(304).end()
      else if (url === '/chunked') {
        for (let i = 0; i < 20; i++) response.write('HTTP/1.1 200 OK\r\n\r\n'.repeat(i + 1))
        response.addTrailers({ 'X-Sum': '1' })
        response.end()
      } else response.end('x'.repeat(url === '/large' ? 300_000 : 10))
    })
  }).listen(0, '127.0.0.1')
  await once(far, 'listening')
  const between = await relay((far.address() as AddressInfo).port)
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  const received: [number | undefined, string[]][] = []

  async function exchange(options: RequestOptions, body: string[] = []): Promise<void> {
    const asking = ask({ host: '127.0.0.1', port: between.port, agent, ...options })
    if (options.headers !== undefined && 'Expect' in options.headers) {
      asking.flushHeaders()
      await once(asking, 'continue')
    }
    for (const part of body) asking.write(part)
    asking.end()
    const [response] = (await once(asking, 'response')) as [IncomingMessage]
    received.push([response.statusCode, response.rawHeaders])
    await once(response.resume(), 'end')
  }
  await exchange({ path: '/1' })
  await exchange({ path: '/2', method: 'POST', headers: { 'Content-Length': 12 } }, ['hello, ', 'there'])
  await exchange({ path: '/3', method: 'PUT' }, ['chunk', 'after', 'chunk'])
  await exchange({ path: '/4', method: 'POST', headers: { Expect: '100-continue', 'Content-Length': 2 } }, [
    'ok',
  ])
  await exchange({ path: '/head', method: 'HEAD' })
  for (const path of ['/chunked', '/none', '/same', '/hints', '/large', '/last']) await exchange({ path })
  agent.destroy()
  between.close()
  far.close()
  far.closeAllConnections()

  const seen = transactions(tell(open, between.story).observations)
  expect(seen.map(({ request }) => [request?.method, request?.target, flat(request!.headers)])).toEqual(
    served,
  )
  expect(seen.map(({ response }) => [response?.status, flat(response!.headers)])).toEqual(received)
  expect(seen).toHaveLength(11)
})
