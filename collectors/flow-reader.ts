/**
 * The part that all files and streams of flow records share: octets come into one buffer, a format's decoder
 * turns whole messages, lines or objects into rows, what is not whole moves to the front.
 *
 * Contract: memory is the buffer and what the decoder remembers. Every record before a fault is delivered.
 */
import type { AddressTable } from '../src/bytes/address.ts'
import type { Fault } from '../src/model/fault.ts'
import {
  FLOW_ROWS,
  type FlowBatch,
  type FlowExporter,
  type FlowFormat,
  type FlowReader,
} from '../src/model/flow-record.ts'
import type { ByteSource } from './byte-source.ts'

/** Turns the octets of one source into rows. It is given again what it left, with more behind it. */
export interface RecordDecoder {
  readonly format: FlowFormat
  readonly exporters: readonly FlowExporter[]
  readonly addresses: AddressTable
  /** Messages or lines so far. */
  readonly messages: number
  /** What was passed over, by reason. */
  readonly skipped: Readonly<Record<string, number>>
  /** Set by the decoder: reading ends here. */
  readonly fault: Fault | null
  /**
   * Decodes from b[from..to) until the batch is full or nothing whole is left; answers where it stopped.
   * `base`: the offset in the file of b[0]. `ended`: nothing follows, so what is there is whole.
   */
  decode(b: Uint8Array, from: number, to: number, base: number, ended: boolean, batch: FlowBatch): number
  /** Nothing more comes. */
  finish(): void
}

/** A reader at work. */
interface Reading {
  readonly source: ByteSource
  readonly decoder: RecordDecoder
  readonly bytes: Uint8Array
  from: number
  to: number
  /** Offset in the file of the buffer's first octet. */
  base: number
  ended: boolean
  fault: Fault | null
}

/** Reads a source from its first octet on; closing the reader closes the source. */
export function flowReader(source: ByteSource, decoder: RecordDecoder, bufferBytes: number): FlowReader {
  const bytes = new Uint8Array(bufferBytes)
  const reading: Reading = { source, decoder, bytes, from: 0, to: 0, base: 0, ended: false, fault: null }
  return {
    format: decoder.format,
    compression: source.compression,
    exporters: decoder.exporters,
    addresses: decoder.addresses,
    next(batch) {
      batch.addresses = decoder.addresses
      batch.exporters = decoder.exporters
      batch.clear()
      return read(reading, batch)
    },
    get messages() {
      return decoder.messages
    },
    get fault() {
      return reading.fault
    },
    get skipped() {
      return decoder.skipped
    },
    get bytesRead() {
      return reading.base + reading.from
    },
    get progress() {
      return Math.min(1, source.rawPosition / source.rawSize)
    },
    close: () => source.close(),
  }
}

/** Decodes what is there, and reads on, until the batch is full or the file ends. */
function read(reading: Reading, batch: FlowBatch): boolean | Promise<boolean> {
  const { source, decoder, bytes } = reading
  for (;;) {
    reading.from = decoder.decode(bytes, reading.from, reading.to, reading.base, reading.ended, batch)
    if (batch.count === FLOW_ROWS) return true
    if (reading.ended || decoder.fault !== null) return conclude(reading, batch)
    toFront(reading)
    const answer = source.read(bytes, reading.to)
    if (typeof answer !== 'number') return readLater(reading, batch, answer)
    arrived(reading, answer)
  }
}

async function readLater(reading: Reading, batch: FlowBatch, answer: Promise<number>): Promise<boolean> {
  arrived(reading, await answer)
  return read(reading, batch)
}

function arrived(reading: Reading, count: number): void {
  reading.to += count
  reading.ended = count === 0
}

function toFront(reading: Reading): void {
  const { bytes, from, to } = reading
  bytes.copyWithin(0, from, to)
  reading.base += from
  reading.to -= from
  reading.from = 0
}

function conclude(reading: Reading, batch: FlowBatch): boolean {
  const { decoder, source } = reading
  decoder.finish()
  reading.fault = decoder.fault ?? source.fault
  return batch.count > 0
}
