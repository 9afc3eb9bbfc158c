/** The server at a real socket: what a client can do to it that no request object can. */
import { randomBytes } from 'node:crypto'
import { request } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { addCapture } from '../../src/store/captures.ts'
import { recordChange } from '../../src/store/changes.ts'
import { eventReader } from './events/reader.ts'
import { NOW, json, rigOf } from './harness.ts'
import type { Rig } from './harness.ts'

const capture = (rig: Rig, n: number): number =>
  addCapture(rig.store, {
    sha256: String(n).padStart(64, '0'),
    name: `${n}.pcap`,
    size: n,
    stored: 'x',
    at: NOW,
  }).id

/** Sends octets as they are, and answers all that comes back until the server closes. */
function raw(port: number, ...parts: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => parts.forEach((part) => socket.write(part)))
    let text = ''
    socket.setEncoding('latin1')
    socket.on('data', (chunk: string) => (text += chunk))
    socket.on('close', () => resolve(text))
    socket.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNRESET' ? resolve(text) : reject(error),
    )
  })
}

const statusOf = (text: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0)
const get = (target: string, ...headers: readonly string[]): string =>
  [`GET ${target} HTTP/1.1`, ...headers, 'Connection: close', '', ''].join('\r\n')

describe('the name that is asked for', () => {
  test('is checked however it is written', async () => {
    const rig = rigOf()
    const { port } = await rig.listen()
    const own = `Host: 127.0.0.1:${port}`
    const ask = async (...args: Parameters<typeof get>) => statusOf(await raw(port, get(...args)))
    expect(await ask('/api/v1/counts', own)).toBe(200)
    expect(await ask('/api/v1/counts', 'Host: localhost')).toBe(200)
    expect(await ask('/api/v1/counts', 'Host: rebound.example')).toBe(421)
    expect(await ask('/api/v1/counts', own, 'Host: rebound.example')).toBeGreaterThanOrEqual(400)
    expect(await ask('/api/v1/counts', 'Host: rebound.example', own)).toBeGreaterThanOrEqual(400)
    expect(await ask('http://rebound.example/api/v1/counts', own)).toBe(421)
    expect(await ask('http://127.0.0.1/api/v1/counts', 'Host: rebound.example')).toBe(421)
    expect(await ask('/api/v1/counts', 'Host: 127.0.0.1@rebound.example')).toBeGreaterThanOrEqual(400)
    expect(await ask('/api/v1/counts', 'Host: rebound.example#127.0.0.1')).toBeGreaterThanOrEqual(400)
    expect(await ask('/api/v1/counts', 'Host: ')).toBeGreaterThanOrEqual(400)
    expect(await ask('/api/v1/counts', 'X-Forwarded-Host: 127.0.0.1')).toBe(400)
    expect(await ask('/api/v1/counts', 'Host: rebound.example', 'X-Forwarded-Host: 127.0.0.1')).toBe(421)
  })

  test('requests in one another are not believed', async () => {
    const rig = rigOf()
    const { port } = await rig.listen()
    const smuggled =
      `POST /api/v1/analyses/1/cancel HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 4\r\n` +
      `Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n${get('/metrics', 'Host: 127.0.0.1')}`
    const answer = await raw(port, smuggled)
    expect(statusOf(answer)).toBe(400)
    expect(answer).not.toContain('holdfast_http_requests_total')
  })
})

test('hostile paths reach nothing', async () => {
  const rig = rigOf()
  const { port } = await rig.listen()
  const paths = [
    '/../../etc/passwd',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/..%2f..%2fetc%2fpasswd',
    '/..\\..\\boot.ini',
  ]
  const more = [
    '//etc/passwd',
    '/%00',
    '/api/v1/../../etc/passwd',
    '/api/v1/captures/..%2f1',
    `/${'a'.repeat(8000)}`,
    '/%',
  ]
  for (const path of [...paths, ...more]) {
    const answer = await raw(port, get(path, 'Host: 127.0.0.1', 'Accept: text/html'))
    expect.soft([path, [400, 404].includes(statusOf(answer))]).toEqual([path, true])
    expect.soft(answer).not.toContain('root:')
  }
  expect(statusOf(await raw(port, get('/healthz', 'Host: 127.0.0.1')))).toBe(200)
})

describe('slow and large', () => {
  test('headers that never end', async () => {
    const rig = rigOf({ limits: { headerSeconds: 0.1 } })
    const { port } = await rig.listen()
    expect(statusOf(await raw(port, 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: '))).toBe(408)
  })

  test('headers that are too many', async () => {
    const rig = rigOf()
    const { port } = await rig.listen()
    expect(statusOf(await raw(port, get('/', 'Host: 127.0.0.1', `X-Long: ${'x'.repeat(20_000)}`)))).toBe(431)
  })

  test('a JSON body that never ends', async () => {
    const rig = rigOf({ limits: { bodySeconds: 0.1 } })
    const { port } = await rig.listen()
    const head =
      'POST /api/v1/session HTTP/1.1\r\nHost: 127.0.0.1\r\n' +
      'Content-Type: application/json\r\nContent-Length: 50\r\n\r\n'
    const answer = await raw(port, head, '{"token":')
    expect(statusOf(answer)).toBe(408)
    expect(answer).toContain('The body came too slowly.')
  })

  test('a JSON body that is too large is answered before it has arrived', async () => {
    const rig = rigOf()
    const { port } = await rig.listen()
    const head = 'POST /api/v1/session HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n'
    expect(statusOf(await raw(port, `${head}Content-Length: 10000000000\r\n\r\n`, '{'))).toBe(413)
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`
    expect(statusOf(await raw(port, `${head}Transfer-Encoding: chunked\r\n\r\n`, chunk, chunk))).toBe(413)
  })

  test('an upload that stops is told so, and holds no place', async () => {
    const rig = rigOf({ limits: { uploads: 1, uploadWindowSeconds: 0.1 } })
    const { port } = await rig.listen()
    const head = 'PUT /api/v1/captures?name=a HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\n'
    const answer = await raw(port, head, 'x'.repeat(10))
    expect(statusOf(answer)).toBe(408)
    expect(await upload(port, Buffer.alloc(1000))).toMatchObject({ status: 201 })
    expect(rig.received).toEqual([{ name: 'b', length: 1000, octets: 1000 }])
  })

  test('an upload that is broken off holds no place', async () => {
    const rig = rigOf({ limits: { uploads: 1 } })
    const { port } = await rig.listen()
    const head = 'PUT /api/v1/captures?name=a HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\n'
    const socket = await new Promise<Socket>((resolve) => {
      const opened = connect(port, '127.0.0.1', () => opened.write(`${head}xxx`, () => resolve(opened)))
    })
    await expect.poll(async () => (await upload(port, Buffer.alloc(10))).status).toBe(503)
    socket.destroy()
    await expect.poll(async () => (await upload(port, Buffer.alloc(10))).status).toBe(201)
    expect(rig.received).toHaveLength(1)
  })

  test('an upload of a length that is told, and of one that is not', async () => {
    const rig = rigOf()
    const { port } = await rig.listen()
    const octets = randomBytes(3_000_000)
    expect(await upload(port, octets)).toMatchObject({ status: 201 })
    expect(await upload(port, octets, { 'transfer-encoding': 'chunked' })).toMatchObject({ status: 200 })
    expect(rig.received).toEqual([
      { name: 'b', length: 3_000_000, octets: 3_000_000 },
      { name: 'b', length: null, octets: 3_000_000 },
    ])
  })

  test('a connection on which nothing moves is closed', async () => {
    const rig = rigOf({ limits: { idleSeconds: 0.1 } })
    const { port } = await rig.listen()
    expect(await raw(port, '')).toBe('')
  })
})

function upload(
  port: number,
  octets: Buffer,
  headers: Record<string, string> = {},
): Promise<{ status: number }> {
  return new Promise((resolve, reject) => {
    const length = 'transfer-encoding' in headers ? {} : { 'content-length': String(octets.length) }
    const options = {
      host: '127.0.0.1',
      port,
      method: 'PUT',
      path: '/api/v1/captures?name=b',
      agent: false as const,
    }
    const sending = request({ ...options, headers: { ...length, ...headers } }, (answer) => {
      answer.resume().on('end', () => resolve({ status: answer.statusCode ?? 0 }))
    })
    sending.on('error', reject)
    sending.end(octets)
  })
}

describe('event streams', () => {
  const open = (port: number, headers: Record<string, string> = {}): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      request({ host: '127.0.0.1', port, path: '/api/v1/events', headers, agent: false }, resolve)
        .on('error', reject)
        .end()
    })

  test('resume over a broken connection without losing anything', async () => {
    const rig = rigOf()
    const { port } = await rig.listen()
    const url = `http://127.0.0.1:${port}/api/v1/events`
    const first = eventReader(await fetch(url))
    await first.nextOfAny()
    capture(rig, 1)
    capture(rig, 2)
    const seen = await first.next()
    await first.cancel()
    capture(rig, 3)
    const again = eventReader(await fetch(url, { headers: { 'last-event-id': seen?.id ?? '' } }))
    const ids = [seen?.id]
    while (ids.at(-1) !== '3') ids.push((await again.next())?.id)
    expect(ids).toEqual(['1', '2', '3'])
    await again.cancel()
  })

  test('five hundred are told, and forgotten when they go', async () => {
    const rig = rigOf()
    const { port } = await rig.listen()
    const streams = await Promise.all(Array.from({ length: 500 }, () => open(port)))
    const told = streams.map(
      (stream) =>
        new Promise<void>((resolve) => {
          let text = ''
          stream.setEncoding('utf8')
          stream.on('data', (chunk: string) => {
            text += chunk
            if (text.includes('id: 3\n')) resolve()
          })
        }),
    )
    const streamsOpen = async () =>
      /^holdfast_event_streams (\d+)$/m.exec(
        await (await fetch(`http://127.0.0.1:${port}/metrics`)).text(),
      )?.[1]
    expect(await streamsOpen()).toBe('500')
    for (let n = 1; n <= 3; n++) capture(rig, n)
    await Promise.all(told)
    for (const stream of streams) stream.destroy()
    await expect.poll(streamsOpen).toBe('0')
  })

  test('one that is not read is cut off; the others go on, and memory is bounded', async () => {
    const rig = rigOf({ limits: { heartbeatSeconds: 0.2 } })
    const { port } = await rig.listen()
    const stalled = await open(port)
    stalled.pause()
    const follower = eventReader(await fetch(`http://127.0.0.1:${port}/api/v1/events`))
    const id = capture(rig, 1)
    // more than the buffers of two sockets hold
    rig.store.db.prepare('UPDATE capture SET name = ?').run('x'.repeat(250_000))
    let last = ''
    for (let round = 0; round < 60; round++) {
      recordChange(rig.store, 'capture', id, false, NOW)
      last = (await follower.next())?.id ?? 'end'
    }
    expect(Number(last)).toBe(61)
    const cut = async () =>
      /^holdfast_event_streams_cut_total (\d+)$/m.exec(
        await (await fetch(`http://127.0.0.1:${port}/metrics`)).text(),
      )?.[1]
    await expect.poll(cut).toBe('1')
    await follower.cancel()
    stalled.destroy()
  })
})

describe('stopping', () => {
  test('ends streams and closes the socket', async () => {
    const rig = rigOf()
    const { port } = await rig.listen()
    const events = eventReader(await fetch(`http://127.0.0.1:${port}/api/v1/events`))
    await events.nextOfAny()
    await rig.api.stop()
    expect(await events.next()).toBeNull()
    await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow('fetch failed')
  })

  test('an address that is taken is an error', async () => {
    const { port } = await rigOf().listen()
    await expect(rigOf().api.listen({ host: '127.0.0.1', port })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    })
  })
})

test('every answer carries the headers that keep a browser safe', async () => {
  const rig = rigOf()
  const { port } = await rig.listen()
  const paths = [
    '/',
    '/healthz',
    '/metrics',
    '/api/v1/counts',
    '/api/v1/nothing',
    '/api/docs',
    '/api/v1/incidents?x=1',
  ]
  for (const path of paths) {
    const { headers } = await fetch(`http://127.0.0.1:${port}${path}`)
    expect
      .soft(headers.get('content-security-policy'))
      .toBe(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
          "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
      )
    expect.soft(headers.get('x-content-type-options')).toBe('nosniff')
    expect.soft(headers.get('referrer-policy')).toBe('no-referrer')
    expect.soft(headers.get('cross-origin-opener-policy')).toBe('same-origin')
    expect.soft(headers.get('cross-origin-resource-policy')).toBe('same-origin')
    expect.soft(headers.get('strict-transport-security')).toBeNull()
    expect.soft(headers.get('x-powered-by')).toBeNull()
  }
  const { headers } = await fetch(
    `http://127.0.0.1:${port}/api/v1/incidents/HF-1/state`,
    json({ state: 'open' }),
  )
  expect(headers.get('content-type')).toBe('application/problem+json')
})
