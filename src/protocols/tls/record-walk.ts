/**
 * One side's octets as records. Reads headers, and of each body as much as the reader asks for: nothing, the
 * octets as they come, or the whole body at once. A header or body in pieces is put together here; everything
 * else is read in place.
 */
import { BODY_BYTES_MAX, bodyLength, HEADER_BYTES } from './record.ts'

/** What to do with the body of a record. */
export type Treatment = typeof SKIP | typeof STREAM | typeof WHOLE | typeof HOLD | typeof STOP
/** Not wanted. */
export const SKIP = 0
/** Wanted as it comes, in pieces. */
export const STREAM = 1
/** Wanted at once: at most BODY_BYTES_MAX octets are collected. */
export const WHOLE = 2
/** The record cannot be read yet: walk no further, ask again. */
export const HOLD = 3
/** This is no record: walk no further. */
export const STOP = 4

export interface RecordReader {
  /** A header stands at `at`; octets up to `end` are there. */
  begin(b: Uint8Array, at: number, end: number): Treatment
  /** The next octets of a STREAM body. */
  fragment(b: Uint8Array, start: number, end: number): void
  /** A WHOLE body. */
  whole(b: Uint8Array, start: number, end: number): void
}

export class RecordWalk {
  /** A header that came in pieces; there only meanwhile, since most connections are idle most of the time. */
  header: Uint8Array | null = null
  headerFill = 0
  treatment: Treatment = SKIP
  /** Octets of the current body still to come. */
  left = 0
  /** Collects a WHOLE body that came in pieces; exists only meanwhile. */
  body: Uint8Array | null = null
  fill = 0
}

/**
 * Walks octets `start`..`end`. Answers where it stopped: `end`, or earlier if the reader said HOLD or STOP.
 */
export function walkRecords(
  walk: RecordWalk,
  reader: RecordReader,
  b: Uint8Array,
  start: number,
  end: number,
): number {
  let at = start
  while (at < end || walk.headerFill === HEADER_BYTES) {
    if (walk.left > 0) {
      at = walkBody(walk, reader, b, at, end)
    } else if (walk.headerFill === 0 && at + HEADER_BYTES <= end) {
      if (!beginRecord(walk, reader, b, at, end)) return at
      at = finishIfThere(walk, reader, b, at + HEADER_BYTES, end)
    } else {
      const header = (walk.header ??= new Uint8Array(HEADER_BYTES))
      while (at < end && walk.headerFill < HEADER_BYTES) header[walk.headerFill++] = b[at++]!
      if (walk.headerFill < HEADER_BYTES) return at
      if (!beginRecord(walk, reader, header, 0, HEADER_BYTES)) return at
      walk.header = null
      walk.headerFill = 0
      at = finishIfThere(walk, reader, b, at, end)
    }
  }
  return at
}

/** False if the walk ends here. */
function beginRecord(
  walk: RecordWalk,
  reader: RecordReader,
  b: Uint8Array,
  at: number,
  end: number,
): boolean {
  const treatment = reader.begin(b, at, end)
  if (treatment === HOLD || treatment === STOP) return false
  walk.treatment = treatment
  walk.left = bodyLength(b, at)
  return true
}

/** Hands over a body that is there in one piece; of a WHOLE one, an empty one too. */
function finishIfThere(
  walk: RecordWalk,
  reader: RecordReader,
  b: Uint8Array,
  at: number,
  end: number,
): number {
  const to = at + walk.left
  if (to > end) return at
  walk.left = 0
  if (walk.treatment === WHOLE) reader.whole(b, at, to)
  else if (walk.treatment === STREAM && to > at) reader.fragment(b, at, to)
  return to
}

function walkBody(walk: RecordWalk, reader: RecordReader, b: Uint8Array, at: number, end: number): number {
  const taken = Math.min(walk.left, end - at)
  if (walk.treatment === WHOLE) collect(walk, b, at, taken)
  walk.left -= taken
  if (walk.treatment === STREAM) reader.fragment(b, at, at + taken)
  if (walk.treatment === WHOLE && walk.left === 0) {
    const body = walk.body!
    walk.body = null
    reader.whole(body, 0, walk.fill)
  }
  return at + taken
}

function collect(walk: RecordWalk, b: Uint8Array, at: number, taken: number): void {
  if (walk.body === null) {
    walk.body = new Uint8Array(Math.min(walk.left, BODY_BYTES_MAX))
    walk.fill = 0
  }
  walk.body.set(b.subarray(at, at + taken), walk.fill)
  walk.fill += taken
}

/** Takes the rest of an unwanted body off the walk: octets that need not be delivered. */
export function takeSkip(walk: RecordWalk): number {
  if (walk.treatment !== SKIP) return 0
  const { left } = walk
  walk.left = 0
  return left
}

/** The walk stands between two records. */
export const isAtBoundary = (walk: RecordWalk): boolean => walk.left === 0 && walk.headerFill === 0

/** Forgets the record in hand: what follows begins with a header. */
export function restartWalk(walk: RecordWalk): void {
  walk.header = null
  walk.headerFill = 0
  walk.left = 0
  walk.body = null
}
