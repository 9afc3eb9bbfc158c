/**
 * `npm run fuzz`: broken captures through the whole analysis, and broken conversations through the parsers of
 * streams, for as long as wished. No exception, no hang, no record that cannot be written, no memory beyond
 * the stated limits. What fails is kept, with the command that shows it again.
 *
 *   node test/fuzz/run.ts [--seconds N] [--seed S] [--corpus FOLDER]
 *   node test/fuzz/run.ts --seed S --case N | --file PATH
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { analyse } from './analyse.ts'
import { captureCase, dialogueCase, isCapture } from './cases.ts'
import type { Material } from './cases.ts'
import { corpus } from './corpus.ts'
import { dialogues } from './dialogues.ts'
import { listen } from './listen.ts'
import type { DialogueCase, Step } from './mutate-dialogue.ts'
import type { Failure, Task } from './worker.ts'

// a case takes milliseconds; of the processor's time, since the machine may be busy
const HANG_CPU_MS = 10_000
const HANG_MS = 300_000
const POLL_MS = 200
const PROGRESS_MS = 60_000
const FAILURES_MAX = 20 // kept; then it is time to mend
const MEMORY_MB = 1_024 // of the worker's heap

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    corpus: { type: 'string' },
    case: { type: 'string' },
    file: { type: 'string' },
  },
})
const seed = Number(values.seed)
const kept = join(tmpdir(), 'holdfast-fuzz')

async function material(): Promise<Material> {
  const captures = corpus(values.corpus)
  return { seed, captures, dialogues: await dialogues(captures) }
}

/** A broken capture again, where a debugger can see it. */
async function analyseAgain(bytes: Uint8Array, says: readonly string[]): Promise<void> {
  console.log(says.join('; '))
  const outcome = await analyse(bytes)
  const { packets, readError } = 'refused' in outcome ? { packets: 0, readError: outcome.refused } : outcome
  console.log(`${packets} packets${readError === null ? '' : `; ${readError}`}`)
}

interface KeptDialogue extends Omit<DialogueCase, 'steps'> {
  readonly number: number
  readonly steps: readonly (readonly [side: 0 | 1, hexOrMissing: string | number])[]
}

function fromKept({ steps, ...rest }: KeptDialogue): DialogueCase {
  const step = ([side, what]: KeptDialogue['steps'][number]): Step =>
    typeof what === 'number'
      ? { side, missing: what }
      : { side, bytes: new Uint8Array(Buffer.from(what, 'hex')) }
  return { ...rest, steps: steps.map(step) }
}

function toKept({ steps, ...rest }: DialogueCase, number: number): KeptDialogue {
  const flat = steps.map(
    (step) => [step.side, 'bytes' in step ? Buffer.from(step.bytes).toString('hex') : step.missing] as const,
  )
  return { ...rest, number, steps: flat }
}

async function again(path: string): Promise<void> {
  if (!path.endsWith('.json')) return analyseAgain(new Uint8Array(readFileSync(path)), [path])
  const one = JSON.parse(readFileSync(path, 'utf8')) as KeptDialogue
  console.log(one.says.join('; '))
  listen(fromKept(one), one.number)
}

function keep(of: Material, { number, why }: Failure): void {
  mkdirSync(kept, { recursive: true })
  const ofCapture = isCapture(number)
  const path = join(kept, `${seed}-${number}.${ofCapture ? 'capture' : 'json'}`)
  const broken = ofCapture ? captureCase(of, number) : dialogueCase(of, number)
  writeFileSync(path, 'bytes' in broken ? broken.bytes : JSON.stringify(toKept(broken, number)))
  console.error(`\ncase ${number}: ${why}\n  ${broken.says.join('; ')}`)
  console.error(`  kept: ${path}\n  again: node test/fuzz/run.ts --file ${path}`)
}

interface Stint {
  /** The case it stopped at, or hung in. */
  last: number
  failures: Failure[]
  slowest: { ms: number; number: number }
}

const peakMb = (): string => (process.resourceUsage().maxRSS / 1024).toFixed(0)

function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** Cases from `first` on until time is up or a case hangs or kills the worker. */
function stint(of: Material, first: number, deadline: number): Promise<Stint> {
  const shared = new SharedArrayBuffer(16),
    state = new Int32Array(shared)
  Atomics.store(state, 0, first)
  const task: Task = { ...of, first, shared }
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    workerData: task,
    resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
  })
  const failures: Failure[] = []
  // Kept at once: whoever breaks the run off has what it found.
  const fail = (failure: Failure): void => {
    failures.push(failure)
    keep(of, failure)
  }
  let seen = first,
    since = performance.now(),
    spent = cpuMs(),
    isStopped = false,
    said = since
  return new Promise((resolve) => {
    const watch = setInterval(() => {
      const now = performance.now(),
        at = Atomics.load(state, 0)
      if (at !== seen) [seen, since, spent] = [at, now, cpuMs()]
      if (now > said + PROGRESS_MS) {
        said = now
        console.log(`at case ${at}; ${peakMb()} MiB at most`)
      }
      if (now > deadline || failures.length >= FAILURES_MAX) Atomics.store(state, 1, 1)
      if (isStopped || (now - since < HANG_MS && cpuMs() - spent < HANG_CPU_MS)) return
      isStopped = true
      fail({ number: seen, why: `hangs: no end after ${(now - since).toFixed(0)} ms` })
      void worker.terminate()
    }, POLL_MS)
    worker.on('message', fail)
    worker.on('error', (error) => fail({ number: Atomics.load(state, 0), why: `ends the worker: ${error}` }))
    worker.on('exit', () => {
      clearInterval(watch)
      if (failures.length === 0 && Atomics.load(state, 1) === 0)
        fail({ number: Atomics.load(state, 0), why: 'waits for ever' })
      const slowest = { ms: Atomics.load(state, 2), number: Atomics.load(state, 3) }
      resolve({ last: Atomics.load(state, 0), failures, slowest })
    })
  })
}

async function fuzz(seconds: number): Promise<void> {
  const of = await material()
  console.log(`${of.captures.length} captures and ${of.dialogues.length} conversations to break`)
  const start = performance.now(),
    deadline = start + seconds * 1000
  const failures: Failure[] = []
  let next = 0,
    slowest = { ms: 0, number: 0 }
  while (performance.now() < deadline && failures.length < FAILURES_MAX) {
    const stopped = await stint(of, next, deadline)
    failures.push(...stopped.failures)
    next = stopped.last + 1
    if (stopped.slowest.ms > slowest.ms) ({ slowest } = stopped)
  }
  const took = (performance.now() - start) / 1000
  const rate = (next / took).toFixed(0),
    peak = peakMb()
  console.log(
    `seed ${seed}: ${next} cases in ${took.toFixed(0)} s (${rate} a second), ${failures.length} failed; ` +
      `slowest: case ${slowest.number}, ${slowest.ms} ms; ${peak} MiB at most`,
  )
  process.exitCode = failures.length === 0 ? 0 : 1
}

if (values.file !== undefined) await again(values.file)
else if (values.case !== undefined) {
  const of = await material(),
    number = Number(values.case)
  if (isCapture(number)) {
    const { bytes, says } = captureCase(of, number)
    await analyseAgain(bytes, says)
  } else listen(dialogueCase(of, number), number)
} else await fuzz(Number(values.seconds))
