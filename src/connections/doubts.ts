/**
 * Where in their streams segments claimed to be that were not believed: a second one that claims about the
 * same confirms it. What passed long ago confirms nothing: a checkpoint holds none of it.
 */

/** Places remembered, a power of two: one that is overwritten has to be told twice again. */
const ENTRIES = 1 << 10
const WORDS = 3
const STREAM_AT = 1
const PLACE_AT = 2

export class Doubts {
  /** Word offset of the half (0: none), number of the stream, sequence number. */
  private readonly entries = new Int32Array(ENTRIES * WORDS)

  /** Whether the last doubt of the half told of a place within `reach` of this one; remembers it. */
  isConfirmed(half: number, stream: number, sequence: number, reach: number): boolean {
    const { entries } = this
    const entry = ((half ^ (half >>> 10)) & (ENTRIES - 1)) * WORDS
    const isSame = entries[entry] === half && entries[entry + STREAM_AT] === stream
    const isNear = Math.abs((sequence - entries[entry + PLACE_AT]!) | 0) <= reach
    entries[entry] = half
    entries[entry + STREAM_AT] = stream
    entries[entry + PLACE_AT] = sequence
    return isSame && isNear
  }
}
