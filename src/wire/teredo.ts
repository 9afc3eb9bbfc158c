/**
 * What may stand before an IPv6 packet in Teredo (RFC 4380 5.1.1): authentication, then the origin of the
 * packet. Nothing is read at or beyond `end`.
 */
import { u16, u32, u8 } from '../bytes/read.ts'
import * as ipv6 from './ipv6.ts'

const AUTHENTICATION = 0x0001
const ORIGIN = 0x0000
const AUTHENTICATION_MIN = 13 // type, two lengths, nonce, confirmation
const ORIGIN_LENGTH = 8
/** Addresses of Teredo's clients, 2001::/32 (RFC 4380 2.6). */
const PREFIX = 0x20010000

/** Octets before the packet; -1 if they are cut. */
export function headerLength(b: Uint8Array, at: number, end: number): number {
  let next = at
  if (next + 4 <= end && u16(b, next) === AUTHENTICATION)
    next += AUTHENTICATION_MIN + u8(b, next + 2) + u8(b, next + 3)
  if (next + 2 <= end && u16(b, next) === ORIGIN) next += ORIGIN_LENGTH
  return next < end ? next - at : -1
}

/** Whether the IPv6 packet at `at` is from or to a client of Teredo. */
export const isOfClient = (b: Uint8Array, at: number, end: number): boolean =>
  ipv6.headerLength(b, at, end) !== 0 &&
  (u32(b, ipv6.sourceAt(at)) === PREFIX || u32(b, ipv6.destinationAt(at)) === PREFIX)
