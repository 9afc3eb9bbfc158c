import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runTail } from '../../../src/cli/tail/run.ts'
import type { TailOptions } from '../../../src/cli/tail/options.ts'
import { outputClosed } from '../../../src/cli/output/destination.ts'
import { recordedConsole, type RecordedConsole } from '../console.ts'
import { alert } from './alert.ts'
import { fakeServer, type FakeServer } from './fake-server.ts'

let server: FakeServer
beforeEach(async () => void (server = await fakeServer()))
afterEach(() => server.close())

const NOW = Date.UTC(2026, 10, 21, 3) * 1000

interface Running {
  readonly console: RecordedConsole
  /** Waits until something was written that has it. */
  sees(end: 'out' | 'error', text: string): Promise<void>
  stop(): Promise<number>
  readonly ended: Promise<number>
}

function start(options: TailOptions, console = recordedConsole()): Running {
  const stopping = new AbortController()
  const machine = { now: () => NOW, random: () => 0.5, environment: {}, signal: stopping.signal }
  const ended = runTail({ server: server.url, ...options }, console, machine)
  ended.catch(() => undefined)
  return {
    console,
    ended,
    async sees(end, text) {
      for (let tries = 0; !console.written[end].includes(text); tries++) {
        if (tries > 1000) throw new Error(`no ${text} in: ${console.written.out}${console.written.error}`)
        await new Promise((done) => setTimeout(done, 5))
      }
    },
    stop() {
      stopping.abort()
      return ended
    },
  }
}

const idsOf = (out: string): number[] =>
  out
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { id: number }).id)
const rows = (...ids: number[]) => ids.map((id) => alert({ id }))
const occurrence = (id: number) => ({ kind: 'occurrence', occurrence: alert({ id }) }) as const

describe('what is there', () => {
  test('oldest first, over all pages, exactly as it was stored', async () => {
    server.rows.push(...rows(5, 4, 3, 2, 1))
    server.pageRows = 2
    const { ended, console } = start({ format: 'ndjson' })
    expect(await ended).toBe(0)
    expect(console.written).toEqual({
      out: rows(1, 2, 3, 4, 5)
        .map((row) => `${JSON.stringify(row)}\n`)
        .join(''),
      error: '',
    })
    expect(server.lists.map((query) => query.get('cursor'))).toEqual([null, '2', '4'])
    expect(server.streams).toEqual([])
  })

  test('the list is asked for what is wanted', async () => {
    const wanted = {
      since: '1h',
      severity: 'warning',
      type: 'severed-idle,server-hop',
      agent: 'a&b',
      service: 's',
    }
    await start(wanted).ended
    expect([...server.lists[0]!]).toEqual([
      ['limit', '500'],
      ['severity', 'critical'],
      ['severity', 'warning'],
      ['type', 'severed-idle'],
      ['type', 'server-hop'],
      ['agent', 'a&b'],
      ['service', 's'],
      ['from', '2026-11-21T02:00:00.000000Z'],
    ])
  })

  test('for people, without colour in a pipe', async () => {
    server.rows.push(alert())
    const { ended, console } = start({})
    await ended
    expect(console.written.out).toMatch(
      /^21 Nov 02:07:58 UTC {2}\u25c6 critical {2}The load balancer lb1 \P{Cc}*\n$/u,
    )
  })

  test('nothing: said at a terminal only', async () => {
    const console = recordedConsole({ isTerminal: true })
    expect(await start({}, console).ended).toBe(0)
    expect(console.written).toEqual({ out: '', error: 'holdfast: no alert matches\n' })
  })
})

describe('what comes', () => {
  test('the latest ten, then each new one once', async () => {
    server.rows.push(...rows(12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1))
    // Stored between the opening of the stream and the reading of the list: both have it.
    server.onStream = () => server.send(occurrence(12), 100)
    const { stop, sees, console } = start({ follow: true, format: 'ndjson' })
    await sees('out', '"id":12,')
    server.send(occurrence(13), 101)
    server.send(occurrence(13), 102)
    server.send({ kind: 'heartbeat', at: '2026-11-21T03:00:00.000000Z' })
    server.send({ kind: 'capture', capture: null, id: 4 }, 103)
    server.send(occurrence(14), 104)
    await sees('out', '"id":14,')
    expect(await stop()).toBe(130)
    expect(idsOf(console.written.out)).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14])
    expect(console.written.error).toBe('')
  })

  test('only what is wanted', async () => {
    const { stop, sees, console } = start({
      follow: true,
      format: 'ndjson',
      severity: 'warning',
      type: 'severed-idle',
      agent: 'EPA-0017',
      service: 'dlp-endpoint',
    })
    await waitFor(() => server.lists.length === 1)
    const unwanted = [
      { severity: 'info' },
      { type: 'server-hop' },
      { agent: { id: 'EPA-0018', address: null } },
      { agent: null },
      { service: null },
    ] as const
    unwanted.forEach((changes, i) =>
      server.send({ kind: 'occurrence', occurrence: alert({ id: 100 + i, ...changes }) }, i + 1),
    )
    server.send(occurrence(200), 9)
    await sees('out', '"id":200,')
    await stop()
    expect(idsOf(console.written.out)).toEqual([200])
  })

  test('a terminal is told what it follows', async () => {
    const console = recordedConsole({ isTerminal: true })
    const { stop, sees } = start({ follow: true }, console)
    await sees('error', `following ${server.url}; no alert so far`)
    await stop()
  })
})

describe('a connection that breaks', () => {
  test('goes on behind the last event, and tells what came meanwhile', async () => {
    const { stop, sees, console } = start({ follow: true, format: 'ndjson' })
    await waitFor(() => server.lists.length === 1)
    server.send(occurrence(1), 41)
    await sees('out', '"id":1,')
    server.onStream = () => {
      server.send({ kind: 'heartbeat', at: '2026-11-21T03:00:00.000000Z' })
      server.send(occurrence(2), 42)
      server.send({ kind: 'capture', capture: null, id: 4 }, 43)
    }
    server.cut()
    await sees('error', 'none is missing')
    server.send(occurrence(3), 44)
    await sees('out', '"id":3,')
    expect(await stop()).toBe(130)
    expect(server.streams.map((headers) => headers['last-event-id'])).toEqual([undefined, '41'])
    expect(idsOf(console.written.out)).toEqual([1, 2, 3])
    expect(console.written.error).toBe(
      `holdfast: the connection to ${server.url} broke: cut off; trying again\n` +
        'holdfast: connected again after 0 s\n' +
        'holdfast: 2 events fetched later, 1 alert among them; none is missing\n',
    )
  })

  test('nothing happened meanwhile', async () => {
    const { stop, sees } = start({ follow: true })
    await waitFor(() => server.lists.length === 1)
    server.send(occurrence(1), 41)
    await sees('out', 'EPA-0017')
    server.cut()
    await sees('error', 'nothing had happened; none is missing')
    await stop()
  })

  test('before the first event: the list is read again', async () => {
    server.rows.push(...rows(2, 1))
    const { stop, sees, console } = start({ follow: true, format: 'ndjson', since: '2h' })
    await sees('out', '"id":2,')
    server.rows.unshift(...rows(4, 3))
    server.cut()
    await sees('error', 'none is missing')
    await stop()
    expect(idsOf(console.written.out)).toEqual([1, 2, 3, 4])
    expect(server.lists.map((query) => query.get('from'))).toEqual(
      Array(2).fill('2026-11-21T01:00:00.000000Z'),
    )
    expect(console.written.error).toContain(
      '2 alerts fetched later from the list; of traffic since 2026-11-21T01:00:00Z none is missing',
    )
  })

  test('events that the server has lost are fetched from the list, once', async () => {
    server.rows.push(...rows(2, 1))
    const { stop, sees, console } = start({ follow: true, format: 'ndjson', since: '2h' })
    await sees('out', '"id":2,')
    server.rows.unshift(...rows(4, 3))
    server.send({ kind: 'lost', from: 12, to: 40 }, 40)
    await sees('error', 'none is missing')
    server.send(occurrence(4), 41)
    server.send(occurrence(5), 42)
    await sees('out', '"id":5,')
    await stop()
    expect(idsOf(console.written.out)).toEqual([1, 2, 3, 4, 5])
    expect(console.written.error).toContain(
      'the server no longer has the events 12 to 40; reading the list instead\n',
    )
  })

  test('a server that is busy is asked again', async () => {
    const { stop, sees } = start({ follow: true })
    await waitFor(() => server.lists.length === 1)
    server.send(occurrence(1), 41)
    await sees('out', 'EPA-0017')
    let refusals = 0
    server.refuse = (_path, response) => {
      if (++refusals > 2) return false
      response.writeHead(503, { 'content-type': 'application/problem+json' })
      response.end(JSON.stringify({ title: 'Service Unavailable', status: 503, detail: 'stopping' }))
      return true
    }
    server.cut()
    await sees('error', 'connected again')
    await sees('error', `${server.url} cannot answer now: stopping`)
    expect(refusals).toBe(3)
    await stop()
  })

  test('a token that was revoked meanwhile ends it', async () => {
    const { ended, sees } = start({ follow: true, token: 'hf_1' })
    await waitFor(() => server.lists.length === 1)
    expect(server.streams[0]!.authorization).toBe('Bearer hf_1')
    server.send(occurrence(1), 41)
    await sees('out', 'EPA-0017')
    server.refuse = (_path, response) => {
      response.writeHead(401).end()
      return true
    }
    server.cut()
    await expect(ended).rejects.toThrow(/wants a token that it knows/)
  })

  test('what is no event is told and passed over', async () => {
    const { stop, sees, console } = start({ follow: true, format: 'ndjson' })
    await waitFor(() => server.lists.length === 1)
    server.send({ kind: 'occurrence', occurrence: {} } as never, 1)
    server.send(occurrence(1), 2)
    await sees('out', '"id":1,')
    await stop()
    expect(console.written.error).toContain('an event could not be read')
  })
})

describe('endings', () => {
  const status = (code: number, body = ''): void => {
    server.refuse = (_path, response) => {
      response.writeHead(code, { 'content-type': 'application/problem+json' }).end(body)
      return true
    }
  }

  test.each([
    [401, '', /wants a token that it knows: --token, or HOLDFAST_TOKEN/],
    [403, '{"detail":"viewers only"}', /does not allow it: viewers only/],
    [404, '', /does not answer as a Holdfast server does/],
    [302, '', /does not answer as a Holdfast server does/],
    [400, '{"detail":"no such type","field":"type"}', /refuses: type: no such type/],
    [500, 'oops', /cannot answer now: status 500/],
  ])('status %i', async (code, body, sentence) => {
    status(code, body)
    for (const follow of [false, true]) {
      const ended = start({ follow }).ended
      await expect(ended).rejects.toThrow(expect.objectContaining({ exitCode: 1 }))
      await expect(ended).rejects.toThrow(sentence)
    }
  })

  test('another kind of server', async () => {
    server.refuse = (_path, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Welcome</h1>')
      return true
    }
    for (const follow of [false, true])
      await expect(start({ follow }).ended).rejects.toThrow(/does not answer as a Holdfast server does/)
  })

  test('nobody there', async () => {
    await server.close()
    for (const follow of [false, true])
      await expect(start({ follow }).ended).rejects.toThrow(
        /^cannot reach http:.*: connection refused; is it running\?$/,
      )
    server = await fakeServer()
  })

  test('nobody reads any more', async () => {
    const console = recordedConsole()
    const closed = {
      ...console,
      out: {
        ...console.out,
        write: () => {
          throw outputClosed()
        },
      },
    }
    const { ended } = start({ follow: true }, closed)
    await waitFor(() => server.lists.length === 1)
    server.send(occurrence(1), 1)
    await expect(ended).rejects.toThrow(expect.objectContaining({ name: 'OutputClosed' }))
    expect(console.written.error).toBe('')
  })
})

async function waitFor(holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries++) {
    if (tries > 1000) throw new Error('it never came to that')
    await new Promise((done) => setTimeout(done, 5))
  }
}
