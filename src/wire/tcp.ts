/**
 * TCP header (RFC 9293 3.1) and options as views: functions of (bytes, offset of the header), no objects
 * made.
 *
 * Contract: if `headerLength` returned non-zero, no accessor reads past `end`. Where a snap length cut the
 * capture, less is enough: once `READABLE` octets are there, everything from the ports to the window may be
 * read, and the data offset tells the length of a payload that was not kept. That is also where Wireshark
 * begins to attribute a segment.
 */
import { u16, u32, u8 } from '../bytes/read.ts'
import { cutShort } from './fault.ts'
import type { Fault } from './fault.ts'

export const FIN = 0x01
export const SYN = 0x02
export const RST = 0x04
export const PSH = 0x08
export const ACK = 0x10
export const URG = 0x20
export const ECE = 0x40
export const CWR = 0x80

export const HEADER_MIN = 20 // octets
/** Octets up to the window: all that belongs a segment to a connection and moves its state. */
export const READABLE = 16

export const sourcePort = (b: Uint8Array, at: number): number => u16(b, at)
export const destinationPort = (b: Uint8Array, at: number): number => u16(b, at + 2)
export const sequence = (b: Uint8Array, at: number): number => u32(b, at + 4)
export const acknowledgment = (b: Uint8Array, at: number): number => u32(b, at + 8)
/** Octets of header and options as the data offset says, unchecked. */
export const headerSize = (b: Uint8Array, at: number): number => (b[at + 12]! >> 4) * 4
export const flags = (b: Uint8Array, at: number): number => b[at + 13]!
/** As sent, not scaled. */
export const window = (b: Uint8Array, at: number): number => u16(b, at + 14)
export const checksum = (b: Uint8Array, at: number): number => u16(b, at + 16)
export const urgentPointer = (b: Uint8Array, at: number): number => u16(b, at + 18)

/** The answer to a SYN for which nobody listens: a RST with the sequence number 0 (RFC 9293 3.10.7.1). */
export const isRefusal = (b: Uint8Array, at: number): boolean =>
  (flags(b, at) & (SYN | RST | ACK)) === (RST | ACK) && sequence(b, at) === 0

/**
 * Octets of header including options; 0 if it is cut short or contradicts itself. With the wire's end of the
 * datagram as `end`, it says whether the header is sound although the capture may hold less of it (`READABLE`
 * octets must be there).
 */
export function headerLength(b: Uint8Array, at: number, end: number): number {
  if (at + HEADER_MIN > end) return 0
  const length = headerSize(b, at)
  return length >= HEADER_MIN && at + length <= end ? length : 0
}

/** Octets of payload on the wire; 0 if the data offset points past `wireEnd`. */
export function payloadLength(b: Uint8Array, at: number, wireEnd: number): number {
  const length = wireEnd - at - headerSize(b, at)
  return length > 0 ? length : 0
}

/** a - b on the sequence circle: positive if `a` is the later one (RFC 9293 3.4, RFC 1982). */
export const sequenceDistance = (a: number, b: number): number => (a - b) | 0

// Options: kind, and for all but the first two a length that counts both (RFC 9293 3.2).

const END_OF_OPTIONS = 0
export const OPTION_NO_OPERATION = 1
export const OPTION_MSS = 2
export const OPTION_WINDOW_SCALE = 3
export const OPTION_SACK_PERMITTED = 4
export const OPTION_SACK = 5
export const OPTION_TIMESTAMPS = 8

/** A larger shift is used as 14 (RFC 7323 2.3). */
const WINDOW_SCALE_MAX = 14

/** Where the captured options end: the data offset, or `end` if the capture was cut before. */
function optionsEnd(b: Uint8Array, at: number, end: number): number {
  const stop = at + headerSize(b, at)
  return stop < end ? stop : end
}

/**
 * Offset of the first option of this kind that has room for `length` octets and says at least so; -1 if there
 * is none. A length that points past the header ends the walk: what follows cannot be told.
 */
function findOption(b: Uint8Array, at: number, end: number, kind: number, length: number): number {
  const stop = optionsEnd(b, at, end)
  let next = at + HEADER_MIN
  while (next < stop) {
    const found = b[next]!
    if (found === OPTION_NO_OPERATION) {
      next++
      continue
    }
    if (found === END_OF_OPTIONS || next + 2 > stop) return -1
    const said = b[next + 1]!
    if (said < 2 || next + said > stop) return -1
    if (found === kind) return said >= length ? next : -1
    next += said
  }
  return -1
}

/** Maximum segment size in octets, or -1. */
export function maximumSegmentSize(b: Uint8Array, at: number, end: number): number {
  const option = findOption(b, at, end, OPTION_MSS, 4)
  return option < 0 ? -1 : u16(b, option + 2)
}

/** Window scale as a shift count of 0..14 (RFC 7323 2.2), or -1. */
export function windowScale(b: Uint8Array, at: number, end: number): number {
  const option = findOption(b, at, end, OPTION_WINDOW_SCALE, 3)
  return option < 0 ? -1 : Math.min(u8(b, option + 2), WINDOW_SCALE_MAX)
}

export const sackPermitted = (b: Uint8Array, at: number, end: number): boolean =>
  findOption(b, at, end, OPTION_SACK_PERMITTED, 2) >= 0

/**
 * Offset of the timestamps option (RFC 7323 3.2), or -1. `timestampValue` and `timestampEcho` take this
 * offset.
 */
export const timestampsAt = (b: Uint8Array, at: number, end: number): number =>
  findOption(b, at, end, OPTION_TIMESTAMPS, 10)
export const timestampValue = (b: Uint8Array, option: number): number => u32(b, option + 2)
export const timestampEcho = (b: Uint8Array, option: number): number => u32(b, option + 6)

/** Offset of the selective acknowledgment option (RFC 2018 3), or -1; the three below take this offset. */
export const sackAt = (b: Uint8Array, at: number, end: number): number =>
  findOption(b, at, end, OPTION_SACK, 10)
export const sackBlocks = (b: Uint8Array, option: number): number => (u8(b, option + 1) - 2) >> 3
export const sackLeft = (b: Uint8Array, option: number, block: number): number =>
  u32(b, option + 2 + 8 * block)
export const sackRight = (b: Uint8Array, option: number, block: number): number =>
  u32(b, option + 6 + 8 * block)

/** `wireEnd` is the datagram's end on the wire, `end` the end of what was captured. */
export function fault(b: Uint8Array, at: number, end: number, wireEnd: number): Fault | null {
  if (at + READABLE > end) return cutShort('tcp', at, READABLE, end - at)
  const length = headerSize(b, at)
  if (length < HEADER_MIN)
    return { layer: 'tcp', at: at + 12, message: `data offset ${length} is below ${HEADER_MIN}` }
  if (at + length <= wireEnd) return null
  return {
    layer: 'tcp',
    at: at + 12,
    message: `data offset ${length} is past the datagram's ${wireEnd - at} octets`,
  }
}
