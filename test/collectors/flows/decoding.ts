/** Decodes export messages in tests, and tells rows as objects that say only what is known. */
import { type DecoderOptions, FlowDecoder } from '../../../collectors/flows/decoder.ts'
import { AddressTable } from '../../../src/bytes/address.ts'
import { FlowBatch } from '../../../src/model/flow-record.ts'

export type Told = Readonly<Record<string, number | string>>

/** 2026-11-21 02:00:01 UTC. */
export const RECEIVED = 1_795_226_401e6

export interface Sent {
  readonly bytes: Uint8Array
  readonly address?: string
  readonly port?: number
  readonly received?: number
  readonly number?: number
}

const ADDRESSES = new Set(['source', 'destination', 'postSource', 'postDestination'])

/** What row `row` says. */
export function told(batch: FlowBatch, row: number): Told {
  const record: Record<string, number | string> = {}
  for (const [name, column] of Object.entries(batch)) {
    if (!ArrayBuffer.isView(column)) continue
    const value = (column as Float64Array)[row]!
    if (Number.isNaN(value) || (value === -1 && column instanceof Int32Array)) continue
    record[name] = ADDRESSES.has(name) ? batch.addresses.text(value) : value
  }
  return record
}

/** Without what every record has: for tests of a few columns. */
export const only = (record: Told | undefined, ...names: readonly string[]): Told =>
  Object.fromEntries(
    names.filter((name) => record?.[name] !== undefined).map((name) => [name, record![name]!]),
  )

/** One for all: it is empty between messages. */
const batch = new FlowBatch(new AddressTable(), [])

/** A decoder that is fed message by message; rows are told as they come. */
export function decoding(options: DecoderOptions = {}) {
  const decoder = new FlowDecoder(options)
  const records: Told[] = []
  let numbers = 0
  const flush = (): void => {
    for (let row = 0; row < batch.count; row++) records.push(told(batch, row))
    batch.clear()
  }
  return {
    decoder,
    records,
    /** False if it is no export. Answers what is new through `records`. */
    take({
      bytes,
      address = '192.0.2.1',
      port = 50_000,
      received = RECEIVED,
      number = ++numbers,
    }: Sent): boolean {
      batch.addresses = decoder.addresses
      batch.exporters = decoder.list
      const taken = decoder.begin(bytes, 0, bytes.length, address, port, received, number)
      while (!decoder.fill(batch)) flush()
      flush()
      return taken
    },
    /** The counters of the only exporter, or the one asked for, that moved. */
    quality(id = 0): Readonly<Record<string, number>> {
      const all = Object.entries(decoder.list[id]?.quality ?? {})
      return Object.fromEntries(all.filter(([, count]) => count > 0))
    },
  }
}

/** All records of these messages. */
export function recordsOf(messages: readonly Uint8Array[], options: DecoderOptions = {}): Told[] {
  const { take, records } = decoding(options)
  for (const bytes of messages) take({ bytes })
  return records
}
