/**
 * ICMPv6 header (RFC 4443 2.1) as a view; errors quote as much of the packet that drew them as fits.
 * Contract: if `headerLength` returned non-zero, no accessor reads past `end`; those of error messages need 8
 * octets, which `isError` checks.
 */
import { u32 } from '../bytes/read.ts'
import { cutShort } from './fault.ts'
import type { Fault } from './fault.ts'

/** Type, code, checksum: all that every message has. */
export const HEADER_LENGTH = 4
const ERROR_HEADER_LENGTH = 8

export const DESTINATION_UNREACHABLE = 1
export const PACKET_TOO_BIG = 2
export const TIME_EXCEEDED = 3
export const PARAMETER_PROBLEM = 4

export const type = (b: Uint8Array, at: number): number => b[at]!
export const code = (b: Uint8Array, at: number): number => b[at + 1]!
/** Of "packet too big". */
export const mtu = (b: Uint8Array, at: number): number => u32(b, at + 4)

export const headerLength = (_b: Uint8Array, at: number, end: number): number =>
  at + HEADER_LENGTH > end ? 0 : HEADER_LENGTH

/**
 * The four errors that are defined; types up to 127 are errors, too (RFC 4443 2.1), but of unknown layout.
 */
export function isError(b: Uint8Array, at: number, end: number): boolean {
  const value = type(b, at)
  return at + ERROR_HEADER_LENGTH <= end && value >= DESTINATION_UNREACHABLE && value <= PARAMETER_PROBLEM
}

/** Where an error's quoted IP header begins. */
export const quotedAt = (at: number): number => at + ERROR_HEADER_LENGTH

export const fault = (_b: Uint8Array, at: number, end: number): Fault | null =>
  at + HEADER_LENGTH > end ? cutShort('icmpv6', at, HEADER_LENGTH, end - at) : null
