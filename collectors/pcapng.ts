/**
 * pcapng: sections of either byte order, each with its own interfaces; packet blocks of all three kinds.
 *
 * Contract: as `record-reader.ts`. Block framing is trusted only when both lengths agree; inside a block
 * nothing is. Interfaces of all sections are numbered on. What Wireshark counts as a frame and is none
 * (custom blocks, journal entries, system calls) takes a frame number, so that numbers agree.
 * Source: draft-ietf-opsawg-pcapng; Wireshark wiretap/pcapng.c (rounding of lengths, numbering, versions).
 */

import { BATCH_FRAMES } from '../src/bytes/frame-batch.ts'
import type { FrameBatch } from '../src/bytes/frame-batch.ts'
import type { CaptureReader } from '../src/model/capture.ts'
import type { ByteSource } from './byte-source.ts'
import { putTime } from './pcapng-clock.ts'
import {
  addDrops,
  readInterface,
  readNames,
  readPacketOptions,
  readSectionOptions,
  readSecrets,
  readStatistics,
} from './pcapng-facts.ts'
import type { Body, Described } from './pcapng-facts.ts'
import { CAPTURED_MAX, emptyFacts, offsetOf, recordReader } from './record-reader.ts'
import type { CaptureFacts, Window } from './record-reader.ts'

export const SECTION = 0x0a0d0d0a
const INTERFACE = 1
const OBSOLETE_PACKET = 2
const SIMPLE_PACKET = 3
const NAMES = 4
const STATISTICS = 5
const ENHANCED_PACKET = 6
export const SECRETS = 10
/** Custom blocks, whether or not they may be copied. */
const CUSTOM = new Set([0x0bad, 0x4000_0bad])
/** Other blocks that take a frame number in Wireshark: systemd journal entries and sysdig events. */
const NUMBERED = new Set([9, 0x204, 0x208, 0x216, 0x217, 0x221, 0x222])
/** These are read as a whole or not at all; any other may be longer than the buffer and is passed over. */
const BUFFERED = new Set([SECTION, INTERFACE, OBSOLETE_PACKET, SIMPLE_PACKET, STATISTICS, ENHANCED_PACKET])

/** Block type, two lengths. */
export const FRAMING = 12
/** Octets of a packet block before its data, framing included: interface, time and lengths. */
const PACKET_DATA = 28
/** The obsolete packet block's drops when the writer did not know. */
const DROPS_UNKNOWN = 0xffff
/** An interface is a 16-bit column of the batch; a capture with more is damaged or hostile. */
const INTERFACES_MAX = 65_536

/** Wireshark rounds too, since some writers count the padding out. Lengths beyond 2^32 - 4 become 0. */
export const roundUp = (length: number): number => ((length + 3) & ~3) >>> 0

const NOTHING = new Uint8Array(0)

/** What of the file so far says how to read on. */
interface State extends Body {
  bytes: Uint8Array
  view: DataView
  littleEndian: boolean
  /** Sections so far, less one. */
  section: number
  /** The number of the section's interface 0. */
  firstInterface: number
  /** Of all interfaces of all sections. */
  readonly described: Described[]
  /** The last frame's time, which a Simple Packet Block borrows. */
  lastTime: number
}

export const recognises = (head: Uint8Array): boolean => {
  if (head.length < FRAMING) return false
  const view = new DataView(head.buffer, head.byteOffset)
  return view.getUint32(0) === SECTION && orderOf(view, 8) !== null
}

/** Reads a source that begins with a section header block. */
export function open(source: ByteSource, bufferBytes?: number): CaptureReader {
  const facts = emptyFacts()
  const state: State = {
    bytes: NOTHING,
    view: new DataView(NOTHING.buffer),
    littleEndian: true,
    facts,
    section: -1,
    firstInterface: 0,
    described: [],
    lastTime: 0,
  }
  return recordReader(
    'pcapng',
    source,
    (window, batch) => readBlocks(window, batch, state),
    facts,
    bufferBytes,
  )
}

/** True for little endian, false for big endian, null without a byte order magic. */
export function orderOf(view: DataView, at: number): boolean | null {
  const magic = view.getUint32(at)
  if (magic === 0x4d3c2b1a) return true
  return magic === 0x1a2b3c4d ? false : null
}

/** Reading ends at the block at `at`; false, for the caller to return. */
function fail(window: Window, at: number, message: string): false {
  const offset = offsetOf(window, at)
  window.fault = { layer: 'pcapng', at: offset, message: `the block at offset ${offset} ${message}` }
  return false
}

function readBlocks(window: Window, batch: FrameBatch, state: State): void {
  state.bytes = window.bytes
  state.view = window.view
  if (window.passing > 0 && !readTrailer(window, state)) return
  while (batch.count < BATCH_FRAMES && readBlock(window, batch, state));
}

/** Reads the block at `from` and moves behind it; false if that is not possible, or not yet. */
function readBlock(window: Window, batch: FrameBatch, state: State): boolean {
  const { view, from, to } = window
  window.needed = FRAMING
  if (to - from < FRAMING) return false
  const type = view.getUint32(from, state.littleEndian)
  if (type === SECTION && !readOrder(window, state)) return false
  const total = roundUp(view.getUint32(from + 4, state.littleEndian))
  if (total < FRAMING) return fail(window, from, `has an impossible length, ${total}`)
  if (total > to - from) return readLater(window, batch, state, type, total)
  const trailer = roundUp(view.getUint32(from + total - 4, state.littleEndian))
  if (trailer !== total) return fail(window, from, `begins with length ${total} and ends with ${trailer}`)
  if (type === ENHANCED_PACKET) {
    const index = view.getUint32(from + 8, state.littleEndian)
    if (!readPacket(window, batch, state, total, index)) return false
  } else if (numbered(type) && !takeNumber(batch)) return false
  else if (!readOther(window, batch, state, type, total)) return false
  window.from = from + total
  return true
}

function readOther(window: Window, batch: FrameBatch, state: State, type: number, total: number): boolean {
  const { facts } = state
  const body = window.from + 8
  const end = window.from + total - 4
  switch (type) {
    case SECTION:
      return readSection(window, state, total)
    case INTERFACE:
      return addInterface(window, state, total)
    case OBSOLETE_PACKET:
      return readObsolete(window, batch, state, total)
    case SIMPLE_PACKET:
      return readSimple(window, batch, state, total)
    case STATISTICS:
      return addStatistics(window, state, total)
    case NAMES:
      readNames(state, body, end)
      return true
    case SECRETS:
      if (total < 20) return fail(window, window.from, 'is too short for decryption secrets')
      readSecrets(state, body, end)
      return true
    default:
      countPassed(facts, type)
      return true
  }
}

function readSection(window: Window, state: State, total: number): boolean {
  const { view, from } = window
  if (total < 28) return fail(window, from, 'is too short for a section header')
  const major = view.getUint16(from + 12, state.littleEndian)
  const minor = view.getUint16(from + 14, state.littleEndian)
  // A minor version adds what readers of the major one may ignore.
  if (major !== 1)
    return fail(window, from, `is a section of pcapng version ${major}.${minor}, which is not supported`)
  state.section++
  state.firstInterface = state.described.length
  readSectionOptions(state, from + 24, from + total - 4)
  return true
}

function addInterface(window: Window, state: State, total: number): boolean {
  const { from } = window
  if (total < 20) return fail(window, from, 'is too short for an interface')
  if (state.described.length === INTERFACES_MAX)
    return fail(window, from, `is interface ${INTERFACES_MAX + 1} of the capture`)
  const described = readInterface(state, from + 8, from + total - 4, state.section)
  state.described.push(described)
  state.facts.interfaces.push(described.interface)
  return true
}

function addStatistics(window: Window, state: State, total: number): boolean {
  const { view, from } = window
  if (total < 24) return fail(window, from, 'is too short for interface statistics')
  const described = state.described[state.firstInterface + view.getUint32(from + 8, state.littleEndian)]
  if (described !== undefined) readStatistics(state, from + 8, from + total - 4, described)
  return true
}

const numbered = (type: number): boolean => CUSTOM.has(type) || NUMBERED.has(type)

/**
 * A frame number for something that is no frame: only in front of a batch, whose rows are numbered without
 * holes.
 */
function takeNumber(batch: FrameBatch): boolean {
  if (batch.count > 0) return false
  batch.firstNumber++
  return true
}

/** The byte order of a section is needed before its length can be read. */
function readOrder(window: Window, state: State): boolean {
  const order = orderOf(window.view, window.from + 8)
  if (order === null) return fail(window, window.from, 'begins a section and has no byte order magic')
  state.littleEndian = order
  return true
}

/** A block that is not whole in the buffer: wait for the rest, or pass over it if it can never be. */
function readLater(window: Window, batch: FrameBatch, state: State, type: number, total: number): false {
  window.needed = total
  if (total <= window.bytes.length) return false
  if (BUFFERED.has(type))
    return fail(window, window.from, `claims ${total} octets, more than the possible ${window.bytes.length}`)
  if (numbered(type) && !takeNumber(batch)) return false
  countPassed(state.facts, type)
  window.passing = total
  window.passingAt = offsetOf(window, window.from)
  window.skip = total - 4
  return false
}

/**
 * The second length of a block that was passed over; false while it is not there, and if it contradicts the
 * first.
 */
function readTrailer(window: Window, state: State): boolean {
  if (window.to - window.from < 4) return false
  const trailer = roundUp(window.view.getUint32(window.from, state.littleEndian))
  const { passing } = window
  if (trailer !== passing) {
    return fail(window, window.from + 4 - passing, `begins with length ${passing} and ends with ${trailer}`)
  }
  window.passing = 0
  window.from += 4
  return true
}

function countPassed(facts: CaptureFacts, type: number): void {
  if (type === NAMES) facts.counts.namesDropped++
  else if (type === SECRETS) facts.counts.secretsDropped++
  else if (CUSTOM.has(type)) facts.counts.customBlocks++
  else facts.counts.unknownBlocks++
}

/** Enhanced and obsolete packet blocks: interface, time, captured length, wire length, data, options. */
function readPacket(window: Window, batch: FrameBatch, state: State, total: number, index: number): boolean {
  const { view, from } = window
  const { littleEndian } = state
  if (total < PACKET_DATA + 4) return fail(window, from, 'is too short for a packet')
  const captured = view.getUint32(from + 20, littleEndian)
  const options = PACKET_DATA + roundUp(captured)
  if (captured > CAPTURED_MAX || options + 4 > total) {
    return fail(window, from, `has ${total} octets and claims ${captured} captured ones`)
  }
  const described = state.described[state.firstInterface + index]
  if (described === undefined)
    return fail(window, from, `is a packet of interface ${index}, which its section does not describe`)
  const row = batch.count
  putTime(
    batch,
    row,
    described.clock,
    view.getUint32(from + 12, littleEndian),
    view.getUint32(from + 16, littleEndian),
  )
  state.lastTime = batch.time[row]!
  const wire = view.getUint32(from + 24, littleEndian)
  putFrame(batch, state, from + PACKET_DATA, captured, wire, state.firstInterface + index)
  if (options + 4 < total) {
    readPacketOptions(state, from + options, from + total - 4, described, batch.firstNumber + row)
  }
  return true
}

/**
 * The packet block of drafts before 2009: a shorter interface number, and what was dropped since the packet
 * before.
 */
function readObsolete(window: Window, batch: FrameBatch, state: State, total: number): boolean {
  const { view, from } = window
  const index = view.getUint16(from + 8, state.littleEndian)
  if (!readPacket(window, batch, state, total, index)) return false
  const drops = view.getUint16(from + 10, state.littleEndian)
  if (drops !== DROPS_UNKNOWN) addDrops(state.described[state.firstInterface + index]!, drops)
  return true
}

/** Fills the rest of the row whose time is set. */
function putFrame(
  batch: FrameBatch,
  state: State,
  at: number,
  captured: number,
  wire: number,
  index: number,
): void {
  const row = batch.count
  batch.offset[row] = at
  batch.capturedLength[row] = captured
  batch.wireLength[row] = wire
  batch.interface[row] = index
  if (wire < captured) {
    state.facts.counts.impossibleLengths++
    batch.wireLength[row] = captured
  }
  batch.count = row + 1
}

/**
 * A packet without time, of the section's first interface. Its captured length is what the snap length left.
 */
function readSimple(window: Window, batch: FrameBatch, state: State, total: number): boolean {
  const { view, from } = window
  if (total < 16) return fail(window, from, 'is too short for a packet')
  const described = state.described[state.firstInterface]
  if (described === undefined)
    return fail(window, from, 'is a packet of interface 0, which its section does not describe')
  const wire = view.getUint32(from + 8, state.littleEndian)
  const captured = Math.min(wire, described.interface.snapLength || wire, total - 16)
  if (captured > CAPTURED_MAX) return fail(window, from, `has ${captured} captured octets`)
  batch.time[batch.count] = state.lastTime
  batch.nanoseconds[batch.count] = 0
  putFrame(batch, state, from + 12, captured, wire, state.firstInterface)
  return true
}
