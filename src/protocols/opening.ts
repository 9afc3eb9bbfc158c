/** The first octets of one side, kept until they are enough to say what they are and to be shown. */
import { withRoom } from '../bytes/room.ts'
import { OPENING_BYTES } from '../model/observation.ts'
import { seconds } from '../model/time.ts'
import type { Micros } from '../model/time.ts'

/**
 * What a side sends later than that after its first segment is another message: its opening is complete
 * without it.
 */
export const OPENING_PATIENCE: Micros = seconds(1)

export class OpeningSide {
  /** Octets held, the first of the side; at most OPENING_BYTES. */
  heldBytes = 0
  held: Uint8Array | null = null
  /** Of the first of them. */
  time: Micros = 0
  packet = 0
  /** The opening was shown, or never will be. */
  shown: boolean
  /** A PROXY header cannot come any more. */
  proxyPassed: boolean
  /**
   * The first octets begin no protocol that is known; later segments may (the capture may have begun late).
   */
  passed = false
  /** What comes next follows a gap: its beginning may be missing. */
  afterGap = false
  /** Octets that a consumer does not want and that are still to come. */
  unwanted = 0

  /** `inner`: the stream lies inside another, so nothing of it is shown. */
  constructor(inner: boolean) {
    this.shown = inner
    this.proxyPassed = inner
  }

  /** Takes up to `length` octets off those that are not wanted; returns how many. */
  take(length: number): number {
    const taken = Math.min(this.unwanted, length)
    this.unwanted -= taken
    return taken
  }

  /** All that are not wanted: for an answer. */
  takeAll(): number {
    return this.take(this.unwanted)
  }

  get full(): boolean {
    return this.heldBytes === OPENING_BYTES
  }

  /** Keeps octets as far as there is room, and returns the offset after them. */
  hold(bytes: Uint8Array, start: number, end: number, time: Micros, packet: number): number {
    if (this.heldBytes === 0) {
      this.time = time
      this.packet = packet
    }
    const stop = Math.min(end, start + OPENING_BYTES - this.heldBytes)
    const needed = this.heldBytes + stop - start
    this.held = withRoom(this.held, this.heldBytes, needed, 0, OPENING_BYTES)
    this.held.set(bytes.subarray(start, stop), this.heldBytes)
    this.heldBytes = needed
    return stop
  }

  drop(): void {
    this.held = null
    this.heldBytes = 0
  }
}
