/**
 * IPv4 header (RFC 791 3.1) as a view: functions of (bytes, offset of the header).
 * Contract: if `headerLength` returned non-zero, no accessor reads past `end`.
 */
import { u16 } from '../bytes/read.ts'

export const HEADER_MIN = 20 // octets
export const MORE_FRAGMENTS = 0x2000
/** Bits of the fragment field that make a packet a fragment: more to come, or an offset. */
export const FRAGMENT_MASK = 0x3fff
const OFFSET_MASK = 0x1fff

/** IP protocol numbers (IANA) that are told apart. */
export const PROTOCOL_ICMP = 1
export const PROTOCOL_TCP = 6
export const PROTOCOL_UDP = 17
export const PROTOCOL_AUTHENTICATION = 51

export const version = (b: Uint8Array, at: number): number => b[at]! >> 4
/** The length field in octets, unchecked. */
export const saidHeaderLength = (b: Uint8Array, at: number): number => (b[at]! & 15) * 4
export const totalLength = (b: Uint8Array, at: number): number => u16(b, at + 2)
/** Flags and offset as they stand. */
export const fragmentField = (b: Uint8Array, at: number): number => u16(b, at + 6)
/** Octets, a multiple of 8. */
export const fragmentOffset = (b: Uint8Array, at: number): number => (u16(b, at + 6) & OFFSET_MASK) * 8
export const timeToLive = (b: Uint8Array, at: number): number => b[at + 8]!
export const protocol = (b: Uint8Array, at: number): number => b[at + 9]!
export const sourceAt = (at: number): number => at + 12
export const destinationAt = (at: number): number => at + 16

/**
 * Octets of header including options; 0 if it is cut short or contradicts itself. A total length of 0 is not
 * held against it: that is what a capture on a host with segmentation offload shows, and it means "up to the
 * frame's end".
 */
export function headerLength(b: Uint8Array, at: number, end: number): number {
  if (at + HEADER_MIN > end || version(b, at) !== 4) return 0
  const length = saidHeaderLength(b, at)
  const total = totalLength(b, at)
  return length >= HEADER_MIN && at + length <= end && (total === 0 || total >= length) ? length : 0
}
