import { describe, expect, test } from 'vitest'
import { FlowDecoder } from '../../../collectors/flows/decoder.ts'
import { formatOfHead, open, recognises } from '../../../collectors/flows/reader.ts'
import { FlowBatch } from '../../../src/model/flow-record.ts'
import type { FlowReader } from '../../../src/model/flow-record.ts'
import { ipfix, ipv4, netflow5, netflow9, set, template, unsigned } from '../../scenario/exports.ts'
import { joined, pcapFile } from '../../scenario/pcap-writer.ts'
import { memorySource } from '../reading.ts'
import { only, told, type Told } from './decoding.ts'

async function readAll(reader: FlowReader): Promise<Told[]> {
  const batch = new FlowBatch(reader.addresses, reader.exporters)
  const records: Told[] = []
  while (await reader.next(batch)) for (let row = 0; row < batch.count; row++) records.push(told(batch, row))
  expect(await reader.next(batch)).toBe(false)
  return records
}

const data = (...sources: string[]): Uint8Array => set(256, sources.map(ipv4))
const MESSAGES = [
  netflow5([{}, {}]),
  netflow9([data('10.0.0.1')]),
  netflow9([set(0, [template(256, [[8, 4]])]), data('10.0.0.2', '10.0.0.3')]),
  ipfix([set(2, [template(256, [[8, 4]])]), data('10.0.0.4')], { domain: 5 }),
  netflow5([{ source: '10.0.0.5' }], { sequence: 2 }),
]
const FILE = joined(MESSAGES)

describe('a file of messages', () => {
  test.each([
    ['at once', {}, 1 << 20],
    ['octet by octet', { chunk: 1 }, 1 << 20],
    ['as a stream', { chunk: 7, later: true }, 1 << 20],
    ['through a small buffer', {}, 200],
  ])('%s', async (_how, how, bufferBytes) => {
    const reader = open(memorySource(FILE, how), 'netflow5', { bufferBytes })
    const records = await readAll(reader)
    expect(records.map((record) => only(record, 'exporter', 'number', 'ordinal', 'source'))).toEqual([
      { exporter: 0, number: 1, ordinal: 1, source: '10.0.0.1' },
      { exporter: 0, number: 1, ordinal: 2, source: '10.0.0.1' },
      { exporter: 1, number: 2, ordinal: 1, source: '10.0.0.1' },
      { exporter: 1, number: 3, ordinal: 1, source: '10.0.0.2' },
      { exporter: 1, number: 3, ordinal: 2, source: '10.0.0.3' },
      { exporter: 2, number: 4, ordinal: 1, source: '10.0.0.4' },
      { exporter: 0, number: 5, ordinal: 1, source: '10.0.0.5' },
    ])
    expect([reader.fault, reader.messages, reader.bytesRead, reader.progress, reader.skipped]).toEqual([
      null,
      5,
      FILE.length,
      1,
      {},
    ])
    expect(reader.exporters.map(({ format, domain }) => [format, domain])).toEqual([
      ['netflow5', 0],
      ['netflow9', 0],
      ['ipfix', 5],
    ])
  })

  test('larger than the batch and the buffer', async () => {
    const records = Array.from({ length: 9000 }, (_, i) => unsigned(i, 2))
    const bytes = joined([
      ipfix([set(2, [template(256, [[7, 2]])]), set(256, records)]),
      ipfix([set(256, records)]),
    ])
    const ports = (await readAll(open(memorySource(bytes), 'ipfix', { bufferBytes: 20_000 }))).map(
      ({ sourcePort }) => sourcePort,
    )
    expect(ports).toEqual([...records, ...records].map((_, i) => i % 9000))
  })

  test.each([
    [
      'cut off',
      FILE.subarray(0, -5),
      'the export is cut off in the message at offset 228: 67 octets are left',
    ],
    [
      'followed by something else',
      joined([FILE, unsigned(0xffff, 12)]),
      'what stands at offset 300 is no message of NetFlow v5, v9 or IPFIX',
    ],
  ])('%s: what precedes is delivered', async (_what, bytes, message) => {
    const reader = open(memorySource(bytes), 'netflow5')
    const records = await readAll(reader)
    expect([records.length >= 6, reader.fault?.message]).toEqual([true, message])
  })

  test('data whose template never comes', async () => {
    const reader = open(memorySource(ipfix([data('10.0.0.1')])), 'ipfix')
    expect(await readAll(reader)).toEqual([])
    expect(reader.skipped).toEqual({ 'sets without template': 1 })
  })

  test('exporters for which there is no room', async () => {
    const decoder = new FlowDecoder({ exportersMax: 1, templatesExpire: false })
    const reader = open(memorySource(joined([MESSAGES[0]!, MESSAGES[1]!])), 'netflow5', { decoder })
    expect((await readAll(reader)).length).toBe(2)
    expect(reader.skipped).toEqual({ 'exporters beyond the limit': 1 })
  })
})

describe('the first octets', () => {
  test.each(MESSAGES.map((bytes) => [bytes]))('tell an export', (bytes) => {
    expect(recognises(bytes)).toBe(true)
    expect(recognises(bytes.subarray(0, 24))).toBe(true)
    expect(formatOfHead(bytes)).toBe(['netflow5', 'netflow9', 'ipfix'][[5, 9, 10].indexOf(bytes[1]!)])
  })

  test.each([
    ['a capture', pcapFile([])],
    ['nothing', new Uint8Array(0)],
    ['a header alone', MESSAGES[3]!.subarray(0, 16)],
    ['more records than a datagram carries', netflow5([], { claims: 55_582 })],
    ['a set of a reserved number', netflow9([set(77, [data('10.0.0.1')])])],
  ])('tell no export: %s', (_what, bytes) => expect(recognises(bytes.subarray(0, 64))).toBe(false))
})
