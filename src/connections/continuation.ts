/**
 * Segments without a handshake whose numbers fit a connection that is known: address translation lost its
 * mapping and made another, so that the same bytes go on under a strange tuple.
 *
 * A capture on both sides of a translator shows every segment twice: a connection that has had the very
 * segment just now does not go on elsewhere, it is the other side of this one.
 *
 * Both numbers must lie within a window of where the other connection stands; by chance one strange segment
 * in 2^32 does. The look-up is linear, for a rare event; a budget keeps a capture that begins amid open
 * connections from paying for it.
 */
import { otherSide, type Side } from '../model/packet.ts'
import { milliseconds, SECOND, type Micros } from '../model/time.ts'
import {
  ADDRESS_1,
  LAST_AT,
  LAST_PACKET,
  NEXT,
  OVER,
  PORTS,
  RECORD_WORDS,
  SCOPE,
  SENT_AT,
  STARTED,
  STATE,
  bit,
  half,
} from './fields.ts'
import { connectionId, endpointOf, type TapState } from './tap-state.ts'

/** How far the numbers may lie apart: an unscaled window. */
const WINDOW = 0xffff
/** Linux sends again after 200 ms at the earliest (TCP_RTO_MIN); RFC 6298 asks for a second. */
const RETRANSMITTED_AFTER: Micros = milliseconds(200)
/** Records looked at per second of capture time. */
const BUDGET_PER_SECOND = 1 << 18

export class Continuations {
  private readonly state: TapState
  private left = BUDGET_PER_SECOND
  private since: Micros = -Infinity

  constructor(state: TapState) {
    this.state = state
  }

  /** `row` began without a SYN, with a segment of its originator: does it go on where another one stands? */
  consider(row: number, sequence: number, acknowledgment: number, time: Micros, packet: number): void {
    if (Math.abs(time - this.since) > SECOND) {
      this.since = time
      this.left = BUDGET_PER_SECOND
    }
    const { table } = this.state
    if (this.left < table.rowBound) return
    this.left -= table.rowBound
    for (const other of table.rows()) {
      if (other === row || this.hadJustNow(row, other, time)) continue
      if (this.fits(row, other, sequence, acknowledgment)) {
        this.tell(row, other, sequence, acknowledgment, time, packet)
        return
      }
    }
  }

  /** The other connection's originator stands where this one's does since less time than anybody waits before
   * sending again. */
  private hadJustNow(row: number, other: number, time: Micros): boolean {
    const { words: w, f64 } = this.state.table
    const since = time - f64[(half(other, 0) + SENT_AT) >> 1]!
    return w[half(row, 0) + NEXT] === w[half(other, 0) + NEXT] && Math.abs(since) < RETRANSMITTED_AFTER
  }

  private fits(row: number, other: number, sequence: number, acknowledgment: number): boolean {
    const w = this.state.table.words
    const a = row * RECORD_WORDS
    const b = other * RECORD_WORDS
    if (w[a + ADDRESS_1] !== w[b + ADDRESS_1] || w[a + SCOPE] !== w[b + SCOPE]) return false
    if ((w[a + PORTS]! & 0xffff) !== (w[b + PORTS]! & 0xffff)) return false
    const bits = w[b + STATE]!
    const both = STARTED | bit(STARTED, 1)
    if ((bits & both) !== both || (bits & OVER) !== 0) return false
    return (
      Math.abs((sequence - w[half(other, 0) + NEXT]!) | 0) <= WINDOW &&
      Math.abs((acknowledgment - w[half(other, 1) + NEXT]!) | 0) <= WINDOW
    )
  }

  private tell(
    row: number,
    other: number,
    sequence: number,
    acknowledgment: number,
    time: Micros,
    packet: number,
  ): void {
    const { state } = this
    const { words: w, f64 } = state.table
    const originator: Side = 0
    state.emit({
      kind: 'connection-continued',
      time,
      tap: state.tap,
      connection: connectionId(state, row),
      originator: endpointOf(state, row, originator),
      responder: endpointOf(state, row, otherSide(originator)),
      packet,
      previous: connectionId(state, other),
      previousOriginator: endpointOf(state, other, originator),
      previousPacket: w[other * RECORD_WORDS + LAST_PACKET]! >>> 0,
      previousAt: f64[(other * RECORD_WORDS + LAST_AT) >> 1]!,
      sequenceOffset: (sequence - w[half(other, 0) + NEXT]!) | 0,
      acknowledgmentOffset: (acknowledgment - w[half(other, 1) + NEXT]!) | 0,
    })
  }
}
