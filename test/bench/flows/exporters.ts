/**
 * Twenty thousand exporters that each announce their own templates and send records: the memory of the
 * process at the end, and its highest.
 */
import { FlowDecoder } from '../../../collectors/flows/decoder.ts'
import { saveExporters } from '../../../collectors/flows/saved.ts'
import { FlowBatch } from '../../../src/model/flow-record.ts'
import { type FieldSpec, netflow9, set, template } from '../../scenario/exports.ts'

const EXPORTERS = 20_000
const ROUNDS = 3
const KINDS = 200 // of devices, each with its own order of fields

const FIELDS: readonly FieldSpec[] = [8, 12, 15, 10, 14, 2, 1, 22, 21, 34].map((id) => [id, 4] as const)

function said(kind: number): Uint8Array {
  const turned = [...FIELDS.slice(kind % FIELDS.length), ...FIELDS.slice(0, kind % FIELDS.length)]
  const own: FieldSpec[] = [...turned, [7, 2], [11, 2], [4, 1], [6, 1], [1000 + kind, 2]]
  return set(
    0,
    [256, 257, 258, 259].map((id) => template(id, id === 256 ? own : [...own, [2000 + id, 4]])),
  )
}
const records = (length: number): Uint8Array => set(256, [new Uint8Array(30 * length)])

const decoder = new FlowDecoder()
const batch = new FlowBatch(decoder.addresses, decoder.list)
const kinds = Array.from(
  { length: KINDS },
  (_, kind) => [netflow9([said(kind)]), netflow9([records(48)])] as const,
)
let count = 0
const begin = process.cpuUsage()
for (let round = 0; round < ROUNDS; round++) {
  for (let i = 0; i < EXPORTERS; i++) {
    for (const bytes of kinds[i % KINDS]!) {
      decoder.begin(
        bytes,
        0,
        bytes.length,
        `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`,
        50_000,
        round * 60e6,
        i,
      )
      while (!decoder.fill(batch)) batch.clear()
    }
    count += batch.count
    batch.clear()
  }
}
const { user, system } = process.cpuUsage(begin)
const templates = decoder.list.reduce((sum, { quality }) => sum + quality.templates, 0)
console.log(
  JSON.stringify({
    exporters: decoder.list.length,
    templates,
    records: count,
    cpuSeconds: (user + system) / 1e6,
    bytes: process.memoryUsage.rss(),
    peakBytes: process.resourceUsage().maxRSS * 1024,
    savedBytes: JSON.stringify(saveExporters(decoder)).length,
  }),
)
