/** Logs of which each line is a record, a header or nothing. */
import { lineFeed, wordsOf } from '../../src/bytes/line-feed.ts'
import { FLOW_ROWS, type FlowBatch } from '../../src/model/flow-record.ts'
import type { LogDecoder } from './reader.ts'
import type { LogState } from './state.ts'

const CR = 0x0d

/** Reads the line b[from..to), without its end; whether it filled row `batch.count`. */
export type ReadLine = (b: Uint8Array, from: number, to: number, batch: FlowBatch) => boolean

export const lineDecoder = (state: LogState, readLine: ReadLine): LogDecoder => ({
  decode(b, from, to, ended, batch) {
    const words = wordsOf(b)
    let at = from
    while (batch.count < FLOW_ROWS && at < to) {
      const end = lineFeed(b, words, at, to)
      if (end === to && !ended) return at
      state.line++
      const stop = end > at && b[end - 1] === CR ? end - 1 : end
      if (stop > at && readLine(b, at, stop, batch)) {
        batch.number[batch.count] = state.line
        batch.ordinal[batch.count] = 1
        batch.count++
      }
      at = end + 1
    }
    return Math.min(at, to)
  },
  passOver() {
    state.line++
  },
})
