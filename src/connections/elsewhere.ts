/**
 * Connections whose packets come by several paths of tunnels.
 *
 * A connection is known by its 5-tuple and the path that its first packet came by, so that customers of an
 * overlay may use the same addresses. Yet many tunnels are another path for each direction: the receiver
 * chose the identifier (GTP, L2TP, PPTP, MPLS), a mirror has a session for each, a router between two
 * networks forwards into the receiver's, or only one direction is tunnelled at all (a balancer whose servers
 * answer directly). So a segment on a path where its connection is not known is taken for one that is known
 * elsewhere,
 *
 * - if nothing of its direction was seen there yet, and its numbers answer what was seen; or
 * - if it goes on exactly where its direction stands, with something new: the connection has moved.
 *
 * The second asks for something new because the packets of another path may be the very same ones: a mirror
 * in two places, or two networks set up from one image. Those stay two connections, one for each path.
 * Wireshark knows connections by their 5-tuple alone: both have the number of the one stream that it makes of
 * them.
 */
import { i32 } from '../bytes/read.ts'
import { otherSide, type Side } from '../model/packet.ts'
import type { Place } from '../wire/frame.ts'
import * as tcp from '../wire/tcp.ts'
import {
  ACKNOWLEDGED,
  ACK_SEEN,
  FIRST_AT,
  INITIAL,
  NEXT,
  PACKETS,
  RECORD_WORDS,
  STARTED,
  STATE,
  STREAM,
  bit,
  half,
} from './fields.ts'
import type { ConnectionTable } from './table.ts'

/** Further paths remembered for a connection; of more, the oldest is forgotten, and found again by
 * numbers. */
export const FURTHER_PATHS_MAX = 8
/** How far an answer's numbers may lie from what was seen: an ordinary window with scaling (RFC 7323 2). */
const WINDOW = 1 << 20
const NOT_FOUND = -1
/** Connections that share a stream's number have their own from here on: no capture has so many streams. */
const SHARING_FROM = 0x8000_0000

export class Elsewhere {
  /** SCOPE of the further paths of a row. */
  private readonly further = new Map<number, number[]>()
  private readonly table: ConnectionTable
  /** Wireshark's number of a row that has another's. */
  private readonly streams = new Map<number, number>()
  private readonly candidates: number[] = []
  /** The number that the segment in hand has for Wireshark, if `find` found no row; -1: a new one. */
  private shared = NOT_FOUND
  private sharing = 0

  constructor(table: ConnectionTable) {
    this.table = table
  }

  /** The row of a segment that is not known by `scope`, with `table.side` set; -1 if it begins a new one. */
  find(
    source: number,
    destination: number,
    sourcePort: number,
    destinationPort: number,
    scope: number,
    place: Place,
  ): number {
    const { table, candidates } = this
    candidates.length = 0
    table.collect(source, destination, sourcePort, destinationPort, scope, candidates)
    let best = NOT_FOUND
    for (const row of candidates) {
      if (this.further.get(row)?.includes(scope) === true) return this.found(row, source, sourcePort)
      if (this.isBetter(row, best) && this.fits(row, this.sideOf(row, source, sourcePort), place)) best = row
    }
    if (best < 0) {
      this.shared = this.sharedWith(latestOf(table, candidates), source, sourcePort, place)
      return NOT_FOUND
    }
    this.remember(best, scope)
    return this.found(best, source, sourcePort)
  }

  /** Whether a connection of that tuple is known by any path. */
  isKnown(
    source: number,
    destination: number,
    sourcePort: number,
    destinationPort: number,
    scope: number,
  ): boolean {
    this.candidates.length = 0
    this.table.collect(source, destination, sourcePort, destinationPort, scope, this.candidates)
    return this.candidates.length > 0
  }

  /** A number of its own for a row that was made since `find` found none. */
  numberFor(row: number, numbers: { next: number }): number {
    if (this.shared < 0) return numbers.next++
    this.streams.set(row, this.shared)
    this.shared = NOT_FOUND
    return SHARING_FROM + this.sharing++
  }

  /** The row that is made next has the same number for Wireshark as this one, which goes. */
  shareWith(row: number): void {
    this.shared = this.numberOf(row)
  }

  /** Wireshark's tcp.stream; undefined: the row's own number. */
  streamOf(row: number): number | undefined {
    return this.streams.get(row)
  }

  /** The row goes. */
  forget(row: number): void {
    if (this.further.size > 0) this.further.delete(row)
    if (this.streams.size > 0) this.streams.delete(row)
  }

  /** A SYN with another initial number than the tuple's last begins a stream for Wireshark, too. */
  private sharedWith(row: number, source: number, sourcePort: number, place: Place): number {
    if (row < 0) return NOT_FOUND
    const { bytes: b, transportAt: t } = place
    const w = this.table.words
    const isSyn = (tcp.flags(b, t) & (tcp.SYN | tcp.ACK)) === tcp.SYN
    const initial = w[half(row, this.sideOf(row, source, sourcePort)) + INITIAL]!
    if (isSyn && initial !== i32(b, t + 4)) return NOT_FOUND
    return this.numberOf(row)
  }

  private numberOf(row: number): number {
    return this.streams.get(row) ?? this.table.words[row * RECORD_WORDS + STREAM]! >>> 0
  }

  private found(row: number, source: number, sourcePort: number): number {
    this.table.side = this.sideOf(row, source, sourcePort)
    return row
  }

  /** Of several that fit, the one that began first: of equal openings, the first answer is the first
   * one's. */
  private isBetter(row: number, best: number): boolean {
    const w = this.table.words
    return best < 0 || w[row * RECORD_WORDS + STREAM]! >>> 0 < w[best * RECORD_WORDS + STREAM]! >>> 0
  }

  private sideOf(row: number, source: number, sourcePort: number): Side {
    return this.table.isOriginator(row, source, sourcePort) ? 0 : 1
  }

  private fits(row: number, side: Side, place: Place): boolean {
    const w = this.table.words
    return w[half(row, side) + PACKETS] === 0 ? this.answers(row, side, place) : this.goesOn(row, side, place)
  }

  private answers(row: number, side: Side, place: Place): boolean {
    const w = this.table.words
    const bits = w[row * RECORD_WORDS + STATE]!
    const other = half(row, otherSide(side))
    const { bytes: b, transportAt: t } = place
    const flags = tcp.flags(b, t)
    if ((flags & (tcp.SYN | tcp.ACK)) === tcp.SYN) return false
    const acknowledges = (flags & tcp.ACK) !== 0 && (bits & bit(STARTED, otherSide(side))) !== 0
    const isExpected = (bits & bit(ACK_SEEN, otherSide(side))) !== 0
    if (acknowledges && !isNear(i32(b, t + 8), w[other + NEXT]!)) return false
    if (isExpected && !isNear(i32(b, t + 4), w[other + ACKNOWLEDGED]!)) return false
    return acknowledges || isExpected
  }

  private goesOn(row: number, side: Side, place: Place): boolean {
    const w = this.table.words
    const bits = w[row * RECORD_WORDS + STATE]!
    const own = half(row, side)
    const { bytes: b, transportAt: t } = place
    const isOrdinary = (tcp.flags(b, t) & (tcp.SYN | tcp.RST | tcp.ACK)) === tcp.ACK
    const both = bit(STARTED, side) | bit(ACK_SEEN, side)
    if (!isOrdinary || (bits & both) !== both || i32(b, t + 4) !== w[own + NEXT]) return false
    const advance = (i32(b, t + 8) - w[own + ACKNOWLEDGED]!) | 0
    if (advance < 0 || advance > WINDOW) return false
    return advance > 0 || (tcp.flags(b, t) & tcp.FIN) !== 0 || tcp.payloadLength(b, t, place.wireEnd) > 0
  }

  private remember(row: number, scope: number): void {
    const known = this.further.get(row)
    if (known === undefined) this.further.set(row, [scope])
    else {
      if (known.length === FURTHER_PATHS_MAX) known.shift()
      known.push(scope)
    }
  }
}

function latestOf(table: ConnectionTable, rows: readonly number[]): number {
  const firstAt = (row: number): number => table.f64[(row * RECORD_WORDS + FIRST_AT) >> 1]!
  return rows.reduce((best, row) => (best < 0 || firstAt(row) > firstAt(best) ? row : best), NOT_FOUND)
}

const isNear = (number: number, expected: number): boolean => Math.abs((number - expected) | 0) <= WINDOW
