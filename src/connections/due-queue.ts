/** Rows that something happens to at a time of their own, earliest first: a binary heap over columns. */
import { RECORD_WORDS, STREAM } from './fields.ts'
import type { ConnectionTable } from './table.ts'

const ENTRIES_AT_START = 1024

export class DueQueue {
  private times = new Float64Array(ENTRIES_AT_START)
  private rows = new Int32Array(ENTRIES_AT_START)
  /** The stream that the row held: rows are used again. */
  private streams = new Int32Array(ENTRIES_AT_START)
  private count = 0
  /** The row that `pop` took off; -1: it holds another connection by now. */
  row = -1
  /** The time that it was due at. */
  time = 0

  /** When the earliest entry is due; Infinity if there is none. */
  get earliest(): number {
    return this.count === 0 ? Infinity : this.times[0]!
  }

  get length(): number {
    return this.count
  }

  push(table: ConnectionTable, row: number, time: number): void {
    if (this.count === this.rows.length) this.grow()
    const { times, rows, streams } = this
    let at = this.count++
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (times[parent]! <= time) break
      this.move(parent, at)
      at = parent
    }
    times[at] = time
    rows[at] = row
    streams[at] = table.words[row * RECORD_WORDS + STREAM]!
  }

  /** Takes the earliest entry off, which there must be, into `row` and `time`. */
  pop(table: ConnectionTable): void {
    const { times, rows, streams } = this
    const row = rows[0]!
    this.time = times[0]!
    this.row = table.isUsed(row) && table.words[row * RECORD_WORDS + STREAM] === streams[0] ? row : -1
    const last = --this.count
    const time = times[last]!
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= last) break
      if (child + 1 < last && times[child + 1]! < times[child]!) child++
      if (times[child]! >= time) break
      this.move(child, at)
      at = child
    }
    times[at] = time
    rows[at] = rows[last]!
    streams[at] = streams[last]!
  }

  private move(from: number, to: number): void {
    this.times[to] = this.times[from]!
    this.rows[to] = this.rows[from]!
    this.streams[to] = this.streams[from]!
  }

  private grow(): void {
    const room = 2 * this.rows.length
    const times = new Float64Array(room)
    const rows = new Int32Array(room)
    const streams = new Int32Array(room)
    times.set(this.times)
    rows.set(this.rows)
    streams.set(this.streams)
    this.times = times
    this.rows = rows
    this.streams = streams
  }
}
