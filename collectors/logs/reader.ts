/**
 * Logs of flows as text, read through one buffer: a line or an object that is not whole moves to its front.
 *
 * Contract: memory is the buffer and what the decoder remembers. What is longer than the buffer is passed
 * over to the next line and counted. Every record before a fault is delivered.
 */
import { lineFeed, wordsOf } from '../../src/bytes/line-feed.ts'
import type { Fault } from '../../src/model/fault.ts'
import { FLOW_ROWS, type FlowBatch, type FlowReader } from '../../src/model/flow-record.ts'
import type { ByteSource } from '../byte-source.ts'
import type { LogState } from './state.ts'

/** Octets of a line or an object at most: EVE writes the longest, with payloads in them. */
export const LINE_BYTES_MAX = 1 << 20

/** Turns octets into rows. It may be given the same octets again with more behind them. */
export interface LogDecoder {
  /**
   * Decodes from b[from..to) until the batch is full or no whole line or object is left; answers where it
   * stopped. `ended`: nothing follows, so what is there is whole.
   */
  decode(b: Uint8Array, from: number, to: number, ended: boolean, batch: FlowBatch): number
  /** A line was too long, and is passed over. */
  passOver(): void
}

interface Reading {
  readonly source: ByteSource
  readonly state: LogState
  readonly decoder: LogDecoder
  readonly bytes: Uint8Array
  from: number
  to: number
  /** Offset in the file of the buffer's first octet. */
  base: number
  ended: boolean
  /** What stands until the next line end belongs to something that was too long. */
  isPassing: boolean
  fault: Fault | null
}

/** Reads a source from its first octet on; closing the reader closes the source. */
export function readLog(
  source: ByteSource,
  state: LogState,
  decoder: LogDecoder,
  bufferBytes = LINE_BYTES_MAX,
): FlowReader {
  const reading: Reading = {
    source,
    state,
    decoder,
    bytes: new Uint8Array(bufferBytes),
    from: 0,
    to: 0,
    base: 0,
    ended: false,
    isPassing: false,
    fault: null,
  }
  return {
    format: state.format,
    compression: source.compression,
    exporters: state.exporters,
    addresses: state.addresses,
    next(batch) {
      batch.addresses = state.addresses
      batch.exporters = state.exporters
      batch.clear()
      return read(reading, batch)
    },
    get messages() {
      return state.line
    },
    get fault() {
      return reading.fault
    },
    get skipped() {
      return state.skipped()
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
  for (;;) {
    decodeBuffered(reading, batch)
    if (batch.count === FLOW_ROWS) return true
    if (reading.ended) {
      reading.fault = reading.source.fault
      return batch.count > 0
    }
    toFront(reading)
    const answer = reading.source.read(reading.bytes, reading.to)
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

function decodeBuffered(reading: Reading, batch: FlowBatch): void {
  const { decoder, state, bytes } = reading
  if (reading.isPassing && !passed(reading)) return
  reading.from = decoder.decode(bytes, reading.from, reading.to, reading.ended, batch)
  if (batch.count === FLOW_ROWS || reading.from > 0 || reading.to < bytes.length) return
  // The buffer is full of the beginning of one line.
  decoder.passOver()
  state.skip('longer than what is read')
  reading.isPassing = true
  passed(reading)
}

/** Passes over the rest of what was too long; whether its end was found. */
function passed(reading: Reading): boolean {
  const { bytes, from, to } = reading
  const end = lineFeed(bytes, wordsOf(bytes), from, to)
  reading.isPassing = end === to
  reading.from = Math.min(end + 1, to)
  return !reading.isPassing
}
