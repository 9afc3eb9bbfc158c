/**
 * Live packets at a fixed rate through a pipe, as tcpdump writes them: whether the program keeps up, what it
 * takes, and how long after the packet that proves it an alert is printed.
 *
 *   npm run bench:live -- [PACKETS_PER_SECOND] [SECONDS]
 *
 * The load is a thousand connections that carry data both ways; every second one more falls silent for three
 * seconds and is reset by a firewall, which is an alert. Packets bear the time at which they are written. A
 * pipe that is full is waited for: how far the writer falls behind is what a kernel's buffer would have to
 * hold.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { OccurrenceRow } from '../../src/model/view.ts'
import { seconds } from '../../src/model/time.ts'
import { framesOf } from '../pipeline/reader.ts'
import { pcapHeader, pcapRecord } from '../scenario/pcap-writer.ts'
import { firewall, scenario, STORY_START } from '../scenario/scenario.ts'

const [rate = 300_000, duration = 60] = process.argv.slice(2).map(Number)
const CONNECTIONS = 1_000
/** Between two pieces. */
const PIECE_MS = 10
const RECORD_BYTES = 16
const CLIENT_PORT_AT = 14 + 20

const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-live-'))
const config = join(folder, 'holdfast.yaml')
writeFileSync(
  config,
  'services: [{ name: dlp, ports: [10443], connections: persistent, idleThreshold: 2s }]\n',
)

const main = JSON.stringify(new URL('../../src/cli/main.ts', import.meta.url).href)
const words = ['watch', '-r', '-', '--config', config, '--db', join(folder, 'b.db'), '--format', 'ndjson']
const child = spawn(
  process.execPath,
  [
    '-e',
    `const { main } = await import(${main}); await main(['node', 'holdfast', ...${JSON.stringify(words)}])`,
  ],
  { stdio: ['pipe', 'pipe', 'inherit'] },
)

const late: number[] = []
let rest = ''
child.stdout.setEncoding('utf8').on('data', (text: string) => {
  const now = Date.now()
  const lines = (rest + text).split('\n')
  rest = lines.pop()!
  for (const line of lines) {
    const row = JSON.parse(line) as OccurrenceRow
    if (row.type === 'severed-idle') late.push(now - Date.parse(row.at))
  }
})

/** A conversation of many connections, as one piece of records whose times are set when it is written. */
function load(): Buffer {
  const story = scenario({ seed: 3 })
  const { agent, server } = story.connect('10.1.0.1', '192.0.2.10:10443')
  for (let i = 0; i < 4; i++) {
    agent.sends('x'.repeat(400))
    server.sends('y'.repeat(800))
  }
  const frames = framesOf(story.captures().get('client')!).slice(3)
  const records: Uint8Array[] = []
  for (let n = 0; n < CONNECTIONS; n++)
    for (const { bytes } of frames) {
      const own = withPort(bytes, 20_000 + n)
      // Another address for every hundred.
      own[14 + (isFromAgent(bytes) ? 12 : 16) + 3] = 1 + Math.floor(n / 100)
      records.push(pcapRecord({ seconds: 0, fraction: 0, bytes: own }))
    }
  return Buffer.concat(records)
}

const isFromAgent = (bytes: Uint8Array): boolean => bytes[14 + 12] === 10

function withPort(bytes: Uint8Array, port: number): Uint8Array {
  const own = bytes.slice()
  new DataView(own.buffer).setUint16(CLIENT_PORT_AT + (isFromAgent(own) ? 0 : 2), port)
  return own
}

/** What is cut, with times from its beginning in seconds. */
function cut(): { at: number; bytes: Uint8Array }[] {
  const story = scenario({ seed: 4 }).behind(firewall({ idle: seconds(2), forgets: 'rst-on-next' }))
  const { agent, server } = story.connect('10.2.0.1', '192.0.2.10:10443')
  agent.sends('hello')
  server.sends('welcome')
  story.wait(seconds(3))
  agent.sends('again')
  story.wait(seconds(0.5))
  return framesOf(story.captures().get('client')!).map(({ time, bytes }) => ({
    at: (time - STORY_START) / 1e6,
    bytes,
  }))
}

function stamp(record: Buffer, at: number, micros: number): void {
  record.writeUInt32LE(Math.floor(micros / 1e6), at)
  record.writeUInt32LE(micros % 1e6, at + 4)
}

const piece = load()
const lengths: number[] = []
for (let at = 0; at < piece.length; at += lengths.at(-1)!)
  lengths.push(RECORD_BYTES + piece.readUInt32LE(at + 8))
const severed = cut()
const cpuOf = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

const write = (bytes: Uint8Array): Promise<void> =>
  new Promise((resolve) => {
    if (child.stdin.write(bytes)) resolve()
    else child.stdin.once('drain', resolve)
  })

await write(pcapHeader())
// One piece more than a pipe holds: once it is through, the program runs.
for (let from = 0, n = 0; from < piece.length; from += lengths[n++]!) stamp(piece, from, Date.now() * 1000)
await new Promise((resolve) => child.stdin.write(Buffer.from(piece), resolve))
const began = Date.now()
const cpuBefore = cpuOf(child.pid!)
let written = 0
let next = 0
let at = 0
let index = 0
let furthest = 0
const due: { at: number; record: Uint8Array }[] = []
for (let turn = 0; Date.now() - began < duration * 1000; turn++) {
  const elapsed = (Date.now() - began) / 1000
  if (Math.floor(elapsed) >= next) {
    const port = 30_000 + next++
    for (const frame of severed)
      due.push({
        at: elapsed + frame.at,
        record: pcapRecord({ seconds: 0, fraction: 0, bytes: withPort(frame.bytes, port) }),
      })
    due.sort((a, b) => a.at - b.at)
  }
  const wanted = Math.floor(elapsed * rate) - written
  furthest = Math.max(furthest, wanted / rate)
  const now = Date.now() * 1000
  let from = at
  let bytes = 0
  const out: Buffer[] = []
  for (let n = 0; n < Math.min(wanted, rate / 10); n++) {
    const length = lengths[index++ % lengths.length]!
    if (from + bytes >= piece.length) {
      out.push(Buffer.from(piece.subarray(from, from + bytes)))
      from = bytes = 0
    }
    stamp(piece, from + bytes, now)
    bytes += length
  }
  out.push(Buffer.from(piece.subarray(from, from + bytes)))
  at = from + bytes
  written += Math.min(wanted, rate / 10)
  while (due.length > 0 && due[0]!.at <= elapsed) {
    const record = Buffer.from(due.shift()!.record)
    stamp(record, 0, now)
    out.push(record)
    written++
  }
  await write(Buffer.concat(out))
  await new Promise((resolve) => setTimeout(resolve, PIECE_MS))
}
const took = (Date.now() - began) / 1000
const cpu = cpuOf(child.pid!) - cpuBefore
child.stdin.end()
await new Promise((resolve) => child.on('close', resolve))
rmSync(folder, { recursive: true, force: true })
late.sort((a, b) => a - b)
const quantile = (q: number): string =>
  late.length === 0 ? '-' : `${late[Math.floor(q * (late.length - 1))]!} ms`
console.log(`${written} packets in ${took.toFixed(1)} s: ${Math.round(written / took)} packets/s`)
console.log(`the writer was behind by ${furthest.toFixed(2)} s at most`)
console.log(`${cpu.toFixed(1)} s of CPU: ${((1e6 * cpu) / written).toFixed(2)} us a packet`)
console.log(`${late.length} alerts: median ${quantile(0.5)}, 95 % ${quantile(0.95)}, longest ${quantile(1)}`)
