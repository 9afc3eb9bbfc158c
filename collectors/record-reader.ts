/**
 * The part that pcap and pcapng readers share: octets come in, a format's parser turns whole records into
 * rows of the batch, what is left over waits for the rest.
 *
 * Contract: memory is the batch's buffer and nothing else. A record that is not whole is moved to the front
 * of the buffer before more is read behind it; a length field never makes anything grow. Every frame before a
 * fault is delivered first.
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

/**
 * Octets read at once, unless a record needs more: enough that a system call costs nothing, few enough that
 * they are still in the core's own cache when they are looked at (measured on 1 MiB per core: 128 to 512 KiB
 * take 120 ms where 1 MiB takes 180).
 */
const READ_BYTES = 1 << 18

/** What of the capture is in the buffer: records from `from` to `to`. */
export interface Window {
  bytes: Uint8Array
  /** Its first READ_BYTES. */
  near: Uint8Array
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

export function emptyFacts(): CaptureFacts {
  const counts: CaptureCounts = {
    comments: 0,
    customBlocks: 0,
    unknownBlocks: 0,
    malformedOptions: 0,
    impossibleLengths: 0,
    namesDropped: 0,
    secretsDropped: 0,
  }
  return { interfaces: [], secrets: [], names: [], comments: [], counts }
}

/** The offset in the capture of an offset in the buffer. */
export const offsetOf = (window: Window, at: number): number => window.base + at

const NOTHING = new Uint8Array(0)

/** A reader at work. */
interface Reading {
  readonly format: CaptureReader['format']
  readonly source: ByteSource
  readonly parse: RecordParser
  readonly window: Window
  /** The source has no more. */
  ended: boolean
  /** `next` has answered false. */
  over: boolean
  /** The number of the next frame. */
  number: number
}

const nothingRead = (): Window => ({
  bytes: NOTHING,
  near: NOTHING,
  view: new DataView(NOTHING.buffer),
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
): CaptureReader {
  const window = nothingRead()
  const reading: Reading = { format, source, parse, window, ended: false, over: false, number: 1 }
  return {
    format,
    compression: source.compression,
    ...facts,
    next(batch) {
      batch.count = 0
      batch.firstNumber = reading.number
      if (reading.over) return false
      adopt(window, batch)
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
    close: () => source.close(),
  }
}

/** Reads and parses until there is a frame, or an end. */
function fill(reading: Reading, batch: FrameBatch): boolean | Promise<boolean> {
  const { source, window } = reading
  for (;;) {
    pass(window)
    if (window.skip === 0 && window.fault === null) reading.parse(window, batch)
    if (batch.count > 0 || window.fault !== null || reading.ended) return conclude(reading, batch)
    toFront(window)
    const into = window.needed > READ_BYTES ? window.bytes : window.near
    const answer = source.read(into, window.to)
    if (typeof answer !== 'number') return fillLater(reading, batch, answer)
    took(reading, answer)
  }
}

async function fillLater(reading: Reading, batch: FrameBatch, answer: Promise<number>): Promise<boolean> {
  took(reading, await answer)
  return fill(reading, batch)
}

function took(reading: Reading, count: number): void {
  reading.window.to += count
  reading.ended = count === 0
}

function conclude(reading: Reading, batch: FrameBatch): boolean {
  const { source, window } = reading
  reading.number = batch.firstNumber + batch.count
  if (batch.count > 0) return true
  reading.over = true
  window.fault = located(window.fault ?? endOf(window, source, reading.format), source)
  return false
}

/** Takes the batch's buffer over, and into it what is left of the last one. */
function adopt(window: Window, batch: FrameBatch): void {
  if (window.bytes === batch.bytes) return
  const left = window.bytes.subarray(window.from, window.to)
  batch.bytes.set(left)
  window.base += window.from
  window.from = 0
  window.to = left.length
  window.bytes = batch.bytes
  window.near = batch.bytes.subarray(0, READ_BYTES)
  window.view = new DataView(batch.bytes.buffer, batch.bytes.byteOffset, batch.bytes.byteLength)
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
