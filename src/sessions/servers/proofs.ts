/**
 * Spans of time in which servers demonstrably answered: there may be one for every second of every server.
 * The newest of each server are kept, side by side in one array of numbers, as a ring.
 */
import type { Server } from '../../model/party.ts'
import type { Ends, PacketReference, Tap } from '../../model/packet.ts'
import type { Micros } from '../../model/time.ts'

/** Spans kept per server: older ones decide nothing any more. */
const KEPT_MAX = 256
/** ... and over all servers; from then on each server's newest takes the place of its own oldest. */
const SPANS_MAX = 1 << 18

/** What a span holds, side by side: its times, the longest pause within, the packet that shows it and when
 * that passed, the number of the tap, and the ports at the packet's ends. */
const WORDS = 8
const FROM = 0
const TO = 1
const PAUSE = 2
const PACKET = 3
const SHOWN_AT = 4
const TAP = 5
const PORT_FROM = 6
const PORT_TO = 7

/** Addresses at the ends of a packet: kept apart from the ports, they are those that are held anyway, and no
 * objects of their own. */
const ENDS = 2

interface Ring {
  readonly rows: number[]
  /** Of the packet of each row, whose it is and who was asked; empty where nobody knows them. */
  readonly addresses: string[]
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
    const ring = (this.rings[index] ??= { rows: [], addresses: [], newest: -WORDS })
    const { rows } = ring
    const isGrowing = rows.length === 0 || (rows.length < KEPT_MAX * WORDS && this.kept < SPANS_MAX)
    if (isGrowing) this.kept++
    const at = (ring.newest = isGrowing ? rows.length : (ring.newest + WORDS) % rows.length)
    if (isGrowing) for (let i = 0; i < WORDS; i++) rows.push(0)
    rows[at + FROM] = from
    rows[at + TO] = to
    rows[at + PAUSE] = pause
    rows[at + PACKET] = shown.packet
    rows[at + SHOWN_AT] = shown.at
    rows[at + TAP] = this.numberOf(shown.tap)
    noteEnds(ring, at, shown.ends)
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

  private proofAt(ring: Ring, at: number): PacketReference {
    const { rows } = ring
    return {
      tap: this.taps[rows[at + TAP]!]!,
      packet: rows[at + PACKET]!,
      at: rows[at + SHOWN_AT]!,
      ends: endsAt(ring, at),
    }
  }

  private numberOf(tap: Tap): number {
    const known = this.taps.indexOf(tap)
    return known >= 0 ? known : this.taps.push(tap) - 1
  }
}

function noteEnds({ rows, addresses }: Ring, at: number, ends: Ends | null): void {
  const first = (at / WORDS) * ENDS
  rows[at + PORT_FROM] = ends?.[0].port ?? 0
  rows[at + PORT_TO] = ends?.[1].port ?? 0
  addresses[first] = ends?.[0].address ?? ''
  addresses[first + 1] = ends?.[1].address ?? ''
}

function endsAt({ rows, addresses }: Ring, at: number): Ends | null {
  const first = (at / WORDS) * ENDS
  const [from, to] = [addresses[first]!, addresses[first + 1]!]
  if (from === '') return null
  // As integers: a port of floating point would make the engine box those of all endpoints.
  return [
    { address: from, port: rows[at + PORT_FROM]! | 0 },
    { address: to, port: rows[at + PORT_TO]! | 0 },
  ]
}
