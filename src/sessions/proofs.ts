/**
 * Spans of time in which servers demonstrably answered: there may be one for every second of every server.
 * The newest of each server are kept, side by side in one array of numbers, as a ring.
 */
import type { Server } from '../model/party.ts'
import type { Tap } from '../model/packet.ts'
import type { Micros } from '../model/time.ts'

/** A packet that shows that a server answered. */
export interface Proof {
  readonly at: Micros
  readonly tap: Tap
  readonly packet: number
}

/** Spans kept per server: older ones decide nothing any more. */
const KEPT_MAX = 256
/** ... and over all servers; from then on each server's newest takes the place of its own oldest. */
const SPANS_MAX = 1 << 18

/** What a span holds, side by side: its times, the longest pause within, packet, and the number of the
 * tap. */
const WORDS = 5
const FROM = 0
const TO = 1
const PAUSE = 2
const PACKET = 3
const TAP = 4

interface Ring {
  readonly rows: number[]
  /** Where the newest one stands. */
  newest: number
}

export class Proofs {
  private readonly rings: (Ring | undefined)[] = []
  private readonly taps: Tap[] = []
  private kept = 0

  /** Servers that are too many to be numbered prove nothing. */
  add(server: Server, from: Micros, to: Micros, pause: Micros, tap: Tap, packet: number): void {
    const { index } = server
    if (index < 0) return
    while (this.rings.length <= index) this.rings.push(undefined)
    const ring = (this.rings[index] ??= { rows: [], newest: -WORDS })
    const { rows } = ring
    if (rows.length === 0 || (rows.length < KEPT_MAX * WORDS && this.kept < SPANS_MAX)) {
      ring.newest = rows.length
      rows.push(from, to, pause, packet, this.numberOf(tap))
      this.kept++
      return
    }
    const at = (ring.newest = (ring.newest + WORDS) % rows.length)
    rows[at + FROM] = from
    rows[at + TO] = to
    rows[at + PAUSE] = pause
    rows[at + PACKET] = packet
    rows[at + TAP] = this.numberOf(tap)
  }

  /** The end of the server's newest span; -Infinity without any. */
  lastOf({ index }: Server): Micros {
    const ring = this.rings[index]
    return ring === undefined ? -Infinity : ring.rows[ring.newest + TO]!
  }

  /** The server's newest span that lies within another one whole; null if there is none. */
  newestWithin({ index }: Server, from: Micros, to: Micros): Proof | null {
    const ring = this.rings[index]
    if (ring === undefined) return null
    const { rows, newest } = ring
    let at = newest
    do {
      if (rows[at + FROM]! >= from && rows[at + TO]! <= to) return this.proofAt(rows, at, rows[at + TO]!)
      at = at === 0 ? rows.length - WORDS : at - WORDS
    } while (at !== newest)
    return null
  }

  /** The server's oldest span that covers another one whole, and paused for less than that is long; null if
   * there is none. */
  oldestAround({ index }: Server, from: Micros, to: Micros): Proof | null {
    const ring = this.rings[index]
    if (ring === undefined) return null
    const { rows, newest } = ring
    let at = newest
    do {
      at = at + WORDS === rows.length ? 0 : at + WORDS
      const covers = rows[at + FROM]! <= from && rows[at + TO]! >= to
      if (covers && rows[at + PAUSE]! < to - from) return this.proofAt(rows, at, to)
    } while (at !== newest)
    return null
  }

  private proofAt(rows: readonly number[], row: number, at: Micros): Proof {
    return { at, tap: this.taps[rows[row + TAP]!]!, packet: rows[row + PACKET]! }
  }

  private numberOf(tap: Tap): number {
    const known = this.taps.indexOf(tap)
    return known >= 0 ? known : this.taps.push(tap) - 1
  }
}
