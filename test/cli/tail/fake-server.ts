/** A server of alerts on a port of its own: a list that pages, and a stream that a test feeds and breaks. */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { LiveEvent, OccurrenceRow } from '../../../src/model/view.ts'

export interface FakeServer {
  readonly url: string
  /** What the list has, newest first. */
  readonly rows: OccurrenceRow[]
  /** Queries of the list, and what streams were asked with. */
  readonly lists: URLSearchParams[]
  readonly streams: IncomingHttpHeaders[]
  /** Rows of a page. */
  pageRows: number
  /** Called instead of answering, if there is one; answers whether it did. */
  refuse: ((path: string, response: ServerResponse) => boolean) | null
  /** Runs when a stream begins. */
  onStream: (lastId: string | undefined) => void
  send(event: LiveEvent, id?: number): void
  /** Cuts the streams off. */
  cut(): void
  close(): Promise<void>
}

export async function fakeServer(): Promise<FakeServer> {
  const open = new Set<ServerResponse>()
  const http = createServer((request, response) => answer(request, response))
  await new Promise<void>((done) => http.listen(0, '127.0.0.1', done))
  const { port } = http.address() as AddressInfo
  const fake: FakeServer = {
    url: `http://127.0.0.1:${port}`,
    rows: [],
    lists: [],
    streams: [],
    pageRows: 500,
    refuse: null,
    onStream: () => undefined,
    send(event, id) {
      const head = id === undefined ? '' : `id: ${id}\n`
      for (const stream of open)
        stream.write(`${head}event: ${event.kind}\ndata: ${JSON.stringify(event)}\n\n`)
    },
    cut() {
      for (const stream of open) stream.destroy()
      open.clear()
    },
    async close() {
      fake.cut()
      http.closeAllConnections()
      await new Promise((done) => http.close(done))
    },
  }
  function answer({ url, headers }: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(url ?? '/', fake.url)
    if (fake.refuse?.(pathname, response) === true) return
    if (pathname === '/api/v1/occurrences') {
      fake.lists.push(searchParams)
      const from = Number(searchParams.get('cursor') ?? 0)
      const to = from + fake.pageRows
      const items = fake.rows.slice(from, to)
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ items, next: to < fake.rows.length ? String(to) : null, total: null }))
    } else if (pathname === '/api/v1/events') {
      fake.streams.push(headers)
      response.setHeader('content-type', 'text/event-stream; charset=utf-8')
      response.write('retry: 10\n\n')
      open.add(response)
      fake.onStream(headers['last-event-id'] as string | undefined)
    } else {
      response.statusCode = 404
      response.end()
    }
  }
  return fake
}
