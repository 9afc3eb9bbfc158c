/**
 * The header of CAPWAP's data channel (RFC 5415 4.3) as a view: frames between an access point and its
 * controller. Contract: if `headerLength` returned non-zero, no accessor reads past `end`.
 */
import { u16, u24, u8 } from '../bytes/read.ts'

const HEADER_MIN = 8
/** Preamble: version << 4 | type. */
const PREAMBLE_PLAIN = 0x00
const PREAMBLE_DTLS = 0x01
const BINDING_DOT11 = 1
/** Of the three octets after the preamble: lengths and identifiers, then the flags. */
const NATIVE = 0x000100
const FRAGMENT = 0x000080
const LAST_FRAGMENT = 0x000040
const KEEP_ALIVE = 0x000008
const FRAGMENT_AT = 4
/** The fragment's offset, in units of 8 octets, above three reserved bits: in octets, without them. */
const OFFSET_MASK = 0xfff8

export const isEncrypted = (b: Uint8Array, at: number): boolean => u8(b, at) === PREAMBLE_DTLS

/** Octets before the frame; 0 if cut, or of another version. */
export function headerLength(b: Uint8Array, at: number, end: number): number {
  if (at + HEADER_MIN > end || u8(b, at) !== PREAMBLE_PLAIN) return 0
  const length = (u24(b, at + 1) >> 19) * 4
  return length >= HEADER_MIN && at + length <= end ? length : 0
}

export const radio = (b: Uint8Array, at: number): number => (u24(b, at + 1) >> 14) & 0x1f
export const isKeepAlive = (b: Uint8Array, at: number): boolean => (u24(b, at + 1) & KEEP_ALIVE) !== 0
export const isFragment = (b: Uint8Array, at: number): boolean => (u24(b, at + 1) & FRAGMENT) !== 0
export const moreFragments = (b: Uint8Array, at: number): number =>
  (u24(b, at + 1) & LAST_FRAGMENT) === 0 ? 1 : 0
export const fragmentIdentification = (b: Uint8Array, at: number): number => u16(b, at + FRAGMENT_AT)
export const fragmentOffset = (b: Uint8Array, at: number): number =>
  u16(b, at + FRAGMENT_AT + 2) & OFFSET_MASK
/** A frame as the radio had it; else one of IEEE 802.3. */
export const isWireless = (b: Uint8Array, at: number): boolean =>
  (u24(b, at + 1) & NATIVE) !== 0 && ((u24(b, at + 1) >> 9) & 0x1f) === BINDING_DOT11
