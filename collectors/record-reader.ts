/**
 * The part that pcap and pcapng readers share: octets come in, a format's parser turns whole records into
 * rows of the batch, what is left over waits for the rest.
 *
 * Contract: memory is two buffers and nothing else: while the records in one are analysed, the other fills. A
 * record that is not whole moves in front of its rest, for which each buffer keeps room; a length field never
 * makes anything grow. Every frame before a fault is delivered first. The buffers are there from the first
 * frame to the end: a hundred files of a ring are open for longer than they are read.
 */

import type { FrameBatch } from '../src/bytes/frame-batch.ts'
import type {
  CaptureComment,
  CaptureCounts,
  CaptureInterface,
  CaptureName,
  CaptureReader,
} from '../src/model/capture.ts'
import type { Fault } from '../src/model/fault.ts'
import type { ByteSource } from './byte-source.ts'

/**
 * MAXIMUM_SNAPLEN of libpcap (pcap-int.h) and WTAP_MAX_PACKET_SIZE_STANDARD of Wireshark: a record that
 * claims more is damaged.
 */
export const CAPTURED_MAX = 262_144

/** Octets of each of the two buffers: the largest record of a capture that is read. */
export const BUFFER_BYTES = 1 << 20

/** Part of a buffer that stays free before what is read, for the begin of the record that is cut there. */
const ROOM = 1 / 4

/** What of the capture is in the buffer: records from `from` to `to`. */
export interface Window {
  bytes: Uint8Array
  view: DataView
  from: number
  to: number
  /** Offset in the capture of the buffer's first octet. */
  base: number
  /**
   * Set by the parser when it stops before a record: octets that must be in the buffer for it to go on, at
   * most all of the buffer.
   */
  needed: number
  /** Octets from `from` on to pass over, also those that are not there yet. */
  skip: number
  /** The record that is being passed over: its length, 0 if there is none, and its offset in the capture. */
  passing: number
  passingAt: number
  /** Set by the parser: reading ends here. */
  fault: Fault | null
}

/**
 * Appends to the batch the whole records from `from` on, as far as it has rows, and moves `from` behind them.
 */
export type RecordParser = (window: Window, batch: FrameBatch) => void

/** What a format collects besides frames. */
export interface CaptureFacts {
  readonly interfaces: CaptureInterface[]
  readonly secrets: string[]
  readonly names: CaptureName[]
  readonly comments: CaptureComment[]
  readonly counts: CaptureCounts
}

export const nothingCounted = (): CaptureCounts => ({
  comments: 0,
  customBlocks: 0,
  unknownBlocks: 0,
  malformedOptions: 0,
  impossibleLengths: 0,
  namesDropped: 0,
  secretsDropped: 0,
})

export const emptyFacts = (): CaptureFacts => ({
  interfaces: [],
  secrets: [],
  names: [],
  comments: [],
  counts: nothingCounted(),
})

/** The offset in the capture of an offset in the buffer. */
export const offsetOf = (window: Window, at: number): number => window.base + at

/** The buffer that fills: what was read into it and not yet taken lies from `from` to `to`. */
interface Ahead {
  bytes: Uint8Array
  view: DataView
  from: number
  to: number
  /** What the source answers that was asked for more; null if it was not. */
  asked: number | Promise<number> | null
}

/** A reader at work. */
interface Reading {
  readonly format: CaptureReader['format']
  readonly source: ByteSource
  parse: RecordParser
  readonly window: Window
  readonly ahead: Ahead
  /** The source was waited for when it was last asked: it is asked before its octets are needed. */
  waited: boolean
  /** The source has no more. */
  ended: boolean
  /** `next` has answered false. */
  over: boolean
  /** The number of the next frame. */
  number: number
}

function buffer(length: number): { bytes: Uint8Array; view: DataView } {
  const bytes = new Uint8Array(length)
  return { bytes, view: new DataView(bytes.buffer) }
}

const emptyWindow = (): Window => ({
  ...buffer(0),
  from: 0,
  to: 0,
  base: 0,
  needed: 0,
  skip: 0,
  passing: 0,
  passingAt: 0,
  fault: null,
})

/** Reads `source` with a format's parser, which also fills in `facts`; closing it closes the source. */
export function recordReader(
  format: CaptureReader['format'],
  source: ByteSource,
  parse: RecordParser,
  facts: CaptureFacts,
  bufferBytes: number = BUFFER_BYTES,
): CaptureReader {
  const window = emptyWindow()
  const ahead: Ahead = { ...buffer(0), from: 0, to: 0, asked: null }
  const reading: Reading = {
    format,
    source,
    parse,
    window,
    ahead,
    waited: false,
    ended: false,
    over: false,
    number: 1,
  }
  return {
    format,
    compression: source.compression,
    ...facts,
    next(batch) {
      batch.count = 0
      batch.firstNumber = reading.number
      if (reading.over) return false
      if (window.bytes.length === 0) hold(reading, buffer(bufferBytes), buffer(bufferBytes))
      return fill(reading, batch)
    },
    get fault() {
      return window.fault
    },
    get bytesRead() {
      return behind(window)
    },
    get progress() {
      return Math.min(1, source.rawPosition / source.rawSize)
    },
    close() {
      // What the source was asked for may still come, and counts; then the buffers go with the reader.
      if (ahead.asked === null) giveUp(reading)
      source.close()
    },
  }
}

type Buffer = ReturnType<typeof buffer>

function hold({ window, ahead }: Reading, first: Buffer, second: Buffer): void {
  Object.assign(window, first)
  Object.assign(ahead, second)
}

function giveUp(reading: Reading): void {
  reading.over = true
  reading.parse = () => {} // it knows the buffers, too
  hold(reading, buffer(0), buffer(0))
}

/** Parses what is there, and reads on, until there is a frame, or an end. */
function fill(reading: Reading, batch: FrameBatch): boolean | Promise<boolean> {
  const { window, ahead } = reading
  for (;;) {
    pass(window)
    if (window.skip === 0 && window.fault === null) reading.parse(window, batch)
    if (batch.count > 0 || window.fault !== null || reading.ended) return conclude(reading, batch)
    if (ahead.from < ahead.to) {
      join(window, ahead)
      continue
    }
    const answer = askAhead(reading)
    reading.waited = typeof answer !== 'number'
    if (typeof answer !== 'number') return fillLater(reading, batch, answer)
    arrived(reading, answer)
  }
}

async function fillLater(reading: Reading, batch: FrameBatch, answer: Promise<number>): Promise<boolean> {
  arrived(reading, await answer)
  return fill(reading, batch)
}

/** Asks the source for the next octets, unless it was asked already: into a buffer that holds none. */
function askAhead({ source, ahead }: Reading): number | Promise<number> {
  if (ahead.asked === null) {
    ahead.from = ahead.to = ahead.bytes.length * ROOM
    ahead.asked = source.read(ahead.bytes, ahead.from)
  }
  return ahead.asked
}

function arrived(reading: Reading, count: number): void {
  reading.ahead.to += count
  reading.ahead.asked = null
  reading.ended = count === 0
}

/** What is left in the window and what was read ahead become one: the shorter way. */
function join(window: Window, ahead: Ahead): void {
  const left = window.to - window.from
  if (left > ahead.from) return append(window, ahead)
  const { bytes, view, to } = ahead
  const from = ahead.from - left
  bytes.set(window.bytes.subarray(window.from, window.to), from)
  ahead.bytes = window.bytes
  ahead.view = window.view
  ahead.from = ahead.to = 0
  window.base += window.from - from
  window.bytes = bytes
  window.view = view
  window.from = from
  window.to = to
}

/** A record larger than the room before what was read ahead: as much as fits of that is put behind it. */
function append(window: Window, ahead: Ahead): void {
  toFront(window)
  const count = Math.min(window.bytes.length - window.to, ahead.to - ahead.from)
  window.bytes.set(ahead.bytes.subarray(ahead.from, ahead.from + count), window.to)
  window.to += count
  ahead.from += count
}

function conclude(reading: Reading, batch: FrameBatch): boolean {
  const { source, window, ahead } = reading
  batch.bytes = window.bytes
  reading.number = batch.firstNumber + batch.count
  if (batch.count > 0) {
    if (reading.waited && !reading.ended && ahead.from === ahead.to) void askAhead(reading)
    return true
  }
  window.fault = located(window.fault ?? endOf(window, source, reading.format), source)
  giveUp(reading)
  batch.bytes = window.bytes
  return false
}

function pass(window: Window): void {
  const count = Math.min(window.skip, window.to - window.from)
  window.from += count
  window.skip -= count
}

function toFront(window: Window): void {
  if (window.from === 0) return
  window.bytes.copyWithin(0, window.from, window.to)
  window.base += window.from
  window.to -= window.from
  window.from = 0
}

/** The offset in the capture behind what was read whole. */
const behind = (window: Window): number => (window.passing > 0 ? window.passingAt : window.base + window.from)

/** The end, as a fault unless it is the real one. */
function endOf(window: Window, source: ByteSource, format: string): Fault | null {
  const at = behind(window)
  const end = window.base + window.to
  if (source.fault !== null) {
    return {
      layer: source.fault.layer,
      at,
      message: `${source.fault.message}; the capture stops at offset ${at}`,
    }
  }
  if (at === end) return null
  const needed = window.passing > 0 ? window.passing : window.needed
  const rest = `what begins at offset ${at} has ${end - at} octets and needs ${needed}`
  return { layer: format, at, message: `the capture is cut off at offset ${end}: ${rest}` }
}

/** Names the place in the packed file as well. */
function located(fault: Fault | null, source: ByteSource): Fault | null {
  if (fault === null || source.compression === null) return fault
  const where = `offset ${source.rawPosition} of the ${source.compression} file`
  return { ...fault, message: `${fault.message} (unpacked, not later than ${where})` }
}
