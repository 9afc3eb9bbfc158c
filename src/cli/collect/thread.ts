/**
 * A collection in a thread of its own: begun, watched, asked to end.
 *
 * Contract: `end` always resolves, whatever becomes of the thread.
 */
import { Worker } from 'node:worker_threads'
import type { LiveState } from '../../model/view.ts'
import type { CollectionEnd, CollectionMessage, CollectionOrder } from './order.ts'

export interface CollectionThread {
  readonly end: Promise<CollectionEnd>
  /** Asks it to end; a thread that does not is ended from outside. */
  stop(): void
}

export interface CollectionListener {
  began?(): void
  live?(state: LiveState): void
  says?(sentence: string): void
}

/** A collection looks for wishes every 50 ms, and writes what it holds before it ends. */
const ANSWER_MS_MAX = 15_000

export function startCollection(
  order: Omit<CollectionOrder, 'wish'>,
  listener: CollectionListener,
): CollectionThread {
  const wish = new SharedArrayBuffer(4)
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: { ...order, wish } })
  const { promise, resolve } = Promise.withResolvers<CollectionEnd>()
  let told: CollectionEnd | null = null
  worker.on('message', (message: CollectionMessage) => {
    if ('began' in message) listener.began?.()
    else if ('live' in message) listener.live?.(message.live)
    else if ('says' in message) listener.says?.(message.says)
    else {
      told = message.end
      // By then the thread has let go of the database; a standard input that says nothing could keep it.
      void worker.terminate()
    }
  })
  worker.on('error', (error) => (told ??= { state: 'failed', error: String(error) }))
  worker.on('exit', () => resolve(told ?? { state: 'failed', error: 'its thread ended without a word' }))
  return {
    end: promise,
    stop() {
      Atomics.store(new Int32Array(wish), 0, 1)
      const impatience = setTimeout(() => void worker.terminate(), ANSWER_MS_MAX)
      void promise.then(() => clearTimeout(impatience))
    },
  }
}
