/** The thread that writes: takes batches, counts them in shared memory, and says how it ended. */
import { workerData } from 'node:worker_threads'
import { analysisRows, type AnalysisRows } from './analysis-rows.ts'
import { explanation, openStore, type Store } from './store.ts'
import {
  FAILED,
  HANDLED,
  STATE,
  type WriterAnswer,
  type WriterMessage,
  type WriterOrder,
} from './writer-message.ts'

/**
 * Pages in the journal that set a checkpoint off while much is written: 64 MiB. Pages of indexes that
 * change again and again are copied less often.
 */
const CHECKPOINT_PAGES = 16_384

run(workerData as WriterOrder)

function run(order: WriterOrder): void {
  const { path, port, shared } = order
  const words = new Int32Array(shared)
  let open: { store: Store; rows: AnalysisRows } | null = null
  const end = (answer: WriterAnswer): void => {
    open?.store.close()
    open = null
    port.postMessage(answer)
    port.close()
  }
  const fail = (error: unknown): void => {
    const reason = explanation(path, error)?.message ?? (error as Error).message
    open?.rows.abandon()
    end({ kind: 'failed', reason })
    Atomics.store(words, STATE, FAILED)
    Atomics.notify(words, HANDLED)
  }
  port.on('message', (message: WriterMessage) => {
    try {
      open ??= begin(order)
      if (take(open.rows, message)) end({ kind: 'done' })
    } catch (error) {
      fail(error)
    }
    Atomics.add(words, HANDLED, 1)
    Atomics.notify(words, HANDLED)
  })
}

function begin({ path, analysis, devices, plainSecrets }: WriterOrder): { store: Store; rows: AnalysisRows } {
  const store = openStore(path)
  store.db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`)
  const now = (): number => Date.now() * 1000
  return { store, rows: analysisRows(store, analysis, { now, devices, plainSecrets }) }
}

/** True if that was all. */
function take(rows: AnalysisRows, message: WriterMessage): boolean {
  switch (message.kind) {
    case 'connections':
      rows.batch(message)
      return false
    case 'records':
      rows.records(message.records)
      return false
    case 'finish':
      rows.finish()
      return true
    case 'abandon':
      rows.abandon()
      return true
  }
}
