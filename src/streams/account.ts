/** What reassembly holds and gave up on one tap: one object that all its streams share. */

/**
 * Octets that may wait out of order in all streams of a tap together. When they are used up, a stream
 * declares its gap and goes on.
 */
export const TAP_HELD_BYTES_MAX = 64 << 20

export class ReassemblyAccount {
  readonly heldBytesMax: number
  /** Octets held now, the cost of holding them included. */
  heldBytes = 0
  /** Times that a half had no room left, so that a hole was given up early. */
  halfFull = 0
  /** Times that the tap had no room left. */
  tapFull = 0
  /** Gaps declared, and their octets. */
  gaps = 0
  gapBytes = 0
  /** Segments and acknowledgments so far from the stream's place that they cannot belong to it. */
  implausible = 0

  constructor(heldBytesMax: number = TAP_HELD_BYTES_MAX) {
    this.heldBytesMax = heldBytesMax
  }
}
