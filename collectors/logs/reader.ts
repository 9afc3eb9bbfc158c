/**
 * Logs of flows as text: lines or objects, read through one buffer.
 *
 * Contract: what is longer than the buffer is passed over to the next line and counted.
 */
import { lineFeed, wordsOf } from '../../src/bytes/line-feed.ts'
import { FLOW_ROWS, type FlowBatch, type FlowReader } from '../../src/model/flow-record.ts'
import type { ByteSource } from '../byte-source.ts'
import { flowReader, type RecordDecoder } from '../flow-reader.ts'
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

/** Reads a source from its first octet on; closing the reader closes the source. */
export const readLog = (
  source: ByteSource,
  state: LogState,
  decoder: LogDecoder,
  bufferBytes = LINE_BYTES_MAX,
): FlowReader => flowReader(source, new Lines(state, decoder), bufferBytes)

/** Lines or objects, of which those that are longer than the buffer are passed over. */
class Lines implements RecordDecoder {
  readonly fault = null
  private readonly state: LogState
  private readonly decoder: LogDecoder
  /** What stands until the next line end belongs to something that was too long. */
  private isPassing = false

  constructor(state: LogState, decoder: LogDecoder) {
    this.state = state
    this.decoder = decoder
  }

  get format() {
    return this.state.format
  }

  get exporters() {
    return this.state.exporters
  }

  get addresses() {
    return this.state.addresses
  }

  get messages() {
    return this.state.line
  }

  get skipped() {
    return this.state.skipped()
  }

  decode(b: Uint8Array, from: number, to: number, _base: number, ended: boolean, batch: FlowBatch): number {
    const { decoder, state } = this
    const begin = this.isPassing ? this.passed(b, from, to) : from
    if (this.isPassing) return begin
    const stopped = decoder.decode(b, begin, to, ended, batch)
    if (batch.count === FLOW_ROWS || stopped > 0 || to < b.length) return stopped
    // The buffer is full of the beginning of one line.
    decoder.passOver()
    state.skip('longer than what is read')
    return this.passed(b, stopped, to)
  }

  finish(): void {}

  /** Passes over the rest of what was too long; answers where it stopped. */
  private passed(b: Uint8Array, from: number, to: number): number {
    const end = lineFeed(b, wordsOf(b), from, to)
    this.isPassing = end === to
    return Math.min(end + 1, to)
  }
}
