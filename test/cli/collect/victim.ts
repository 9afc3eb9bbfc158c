/** A collection in a process of its own, to be killed: `node victim.ts ORDER`, where ORDER is JSON. What it
 *  says goes to standard output, a JSON object a line; a line on standard input ends it. */
import { flushCompileCache } from 'node:module'
import { collect } from '../../../src/cli/collect/collection.ts'
import type { CollectionOrder } from '../../../src/cli/collect/order.ts'

flushCompileCache() // who is killed leaves no compiled code behind
const wish = new SharedArrayBuffer(4)
const order = JSON.parse(process.argv[2]!) as Omit<CollectionOrder, 'wish'>
const tell = (message: object): void => void process.stdout.write(`${JSON.stringify(message)}\n`)

process.stdin.once('data', () => Atomics.store(new Int32Array(wish), 0, 1))
tell({ end: await collect({ ...order, wish }, tell) })
process.stdin.destroy()
