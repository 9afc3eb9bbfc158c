/**
 * ICMPv6 header (RFC 4443 2.1) as a view; errors quote as much of the packet that drew them as fits.
 */

/** Type, code, checksum: all that every message has. */
export const HEADER_LENGTH = 4
const ERROR_HEADER_LENGTH = 8

const DESTINATION_UNREACHABLE = 1
const PARAMETER_PROBLEM = 4

/**
 * The four errors that are defined; types up to 127 are errors, too (RFC 4443 2.1), but of unknown layout.
 */
export function isError(b: Uint8Array, at: number, end: number): boolean {
  if (at + ERROR_HEADER_LENGTH > end) return false
  const type = b[at]!
  return type >= DESTINATION_UNREACHABLE && type <= PARAMETER_PROBLEM
}

/** Where an error's quoted IP header begins. */
export const quotedAt = (at: number): number => at + ERROR_HEADER_LENGTH
