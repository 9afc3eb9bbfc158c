/**
 * Packets of an interface, through tcpdump or dumpcap as a child process: Holdfast itself needs no
 * privileges.
 *
 * tcpdump comes first for one interface: asked by a signal it tells at any time what the kernel dropped
 * (SIGUSR1) and hands on what it holds (SIGUSR2; tcpdump(1)), which costs less than a write for every
 * packet. dumpcap captures at several interfaces at once, and is often the one that users may run.
 *
 * Contract: a process that dies is started again, and what is missing meanwhile is a gap. If not even the
 * first one delivers, an input error says why.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { Readable } from 'node:stream'
import type { CaptureReader } from '../src/model/capture.ts'
import { inputError, streamSource } from './byte-source.ts'
import { openCapture } from './index.ts'
import type { Drops, LivePart, LiveSource } from './live-reader.ts'
import { RETRY_MS_MAX } from './live-streams.ts'

export type CaptureProgram = 'tcpdump' | 'dumpcap'

export interface ProcessPlan {
  readonly interfaces: readonly string[]
  /** For the kernel, in the language of pcap-filter(7); empty: everything. */
  readonly filter: string
  /** Null: whichever can. */
  readonly program: CaptureProgram | null
  /** Octets kept of a packet; 0: all. */
  readonly snapLength: number
  /** Memory of the kernel's buffer, for times when Holdfast is slow. */
  readonly bufferMib: number
}

/** How often tcpdump is asked to hand on what it holds, and what was dropped. */
const FLUSH_MS = 50
const STATISTICS_MS = 2_000
const RESTART_MS = 1_000
/** A process that does not end when it is asked to. */
const IMPATIENCE_MS = 3_000
/** Text of errors that is kept. */
const WORDS_MAX = 8_192

type Child = ChildProcessByStdio<null, Readable, Readable>

interface Running {
  readonly program: CaptureProgram
  readonly child: Child
  readonly ended: Promise<void>
  words: string
  /** What it said that the kernel dropped. */
  dropped: number
  timers: NodeJS.Timeout[]
}

export const programsFor = ({ interfaces, program }: ProcessPlan): readonly CaptureProgram[] =>
  program !== null ? [program] : interfaces.length > 1 ? ['dumpcap'] : ['tcpdump', 'dumpcap']

/** The words of the command line, without the program's name. */
export function argumentsOf(program: CaptureProgram, plan: ProcessPlan): readonly string[] {
  const { interfaces, filter, snapLength, bufferMib } = plan
  const snap = snapLength === 0 ? [] : ['-s', String(snapLength)]
  if (program === 'dumpcap')
    return [
      '-q',
      ...(filter === '' ? [] : ['-f', filter]),
      ...interfaces.flatMap((name) => ['-i', name, ...snap, '-B', String(bufferMib)]),
      '-w',
      '-',
    ]
  const own = ['-i', interfaces[0]!, '-n', '--immediate-mode', ...snap, '-B', String(bufferMib * 1024)]
  return [...own, '-w', '-', ...(filter === '' ? [] : [filter])]
}

export function processSource(plan: ProcessPlan): LiveSource {
  const drops: Drops = { kernel: null, interface: null, queued: 0 }
  let running: Running | null = null
  let closed = false
  let lost: string | null = null
  let pause = RESTART_MS
  let wake: (() => void) | null = null
  const missed = missedCounter(plan.interfaces)
  const begin = async (program: CaptureProgram): Promise<CaptureReader> => {
    running = started(program, plan, drops)
    return openedChild(running)
  }
  return {
    name: plan.interfaces.join(', '),
    async next(): Promise<LivePart | null> {
      if (lost === null) return { reader: await firstOf(plan, begin), skip: 0, gap: null }
      while (!closed) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, pause)
          wake = () => {
            clearTimeout(timer)
            resolve()
          }
        })
        if (closed) return null
        pause = Math.min(RETRY_MS_MAX, 2 * pause)
        try {
          const reader = await begin(running!.program)
          pause = RESTART_MS
          return { reader, skip: 0, gap: lost }
        } catch (error) {
          lost = (error as Error).message
        }
      }
      return null
    },
    over() {
      lost = `${running!.program} had ended${reasonIn(running!.words)}`
      stop(running!)
    },
    drops: {
      get kernel() {
        return drops.kernel
      },
      get interface() {
        return missed()
      },
      get queued() {
        return running?.child.stdout.readableLength ?? 0
      },
    },
    position: () => null,
    close() {
      closed = true
      if (running !== null) stop(running)
      wake?.()
    },
  }
}

/** Whichever of the programs delivers first. */
async function firstOf(
  plan: ProcessPlan,
  begin: (program: CaptureProgram) => Promise<CaptureReader>,
): Promise<CaptureReader> {
  const refusals: string[] = []
  for (const program of programsFor(plan)) {
    try {
      return await begin(program)
    } catch (error) {
      refusals.push((error as Error).message)
    }
  }
  throw inputError(refusals.join('; '))
}

async function openedChild(running: Running): Promise<CaptureReader> {
  const { program, child } = running
  try {
    return await openCapture(streamSource(child.stdout), { path: program })
  } catch {
    stop(running)
    await running.ended
    throw inputError(`${program} cannot capture${reasonIn(running.words)}`)
  }
}

function started(program: CaptureProgram, plan: ProcessPlan, drops: Drops): Running {
  const child = spawn(program, argumentsOf(program, plan), {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, LC_ALL: 'C' },
  })
  const { promise: ended, resolve } = Promise.withResolvers<void>()
  const running: Running = { program, child, ended, words: '', dropped: 0, timers: [] }
  child.on('error', (error: NodeJS.ErrnoException) => {
    running.words = error.code === 'ENOENT' ? 'it is not installed' : error.message
    child.stdout.destroy()
    resolve()
  })
  child.on('close', () => resolve())
  child.stderr.setEncoding('latin1').on('data', (text: string) => {
    running.words = (running.words + text).slice(-WORDS_MAX)
    // Before it listens, a signal would end it.
    if (program === 'tcpdump' && running.timers.length === 0 && running.words.includes('listening on'))
      running.timers = [
        setInterval(() => child.kill('SIGUSR2'), FLUSH_MS),
        setInterval(() => child.kill('SIGUSR1'), STATISTICS_MS),
      ]
    const told = droppedIn(running.words)
    if (told === null) return
    // It may say so when it is over and the next one captures.
    drops.kernel = (drops.kernel ?? 0) + told - running.dropped
    running.dropped = told
  })
  return running
}

function stop({ child, timers }: Running): void {
  for (const timer of timers) clearInterval(timer)
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  child.kill('SIGTERM')
  const impatience = setTimeout(() => child.kill('SIGKILL'), IMPATIENCE_MS)
  impatience.unref()
  child.once('exit', () => clearTimeout(impatience))
}

/**
 * tcpdump: `3 packets dropped by kernel`; dumpcap, at its end: `Packets received/dropped on interface 'eth0':
 * 10/3 (pcap:3/dumpcap:0/...`, a line for each interface. The last that is said counts.
 */
export function droppedIn(words: string): number | null {
  const tcpdump = [...words.matchAll(/(\d+) packets? dropped by kernel/g)].at(-1)?.[1]
  if (tcpdump !== undefined) return Number(tcpdump)
  const dumpcap = [...words.matchAll(/received\/dropped on interface .*?: \d+\/(\d+)/g)]
  return dumpcap.length === 0 ? null : dumpcap.reduce((sum, [, n]) => sum + Number(n), 0)
}

/** What it said of the reason, as the end of a sentence. */
function reasonIn(words: string): string {
  const lines = words
    .split('\n')
    .map((line) => line.replace(/^(?:tcpdump|dumpcap): /, '').trim())
    .filter((line) => line !== '' && !CHATTER.test(line))
  return lines.length === 0 ? '' : `: ${lines.slice(0, 2).join(' ')}`
}

const CHATTER = /^(?:listening on|Capturing on|File:|\d+ packets? |Packets )/

/**
 * What a driver had to let go because its own ring was full, since now (Linux,
 * Documentation/networking/statistics.rst: `rx_missed_errors`, `rx_fifo_errors`); null where the system does
 * not say. `rx_dropped` is no loss to who captures: it counts what came later.
 */
function missedCounter(interfaces: readonly string[]): () => number | null {
  const read = (): number | null => {
    try {
      return interfaces
        .flatMap((name) => ['rx_missed_errors', 'rx_fifo_errors'].map((what) => counterOf(name, what)))
        .reduce((sum, n) => sum + n, 0)
    } catch {
      return null
    }
  }
  const before = read()
  return () => {
    const now = before === null ? null : read()
    return now === null || before === null ? null : Math.max(0, now - before)
  }
}

const counterOf = (name: string, what: string): number => {
  if (!/^[\w.@-]{1,32}$/.test(name)) throw new Error('no name of an interface')
  return Number(readFileSync(`/sys/class/net/${name}/statistics/${what}`, 'latin1'))
}
