/**
 * `npm run bench`: Holdfast's shipped command beside tshark, tcptrace, argus and ndpiReader on generated
 * captures, as whole processes, start-up included, interleaved A B A B so that the state of the machine is
 * the same for all. It reports whether each floor is reached and never fails on a time: machines differ,
 * ratios differ less.
 *
 *   node test/bench/run.ts [--only NAME]... [--runs N] [--json FILE] [--heavy] [--generate]
 */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { capture, intoPageCache } from './captures.ts'
import type { Capture } from './captures.ts'
import { installed, measure, median } from './measure.ts'
import type { Measurement } from './measure.ts'
import { SILENCES, countSilences } from './silences.ts'
import type { SilenceRow } from './silences.ts'
import { scaled, table } from './table.ts'
import { HOLDFAST, WORKLOADS } from './workloads/index.ts'
import type { Contestant, Floor, Workload } from './workloads/index.ts'

const RUNS = 5

interface Result {
  readonly name: string
  readonly state: 'measured' | 'absent' | 'failed' | 'left out'
  readonly why: string | null
  readonly runs: number
  readonly seconds: number | null
  readonly cpuSeconds: number | null
  readonly peakBytes: number | null
}

const nothing = { runs: 0, seconds: null, cpuSeconds: null, peakBytes: null }

function summarise(name: string, measured: readonly Measurement[]): Result {
  const failure = measured.find((m) => m.failure !== null)
  if (failure !== undefined) return { name, state: 'failed', why: failure.failure, ...nothing }
  const cpu = measured.map((m) => m.cpuSeconds).filter((n) => n !== null)
  return {
    name,
    state: 'measured',
    why: null,
    runs: measured.length,
    seconds: median(measured.map((m) => m.seconds)),
    cpuSeconds: cpu.length === 0 ? null : median(cpu),
    peakBytes: Math.max(...measured.map((m) => m.peakBytes ?? 0)) || null,
  }
}

async function compete(workload: Workload, path: string, runs: number, heavy: boolean): Promise<Result[]> {
  const takesPart = (c: Contestant): boolean => (heavy || c.heavy !== true) && installed(c.command(path)[0]!)
  const measured = new Map<string, Measurement[]>(workload.contestants.map((c) => [c.name, []]))
  for (let round = 0; round < runs; round++) {
    for (const contestant of workload.contestants.filter(takesPart)) {
      const of = measured.get(contestant.name)!
      if (of.some((m) => m.failure !== null) || (round > 0 && contestant.once === true)) continue
      intoPageCache(path)
      of.push(await measure(contestant.command(path)))
    }
  }
  return workload.contestants.map((c) => {
    if (takesPart(c)) return summarise(c.name, measured.get(c.name)!)
    const leftOut = installed(c.command(path)[0]!)
    return {
      name: c.name,
      state: leftOut ? 'left out' : 'absent',
      why: leftOut ? 'needs --heavy' : null,
      ...nothing,
    }
  })
}

/** The number that a floor is about; null if a tool that it needs was not measured. */
function valueOf(floor: Floor, results: readonly Result[], { bytes }: Capture): number | null {
  const own = results.find((r) => r.name === 'holdfast'),
    other = results.find((r) => r.name === floor.than)
  if (own === undefined || own.seconds === null) return null
  if (floor.of === 'peak-bytes') return own.peakBytes
  if (floor.of === 'bytes-per-second') return bytes / own.seconds
  return other === undefined || other.seconds === null ? null : other.seconds / own.seconds
}

function judge(floor: Floor, results: readonly Result[], taken: Capture): string {
  const value = valueOf(floor, results, taken)
  if (value === null) return `  floor: ${floor.says}: not measured`
  const reached = value >= (floor.atLeast ?? -Infinity) && value <= (floor.atMost ?? Infinity)
  const unit = floor.of === 'wall-ratio' ? 'x' : floor.of === 'peak-bytes' ? 'B' : 'B/s'
  return `  floor: ${floor.says}: ${reached ? 'reached' : 'NOT reached'} (${scaled(value, unit)})`
}

function row(result: Result, own: Result | undefined, { packets, bytes }: Capture): string[] {
  const { name, seconds, cpuSeconds, peakBytes } = result
  if (seconds === null) return [name, result.state]
  const ratio = (mine: number | null | undefined, theirs: number | null): string =>
    mine === null || mine === undefined || theirs === null ? '-' : `${(theirs / mine).toFixed(2)} x`
  return [
    name,
    `${seconds.toFixed(2)} s`,
    cpuSeconds === null ? '-' : `${cpuSeconds.toFixed(2)} s`,
    scaled(packets / seconds, ''),
    scaled(bytes / seconds, 'B'),
    scaled(peakBytes, 'B'),
    ratio(own?.seconds, seconds),
    ratio(own?.peakBytes, peakBytes),
    String(result.runs),
  ]
}

function print(workload: Workload, taken: Capture, results: readonly Result[]): void {
  const own = results.find((r) => r.name === 'holdfast')
  const heads = ['tool', 'wall', 'cpu', 'packets/s', 'bytes/s', 'peak', 'wall : ours', 'peak : ours', 'runs']
  const size = `${taken.packets.toLocaleString('en')} packets, ${scaled(taken.bytes, 'B')}`
  console.log(`\n${workload.name}: ${workload.says} (${size})`)
  console.log(
    table(
      heads,
      results.map((r) => row(r, own, taken)),
    ),
  )
  for (const { name, why } of results) if (why !== null) console.log(`  ${name}: ${why}`)
  for (const { name, note } of workload.contestants) if (note !== undefined) console.log(`  ${name}: ${note}`)
  for (const floor of workload.floors) console.log(judge(floor, results, taken))
}

function printSilences(rows: readonly SilenceRow[]): void {
  console.log(`\nsilences: ${SILENCES}`)
  const tools = Object.keys(rows[0]?.counts ?? {})
  console.log(
    table(
      ['silence', ...tools],
      rows.map(({ seconds, counts }) => [`${seconds} s`, ...tools.map((tool) => counts[tool] ?? '-')]),
    ),
  )
  const held = rows.every(({ counts }) => counts['holdfast'] === '1')
  console.log(`  floor: one connection for Holdfast at every silence: ${held ? 'reached' : 'NOT reached'}`)
}

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    runs: { type: 'string', default: String(RUNS) },
    json: { type: 'string' },
    heavy: { type: 'boolean', default: false },
    generate: { type: 'boolean', default: false },
  },
})
const names = [...WORKLOADS.map((w) => w.name), 'silences']
const unknown = values.only?.find((name) => !names.includes(name))
const runs = Number(values.runs)
if (unknown !== undefined || !Number.isInteger(runs) || runs < 1) {
  const wrong = unknown === undefined ? `--runs ${values.runs}` : `--only ${unknown}`
  console.error(`bench: ${wrong} is not one of ${unknown === undefined ? '1, 2, 3, ...' : names.join(', ')}`)
  process.exit(2)
}

const wanted = (name: string): boolean => values.only === undefined || values.only.includes(name)
const report: unknown[] = []
// The first start after a change makes the bundle, as others were compiled before they were installed.
if (!values.generate) spawnSync(HOLDFAST, ['--version'], { stdio: 'ignore' })
console.log(
  `${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} threads; median of ${runs} runs`,
)
for (const workload of WORKLOADS.filter(({ name }) => wanted(name))) {
  const taken = capture(workload.name, workload.version, workload.generate)
  if (values.generate) continue
  const results = await compete(workload, taken.path, runs, values.heavy)
  print(workload, taken, results)
  report.push({ workload: workload.name, packets: taken.packets, bytes: taken.bytes, results })
}
if (wanted('silences') && !values.generate) {
  const rows = await countSilences()
  printSilences(rows)
  report.push({ workload: 'silences', rows })
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`)
