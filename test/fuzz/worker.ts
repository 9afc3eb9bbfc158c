/**
 * Runs fuzz cases one after the other and says in shared memory which one it is at, so that a hang is noticed
 * from outside.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { tryCase } from './cases.ts'
import type { Material } from './cases.ts'

export interface Task extends Material {
  readonly first: number
  /** [the case in progress, 1 to stop, the slowest case's milliseconds, its number]. */
  readonly shared: SharedArrayBuffer
}

export interface Failure {
  readonly number: number
  readonly why: string
}

const task = workerData as Task
const state = new Int32Array(task.shared)
for (let number = task.first; Atomics.load(state, 1) === 0; number++) {
  Atomics.store(state, 0, number)
  const start = performance.now()
  try {
    await tryCase(task, number)
  } catch (error) {
    const failure: Failure = {
      number,
      why: error instanceof Error ? (error.stack ?? error.message) : String(error),
    }
    parentPort?.postMessage(failure)
  }
  const took = performance.now() - start
  if (took <= Atomics.load(state, 2)) continue
  Atomics.store(state, 2, took)
  Atomics.store(state, 3, number)
}
