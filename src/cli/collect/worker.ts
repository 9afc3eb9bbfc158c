/** The thread behind a collection. */
import { parentPort, workerData } from 'node:worker_threads'
import { collect } from './collection.ts'
import type { CollectionMessage, CollectionOrder } from './order.ts'

const tell = (message: CollectionMessage): void => parentPort?.postMessage(message)

tell({ end: await collect(workerData as CollectionOrder, tell) })
// What still reads would keep the thread.
parentPort?.close()
