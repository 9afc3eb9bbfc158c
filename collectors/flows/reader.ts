/**
 * Files and streams of bare export messages, one behind the other: what a collector wrote as it arrived, and
 * IPFIX files (RFC 5655), which are the same.
 *
 * Contract: memory is one buffer. A message that is not whole moves to its front; every record before a fault
 * is delivered. Nothing says who sent the messages: all are of the exporter without an address, by domain.
 */
import type { FlowBatch, FlowReader } from '../../src/model/flow-record.ts'
import type { Fault } from '../../src/model/fault.ts'
import type { ByteSource } from '../byte-source.ts'
import { flowReader, type RecordDecoder } from '../flow-reader.ts'
import { FlowDecoder } from './decoder.ts'
import type { BinaryFormat } from './exporters.ts'
import { formatAt, messageLength, MORE, NO_EXPORT } from './message.ts'

/** Octets of the buffer: several of the longest messages (RFC 7011 3.1: 65535). */
const BUFFER_BYTES = 1 << 20

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
export const open = (
  source: ByteSource,
  format: BinaryFormat,
  { bufferBytes = BUFFER_BYTES, decoder = new FlowDecoder({ templatesExpire: false }) } = {},
): FlowReader => flowReader(source, new Messages(format, decoder), bufferBytes)

/** Whole messages, one behind the other. */
class Messages implements RecordDecoder {
  readonly format: BinaryFormat
  messages = 0
  fault: Fault | null = null
  private readonly decoder: FlowDecoder
  /** A message is being decoded: it ends here; 0 if none is. */
  private until = 0

  constructor(format: BinaryFormat, decoder: FlowDecoder) {
    this.format = format
    this.decoder = decoder
  }

  get exporters() {
    return this.decoder.list
  }

  get addresses() {
    return this.decoder.addresses
  }

  get skipped() {
    return skippedBy(this.decoder)
  }

  decode(b: Uint8Array, from: number, to: number, base: number, ended: boolean, batch: FlowBatch): number {
    const { decoder } = this
    let at = from
    for (;;) {
      if (this.until > 0) {
        if (!decoder.fill(batch)) return at
        at = this.until
        this.until = 0
      }
      const length = at === to ? MORE : messageLength(b, at, to, ended)
      if (length === MORE && to - at < b.length) return at
      if (length <= NO_EXPORT) {
        this.fault = faultAt(this.format, base + at, to - at, ended)
        return at
      }
      decoder.begin(b, at, at + length, '', 0, NaN, ++this.messages)
      this.until = at + length
    }
  }

  finish(): void {
    this.decoder.finish()
  }
}

function faultAt(format: BinaryFormat, at: number, left: number, ended: boolean): Fault {
  const message = ended
    ? `the export is cut off in the message at offset ${at}: ${left} octets are left`
    : `what stands at offset ${at} is no message of NetFlow v5, v9 or IPFIX`
  return { layer: format, at, message }
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
