/**
 * One direction of a reassembled connection: its place, what waits out of order, and the hole that is
 * watched. Small, since most connections are idle and each segment finds its half out of the cache; what only
 * some need is made when they do.
 */
import type { Micros } from '../model/time.ts'
import { distance } from './held.ts'
import type { HeldStretch } from './held.ts'

/** The FIN of a side. */
interface Fin {
  readonly sequence: number
  readonly time: Micros
  readonly packet: number
}

/** A hole that is watched: where it begins, whether it was acknowledged, what is given up with it, since
 * when. */
export interface Watch {
  readonly at: number
  readonly acknowledged: boolean
  readonly to: number
  readonly since: Micros
  readonly sinceEvent: number
}

export class Half {
  /**
   * The sequence number of the next octet to deliver, as a signed word (V8 keeps one without a box);
   * meaningless before `synchronised`.
   */
  next = 0
  synchronised = false
  /** The FIN was delivered, or nothing more will be. */
  ended = false
  /** Octets from `next` on that the consumer does not want. */
  unwanted = 0
  /** What waits behind a hole, in order; null when nothing does, which is nearly always. */
  held: HeldStretch[] | null = null
  heldBytes = 0
  /** Null until it was seen. */
  fin: Fin | null = null
  /**
   * The other side acknowledged octets at `next` and beyond, all those before `acknowledged`: they passed and
   * were not seen.
   */
  holeAcknowledged = false
  acknowledged = 0
  /** What is missing of it is waited for by what answers it: until something of it never came. */
  isAwaited = true
  watch: Watch | null = null

  startAt(sequence: number): void {
    this.synchronised = true
    this.next = sequence | 0
  }

  /** Moves `length` octets on. */
  move(length: number): void {
    this.next = (this.next + length) | 0
  }

  /** What begins at `sequence` comes in its turn, and nothing that was seen before it is still to come. */
  isNext(sequence: number): boolean {
    return (sequence | 0) === this.next && this.synchronised && this.held === null && this.fin === null
  }

  /**
   * Moves over unwanted octets before `to`. In that range holes do not matter, and neither does the order.
   */
  pass(to: number): void {
    if (this.unwanted === 0) return
    const passed = Math.min(this.unwanted, distance(to, this.next))
    if (passed <= 0) return
    this.move(passed)
    this.unwanted -= passed
  }

  /**
   * `to`, or the FIN's number if that is earlier: a FIN takes a sequence number, and acknowledging it
   * acknowledges no octet.
   */
  beforeFin(to: number): number {
    return this.fin !== null && distance(to, this.fin.sequence) > 0 ? this.fin.sequence : to
  }

  /** Takes an acknowledgment of what lies before `to`, if it says more than is known. */
  acknowledge(to: number): void {
    if (this.holeAcknowledged && distance(to, this.acknowledged) <= 0) return
    this.acknowledged = this.beforeFin(to) | 0
    this.holeAcknowledged = distance(this.acknowledged, this.next) > 0
  }

  /** Octets before `to` were not delivered yet. */
  lacks(to: number): boolean {
    return !this.ended && distance(this.beforeFin(to), this.next) > 0
  }

  /** The end of the last octet that is known to exist. */
  highest(): number {
    if (this.fin !== null) return this.fin.sequence
    const last = this.held?.at(-1)
    return last === undefined ? this.next : last.sequence + last.length
  }

  /**
   * Begins to watch the hole at `next`. All holes below what is acknowledged by now share its fate: they are
   * as old.
   */
  beginWatch(time: Micros, event: number): void {
    this.watch = {
      at: this.next,
      acknowledged: this.holeAcknowledged,
      to: this.holeAcknowledged ? this.acknowledged : this.held![0]!.sequence,
      since: time,
      sinceEvent: event,
    }
  }
}
