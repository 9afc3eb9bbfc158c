/** Decodes a file of exports to its end: what `npm run bench:flows` measures as a process of its own. */
import { openSource } from '../../../collectors/byte-source.ts'
import { openInput } from '../../../collectors/index.ts'
import { FlowBatch } from '../../../src/model/flow-record.ts'

const path = process.argv[2]!
const { records } = await openInput(openSource(path), { path })
if (records === null) throw new Error(`${path} holds no flow records`)
const batch = new FlowBatch(records.addresses, records.exporters)
let count = 0
for (;;) {
  const more = records.next(batch)
  if (!(more === true || (more !== false && (await more)))) break
  count += batch.count
}
console.log(count)
