/**
 * IPv6 header (RFC 8200 3) and extension headers (RFC 8200 4, RFC 4302) as views. Contract: if `headerLength`
 * returned non-zero, no accessor of the fixed header reads past `end`; if `extensionLength` did, no accessor
 * of that extension header does.
 *
 * Mobility (135) and HIP (139) headers are not walked through: they end the chain (RFC 6275 6.1.1 and RFC
 * 7401 5.1 both demand "no next header" and ignore what follows).
 */
import { u16, u32 } from '../bytes/read.ts'

export const HEADER_LENGTH = 40

export const HOP_BY_HOP = 0
export const ROUTING = 43
export const FRAGMENT = 44
export const AUTHENTICATION = 51
export const PROTOCOL_ICMPV6 = 58
export const DESTINATION_OPTIONS = 60
export const SHIM6 = 140

/**
 * Extension headers walked before a packet is called malformed. RFC 8200 4.1 knows of seven in the
 * recommended order; RFC 8504 5.3 lets a host give up earlier.
 */
export const EXTENSIONS_MAX = 32

export const version = (b: Uint8Array, at: number): number => b[at]! >> 4
/**
 * Octets after the fixed header; 0 for jumbograms (RFC 2675) and in captures on a host with segmentation
 * offload.
 */
export const payloadLength = (b: Uint8Array, at: number): number => u16(b, at + 4)
export const nextHeader = (b: Uint8Array, at: number): number => b[at + 6]!
export const hopLimit = (b: Uint8Array, at: number): number => b[at + 7]!
export const sourceAt = (at: number): number => at + 8
export const destinationAt = (at: number): number => at + 24

/** 40; 0 if it is cut short or of another version. */
export const headerLength = (b: Uint8Array, at: number, end: number): number =>
  at + HEADER_LENGTH > end || version(b, at) !== 6 ? 0 : HEADER_LENGTH

/** Whether `type` is an extension header that names the header after it. Fragment is one, too. */
export const isExtension = (type: number): boolean =>
  type === HOP_BY_HOP ||
  type === ROUTING ||
  type === FRAGMENT ||
  type === AUTHENTICATION ||
  type === DESTINATION_OPTIONS ||
  type === SHIM6

const FIRST_UNIT = 8 // octets that every extension header has

/** Octets of the extension header of this type at `at`; 0 if it does not end by `end`. */
export function extensionLength(b: Uint8Array, at: number, end: number, type: number): number {
  if (at + FIRST_UNIT > end) return 0
  const length = saidExtensionLength(b, at, type)
  return at + length <= end ? length : 0
}

function saidExtensionLength(b: Uint8Array, at: number, type: number): number {
  if (type === FRAGMENT) return FIRST_UNIT
  if (type === AUTHENTICATION) return (b[at + 1]! + 2) * 4 // counted in 4-octet units (RFC 4302 2.2)
  return (b[at + 1]! + 1) * 8
}

/** The type of what follows the extension header at `at`. */
export const extensionNext = (b: Uint8Array, at: number): number => b[at]!

/** Of a fragment header: octets, a multiple of 8. */
export const fragmentOffset = (b: Uint8Array, at: number): number => u16(b, at + 2) & 0xfff8
export const moreFragments = (b: Uint8Array, at: number): number => u16(b, at + 2) & 1
export const fragmentIdentification = (b: Uint8Array, at: number): number => u32(b, at + 4)
