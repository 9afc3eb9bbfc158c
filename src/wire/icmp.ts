/**
 * ICMP header (RFC 792) as a view; errors quote the packet that drew them.
 * Contract: if `headerLength` returned non-zero, no accessor reads past `end`.
 */
import { u16 } from '../bytes/read.ts'
import { cutShort } from './fault.ts'
import type { Fault } from './fault.ts'

export const HEADER_LENGTH = 8

export const DESTINATION_UNREACHABLE = 3
export const SOURCE_QUENCH = 4
export const REDIRECT = 5
export const TIME_EXCEEDED = 11
export const PARAMETER_PROBLEM = 12

/** Codes of "destination unreachable" that tell what refused. */
export const CODE_PORT_UNREACHABLE = 3
export const CODE_FRAGMENTATION_NEEDED = 4
export const CODE_ADMINISTRATIVELY_PROHIBITED = 13 // RFC 1812 5.2.7.1

export const type = (b: Uint8Array, at: number): number => b[at]!
export const code = (b: Uint8Array, at: number): number => b[at + 1]!
/** Of "fragmentation needed": the next hop's MTU, 0 from routers older than RFC 1191. */
export const nextHopMtu = (b: Uint8Array, at: number): number => u16(b, at + 6)

export const headerLength = (_b: Uint8Array, at: number, end: number): number =>
  at + HEADER_LENGTH > end ? 0 : HEADER_LENGTH

/** Errors about a packet that was not delivered. A redirect is none: its packet was forwarded. */
export function isError(b: Uint8Array, at: number): boolean {
  const value = type(b, at)
  return (
    value === DESTINATION_UNREACHABLE ||
    value === SOURCE_QUENCH ||
    value === TIME_EXCEEDED ||
    value === PARAMETER_PROBLEM
  )
}

/** Where an error's quoted IP header begins. */
export const quotedAt = (at: number): number => at + HEADER_LENGTH

export const fault = (_b: Uint8Array, at: number, end: number): Fault | null =>
  at + HEADER_LENGTH > end ? cutShort('icmp', at, HEADER_LENGTH, end - at) : null
