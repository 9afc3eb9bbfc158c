/**
 * Classic pcap: both byte orders, microseconds and nanoseconds, and the variants that their magic tells
 * apart.
 *
 * Not read: what AIX, Nokia and the patch SS990417 wrote under the standard magic; it can only be guessed.
 * Source: draft-ietf-opsawg-pcap; libpcap sf-pcap.c (versions, Kuznetzov's records); Wireshark
 * wiretap/libpcap.c (Ixia).
 */

import { BATCH_FRAMES } from '../src/bytes/frame-batch.ts'
import type { FrameBatch } from '../src/bytes/frame-batch.ts'
import type { CaptureReader } from '../src/model/capture.ts'
import type { Fault } from '../src/model/fault.ts'
import type { ByteSource } from './byte-source.ts'
import { CAPTURED_MAX, emptyFacts, offsetOf, recordReader } from './record-reader.ts'
import type { CaptureFacts, RecordParser, Window } from './record-reader.ts'

interface Variant {
  readonly nanoseconds: boolean
  readonly fileHeader: number
  readonly recordHeader: number
}

const VARIANTS: ReadonlyMap<number, Variant> = new Map([
  [0xa1b2c3d4, { nanoseconds: false, fileHeader: 24, recordHeader: 16 }],
  [0xa1b23c4d, { nanoseconds: true, fileHeader: 24, recordHeader: 16 }],
  // Kuznetzov's patch SS991029: interface index, protocol and packet type behind the lengths.
  [0xa1b2cd34, { nanoseconds: false, fileHeader: 24, recordHeader: 24 }],
  // Ixia's software and hardware captures: the octets of all records behind the file header.
  [0x1c0001ab, { nanoseconds: false, fileHeader: 28, recordHeader: 16 }],
  [0x1c0001ac, { nanoseconds: true, fileHeader: 28, recordHeader: 16 }],
])

/** What the file header fixes for every record. */
interface Layout extends Variant {
  readonly littleEndian: boolean
  /** Where the captured length and the wire length are in a record header. */
  readonly capturedAt: number
  readonly wireAt: number
  /** Version 2.3: either order occurs; the captured length is the smaller one. */
  readonly eitherOrder: boolean
}

const magicOf = (head: Uint8Array, littleEndian: boolean): number =>
  head.length < 4 ? 0 : new DataView(head.buffer, head.byteOffset).getUint32(0, littleEndian)

export const recognises = (head: Uint8Array): boolean =>
  VARIANTS.has(magicOf(head, true)) || VARIANTS.has(magicOf(head, false))

/** Reads a source that begins with one of the magics. The file header is read with the first frames. */
export function open(source: ByteSource, bufferBytes?: number): CaptureReader {
  const facts = emptyFacts()
  let parseRecords: RecordParser | null = null
  return recordReader(
    'pcap',
    source,
    (window, batch) => {
      parseRecords ??= readFileHeader(window, facts)
      parseRecords?.(window, batch)
    },
    facts,
    bufferBytes,
  )
}

/** The parser of the records; null while the header is not whole, or if it is a fault. */
function readFileHeader(window: Window, facts: CaptureFacts): RecordParser | null {
  const { view, from } = window
  window.needed = 24
  if (window.to - from < 4) return null
  const littleEndian = VARIANTS.has(view.getUint32(from, true))
  const variant = VARIANTS.get(view.getUint32(from, littleEndian))
  if (variant === undefined) {
    window.fault = {
      layer: 'pcap',
      at: 0,
      message: 'the file header at offset 0 has no magic of a pcap file',
    }
    return null
  }
  window.needed = variant.fileHeader
  if (window.to - from < variant.fileHeader) return null
  const major = view.getUint16(from + 4, littleEndian)
  const minor = view.getUint16(from + 6, littleEndian)
  // libpcap refuses what is older, and its readers take what is newer as it is.
  if (major < 2) {
    window.fault = {
      layer: 'pcap',
      at: 4,
      message: `pcap version ${major}.${minor} at offset 4 is not supported`,
    }
    return null
  }
  facts.interfaces.push(
    describe(view.getUint32(from + 20, littleEndian), view.getUint32(from + 16, littleEndian)),
  )
  window.from += variant.fileHeader
  // Before version 2.3, and in DG/UX's 543.0, the wire length came first.
  const swapped = (major === 2 && minor < 3) || major === 543
  const layout = {
    ...variant,
    littleEndian,
    capturedAt: swapped ? 12 : 8,
    wireAt: swapped ? 8 : 12,
    eitherOrder: major === 2 && minor === 3,
  }
  return (records, batch) => readRecords(records, batch, layout, facts)
}

/**
 * The link type word: 16 bits of type, 10 that must be zero (kept, as libpcap does: the type is then
 * unknown), 6 about the FCS.
 */
function describe(word: number, snapLength: number): CaptureFacts['interfaces'][number] {
  const fcsKnown = (word & 0x0400_0000) !== 0
  const fcsLength = fcsKnown ? (word >>> 28) * 2 : 0
  return {
    linkType: word & 0x03ff_ffff,
    name: null,
    description: null,
    snapLength,
    fcsLength,
    section: 0,
    drops: 0,
  }
}

function readRecords(window: Window, batch: FrameBatch, layout: Layout, facts: CaptureFacts): void {
  const { view, to } = window
  const { littleEndian, nanoseconds, recordHeader, capturedAt, wireAt, eitherOrder } = layout
  const { time, nanoseconds: beyond, offset, capturedLength, wireLength, interface: seenBy } = batch
  const room = Math.min(CAPTURED_MAX, window.bytes.length - recordHeader)
  let from = window.from
  let row = batch.count
  window.needed = recordHeader
  while (row < BATCH_FRAMES && from + recordHeader <= to) {
    let captured = view.getUint32(from + capturedAt, littleEndian)
    let wire = view.getUint32(from + wireAt, littleEndian)
    if (captured > wire && eitherOrder) [captured, wire] = [wire, captured]
    if (captured > room) {
      window.fault = tooLong(window, from, captured, room)
      break
    }
    const end = from + recordHeader + captured
    if (end > to) {
      window.needed = recordHeader + captured
      break
    }
    if (captured > wire) {
      facts.counts.impossibleLengths++
      wire = captured
    }
    const fraction = view.getUint32(from + 4, littleEndian)
    const micros = nanoseconds ? (fraction / 1000) | 0 : fraction
    time[row] = view.getUint32(from, littleEndian) * 1e6 + micros
    beyond[row] = nanoseconds ? fraction - micros * 1000 : 0
    offset[row] = from + recordHeader
    capturedLength[row] = captured
    wireLength[row] = wire
    seenBy[row] = 0
    row++
    from = end
  }
  window.from = from
  batch.count = row
}

function tooLong(window: Window, from: number, captured: number, limit: number): Fault {
  const at = offsetOf(window, from)
  return {
    layer: 'pcap',
    at,
    message: `the record at offset ${at} claims ${captured} captured octets, more than the possible ${limit}`,
  }
}
