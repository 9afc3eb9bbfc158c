/**
 * An order in a thread of its own: begun, watched, asked to end.
 *
 * Contract: `end` always resolves, whatever becomes of the thread; a thread that does not answer a wish in
 * time is ended from outside, which counts as having died.
 */
import { Worker } from 'node:worker_threads'
import { type JobEnd, type JobProgress, type Order, type ThreadMessage, WISH } from './order.ts'

export type ThreadEnd = JobEnd | { readonly state: 'died'; readonly reason: string }

export interface OrderThread {
  readonly end: Promise<ThreadEnd>
  /** Asks a job to end: and to throw away what it did, or to leave it for the next start. Ends a chore. */
  wish(wish: 'cancel' | 'leave'): void
}

export interface ThreadListener {
  onProgress?(progress: JobProgress): void
  onUnkept?(stored: string): void
}

export type StartThread = (order: Order, listener: ThreadListener) => OrderThread

/** A job looks for wishes at every step of its progress. */
const ANSWER_MS_MAX = 10_000

export const startThread: StartThread = (order, listener) => {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: order })
  const { promise, resolve } = Promise.withResolvers<ThreadEnd>()
  let told: ThreadEnd | null = null
  worker.on('message', (message: ThreadMessage) => {
    if ('progress' in message) listener.onProgress?.(message.progress)
    else if ('unkept' in message) listener.onUnkept?.(message.unkept)
    else told = message.end
  })
  worker.on('error', (error) => (told ??= { state: 'died', reason: reasonOf(error) }))
  // The last word: by then the thread has let go of the database.
  worker.on('exit', () => resolve(told ?? { state: 'died', reason: 'its thread ended without a word' }))
  return {
    end: promise,
    wish(wish) {
      // A chore looks for no wishes: whatever it is broken off in, it goes on from there the next time.
      if (order.kind !== 'job') return void worker.terminate()
      Atomics.store(new Int32Array(order.wish), 0, WISH[wish])
      const impatience = setTimeout(() => void worker.terminate(), ANSWER_MS_MAX)
      void promise.then(() => clearTimeout(impatience))
    },
  }
}

function reasonOf(error: unknown): string {
  if ((error as { code?: unknown }).code === 'ERR_WORKER_OUT_OF_MEMORY')
    return 'it needed more memory than the server may use'
  return error instanceof Error ? error.message : String(error)
}
