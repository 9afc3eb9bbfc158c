/**
 * `npm run bench:flows`: generated exports decoded from files, and received over UDP on this machine, beside
 * nfcapd and nfdump; and a network's exports over UDP to the database, through the program. Everything runs
 * as processes of its own; loss is what was sent and did not arrive. It reports whether each floor is reached
 * and never fails on a time.
 *
 *   node test/bench/flows/run.ts [--records N] [--runs N] [--rate N]... [--seconds N] [--stored SECONDS]
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createSocket } from 'node:dgram'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { installed, measure, median } from '../measure.ts'
import { scaled, table } from '../table.ts'
import { RECORDS, type Version, VERSIONS, writeMessages } from './generate.ts'
import { toDatabase } from './stored.ts'

const FROM_FILES_MIN = 500_000 // records a second
const FROM_UDP_MIN = 150_000
const EXPORTERS_BYTES_MAX = 200e6
/** As Holdfast asks for. */
const RECEIVE_BUFFER = 1 << 25

const { values } = parseArgs({
  options: {
    records: { type: 'string', default: '3000000' },
    runs: { type: 'string', default: '3' },
    rate: { type: 'string', multiple: true, default: ['150000', '300000'] },
    seconds: { type: 'string', default: '10' },
    // Connections that are over are stored 240 s after their end, and when nobody can tell of them any more.
    stored: { type: 'string', default: '420' },
  },
})
const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-flows-'))
const beside = (name: string): string => join(import.meta.dirname, name)

/** What a process printed, once it has ended. */
function printed(child: ChildProcess): Promise<string> {
  let text = ''
  child.stdout?.on('data', (piece: Buffer) => (text += piece.toString()))
  return new Promise((resolve) => child.once('close', () => resolve(text)))
}

const run = (command: string, ...words: readonly string[]): Promise<string> =>
  printed(spawn(command, words, { stdio: ['ignore', 'pipe', 'ignore'] }))

interface FileRow {
  readonly who: string
  readonly perSecond: number
  readonly perCpuSecond: number | null
  readonly peakBytes: number | null
}

/** Reads `path` several times; the median counts. */
async function read(who: string, argv: readonly string[], records: number): Promise<FileRow> {
  const all = []
  for (let i = 0; i < Number(values.runs); i++) all.push(await measure(argv))
  const failed = all.find(({ failure }) => failure !== null)
  if (failed !== undefined) throw new Error(`${who}: ${failed.failure}`)
  const cpu = all.map(({ cpuSeconds }) => cpuSeconds).filter((each) => each !== null)
  return {
    who,
    perSecond: records / median(all.map(({ seconds }) => seconds)),
    perCpuSecond: cpu.length === 0 ? null : records / median(cpu),
    peakBytes: Math.max(...all.map(({ peakBytes }) => peakBytes ?? 0)),
  }
}

interface UdpRow {
  readonly who: string
  readonly rate: number
  readonly sent: number
  readonly stored: number
  readonly cpuSeconds: number | null
}

const send = async (
  version: Version | 'network',
  port: number,
  rate: number,
  seconds = values.seconds,
): Promise<number> =>
  Number(await run(process.execPath, beside('send.ts'), version, `${port}`, `${rate}`, seconds))

async function toHoldfast(version: Version, rate: number): Promise<UdpRow> {
  const words = [beside('listen.ts'), join(folder, 'stored')]
  const child = spawn(process.execPath, words, { stdio: ['pipe', 'pipe', 'inherit'] })
  const all = printed(child)
  const { port } = JSON.parse(await firstLine(child)) as { port: number }
  const sent = await send(version, port, rate)
  await delay(500)
  child.stdin.end()
  const said = JSON.parse((await all).trim().split('\n').at(-1)!) as { records: number; cpuSeconds: number }
  return { who: `Holdfast, ${version}`, rate, sent, stored: said.records, cpuSeconds: said.cpuSeconds }
}

const firstLine = (child: ChildProcess): Promise<string> =>
  new Promise((resolve) =>
    child.stdout?.once('data', (piece: Buffer) => resolve(piece.toString().split('\n')[0]!)),
  )

async function freePort(): Promise<number> {
  const socket = createSocket('udp4')
  await new Promise<void>((resolve) => {
    socket.bind(0, '127.0.0.1', () => resolve())
  })
  const { port } = socket.address()
  await new Promise<void>((resolve) => {
    socket.close(() => resolve())
  })
  return port
}

const TICKS = 100 // a second: USER_HZ of Linux

/** User and system time of a process so far (proc_pid_stat, fields 14 and 15); null where nothing tells. */
function cpuOf(pid: number): number | null {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]!.split(' ')
    return (Number(fields[11]) + Number(fields[12])) / TICKS
  } catch {
    return null
  }
}

async function toNfcapd(version: Version, rate: number): Promise<{ row: UdpRow; stored: string }> {
  const stored = mkdtempSync(join(folder, 'nfcapd-'))
  const port = await freePort()
  const words = ['-w', stored, '-p', `${port}`, '-b', '127.0.0.1', '-t', '3600', '-B', `${RECEIVE_BUFFER}`]
  const child = spawn('nfcapd', words, { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', (piece: Buffer) => (said += piece.toString()))
  const ended = new Promise((resolve) => child.once('close', resolve))
  while (!said.includes('Startup')) await delay(20)
  const sent = await send(version, port, rate)
  await delay(1000)
  const cpuSeconds = cpuOf(child.pid!)
  child.kill('SIGTERM')
  await ended
  const summary = await run('nfdump', '-R', stored, '-I')
  const count = Number(/^Flows: (\d+)/m.exec(summary)?.[1] ?? NaN)
  return { row: { who: `nfcapd, ${version}`, rate, sent, stored: count, cpuSeconds }, stored }
}

const records = Math.floor(Number(values.records) / RECORDS) * RECORDS
const fileRows: FileRow[] = []
const udpRows: UdpRow[] = []
const others = ['nfcapd', 'nfdump'].every(installed)
try {
  for (const version of VERSIONS) {
    const path = join(folder, version)
    writeMessages(path, version, records / RECORDS)
    fileRows.push(await read(`Holdfast, ${version}`, [process.execPath, beside('decode.ts'), path], records))
    rmSync(path)
  }
  for (const rate of values.rate.map(Number)) {
    for (const version of VERSIONS) {
      udpRows.push(await toHoldfast(version, rate))
      if (!others) continue
      const { row, stored } = await toNfcapd(version, rate)
      udpRows.push(row)
      if (version === 'netflow5' && rate === Number(values.rate[0])) {
        const words = ['nfdump', '-R', stored, '-o', 'null', '-q']
        fileRows.push(await read('nfdump, its own file', words, row.stored))
      }
      rmSync(stored, { recursive: true })
    }
  }
  if (Number(values.stored) > 0) console.log(await storedTable(FROM_UDP_MIN, Number(values.stored)))
  console.log(fileTable(fileRows))
  console.log(udpTable(udpRows))
  console.log(exportersLine(await run(process.execPath, beside('exporters.ts'))))
  console.log(`${availableParallelism()} processors, load ${loadavg()[0]?.toFixed(1)}`)
} finally {
  rmSync(folder, { recursive: true })
}

async function storedTable(rate: number, seconds: number): Promise<string> {
  const port = await freePort()
  let sent = 0
  const sending = async (): Promise<number> => (sent = await send('network', port, rate, `${seconds}`))
  const its = await toDatabase(folder, port, sending, cpuOf)
  const { received, kernelDrops, connections, openConnections, cpuSeconds } = its
  const cpu = cpuSeconds === null ? '-' : `${Math.round((cpuSeconds / seconds) * 100)} %`
  return `${table(
    ['a network over UDP, to the database', 'sent', 'lost', 'connections', 'open', 'CPU', 'none lost'],
    [
      [
        `${scaled(rate, '/s')} for ${seconds} s`,
        `${sent}`,
        `${sent - received} (${kernelDrops ?? 0} datagrams by the kernel)`,
        `${connections}`,
        `${openConnections}`,
        cpu,
        reached(received === sent),
      ],
    ],
  )}\n`
}

function fileTable(rows: readonly FileRow[]): string {
  const heads = [
    'records from files',
    'records/s',
    'per CPU second',
    'most memory',
    scaled(FROM_FILES_MIN, '/s'),
  ]
  return table(
    heads,
    rows.map(({ who, perSecond, perCpuSecond, peakBytes }) => [
      who,
      scaled(perSecond, ''),
      scaled(perCpuSecond, ''),
      scaled(peakBytes, 'B'),
      who.startsWith('Holdfast') ? reached(perSecond >= FROM_FILES_MIN) : '-',
    ]),
  )
}

function udpTable(rows: readonly UdpRow[]): string {
  const heads = [
    'records over UDP, stored',
    'sent/s',
    'sent',
    'lost',
    'CPU',
    `${scaled(FROM_UDP_MIN, '/s')}, none lost`,
  ]
  return `\n${table(
    heads,
    rows.map(({ who, rate, sent, stored, cpuSeconds }) => [
      who,
      scaled(rate, ''),
      `${sent}`,
      `${sent - stored}`,
      cpuSeconds === null ? '-' : `${Math.round((cpuSeconds / Number(values.seconds)) * 100)} %`,
      who.startsWith('Holdfast') && rate >= FROM_UDP_MIN ? reached(stored === sent) : '-',
    ]),
  )}`
}

function exportersLine(text: string): string {
  const said = JSON.parse(text) as Readonly<Record<'exporters' | 'templates' | 'peakBytes', number>>
  const kept = reached(said.peakBytes <= EXPORTERS_BYTES_MAX)
  return `\n${said.templates} templates of ${said.exporters} exporters: ${scaled(said.peakBytes, 'B')} at most, under ${scaled(EXPORTERS_BYTES_MAX, 'B')}: ${kept}`
}

function reached(is: boolean): string {
  return is ? 'yes' : 'NO'
}
