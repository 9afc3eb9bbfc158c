/**
 * A batch of captured frames: one reused buffer and a column per fact, so that nothing is allocated per
 * frame.
 *
 * A collector fills it, the stages read it, the next fill overwrites it. Whatever must outlive the batch is
 * copied.
 */

/** Octets of the shared buffer: the largest record of a capture that is read. */
export const BATCH_BYTES = 1 << 20
/** Frames per batch: the smallest record (a 16-octet pcap header and an empty frame) fills the buffer with no
 * more than this. */
export const BATCH_FRAMES = 1 << 14

export class FrameBatch {
  readonly bytes: Uint8Array
  /** Where frame i begins in `bytes`. */
  readonly offset = new Uint32Array(BATCH_FRAMES)
  /** Octets of frame i that are there. */
  readonly capturedLength = new Uint32Array(BATCH_FRAMES)
  /** Octets that frame i had on the wire. */
  readonly wireLength = new Uint32Array(BATCH_FRAMES)
  /** Microseconds since the epoch, an integer (exact to the year 2255). */
  readonly time = new Float64Array(BATCH_FRAMES)
  /** What a nanosecond clock adds to `time`: 0..999 ns. */
  readonly nanoseconds = new Uint16Array(BATCH_FRAMES)
  /** Which of the capture's interfaces saw frame i: an index into the reader's `interfaces`. */
  readonly interface = new Uint16Array(BATCH_FRAMES)
  /** Frames in this batch. */
  count = 0
  /** The number of frame 0 in its file, counted from 1 as Wireshark does; frame i is `firstNumber + i`. */
  firstNumber = 1

  constructor(bytes: number = BATCH_BYTES) {
    this.bytes = new Uint8Array(bytes)
  }
}
