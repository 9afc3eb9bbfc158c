/**
 * TCP header (RFC 9293 3.1) as a view: functions of (bytes, offset of the header), no objects made.
 *
 * Contract: if `headerLength` returned non-zero, no accessor reads past `end`. Where a snap length cut the
 * capture, less is enough: once `READABLE` octets are there, everything from the ports to the window may be
 * read, and the data offset tells the length of a payload that was not kept. That is also where Wireshark
 * begins to attribute a segment.
 */
import { u16, u32 } from '../bytes/read.ts'

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

// Kinds of options (RFC 9293 3.2).

export const OPTION_NO_OPERATION = 1
export const OPTION_MSS = 2
export const OPTION_WINDOW_SCALE = 3
