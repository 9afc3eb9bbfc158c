/** The thread that opens records of TLS ahead, where there is a core for it. */
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { AnalysisOptions } from '../pipeline/monitor.ts'

/** What an analysis is told of it: nothing, where it would only take time from the reader. */
export const recordHelper = (cores = availableParallelism()): Pick<AnalysisOptions, 'startHelper'> =>
  cores > 1 ? { startHelper: startThread } : {}

function startThread(memory: SharedArrayBuffer): { stop(): void } {
  const worker = new Worker(new URL('./ahead-worker.ts', import.meta.url), { workerData: memory })
  // An analysis that ends without it need not wait, and one that it fails goes on as without it.
  worker.unref()
  worker.on('error', () => {})
  return { stop: () => void worker.terminate() }
}
