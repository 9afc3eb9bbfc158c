/**
 * Workload `silences`: one connection whose ten heartbeats are a silence apart, then FIN; one capture for
 * each silence from 30 s to 6 h. How many connections (or records) does each tool make of it? There is one.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { capture } from './captures.ts'
import type { Counts } from './captures.ts'
import { installed } from './measure.ts'
import { createOpaque } from './payloads.ts'
import { createRandom } from '../scenario/random.ts'
import { ACK, FIN, PSH, SYN, Traffic } from './traffic.ts'
import { HOLDFAST } from './workloads/index.ts'
import { placeHosts, START } from './workloads/hosts.ts'

export const SILENCES =
  'one connection with ten equal silences: how many each tool reports (nfpcapd: one direction at a time)'

/** Seconds: around the idle timeouts that flow exporters and load balancers ship with, then hours. */
const SECONDS = [30, 60, 120, 241, 300, 350, 600, 900, 1_800, 3_600, 7_200, 21_600] as const
const HEARTBEATS = 10
const VERSION = 1
const OUTPUT_MAX = 1 << 26

export interface SilenceRow {
  readonly seconds: number
  /** What each tool said: a number, `absent`, or `failed`. */
  readonly counts: Readonly<Record<string, string>>
}

function generate(path: string, seconds: number): Counts {
  const traffic = new Traffic(path, 1),
    opaque = createOpaque(createRandom(seconds))
  placeHosts(traffic, 1, 1, 1, 10_443)
  let time = START
  const exchange = (): void => {
    traffic.send(time, 0, PSH | ACK, opaque(40))
    traffic.send(time + 5_000, 1, PSH | ACK, opaque(24))
    traffic.send(time + 45_000, 0, ACK)
  }
  traffic.send(time, 0, SYN)
  traffic.send(time + 5_000, 1, SYN | ACK)
  traffic.send(time + 5_100, 0, ACK)
  for (let i = 0; i < HEARTBEATS; i++) {
    time += seconds * 1e6
    exchange()
  }
  traffic.send(time + 100_000, 0, FIN | ACK)
  traffic.send(time + 105_000, 1, FIN | ACK)
  traffic.send(time + 105_100, 0, ACK)
  traffic.close()
  return traffic.counts
}

const execute = promisify(execFile)

async function output(command: string, ...argv: string[]): Promise<string> {
  const { stdout } = await execute(command, argv, { maxBuffer: OUTPUT_MAX })
  return stdout
}

const lines = (text: string, having: RegExp): number =>
  text.split('\n').filter((line) => having.test(line)).length

async function argusRecords(path: string, folder: string): Promise<number> {
  const records = join(folder, 'argus'),
    merged = join(folder, 'merged')
  await output('argus', '-r', path, '-w', records)
  await output('racluster', '-r', records, '-w', merged)
  return lines(await output('ra', '-r', merged, '-n', '-L', '-1', '-', 'tcp'), /tcp/)
}

async function nfpcapdRecords(path: string, folder: string): Promise<number> {
  await output('nfpcapd', '-r', path, '-l', folder)
  return lines(await output('nfdump', '-q', '-R', folder, '-o', 'line'), /TCP/)
}

const COUNTERS: Readonly<
  Record<string, { needs: string; count: (path: string, folder: string) => Promise<number> }>
> = {
  holdfast: {
    needs: 'node',
    count: async (path) =>
      lines(
        await output('node', HOLDFAST, 'analyze', '--format', 'ndjson', '--include', 'connection', path),
        /"kind":"connection"/,
      ),
  },
  tshark: {
    needs: 'tshark',
    count: async (path) => lines(await output('tshark', '-n', '-r', path, '-q', '-z', 'conv,tcp'), /<->/),
  },
  tcptrace: {
    needs: 'tcptrace',
    count: async (path) => lines(await output('tcptrace', '-n', path), /^\s*\d+: /),
  },
  'argus + racluster': { needs: 'racluster', count: argusRecords },
  nfpcapd: { needs: 'nfpcapd', count: nfpcapdRecords },
}

async function countWith(tool: string, path: string): Promise<string> {
  const { needs, count } = COUNTERS[tool]!
  if (!installed(needs)) return 'absent'
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-silences-'))
  try {
    return String(await count(path, folder))
  } catch {
    return 'failed'
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

export async function countSilences(): Promise<SilenceRow[]> {
  const rows: SilenceRow[] = []
  for (const seconds of SECONDS) {
    const { path } = capture(`silence-${seconds}`, VERSION, (to) => generate(to, seconds))
    const counts: Record<string, string> = {}
    for (const tool of Object.keys(COUNTERS)) counts[tool] = await countWith(tool, path)
    rows.push({ seconds, counts })
  }
  return rows
}
