/** Receives exports as `npm run bench:flows` asks, until standard input ends, and says what came. */
import { once } from 'node:events'
import { openSync, writeSync } from 'node:fs'
import { receiveFlows } from '../../../collectors/flows/receive.ts'

const [store] = process.argv.slice(2)
const file = store === undefined ? null : openSync(store, 'w')
const receiver = await receiveFlows({ transport: 'udp', host: '127.0.0.1', port: 0 }, (batch) => {
  if (file === null) return
  // What nfcapd keeps of a record as well: times, tuple, counts and flags.
  const { count } = batch
  for (const column of [batch.start, batch.end, batch.packets, batch.octets])
    writeSync(file, column.subarray(0, count))
  for (const column of [
    batch.source,
    batch.destination,
    batch.sourcePort,
    batch.destinationPort,
    batch.flags,
  ]) {
    writeSync(file, column.subarray(0, count))
  }
})
console.log(JSON.stringify({ port: receiver.port, receiveBuffer: receiver.receiveBuffer }))
process.stdin.resume()
await once(process.stdin, 'end')
await receiver.close()
const { user, system } = process.cpuUsage()
console.log(
  JSON.stringify({
    ...receiver.counts(),
    lost: receiver.exporters.reduce((sum, { quality }) => sum + quality.lost, 0),
    cpuSeconds: (user + system) / 1e6,
    peakBytes: process.resourceUsage().maxRSS * 1024,
  }),
)
