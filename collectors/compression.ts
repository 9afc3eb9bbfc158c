/**
 * gzip and zstd, told by content and unpacked as a stream: another ByteSource around the packed one.
 *
 * Contract: members and frames that follow each other are one stream, skippable frames included. Memory is
 * bounded by the constants below, whatever the data expands to (and zstd's window, which the library limits
 * to 128 MiB). Data that is cut or corrupt yields everything before the damage, then the end with a `fault`.
 * Unpacking runs in the thread pool of zlib: the next chunk while the caller works on the last.
 * Source: RFC 1952, RFC 8878.
 */

import { createGunzip, createZstdDecompress, type Gunzip, type ZstdDecompress } from 'node:zlib'
import type { Fault } from '../src/model/fault.ts'
import { deliver, noPiece, signal } from './byte-source.ts'
import type { ByteSource, Piece, Signal } from './byte-source.ts'

export type Compression = 'gzip' | 'zstd'

/** Packed octets handed to zlib at a time. */
const SLICE_BYTES = 1 << 16
/** Unpacked octets that zlib makes at a time; it stops while that many wait to be read. */
const CHUNK_BYTES = 1 << 18
/**
 * Each zstd frame costs a decompressor of its own; past this many (the usual frame holds 128 KiB or more) the
 * rest is a fault.
 */
const FRAMES_MAX = 1 << 20

/** How far something may expand: from `from` unpacked octets on, at most `ratio` for each packed one. */
export interface ExpansionLimit {
  readonly from: number
  readonly ratio: number
}

/** The layer of the fault that a limit makes. */
export const EXPANSION = 'expansion'

/** What zlib's and zstd's error codes and messages mean here; any other is damage. */
const CUT = 'Z_BUF_ERROR'
const FOLLOWED = new Set(['incorrect header check', 'Unknown frame descriptor'])

/** What the first octets announce; null if neither. */
export function compressionOf(head: Uint8Array): Compression | null {
  if (head[0] === 0x1f && head[1] === 0x8b && head[2] === 8) return 'gzip'
  const skippable = (head[0]! & 0xf0) === 0x50 && head[1] === 0x2a && head[2] === 0x4d && head[3] === 0x18
  const frame = head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd
  return frame || skippable ? 'zstd' : null
}

/**
 * One decompressor: it serves all members of a gzip file, or one zstd frame (Node's stops behind a frame and
 * does not say so).
 */
interface Inflater {
  readonly stream: Gunzip | ZstdDecompress
  /** Where its input begins in the packed octets. */
  readonly base: number
  /** Octets that were written to it. */
  fed: number
  /** It was told that there is no more. */
  finished: boolean
}

interface Unpacking extends Piece {
  readonly packed: ByteSource
  readonly kind: Compression
  readonly limit: ExpansionLimit | null
  readonly changed: Signal
  /** Packed octets, of which those from `sliceFrom` to `sliceTo` are still to be written to the inflater. */
  readonly slice: Uint8Array
  sliceFrom: number
  sliceTo: number
  packedEnded: boolean
  /** For packed octets, or for the inflater to take those that it was given. */
  waiting: boolean
  inflater: Inflater | null
  frames: number
  /**
   * When damage makes a file be read again: octets that were delivered before, and where the damage begins.
   */
  repeated: number
  damageFrom: number
  over: boolean
  fault: Fault | null
}

/**
 * Delivers what `packed`, which begins with data of that kind, holds. Closing it closes `packed`. Beyond the
 * limit, measured on the file itself, it ends with a fault.
 */
export function unpacked(
  packed: ByteSource,
  kind: Compression,
  limit: ExpansionLimit | null = null,
): ByteSource {
  const state: Unpacking = {
    ...noPiece(),
    packed,
    kind,
    limit,
    changed: signal(),
    slice: new Uint8Array(SLICE_BYTES),
    sliceFrom: 0,
    sliceTo: 0,
    packedEnded: false,
    waiting: false,
    inflater: null,
    frames: 0,
    repeated: 0,
    damageFrom: Infinity,
    over: false,
    fault: null,
  }
  return {
    read(into, at) {
      const count = take(state, into, at)
      return count > 0 || state.over ? count : wait(state, into, at)
    },
    get position() {
      return state.position
    },
    get rawPosition() {
      return packed.rawPosition
    },
    rawSize: packed.rawSize,
    compression: packed.compression === null ? kind : `${kind} in ${packed.compression}`,
    get fault() {
      return state.fault ?? packed.fault
    },
    close() {
      stop(state, null, 0)
      packed.close()
    },
  }
}

async function wait(state: Unpacking, into: Uint8Array, at: number): Promise<number> {
  for (;;) {
    feed(state)
    const count = take(state, into, at)
    if (count > 0 || state.over) return count
    await state.changed.wait()
  }
}

/** What is unpacked already; 0 if nothing is. */
function take(state: Unpacking, into: Uint8Array, at: number): number {
  for (;;) {
    if (state.used === state.bytes.length) {
      const more: Uint8Array | null = state.inflater?.stream.read() ?? null
      if (more === null) return 0
      state.bytes = more
      state.used = 0
    }
    if (state.repeated === 0) return expandsTooFar(state) ? 0 : deliver(state, into, at)
    const skipped = Math.min(state.repeated, state.bytes.length - state.used)
    state.repeated -= skipped
    state.used += skipped
  }
}

/** Ends the stream if so. */
function expandsTooFar(state: Unpacking): boolean {
  const { limit, position, packed } = state
  if (limit === null || position < limit.from || position <= limit.ratio * packed.rawPosition) return false
  const message = `the ${state.kind} data unpacks to more than ${limit.ratio} times its size, as no capture does`
  state.fault = { layer: EXPANSION, at: packed.rawPosition, message }
  stop(state, null, 0)
  state.bytes = new Uint8Array(0)
  state.used = 0
  return true
}

/** Offset in the packed octets of the next one to write. */
const unwritten = (state: Unpacking): number => state.packed.position - (state.sliceTo - state.sliceFrom)

function begin(state: Unpacking): Inflater {
  const options = { chunkSize: CHUNK_BYTES, readableHighWaterMark: CHUNK_BYTES }
  const stream = state.kind === 'gzip' ? createGunzip(options) : createZstdDecompress(options)
  const own: Inflater = { stream, base: unwritten(state), fed: 0, finished: false }
  stream.on('readable', state.changed.notify)
  stream.on('end', () => {
    if (own === state.inflater) ended(state, own)
  })
  stream.on('error', (error) => {
    if (own === state.inflater) failed(state, own, error)
  })
  state.inflater = own
  state.frames++
  return own
}

function stop(state: Unpacking, why: string | null, at: number): void {
  const { kind } = state
  if (why !== null) state.fault = { layer: kind, at, message: `the ${kind} data ${why} at offset ${at}` }
  state.over = true
  state.inflater?.stream.destroy()
  state.changed.notify()
}

/**
 * Keeps the inflater supplied, one write at a time: it takes the next only when there is room for what it
 * makes.
 */
function feed(state: Unpacking): void {
  if (state.waiting || state.over) return
  if (state.sliceFrom === state.sliceTo && !state.packedEnded) return refill(state, feed)
  const own = state.inflater ?? begin(state)
  if (state.sliceFrom === state.sliceTo) return finish(own)
  const from = state.sliceFrom
  // Near known damage octet by octet.
  const count = Math.min(state.sliceTo - from, Math.max(1, state.damageFrom - unwritten(state)))
  state.sliceFrom += count
  own.fed += count
  state.waiting = true
  own.stream.write(state.slice.subarray(from, from + count), (error) => {
    // Where it leaves octets untouched it is complete, and its end follows.
    if (error || own !== state.inflater || own.stream.bytesWritten < own.fed) return
    state.waiting = false
    feed(state)
  })
}

function refill(state: Unpacking, then: (state: Unpacking) => void): void {
  const took = (count: number): void => {
    state.waiting = false
    state.sliceFrom = 0
    state.sliceTo = count
    state.packedEnded = count === 0
    if (!state.over) then(state)
  }
  const answer = state.packed.read(state.slice, 0)
  if (typeof answer === 'number') return took(answer)
  state.waiting = true
  void answer.then(took)
}

/** Ends the inflater, which then says whether its data was complete. What it made before stays readable. */
function finish(own: Inflater): void {
  if (!own.finished) own.stream.end()
  own.finished = true
}

/** A zstd frame, or all of a gzip file, is complete; what it did not take belongs to the next. */
function ended(state: Unpacking, own: Inflater): void {
  state.sliceFrom -= own.fed - own.stream.bytesWritten
  next(state)
}

function next(state: Unpacking): void {
  state.waiting = false
  // Zeros behind gzip data fill up the block of a tape; gzip(1) ignores them too.
  while (state.kind === 'gzip' && state.sliceFrom < state.sliceTo && state.slice[state.sliceFrom] === 0)
    state.sliceFrom++
  if (state.sliceFrom === state.sliceTo && !state.packedEnded) return refill(state, later)
  if (state.sliceFrom === state.sliceTo) return stop(state, null, 0)
  if (state.frames === FRAMES_MAX) return stop(state, `has more than ${FRAMES_MAX} frames`, unwritten(state))
  begin(state)
  feed(state)
}

/** A gigabyte of zeros must not become a call stack. */
function later(state: Unpacking): void {
  state.waiting = true
  setImmediate(() => {
    if (!state.over) next(state)
  })
}

function failed(state: Unpacking, own: Inflater, error: NodeJS.ErrnoException): void {
  const { packed, kind } = state
  const at = own.base + own.stream.bytesWritten
  if (packed.fault !== null) return stop(state, null, 0)
  if (error.code === CUT) return stop(state, 'is cut off', at)
  const followed = FOLLOWED.has(error.message)
  const why = followed ? 'ends, and what follows is something else,' : `is corrupt (${error.message})`
  // A zstd frame is read to its end before the next is looked at: nothing was lost.
  const complete = followed && kind === 'zstd'
  if (complete || packed.rewind === undefined || state.damageFrom !== Infinity) return stop(state, why, at)
  packed.rewind()
  repeatUpTo(state, at)
}

/**
 * zlib discards what a failing write had made. A file is read again, up to the damage in large steps and
 * there octet by octet.
 */
function repeatUpTo(state: Unpacking, at: number): void {
  Object.assign(state, {
    damageFrom: at,
    repeated: state.position,
    sliceFrom: 0,
    sliceTo: 0,
    frames: 0,
    packedEnded: false,
    waiting: false,
    bytes: new Uint8Array(0),
    used: 0,
  } satisfies Partial<Unpacking>)
  begin(state)
  feed(state)
}
