/**
 * A sink that keeps an analysis in the database, in a thread of its own, so that whoever analyses pays
 * little more than for handing rows of numbers over.
 *
 * Contract: `write` waits while too much is on its way, so memory is bounded; `finish` resolves when all is
 * committed. If the database refuses (a full disk), the next `write` or `finish` throws its `StoreError`.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads'
import type { Deployment } from '../model/deployment.ts'
import type { AnalysisRecord } from '../model/record.ts'
import { STORED_KINDS } from './analysis-writer.ts'
import type { OtherRecord } from './analysis-rows.ts'
import { batchEncoder } from './connection-batch.ts'
import { StoreError } from './store.ts'
import {
  GOES_ON,
  HANDLED,
  STATE,
  type WriterAnswer,
  type WriterMessage,
  type WriterOrder,
} from './writer-message.ts'

/** Records other than connections travel in such batches. */
const RECORDS_AT_ONCE = 256
/** Messages on their way: of connections 18 MiB at most. */
const MESSAGES_MAX = 128
/** How long `write` waits before it looks whether the thread has failed. */
const LOOK_EVERY_MS = 1_000
/** How often `handled` asks. */
const ASK_EVERY_MS = 2
/** A thread that handles nothing for so long has died without a word (out of memory). A batch takes 80 ms. */
const SILENT_MS_MAX = 120_000

export interface WriterThreadOptions {
  readonly devices?: Deployment['devices']
  readonly plainSecrets?: boolean
  /** The thread's file, where it is not beside this one. */
  readonly entry?: URL
}

export interface WriterThread {
  readonly kinds: typeof STORED_KINDS
  write(record: AnalysisRecord): void
  /** All that was written is handled when it resolves; the thread waits for more. */
  handled(): Promise<void>
  /** Publishes the findings; the thread has ended when it resolves. */
  finish(): Promise<void>
  /** Nothing more is written; the thread has ended when it resolves. */
  abandon(): Promise<void>
}

/** The database must exist, and the analysis run (`beginAnalysis`). */
export function writerThread(
  path: string,
  analysis: number,
  options: WriterThreadOptions = {},
): WriterThread {
  const {
    devices = [],
    plainSecrets = false,
    entry = new URL('./writer-worker.ts', import.meta.url),
  } = options
  const line = openLine(entry, { path, analysis, devices, plainSecrets })
  const encoder = batchEncoder((batch) => line.send(batch, [batch.numbers.buffer]))
  let records: OtherRecord[] = []
  const flush = (): void => {
    if (records.length > 0) line.send({ kind: 'records', records })
    records = []
  }
  return {
    kinds: STORED_KINDS,
    write(record) {
      if (record.kind === 'connection') return encoder.add(record)
      records.push(record)
      if (records.length >= RECORDS_AT_ONCE) flush()
    },
    async handled() {
      encoder.flush()
      flush()
      await line.handled()
    },
    async finish() {
      encoder.flush()
      flush()
      line.send({ kind: 'finish' })
      await line.ended()
    },
    async abandon() {
      line.tell({ kind: 'abandon' })
      await line.ended().catch(() => undefined)
    },
  }
}

interface Line {
  /** Waits for room; throws if the thread has failed. */
  send(message: WriterMessage, transfer?: ArrayBuffer[]): void
  /** Resolves when the thread has handled all that was sent; rejects if it has failed. */
  handled(): Promise<void>
  /** Whatever state the thread is in. */
  tell(message: WriterMessage): void
  /** Resolves when the thread is done; rejects with what went wrong. */
  ended(): Promise<void>
}

function openLine(entry: URL, order: Omit<WriterOrder, 'shared' | 'port'>): Line {
  const shared = new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT)
  const words = new Int32Array(shared)
  const { port1: port, port2 } = new MessageChannel()
  const workerData: WriterOrder = { ...order, shared, port: port2 }
  const worker = new Worker(entry, { workerData, transferList: [port2] })
  const exit = new Promise<string | null>((resolve) => {
    worker.once('error', (error: Error) => resolve(error.message))
    worker.once('exit', () => resolve(null))
  })
  const gone = new StoreError(`${order.path} cannot be written: the writer ended`)
  let sent = 0
  let answer: WriterAnswer | null = null
  const listen = (): void => {
    answer ??= (receiveMessageOnPort(port)?.message as WriterAnswer | undefined) ?? null
  }
  const check = (): void => {
    if (Atomics.load(words, STATE) === GOES_ON) return
    listen()
    throw new StoreError(answer?.kind === 'failed' ? answer.reason : `${order.path} cannot be written`)
  }
  return {
    send(message, transfer = []) {
      for (let silent = 0; ; silent += LOOK_EVERY_MS) {
        check()
        const handled = Atomics.load(words, HANDLED)
        if (sent - handled < MESSAGES_MAX) break
        if (silent > SILENT_MS_MAX) throw gone
        if (Atomics.wait(words, HANDLED, handled, LOOK_EVERY_MS) !== 'timed-out') silent = 0
      }
      sent++
      port.postMessage(message, transfer)
    },
    async handled() {
      let hasEnded = false
      void exit.then(() => (hasEnded = true))
      while (Atomics.load(words, HANDLED) < sent) {
        check()
        if (hasEnded) throw gone
        await sleep(ASK_EVERY_MS)
      }
      check()
    },
    tell: (message) => port.postMessage(message),
    async ended() {
      const crash = await exit
      listen()
      port.close()
      if (answer?.kind === 'done') return
      throw new StoreError(
        answer?.reason ?? `${order.path} cannot be written: ${crash ?? 'the writer ended'}`,
      )
    },
  }
}
