/** The thread behind an order: does what it says, tells how far it has come, and how it ended. */
import { constants, platform, setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { perform } from './analysis.ts'
import { doChore } from './chores.ts'
import type { JobEnd, Order, ThreadMessage } from './order.ts'

const tell = (message: ThreadMessage): void => parentPort?.postMessage(message)

const run = (order: Order): JobEnd | Promise<JobEnd> =>
  order.kind === 'job'
    ? perform(order, (progress) => tell({ progress }))
    : doChore(order, (unkept) => tell({ unkept }))

/**
 * Whoever looks at a page goes before what is analysed meanwhile. On Linux a priority is a thread's own, and
 * inherited by those that it starts (setpriority(2)); elsewhere it is the process's, so it stays.
 */
if (platform() === 'linux') setPriority(constants.priority.PRIORITY_BELOW_NORMAL)

tell({ end: await run(workerData as Order) })
