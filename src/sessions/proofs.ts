/**
 * Spans of time in which servers demonstrably answered, in columns: there may be one for every second of
 * every server. The newest are kept; a server's own are a chain from its newest back to its oldest.
 *
 * Rows are numbered for good and kept in a ring: a row that was overwritten ends the chain.
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

/** Rows kept over all servers; the oldest is overwritten. */
const ROWS_MAX = 1 << 18
/** Rows looked at per server: older ones decide nothing any more. */
const LOOKED_AT_MAX = 256

export class Proofs {
  private readonly froms: Micros[] = []
  private readonly tos: Micros[] = []
  /** The longest pause within the span. */
  private readonly pauses: Micros[] = []
  private readonly packets: number[] = []
  private readonly taps: Tap[] = []
  /** The row before of the same server, or -1. */
  private readonly earlier: number[] = []
  /** The newest row of each server, by its index. */
  private readonly newest: number[] = []
  private rows = 0

  /** Servers that are too many to be numbered prove nothing. */
  add(server: Server, from: Micros, to: Micros, pause: Micros, tap: Tap, packet: number): void {
    const { index } = server
    if (index < 0) return
    while (this.newest.length <= index) this.newest.push(-1)
    const slot = this.rows % ROWS_MAX
    this.froms[slot] = from
    this.tos[slot] = to
    this.pauses[slot] = pause
    this.packets[slot] = packet
    this.taps[slot] = tap
    this.earlier[slot] = this.newest[index]!
    this.newest[index] = this.rows++
  }

  /** The end of the server's newest span; -Infinity without any. */
  lastOf({ index }: Server): Micros {
    const row = this.newest[index] ?? -1
    return this.isKept(row) ? this.tos[row % ROWS_MAX]! : -Infinity
  }

  /** The server's newest span that lies within another one whole; null if there is none. */
  newestWithin(server: Server, from: Micros, to: Micros): Proof | null {
    for (const slot of this.slotsOf(server))
      if (this.froms[slot]! >= from && this.tos[slot]! <= to) return this.proofAt(slot, this.tos[slot]!)
    return null
  }

  /** The server's oldest span that covers another one whole, and paused for less than that is long; null if
   * there is none. */
  oldestAround(server: Server, from: Micros, to: Micros): Proof | null {
    let oldest = -1
    for (const slot of this.slotsOf(server))
      if (this.froms[slot]! <= from && this.tos[slot]! >= to && this.pauses[slot]! < to - from) oldest = slot
    return oldest < 0 ? null : this.proofAt(oldest, to)
  }

  private *slotsOf({ index }: Server): Generator<number> {
    let row = this.newest[index] ?? -1
    for (let n = 0; n < LOOKED_AT_MAX && this.isKept(row); n++) {
      yield row % ROWS_MAX
      row = this.earlier[row % ROWS_MAX]!
    }
  }

  private isKept(row: number): boolean {
    return row >= 0 && row >= this.rows - ROWS_MAX
  }

  private proofAt(slot: number, at: Micros): Proof {
    return { at, tap: this.taps[slot]!, packet: this.packets[slot]! }
  }
}
