/**
 * Spans of time in which servers demonstrably answered: there may be one for every second of every server.
 * The newest of each server are kept, side by side in one array of numbers, as a ring.
 */
import type { Server } from '../model/party.ts'
import type { Ends, PacketReference, Tap } from '../model/packet.ts'
import type { Micros } from '../model/time.ts'

/** Spans kept per server: older ones decide nothing any more. */
const KEPT_MAX = 256
/** ... and over all servers; from then on each server's newest takes the place of its own oldest. */
const SPANS_MAX = 1 << 18

/** What a span holds, side by side: its times, the longest pause within, the packet that shows it and when
 * that passed, and the number of the tap. */
const WORDS = 6
const FROM = 0
const TO = 1
const PAUSE = 2
const PACKET = 3
const SHOWN_AT = 4
const TAP = 5

interface Ring {
  readonly rows: number[]
  /** Of the packet of each row. */
  readonly ends: (Ends | null)[]
  /** Where the newest one stands. */
  newest: number
}

export class Proofs {
  private readonly rings: (Ring | undefined)[] = []
  private readonly taps: Tap[] = []
  private kept = 0

  /** Servers that are too many to be numbered prove nothing. */
  add(server: Server, from: Micros, to: Micros, pause: Micros, shown: PacketReference): void {
    const { index } = server
    if (index < 0) return
    while (this.rings.length <= index) this.rings.push(undefined)
    const ring = (this.rings[index] ??= { rows: [], ends: [], newest: -WORDS })
    const { rows, ends } = ring
    if (rows.length === 0 || (rows.length < KEPT_MAX * WORDS && this.kept < SPANS_MAX)) {
      ring.newest = rows.length
      rows.push(from, to, pause, shown.packet, shown.at, this.numberOf(shown.tap))
      ends.push(shown.ends)
      this.kept++
      return
    }
    const at = (ring.newest = (ring.newest + WORDS) % rows.length)
    rows[at + FROM] = from
    rows[at + TO] = to
    rows[at + PAUSE] = pause
    rows[at + PACKET] = shown.packet
    rows[at + SHOWN_AT] = shown.at
    rows[at + TAP] = this.numberOf(shown.tap)
    ends[at / WORDS] = shown.ends
  }

  /** The end of the server's newest span; -Infinity without any. */
  lastOf({ index }: Server): Micros {
    const ring = this.rings[index]
    return ring === undefined ? -Infinity : ring.rows[ring.newest + TO]!
  }

  /** The server's newest span that lies within another one whole; null if there is none. */
  newestWithin({ index }: Server, from: Micros, to: Micros): PacketReference | null {
    const ring = this.rings[index]
    if (ring === undefined) return null
    const { rows, newest } = ring
    let at = newest
    do {
      if (rows[at + FROM]! >= from && rows[at + TO]! <= to) return this.proofAt(ring, at)
      at = at === 0 ? rows.length - WORDS : at - WORDS
    } while (at !== newest)
    return null
  }

  /** The server's oldest span that covers another one whole, and paused for less than `pauseMax`; null if
   * there is none. */
  oldestAround(
    { index }: Server,
    from: Micros,
    to: Micros,
    pauseMax: Micros = to - from,
  ): PacketReference | null {
    const ring = this.rings[index]
    if (ring === undefined) return null
    const { rows, newest } = ring
    let at = newest
    do {
      at = at + WORDS === rows.length ? 0 : at + WORDS
      const covers = rows[at + FROM]! <= from && rows[at + TO]! >= to
      if (covers && rows[at + PAUSE]! < pauseMax) return this.proofAt(ring, at)
    } while (at !== newest)
    return null
  }

  private proofAt({ rows, ends }: Ring, row: number): PacketReference {
    return {
      tap: this.taps[rows[row + TAP]!]!,
      packet: rows[row + PACKET]!,
      at: rows[row + SHOWN_AT]!,
      ends: ends[row / WORDS]!,
    }
  }

  private numberOf(tap: Tap): number {
    const known = this.taps.indexOf(tap)
    return known >= 0 ? known : this.taps.push(tap) - 1
  }
}
