/**
 * Generic routing encapsulation as a view: RFC 1701 (routing), RFC 2784, RFC 2890 (key, sequence), and the
 * version of PPTP (RFC 2637 4.1). Contract: if `headerLength` returned non-zero, no accessor reads past
 * `end`.
 */
import { u16, u32, u8 } from '../bytes/read.ts'

const HEADER_MIN = 4
const CHECKSUM = 0x8000
const ROUTING = 0x4000
const KEY = 0x2000
const SEQUENCE = 0x1000
const ACKNOWLEDGMENT = 0x0080
const VERSION_MASK = 0x0007
const VERSION_PPTP = 1
const ROUTE_MIN = 4 // address family, offset, length

/** Protocol types that are no EtherTypes of links. */
export const TYPE_PPP = 0x880b
export const TYPE_ERSPAN = 0x88be // I and II
export const TYPE_ERSPAN_3 = 0x22eb
export const TYPE_WCCP = 0x883e
/** Aruba's access points: frames of IEEE 802.11; one number for each kind of traffic. */
const TYPES_ARUBA: readonly number[] = [
  0x8200, 0x8210, 0x8220, 0x8230, 0x8240, 0x8250, 0x8260, 0x8270, 0x9000,
]

const flags = (b: Uint8Array, at: number): number => u16(b, at)

/** Octets of the header with all that it says to have; 0 if cut. */
export function headerLength(b: Uint8Array, at: number, end: number): number {
  if (at + HEADER_MIN > end) return 0
  const bits = flags(b, at)
  let next = keyAt(at, bits)
  if ((bits & KEY) !== 0) next += 4
  if ((bits & SEQUENCE) !== 0) next += 4
  if (isPptp(b, at) && (bits & ACKNOWLEDGMENT) !== 0) next += 4
  if ((bits & ROUTING) !== 0) next = routesEnd(b, next, end)
  return next <= end ? next - at : 0
}

const keyAt = (at: number, bits: number): number =>
  at + HEADER_MIN + ((bits & (CHECKSUM | ROUTING)) === 0 ? 0 : 4)

/** A list of routes ends with one that has no length (RFC 1701). */
function routesEnd(b: Uint8Array, start: number, end: number): number {
  let at = start
  while (at + ROUTE_MIN <= end) {
    const length = u8(b, at + 3)
    at += ROUTE_MIN + length
    if (length === 0) return at
  }
  return end + 1
}

export const isPptp = (b: Uint8Array, at: number): boolean => (flags(b, at) & VERSION_MASK) === VERSION_PPTP
export const hasSequence = (b: Uint8Array, at: number): boolean => (flags(b, at) & SEQUENCE) !== 0
export const protocolType = (b: Uint8Array, at: number): number => u16(b, at + 2)
export const isWireless = (type: number): boolean => TYPES_ARUBA.includes(type)

/** The key; of PPTP the call's number alone, whose receiver chose it. 0 without. */
export function identifier(b: Uint8Array, at: number): number {
  const bits = flags(b, at)
  if ((bits & KEY) === 0) return 0
  return isPptp(b, at) ? u16(b, at + 6) : u32(b, keyAt(at, bits))
}
