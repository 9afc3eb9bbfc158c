/**
 * What was noted lately, by key: for what matters only to somebody who comes soon after. Entries are
 * forgotten many at a time, by age, and nobody looks at each: two maps take turns.
 */
import { seconds, type Micros } from '../model/time.ts'

/** How long a turn is where nobody says otherwise. */
export const TURN: Micros = seconds(60)
/** Entries kept; with more, those of the turn before go early. */
export const ENTRIES_MAX = 1 << 16

export class Lately<K, T> {
  private latest = new Map<K, T>()
  private before = new Map<K, T>()
  private since: Micros = -Infinity
  private readonly turn: Micros

  /** An entry is kept for one turn to two, unless there are too many. */
  constructor(turn: Micros = TURN) {
    this.turn = turn
  }

  get(key: K): T | null {
    return this.latest.get(key) ?? this.before.get(key) ?? null
  }

  /** Keeps the value; `at` is now, or a little earlier. */
  put(key: K, value: T, at: Micros): void {
    if (at - this.since >= this.turn || this.latest.size >= ENTRIES_MAX / 2) {
      this.before = this.latest
      this.latest = new Map()
      this.since = at
    }
    this.latest.set(key, value)
  }
}
