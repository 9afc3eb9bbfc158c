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

/** Entries that are done are cut off the front when they are this many and half of all: amortised, no
 * shifting per entry. */
const COMPACT_AT = 4096
/** Entries whose rows hold another stream by now are dropped when there are more of all than this many per
 * row in use. */
const ENTRIES_PER_ROW = 2

export class Waitlist {
  private readonly delay: Micros
  private waiting: Waiting[] = []
  private head = 0

  constructor(delay: Micros) {
    this.delay = delay
  }

  /** Entries that wait, those of rows that hold another stream by now included. */
  get length(): number {
    return this.waiting.length - this.head
  }

  /** `since` never goes back from one entry to the next. */
  add(table: ConnectionTable, row: number, since: Micros): void {
    if (this.length > ENTRIES_PER_ROW * table.size + COMPACT_AT) this.prune(table)
    this.waiting.push({ row, stream: table.words[row * RECORD_WORDS + STREAM]!, since })
  }

  /** Calls `act` for every row whose time has come and that still holds the same stream. It may add the row
   * again. */
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
      if (!holds(table, entry)) continue
      this.compact()
      return entry.row
    }
    this.compact()
    return -1
  }

  private compact(): void {
    if (this.head < COMPACT_AT || this.head * 2 < this.waiting.length) return
    this.waiting = this.waiting.slice(this.head)
    this.head = 0
  }

  private prune(table: ConnectionTable): void {
    this.waiting = this.waiting.slice(this.head).filter((entry) => holds(table, entry))
    this.head = 0
  }
}

const holds = (table: ConnectionTable, entry: Waiting): boolean =>
  table.isUsed(entry.row) && table.words[entry.row * RECORD_WORDS + STREAM] === entry.stream
