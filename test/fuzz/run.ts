/**
 * `npm run fuzz`: broken captures through the whole analysis for as long as wished. No exception, no hang, no
 * record that cannot be written, no memory without end. What fails is kept, with the command that shows it
 * again.
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
import { corpus } from './corpus.ts'
import { mutated } from './mutate.ts'
import type { Failure, Task } from './worker.ts'

const HANG_MS = 10_000 // a case takes milliseconds
const POLL_MS = 200
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
const seed = Number(values.seed),
  folder = values.corpus ?? null
const kept = join(tmpdir(), 'holdfast-fuzz')

/** One input again, where a debugger can see it. */
async function again(bytes: Uint8Array, says: readonly string[]): Promise<void> {
  console.log(says.join('; '))
  const outcome = await analyse(bytes)
  const { packets, readError } = 'refused' in outcome ? { packets: 0, readError: outcome.refused } : outcome
  console.log(`${packets} packets${readError === null ? '' : `; ${readError}`}`)
}

function keep({ number, why }: Failure): void {
  mkdirSync(kept, { recursive: true })
  const path = join(kept, `${seed}-${number}.capture`)
  const { bytes, says } = mutated(corpus(folder ?? undefined), seed, number)
  writeFileSync(path, bytes)
  const from = folder === null ? '' : ` --corpus ${folder}`
  console.error(`\ncase ${number}: ${why}\n  ${says.join('; ')}`)
  console.error(`  kept: ${path}\n  again: node test/fuzz/run.ts --seed ${seed} --case ${number}${from}`)
}

interface Stint {
  /** The case it stopped at, or hung in. */
  last: number
  failures: Failure[]
}

/** Cases from `first` on until time is up or a case hangs or kills the worker. */
function stint(first: number, deadline: number): Promise<Stint> {
  const shared = new SharedArrayBuffer(8),
    state = new Int32Array(shared)
  Atomics.store(state, 0, first)
  const task: Task = { seed, first, folder, shared }
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    workerData: task,
    resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
  })
  const failures: Failure[] = []
  let seen = first,
    since = performance.now()
  return new Promise((resolve) => {
    const watch = setInterval(() => {
      const now = performance.now(),
        at = Atomics.load(state, 0)
      if (at !== seen) [seen, since] = [at, now]
      if (now > deadline || failures.length >= FAILURES_MAX) Atomics.store(state, 1, 1)
      if (now - since < HANG_MS) return
      failures.push({ number: seen, why: `hangs: no end after ${HANG_MS} ms` })
      void worker.terminate()
    }, POLL_MS)
    worker.on('message', (failure: Failure) => failures.push(failure))
    worker.on('error', (error) =>
      failures.push({ number: Atomics.load(state, 0), why: `ends the worker: ${error}` }),
    )
    worker.on('exit', () => {
      clearInterval(watch)
      resolve({ last: Atomics.load(state, 0), failures })
    })
  })
}

async function fuzz(seconds: number): Promise<void> {
  const start = performance.now(),
    deadline = start + seconds * 1000
  const failures: Failure[] = []
  let next = 0
  while (performance.now() < deadline && failures.length < FAILURES_MAX) {
    const { last, failures: found } = await stint(next, deadline)
    for (const failure of found) keep(failure)
    failures.push(...found)
    next = last + 1
  }
  const took = (performance.now() - start) / 1000
  const rate = (next / took).toFixed(0)
  console.log(
    `seed ${seed}: ${next} cases in ${took.toFixed(0)} s (${rate} a second), ${failures.length} failed`,
  )
  process.exitCode = failures.length === 0 ? 0 : 1
}

if (values.file !== undefined) await again(new Uint8Array(readFileSync(values.file)), [values.file])
else if (values.case !== undefined) {
  const { bytes, says } = mutated(corpus(folder ?? undefined), seed, Number(values.case))
  await again(bytes, says)
} else await fuzz(Number(values.seconds))
