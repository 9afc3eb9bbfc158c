/** A server that collects what its configuration names, packets and flow records, to the API. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import { expect, onTestFinished, test } from 'vitest'
import { folder } from '../../store/database.ts'
import { datagrams, exporterTo, type Message, TWO_SERVERS, visit } from '../flow-story.ts'
import { fixture, get, type RunningServer, startServer } from './server.ts'
import { freePort } from '../../free-port.ts'

/** An agent that comes every 10 s, and goes to the other server from the twentieth time on. */
const story = (): Message[] =>
  Array.from({ length: 40 }, (_, i) =>
    visit(10 * i, '10.0.0.5', i < 20 ? '10.10.3.11' : '10.10.3.12', 40_000 + i),
  )

interface Tap {
  readonly name: string
  readonly tap: string
}

async function until<T>(ask: () => Promise<T>, is: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask()
    if (is(answer)) return answer
    await delay(50)
  }
}

const items = async (server: RunningServer, path: string): Promise<Record<string, unknown>[]> => {
  const { body } = await get(server, path)
  return (body.items ?? body) as Record<string, unknown>[]
}

test('what collectors bring is there at once, and how each of them stands', async () => {
  const place = folder()
  const [ring, port] = [join(place, 'ring'), await freePort()]
  mkdirSync(ring)
  writeFileSync(join(ring, '1.pcap'), gunzipSync(fixture('severed-by-load-balancer/client.pcap.gz')))
  const config = join(place, 'holdfast.yaml')
  const collectors = `collectors:
  - { name: ring, follow: ${ring}, tap: client }
  - { name: routers, flows: "127.0.0.1:${port}", tap: edge }
`
  writeFileSync(config, `${TWO_SERVERS}${collectors}`)
  const server = await startServer('--db', join(place, 'h.db'), '--config', config)
  onTestFinished(async () => void (await server.end('SIGKILL')))
  const exporter = await exporterTo(port)
  onTestFinished(exporter.close)
  await until(
    () => items(server, '/taps'),
    (taps) => taps.length === 2,
  )
  await exporter.send(datagrams(story()))
  await until(
    async () => new Set((await items(server, '/incidents?limit=100')).map(({ type }) => type)),
    (told) => told.has('server-hop') && told.has('server-idle-close'),
  )
  const taps = (await items(server, '/taps')) as unknown as Tap[]
  expect(taps.map(({ name, tap }) => [name, tap])).toEqual([
    [`ring (${ring})`, 'client'],
    [`routers (flows at udp://127.0.0.1:${port})`, 'edge'],
  ])
  const captures = await until(
    () => items(server, '/captures'),
    (rows) => rows.some(({ live }) => (live as { flows?: { records: number } }).flows?.records === 80),
  )
  const routers = captures.find(({ tap }) => tap === 'edge')
  expect(routers).toMatchObject({
    packets: 40,
    live: { stopped: null, flows: { records: 80, lost: 0, exporters: 1 }, blindSeconds: 0 },
  })
  const metrics = await (await fetch(`${new URL(server.api).origin}/metrics`)).text()
  expect(metrics).toContain('holdfast_live_flow_records{collector="routers"} 80')
  expect(await server.end('SIGTERM')).toEqual({ code: 0, signal: null })
})
