/**
 * Files and streams of bare export messages, one behind the other: what a collector wrote as it arrived, and
 * IPFIX files (RFC 5655), which are the same.
 *
 * Contract: memory is one buffer. A message that is not whole moves to its front; every record before a fault
 * is delivered. Nothing says who sent the messages: all are of the exporter without an address, by domain.
 */
import { FLOW_ROWS, type FlowBatch, type FlowReader } from '../../src/model/flow-record.ts'
import type { Fault } from '../../src/model/fault.ts'
import type { ByteSource } from '../byte-source.ts'
import { FlowDecoder } from './decoder.ts'
import type { BinaryFormat } from './exporters.ts'
import { formatAt, messageLength, MORE, NO_EXPORT } from './message.ts'

/** Octets of the buffer: several of the longest messages (RFC 7011 3.1: 65535). */
const BUFFER_BYTES = 1 << 20

/** A reader at work. */
interface Reading {
  readonly format: BinaryFormat
  readonly source: ByteSource
  readonly decoder: FlowDecoder
  readonly bytes: Uint8Array
  from: number
  to: number
  /** Offset in the file of the buffer's first octet. */
  base: number
  ended: boolean
  /** A message is being decoded: it ends here; 0 if none is. */
  until: number
  messages: number
  fault: Fault | null
}

/** Whether a file that begins with these octets is one: a whole first message, or as much as is there. */
export function recognises(head: Uint8Array): boolean {
  const format = formatAt(head, 0, head.length)
  if (format === null) return false
  const length = messageLength(head, 0, head.length, false)
  return length === MORE ? isPlausible(head, format) : length !== NO_EXPORT
}

/** The first set of a message that is longer than what is there; v5 has none, but a count and nanoseconds. */
function isPlausible(head: Uint8Array, format: BinaryFormat): boolean {
  if (head.length < 24) return false
  const view = new DataView(head.buffer, head.byteOffset, head.length)
  if (format === 'netflow5') {
    const count = view.getUint16(2)
    return count > 0 && count <= V5_COUNT_MAX && view.getUint32(12) < 1e9
  }
  const set = view.getUint16(format === 'netflow9' ? 20 : 16)
  const isTemplate = format === 'netflow9' ? set < 2 : set === 2 || set === 3
  return isTemplate || set > 255
}

/** Records that a datagram of IPv4 can carry. */
const V5_COUNT_MAX = Math.floor((65_507 - 24) / 48)

/** The format of a file that begins so. */
export const formatOfHead = (head: Uint8Array): BinaryFormat => formatAt(head, 0, head.length)!

/** Reads a source from its first octet on; closing the reader closes the source. */
export function open(
  source: ByteSource,
  format: BinaryFormat,
  { bufferBytes = BUFFER_BYTES, decoder = new FlowDecoder({ templatesExpire: false }) } = {},
): FlowReader {
  const reading: Reading = {
    format,
    source,
    decoder,
    bytes: new Uint8Array(bufferBytes),
    from: 0,
    to: 0,
    base: 0,
    ended: false,
    until: 0,
    messages: 0,
    fault: null,
  }
  return {
    format,
    compression: source.compression,
    exporters: decoder.list,
    addresses: decoder.addresses,
    next(batch) {
      batch.addresses = decoder.addresses
      batch.exporters = decoder.list
      batch.clear()
      return read(reading, batch)
    },
    get messages() {
      return reading.messages
    },
    get fault() {
      return reading.fault
    },
    get skipped() {
      return skippedBy(decoder)
    },
    get bytesRead() {
      return reading.base + reading.from
    },
    get progress() {
      return Math.min(1, source.rawPosition / source.rawSize)
    },
    close: () => source.close(),
  }
}

/** Decodes what is there, and reads on, until the batch is full or the file ends. */
function read(reading: Reading, batch: FlowBatch): boolean | Promise<boolean> {
  for (;;) {
    decodeBuffered(reading, batch)
    if (batch.count === FLOW_ROWS) return true
    if (reading.ended || reading.fault !== null) return conclude(reading, batch)
    toFront(reading)
    const answer = reading.source.read(reading.bytes, reading.to)
    if (typeof answer !== 'number') return readLater(reading, batch, answer)
    arrived(reading, answer)
  }
}

async function readLater(reading: Reading, batch: FlowBatch, answer: Promise<number>): Promise<boolean> {
  arrived(reading, await answer)
  return read(reading, batch)
}

function arrived(reading: Reading, count: number): void {
  reading.to += count
  reading.ended = count === 0
}

function toFront(reading: Reading): void {
  const { bytes, from, to } = reading
  bytes.copyWithin(0, from, to)
  reading.base += from
  reading.to -= from
  reading.from = 0
}

/** Whole messages of the buffer, as far as the batch has rows. */
function decodeBuffered(reading: Reading, batch: FlowBatch): void {
  const { decoder, bytes } = reading
  for (;;) {
    if (reading.until > 0) {
      if (!decoder.fill(batch)) return
      reading.from = reading.until
      reading.until = 0
    }
    const { from, to } = reading
    const length = from === to ? MORE : messageLength(bytes, from, to, reading.ended)
    if (length === MORE && to - from < bytes.length) return
    if (length <= NO_EXPORT) {
      reading.fault = faultAt(reading)
      return
    }
    decoder.begin(bytes, from, from + length, '', 0, NaN, ++reading.messages)
    reading.until = from + length
  }
}

function conclude(reading: Reading, batch: FlowBatch): boolean {
  const { decoder, source } = reading
  decoder.finish()
  reading.fault ??= source.fault
  return batch.count > 0
}

function faultAt({ format, base, from, to, ended }: Reading): Fault {
  const at = base + from
  const rest = `${to - from} octets are left`
  return ended
    ? { layer: format, at, message: `the export is cut off in the message at offset ${at}: ${rest}` }
    : { layer: format, at, message: `what stands at offset ${at} is no message of NetFlow v5, v9 or IPFIX` }
}

/** What was passed over, of all exporters together. */
export function skippedBy(decoder: FlowDecoder): Record<string, number> {
  const counts: Record<string, number> = {
    'other export versions': decoder.unreadable,
    'exporters beyond the limit': decoder.exporters.refused,
  }
  const add = (why: string, count: number): void => {
    counts[why] = (counts[why] ?? 0) + count
  }
  for (const { quality } of decoder.list) {
    add('malformed messages and sets', quality.malformed)
    add('sets without template', quality.undecoded)
  }
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0))
}
