/**
 * Runs one command as a whole process, start-up included, and says how long it took and how much memory its
 * largest process held: GNU time's maximum resident set where it is installed, else the kernel's high-water
 * marks polled from /proc.
 */
import { spawn } from 'node:child_process'
import { accessSync, constants, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

export interface Measurement {
  readonly seconds: number
  /** User and system time; null without GNU time. */
  readonly cpuSeconds: number | null
  readonly peakBytes: number | null
  /** Why it counts as failed: exit status or signal with the telling line of stderr; null if it did not. */
  readonly failure: string | null
}

const GNU_TIME = '/usr/bin/time'
const POLL_MS = 20
const STDERR_KEPT = 4_096 // characters of the end of stderr

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** True if `command` is found on PATH (or is a path that can be executed). */
export function installed(command: string): boolean {
  if (command.includes('/')) return executable(command)
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => executable(join(folder, command)))
}

interface Exit {
  seconds: number
  failure: string | null
}

function run(argv: readonly string[], whileRunning: (pid: number) => void): Promise<Exit> {
  const [command = '', ...rest] = argv
  return new Promise((resolve) => {
    const start = performance.now()
    const child = spawn(command, rest, { stdio: ['ignore', 'ignore', 'pipe'] })
    let tail = ''
    const timer = setInterval(() => child.pid !== undefined && whileRunning(child.pid), POLL_MS)
    const done = (failure: string | null): void => {
      clearInterval(timer)
      resolve({ seconds: (performance.now() - start) / 1000, failure })
    }
    child.stderr.on('data', (chunk: Buffer) => {
      tail = (tail + chunk.toString('latin1')).slice(-STDERR_KEPT)
    })
    child.on('error', (error) => done(error.message))
    child.on('close', (code, signal) => {
      const said = tail.trimEnd().split('\n')
      const line = said.find((text) => /error/i.test(text)) ?? said.at(-1) ?? ''
      done(code === 0 ? null : `${signal ?? `exit ${code}`}: ${line.trim()}`)
    })
  })
}

const statusField = (pid: number, field: string): number => {
  try {
    const match = new RegExp(`^${field}:\\s*(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'latin1'))
    return Number(match?.[1] ?? 0)
  } catch {
    return 0 // gone meanwhile
  }
}

function descendants(root: number): number[] {
  const family = new Set([root])
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b)
  for (const pid of all) if (family.has(statusField(pid, 'PPid'))) family.add(pid)
  return [...family]
}

async function polled(argv: readonly string[]): Promise<Measurement> {
  let peak = 0
  const exit = await run(argv, (root) => {
    for (const pid of descendants(root)) peak = Math.max(peak, statusField(pid, 'VmHWM') * 1024)
  })
  return { ...exit, cpuSeconds: null, peakBytes: peak === 0 ? null : peak }
}

async function timed(argv: readonly string[]): Promise<Measurement> {
  const report = join(tmpdir(), `holdfast-bench-${process.pid}.time`)
  const exit = await run([GNU_TIME, '-q', '-o', report, '-f', '%M %U %S', ...argv], () => {})
  try {
    const [kilobytes = 0, user = 0, system = 0] = readFileSync(report, 'latin1')
      .trim()
      .split(/\s+/)
      .map(Number)
    return { ...exit, cpuSeconds: user + system, peakBytes: kilobytes * 1024 }
  } finally {
    rmSync(report, { force: true })
  }
}

/** Standard output goes to nowhere. */
export function measure(argv: readonly string[]): Promise<Measurement> {
  return executable(GNU_TIME) ? timed(argv) : polled(argv)
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b),
    middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
