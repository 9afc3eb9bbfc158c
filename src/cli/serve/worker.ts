/** The thread behind an order: does what it says, tells how far it has come, and how it ended. */
import { parentPort, workerData } from 'node:worker_threads'
import { perform } from './analysis.ts'
import { doChore } from './chores.ts'
import type { JobEnd, Order, ThreadMessage } from './order.ts'

const tell = (message: ThreadMessage): void => parentPort?.postMessage(message)

const run = (order: Order): JobEnd | Promise<JobEnd> =>
  order.kind === 'job'
    ? perform(order, (progress) => tell({ progress }))
    : doChore(order, (unkept) => tell({ unkept }))

tell({ end: await run(workerData as Order) })
