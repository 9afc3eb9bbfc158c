/** Which connection goes when the table is full and none of those that are over is left. */
import { LAST_AT, RECORD_WORDS, STATE, UNOPENED } from './fields.ts'
import type { ConnectionTable } from './table.ts'

/** Rows looked at: as good as exact order for tables this large (Redis samples its keys so too). */
const SAMPLES = 32
/** Of a linear congruential generator of full period (Numerical Recipes, 7.1). */
const MULTIPLIER = 1664525
const INCREMENT = 1013904223

export class Eviction {
  private random = 0

  /**
   * The row that was idle for longest, of a sample; before those that opened, attempts that did not: a flood
   * of SYNs must not wash out idle connections, which are what we look for. -1 if the table is empty.
   */
  victim(table: ConnectionTable): number {
    const { words: w, f64, rowBound } = table
    let victim = -1
    let victimIsOpen = true
    let idleSince = Infinity
    for (let i = 0; i < SAMPLES && rowBound > 0; i++) {
      this.random = (Math.imul(this.random, MULTIPLIER) + INCREMENT) >>> 0
      const row = this.random % rowBound
      if (!table.isUsed(row)) continue
      const isOpen = (w[row * RECORD_WORDS + STATE]! & UNOPENED) === 0
      const last = f64[(row * RECORD_WORDS + LAST_AT) >> 1]!
      if (isOpen === victimIsOpen ? last >= idleSince : isOpen) continue
      victim = row
      victimIsOpen = isOpen
      idleSince = last
    }
    return victim
  }
}
