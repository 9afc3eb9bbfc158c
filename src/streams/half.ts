/**
 * One direction of a reassembled connection: its place, what waits out of order, and the hole that is
 * watched.
 */
import type { Micros } from '../model/time.ts'
import { distance } from './held.ts'
import type { HeldStretch } from './held.ts'

export class Half {
  /** The sequence number of the next octet to deliver; meaningless before `synchronised`. */
  next = 0
  synchronised = false
  /** Octets from `next` on that the consumer does not want. */
  unwanted = 0
  /** What waits behind a hole, in order; null when nothing does, which is nearly always. */
  held: HeldStretch[] | null = null
  heldBytes = 0
  /**
   * The other side acknowledged octets at `next` and beyond, all those before `acknowledged`: they passed and
   * were not seen.
   */
  holeAcknowledged = false
  acknowledged = 0

  /** The sequence number of the FIN, once it was seen. */
  finSequence = 0
  finSeen = false
  finTime: Micros = 0
  finPacket = 0
  /** The FIN was delivered, or nothing more will be. */
  ended = false

  /**
   * A hole is being watched: where it begins, whether it was acknowledged, what is given up with it, and
   * since when.
   */
  watching = false
  watchedAt = 0
  watchedAcknowledged = false
  watchedTo = 0
  watchedSince: Micros = 0
  watchedSinceEvent = 0

  startAt(sequence: number): void {
    this.synchronised = true
    this.next = sequence
  }

  /**
   * Moves over unwanted octets before `to`. In that range holes do not matter, and neither does the order.
   */
  pass(to: number): void {
    if (this.unwanted === 0) return
    const passed = Math.min(this.unwanted, distance(to, this.next))
    if (passed <= 0) return
    this.next = (this.next + passed) >>> 0
    this.unwanted -= passed
  }

  /**
   * `to`, or the FIN's number if that is earlier: a FIN takes a sequence number, and acknowledging it
   * acknowledges no octet.
   */
  beforeFin(to: number): number {
    return this.finSeen && distance(to, this.finSequence) > 0 ? this.finSequence : to
  }

  /** Takes an acknowledgment of what lies before `to`, if it says more than is known. */
  acknowledge(to: number): void {
    if (this.holeAcknowledged && distance(to, this.acknowledged) <= 0) return
    this.acknowledged = this.beforeFin(to)
    this.holeAcknowledged = distance(this.acknowledged, this.next) > 0
  }

  /** The end of the last octet that is known to exist. */
  highest(): number {
    if (this.finSeen) return this.finSequence
    const last = this.held?.at(-1)
    return last === undefined ? this.next : (last.sequence + last.length) >>> 0
  }

  /**
   * Begins to watch the hole at `next`. All holes below what is acknowledged by now share its fate: they are
   * as old.
   */
  watch(time: Micros, event: number): void {
    this.watching = true
    this.watchedAt = this.next
    this.watchedAcknowledged = this.holeAcknowledged
    this.watchedTo = this.watchedAcknowledged ? this.acknowledged : this.held![0]!.sequence
    this.watchedSince = time
    this.watchedSinceEvent = event
  }
}
