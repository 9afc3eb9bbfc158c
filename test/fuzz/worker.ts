/**
 * Runs fuzz cases one after the other and says in shared memory which one it is at, so that a hang is noticed
 * from outside.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { analyse } from './analyse.ts'
import { corpus } from './corpus.ts'
import { mutated } from './mutate.ts'

export interface Task {
  readonly seed: number
  readonly first: number
  readonly folder: string | null
  /** [the case in progress, 1 to stop]. */
  readonly shared: SharedArrayBuffer
}

export interface Failure {
  readonly number: number
  readonly why: string
}

const { seed, first, folder, shared } = workerData as Task
const state = new Int32Array(shared),
  seeds = corpus(folder ?? undefined)
for (let number = first; Atomics.load(state, 1) === 0; number++) {
  Atomics.store(state, 0, number)
  try {
    await analyse(mutated(seeds, seed, number).bytes)
  } catch (error) {
    const failure: Failure = {
      number,
      why: error instanceof Error ? (error.stack ?? error.message) : String(error),
    }
    parentPort?.postMessage(failure)
  }
}
