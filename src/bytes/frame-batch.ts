/**
 * A batch of captured frames: the octets where their reader put them and a column per fact, so that nothing
 * is allocated per frame.
 *
 * A collector fills it, the stages read it, the next fill overwrites it. Whatever must outlive the batch is
 * copied.
 */

/** Frames per batch: enough that handing it on costs nothing per frame. */
export const BATCH_FRAMES = 1 << 14

const NOTHING = new Uint8Array(0)

export class FrameBatch {
  /** The reader's buffer; its own until the next fill. */
  bytes: Uint8Array = NOTHING
  /** Where frame i begins in `bytes`. */
  readonly offset: Uint32Array
  /** Octets of frame i that are there. */
  readonly capturedLength: Uint32Array
  /** Octets that frame i had on the wire. */
  readonly wireLength: Uint32Array
  /** Microseconds since the epoch, an integer (exact to the year 2255). */
  readonly time: Float64Array
  /** What a nanosecond clock adds to `time`: 0..999 ns. */
  readonly nanoseconds: Uint16Array
  /** Which of the capture's interfaces saw frame i: an index into the reader's `interfaces`. */
  readonly interface: Uint16Array
  /** Frames in this batch. */
  count = 0
  /** The number of frame 0 in its file, counted from 1 as Wireshark does; frame i is `firstNumber + i`. */
  firstNumber = 1
  /** The number of frame i, where frames are not in the order of the file; null: they are. */
  numbers: Uint32Array | null = null

  /** Readers fill as many rows as there may be: fewer are for who reads no more. */
  constructor(rows = BATCH_FRAMES) {
    this.offset = new Uint32Array(rows)
    this.capturedLength = new Uint32Array(rows)
    this.wireLength = new Uint32Array(rows)
    this.time = new Float64Array(rows)
    this.nanoseconds = new Uint16Array(rows)
    this.interface = new Uint16Array(rows)
  }
}
