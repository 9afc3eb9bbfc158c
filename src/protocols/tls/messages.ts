/**
 * Handshake messages out of a side's handshake records (RFC 8446 §4): a message may span records, a record
 * may hold several messages. A message that lies whole in the octets at hand is not copied.
 */
import { u24 } from '../../bytes/read.ts'
import { withRoom } from '../../bytes/room.ts'

const HEADER_BYTES = 4
/**
 * The longest message that is read: a chain of ten certificates of 10 KiB fits. A longer one comes as its
 * header, and counts as malformed if it was wanted.
 */
export const MESSAGE_BYTES_MAX = 128 * 1024
/** First size of the buffer for a message in pieces; it doubles as octets come, never ahead of them. */
const BUFFER_BYTES_FIRST = 2048

export interface MessageReader {
  /** Messages of that type are to be collected. */
  wants(type: number): boolean
  /** Each message: its type and the bounds of the whole, header included. An unwanted one comes as its
   * header. */
  message(type: number, bytes: Uint8Array, start: number, end: number): void
}

export interface MessageStream {
  readonly reader: MessageReader
  /** The header of a message in pieces; exists only meanwhile. */
  header: Uint8Array | null
  headerFill: number
  /** Octets of the current message's body still to come. */
  left: number
  /** What was collected of the current message, header included; null if it is skipped. */
  buffer: Uint8Array | null
  fill: number
}

/** A stream of messages for `reader`. */
export const messageStream = (reader: MessageReader): MessageStream => ({
  reader,
  header: null,
  headerFill: 0,
  left: 0,
  buffer: null,
  fill: 0,
})

/** Forgets the message in hand: what follows begins with a new one. */
export function restartMessages(stream: MessageStream): void {
  stream.header = null
  stream.headerFill = 0
  stream.left = 0
  stream.buffer = null
  stream.fill = 0
}

/** Octets `start`..`end` are messages one after the other, the last of them ending with the octets. */
export function holdsWholeMessages(b: Uint8Array, start: number, end: number): boolean {
  let at = start
  while (at + HEADER_BYTES <= end) at += HEADER_BYTES + u24(b, at + 1)
  return at === end && end > start
}

/** Takes the next octets, `start`..`end`, of the side's handshake content. */
export function feedMessages(stream: MessageStream, b: Uint8Array, start: number, end: number): void {
  let at = start
  while (at < end)
    at = stream.headerFill === HEADER_BYTES ? feedBody(stream, b, at, end) : feedHeader(stream, b, at, end)
}

/** Reads a header, or the whole message if it is there. Answers how far it came. */
function feedHeader(stream: MessageStream, b: Uint8Array, at: number, end: number): number {
  if (stream.headerFill === 0 && at + HEADER_BYTES <= end) {
    const to = at + HEADER_BYTES + u24(b, at + 1)
    if (to <= end) {
      deliver(stream, b, at, to)
      return to
    }
  }
  let here = at
  const header = (stream.header ??= new Uint8Array(HEADER_BYTES))
  while (here < end && stream.headerFill < HEADER_BYTES) header[stream.headerFill++] = b[here++]!
  if (stream.headerFill === HEADER_BYTES) beginBody(stream, header)
  return here
}

function deliver(stream: MessageStream, b: Uint8Array, at: number, to: number): void {
  const type = b[at]!
  const isRead = to - at <= MESSAGE_BYTES_MAX && stream.reader.wants(type)
  stream.reader.message(type, b, at, isRead ? to : at + HEADER_BYTES)
}

function beginBody(stream: MessageStream, header: Uint8Array): void {
  stream.left = u24(header, 1)
  stream.fill = HEADER_BYTES
  const isTooLong = HEADER_BYTES + stream.left > MESSAGE_BYTES_MAX
  if (!isTooLong && stream.reader.wants(header[0]!)) {
    stream.buffer = new Uint8Array(Math.min(BUFFER_BYTES_FIRST, HEADER_BYTES + stream.left))
    stream.buffer.set(header)
  }
  if (stream.left === 0) finish(stream)
}

function feedBody(stream: MessageStream, b: Uint8Array, at: number, end: number): number {
  const taken = Math.min(stream.left, end - at)
  if (stream.buffer !== null) append(stream, stream.buffer, b, at, taken)
  stream.left -= taken
  if (stream.left === 0) finish(stream)
  return at + taken
}

function append(stream: MessageStream, buffer: Uint8Array, b: Uint8Array, at: number, taken: number): void {
  const needed = stream.fill + taken
  const room = withRoom(buffer, stream.fill, needed, 0, stream.fill + stream.left)
  room.set(b.subarray(at, at + taken), stream.fill)
  stream.buffer = room
  stream.fill = needed
}

function finish(stream: MessageStream): void {
  const { header, buffer, fill } = stream
  restartMessages(stream)
  if (buffer !== null) stream.reader.message(buffer[0]!, buffer, 0, fill)
  else if (header !== null) stream.reader.message(header[0]!, header, 0, HEADER_BYTES)
}

/**
 * `length` octets of the content were not captured. True if they all belonged to the message in hand, which
 * then is lost alone and comes as its header; false if the place in the stream is lost too.
 */
export function missMessages(stream: MessageStream, length: number): boolean {
  if (stream.headerFill < HEADER_BYTES || length > stream.left) {
    restartMessages(stream)
    return false
  }
  stream.buffer = null
  stream.left -= length
  if (stream.left === 0) finish(stream)
  return true
}
