/** ICMP header (RFC 792) as a view; errors quote the packet that drew them. The caller has checked bounds. */

export const HEADER_LENGTH = 8

const DESTINATION_UNREACHABLE = 3
const SOURCE_QUENCH = 4
const TIME_EXCEEDED = 11
const PARAMETER_PROBLEM = 12

/** Errors about a packet that was not delivered. A redirect is none: its packet was forwarded. */
export function isError(b: Uint8Array, at: number): boolean {
  const type = b[at]!
  return (
    type === DESTINATION_UNREACHABLE ||
    type === SOURCE_QUENCH ||
    type === TIME_EXCEEDED ||
    type === PARAMETER_PROBLEM
  )
}

/** Where an error's quoted IP header begins. */
export const quotedAt = (at: number): number => at + HEADER_LENGTH
