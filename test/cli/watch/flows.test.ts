/** Exports on a real socket, and the alerts of what they tell. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { openStore } from '../../../src/store/store.ts'
import { captureRow } from '../../../src/store/queries/captures.ts'
import { liveTaps } from '../../../src/store/queries/taps.ts'
import { folder } from '../../store/database.ts'
import {
  connected,
  datagrams,
  exporterTo,
  ipfixMessages,
  type Message,
  TWO_SERVERS,
  visit,
} from '../flow-story.ts'
import { program } from '../program.ts'
import { freePort } from '../../free-port.ts'

const HOP_AT = 25
/** The program starts several times in a test, on machines that are busy. */
const PROGRAM_MS_MAX = 120_000

/** Two agents that come every 10 s; one goes to the other server, and back. */
const story = (): Message[] =>
  Array.from({ length: 30 }, (_, i) => [
    visit(10 * i, '10.0.0.5', i === HOP_AT ? '10.10.3.12' : '10.10.3.11', 40_000 + i),
    visit(10 * i + 3, '10.0.0.6', '10.10.3.12', 40_000 + i),
  ]).flat()

interface Watching {
  readonly child: ChildProcess
  out(): string
  error(): string
  readonly code: Promise<number | null>
}

function watching(words: readonly string[]): Watching {
  const child = spawn(process.execPath, program(['watch', ...words]), { stdio: ['ignore', 'pipe', 'pipe'] })
  let [out, error] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (error += text))
  onTestFinished(() => void child.kill('SIGKILL'))
  return {
    child,
    out: () => out,
    error: () => error,
    code: new Promise((resolve) => {
      child.on('close', resolve)
    }),
  }
}

/** Whether a UDP socket is bound there (proc_net_udp). */
const isBound = (port: number): boolean =>
  readFileSync('/proc/net/udp', 'latin1').includes(`:${port.toString(16).toUpperCase().padStart(4, '0')} `)

async function until(what: () => boolean): Promise<void> {
  while (!what()) await delay(20)
}

function configuration(): { readonly place: string; readonly config: string } {
  const place = folder()
  const config = join(place, 'holdfast.yaml')
  writeFileSync(config, TWO_SERVERS)
  return { place, config }
}

test.skipIf(process.platform !== 'linux')(
  'NetFlow over UDP: told without a further record, once no exporter can tell of that time any more; losses are told',
  { timeout: PROGRAM_MS_MAX },
  async () => {
    const { place, config } = configuration()
    const [db, port] = [join(place, 'w.db'), await freePort()]
    const its = watching(['--flows', `127.0.0.1:${port}`, '--config', config, '--db', db])
    await until(() => isBound(port))
    const exporter = await exporterTo(port)
    onTestFinished(exporter.close)
    const all = datagrams(story())
    // One of them is lost on the way; the last one tells of the hop.
    const [lost, last] = [7, 2 * HOP_AT]
    await exporter.send(all.slice(0, last + 1).filter((_, i) => i !== lost))
    await until(() => its.out().includes('moved from dlp1 to dlp2') || its.child.exitCode !== null)
    expect(its.out()).toMatch(/△ warning +10\.0\.0\.5 moved from dlp1 to dlp2.* server-hop at dlp/)
    await until(() => its.error().includes('lost so far'))
    expect(its.error()).toContain("2 records or messages lost so far, by their exporters' own numbers")
    const store = openStore(db, { readOnly: true })
    await until(() => captureRow(store, 1)?.live?.packets === last)
    expect(liveTaps(store)).toMatchObject([{ isLive: true, drops: 2, lagSeconds: 0 }])
    its.child.kill('SIGTERM')
    expect(await its.code).toBe(143)
    const row = captureRow(store, 1)
    expect(row).toMatchObject({
      name: `watch flows at udp://127.0.0.1:${port} (flows at udp://127.0.0.1:${port})`,
      format: 'netflow5',
      packets: last,
      live: { stopped: 'it was stopped', flows: { records: 2 * last, lost: 2, exporters: 1 } },
    })
    expect(row!.quality).toMatchObject({ interfaceDrops: 2 })
    store.close()
  },
)

test('IPFIX over TCP', { timeout: PROGRAM_MS_MAX }, async () => {
  const { config } = configuration()
  const port = await freePort()
  const its = watching(['--flows', `tcp:127.0.0.1:${port}`, '--config', config, '--format', 'ndjson'])
  let socket = await connected(port)
  for (; socket === null; socket = await connected(port)) await delay(50)
  socket.write(Buffer.concat(ipfixMessages(story())))
  await until(() => its.out().split('\n').length > 2 || its.child.exitCode !== null)
  socket.destroy()
  its.child.kill('SIGINT')
  expect([await its.code, its.error()]).toEqual([130, ''])
  const rows = its.out().trim().split('\n')
  expect(rows.map((line) => JSON.parse(line) as object)).toMatchObject([
    { type: 'server-hop', agent: { address: '10.0.0.5' } },
    { type: 'server-hop', agent: { address: '10.0.0.5' } },
  ])
})

test('a port that is taken is told', { timeout: PROGRAM_MS_MAX }, async () => {
  const taken = createSocket('udp4')
  await new Promise<void>((resolve) => {
    taken.bind(0, '127.0.0.1', () => resolve())
  })
  const its = watching(['--flows', `127.0.0.1:${taken.address().port}`])
  expect(await its.code).toBe(1)
  expect(its.error()).toMatch(/cannot listen at 127\.0\.0\.1:\d+: bind EADDRINUSE/)
  taken.close()
})

test.each([
  [['--flows', 'nowhere'], '--flows nowhere is no address'],
  [['--flows', 'sctp:127.0.0.1:4739'], 'is no address; write HOST:PORT'],
  [['--flows', '127.0.0.1:2055', '-i', 'lo'], 'name one source'],
  [['--flows', '127.0.0.1:2055', '--active-timeout', '5'], '--active-timeout 5 has no unit'],
  [['-r', '-', '--active-timeout', '60s'], '--active-timeout and --all-traffic are for --flows'],
  [['-r', '-', '--all-traffic'], '--active-timeout and --all-traffic are for --flows'],
])('wrong usage: %j', (words, sentence) => {
  const { status, stderr } = spawnSync(process.execPath, program(['watch', ...words]), {
    encoding: 'utf8',
    input: '',
  })
  expect(status).toBe(2)
  expect(stderr).toContain(sentence)
})
