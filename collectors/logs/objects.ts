/**
 * Logs of JSON objects: one a line, or a list of them, in any layout. After text that is no JSON reading goes
 * on with the next line that begins an object.
 */
import { lineFeed, wordsOf } from '../../src/bytes/line-feed.ts'
import { FLOW_ROWS, type FlowBatch } from '../../src/model/flow-record.ts'
import type { Fields } from './fields.ts'
import { BROKEN, JsonScanner, MORE } from './json.ts'
import type { LogDecoder } from './reader.ts'
import type { LogState } from './state.ts'

const OPEN = 0x7b
const LF = 0x0a
/** Between objects: brackets of a list, commas. */
const isBetween = (c: number): boolean => c === 0x2c || c === 0x5b || c === 0x5d

/** Reads the object whose values stand where the fields say; whether it filled row `batch.count`. */
export type ReadObject = (b: Uint8Array, batch: FlowBatch) => boolean

export function objectDecoder(state: LogState, fields: Fields, readObject: ReadObject): LogDecoder {
  const scanner = new JsonScanner(fields)
  // The line that the next octet stands in.
  let line = 1
  const take = (b: Uint8Array, batch: FlowBatch): void => {
    if (!readObject(b, batch)) return
    batch.number[batch.count] = state.line
    batch.ordinal[batch.count] = 1
    batch.count++
  }
  return {
    decode(b, from, to, ended, batch) {
      let at = from
      while (batch.count < FLOW_ROWS) {
        scanner.lines = 0
        const start = between(scanner, b, at, to)
        line += scanner.lines
        if (start === to) return to
        state.line = line
        if (b[start] !== OPEN) {
          at = nextLine(b, start, to, ended)
          if (at < 0) return start
          state.skip('no object of JSON')
          line++
          continue
        }
        scanner.lines = 0
        const end = scanner.object(b, start, to)
        if (end === MORE && !ended) return start
        if (end === MORE || end === BROKEN) {
          at = nextLine(b, start, to, ended)
          if (at < 0) return start
          state.skip(end === MORE ? 'cut off' : 'no object of JSON')
          line++
          continue
        }
        line += scanner.lines
        take(b, batch)
        at = end
      }
      return at
    },
    passOver() {
      state.line = line++
    },
  }
}

/** Where the next object, or something else, begins. */
function between(scanner: JsonScanner, b: Uint8Array, from: number, to: number): number {
  let at = scanner.blank(b, from, to)
  while (at < to && isBetween(b[at]!)) at = scanner.blank(b, at + 1, to)
  return at
}

/** Behind the end of a line; -1 if that is still to come. */
function nextLine(b: Uint8Array, from: number, to: number, ended: boolean): number {
  const end = lineFeed(b, wordsOf(b), from, to)
  if (end === to) return ended ? to : -1
  return b[end] === LF ? end + 1 : end
}
