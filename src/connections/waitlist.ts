/** Rows that something happens to after a fixed time, in order: a queue is all the timer that is needed. */
import type { Micros } from '../model/time.ts'
import { RECORD_WORDS, STREAM } from './fields.ts'
import type { ConnectionTable } from './table.ts'

interface Waiting {
  readonly row: number
  /** The stream that the row held: rows are used again. */
  readonly stream: number
  readonly since: Micros
}

/** Entries that are done are cut off the front when they are this many: amortised, no shifting per entry. */
const COMPACT_AT = 4096

export class Waitlist {
  private readonly delay: Micros
  private waiting: Waiting[] = []
  private head = 0

  constructor(delay: Micros) {
    this.delay = delay
  }

  /** Entries that wait, stale ones included. */
  get length(): number {
    return this.waiting.length - this.head
  }

  add(row: number, stream: number, since: Micros): void {
    this.waiting.push({ row, stream, since })
  }

  /** Calls `act` for every row whose time has come and that still holds the same stream. */
  due(now: Micros, table: ConnectionTable, act: (row: number) => void): void {
    while (this.head < this.waiting.length) {
      const entry = this.waiting[this.head]!
      if (now - entry.since < this.delay) break
      this.head++
      if (holds(table, entry)) act(entry.row)
    }
    this.compact()
  }

  /** The row that has waited longest, taken off; -1 if none waits. */
  oldest(table: ConnectionTable): number {
    while (this.head < this.waiting.length) {
      const entry = this.waiting[this.head++]!
      if (holds(table, entry)) return entry.row
    }
    this.compact()
    return -1
  }

  private compact(): void {
    if (this.head < COMPACT_AT) return
    this.waiting = this.waiting.slice(this.head)
    this.head = 0
  }
}

const holds = (table: ConnectionTable, entry: Waiting): boolean =>
  table.isUsed(entry.row) && table.words[entry.row * RECORD_WORDS + STREAM] === entry.stream
