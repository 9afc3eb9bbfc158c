/** Rows that something happens to after a fixed time, in order: a queue is all the timer that is needed. */
import type { Micros } from '../model/time.ts'
import { RECORD_WORDS, STREAM } from './fields.ts'
import type { ConnectionTable } from './table.ts'

/** Entries that there is room for at first: a power of two. */
const ENTRIES_AT_START = 1024

export class Waitlist {
  private readonly delay: Micros
  /** A ring: the entry that was added first is at `head`. */
  private rows = new Int32Array(ENTRIES_AT_START)
  /** The stream that the row held: rows are used again. */
  private streams = new Int32Array(ENTRIES_AT_START)
  private since = new Float64Array(ENTRIES_AT_START)
  private head = 0
  private count = 0

  constructor(delay: Micros) {
    this.delay = delay
  }

  /** Entries that wait, those of rows that hold another stream by now included. */
  get length(): number {
    return this.count
  }

  /** `since` never goes back from one entry to the next. */
  add(table: ConnectionTable, row: number, since: Micros): void {
    if (this.count === this.rows.length) this.makeRoom(table)
    const at = (this.head + this.count++) & (this.rows.length - 1)
    this.rows[at] = row
    this.streams[at] = table.words[row * RECORD_WORDS + STREAM]!
    this.since[at] = since
  }

  /** Calls `act` for every row whose time has come and that still holds the same stream. It may add the row
   * again. */
  due(now: Micros, table: ConnectionTable, act: (row: number) => void): void {
    while (this.count > 0 && now - this.since[this.head]! >= this.delay) {
      const row = this.take(table)
      if (row >= 0) act(row)
    }
  }

  /** The row that has waited longest, taken off; -1 if none waits. */
  oldest(table: ConnectionTable): number {
    while (this.count > 0) {
      const row = this.take(table)
      if (row >= 0) return row
    }
    return -1
  }

  /** Takes the first entry off; -1 if its row holds another stream by now. */
  private take(table: ConnectionTable): number {
    const at = this.head
    this.head = (at + 1) & (this.rows.length - 1)
    this.count--
    return this.holds(table, at) ? this.rows[at]! : -1
  }

  private holds(table: ConnectionTable, at: number): boolean {
    const row = this.rows[at]!
    return table.isUsed(row) && table.words[row * RECORD_WORDS + STREAM] === this.streams[at]
  }

  /** Entries that are done are dropped; the ring grows only if half of them are not. */
  private makeRoom(table: ConnectionTable): void {
    let held = 0
    for (let at = 0; at < this.count; at++) if (this.holds(table, at)) held++
    this.moveTo(2 * held > this.rows.length ? 2 * this.rows.length : this.rows.length, table)
  }

  /** Into a new ring, without the entries that are done. */
  private moveTo(room: number, table: ConnectionTable): void {
    const rows = new Int32Array(room)
    const streams = new Int32Array(room)
    const since = new Float64Array(room)
    let count = 0
    for (let i = 0; i < this.count; i++) {
      const at = (this.head + i) & (this.rows.length - 1)
      if (!this.holds(table, at)) continue
      rows[count] = this.rows[at]!
      streams[count] = this.streams[at]!
      since[count++] = this.since[at]!
    }
    this.rows = rows
    this.streams = streams
    this.since = since
    this.head = 0
    this.count = count
  }
}
