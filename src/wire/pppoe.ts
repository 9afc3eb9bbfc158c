/**
 * PPPoE session header (RFC 2516 4): version and type, code, session, length; a PPP frame without framing
 * follows. Contract: if `headerLength` returned non-zero, no accessor reads past `end`. Version and code are
 * not checked: the EtherType has already said that this is session data.
 */
import { u16 } from '../bytes/read.ts'

export const HEADER_LENGTH = 6

/** Unique for a pair of hardware addresses (RFC 2516 4). */
export const session = (b: Uint8Array, at: number): number => u16(b, at + 2)

/** Octets of PPP that follow, its protocol number included. */
export const payloadLength = (b: Uint8Array, at: number): number => u16(b, at + 4)

export const headerLength = (_b: Uint8Array, at: number, end: number): number =>
  at + HEADER_LENGTH > end ? 0 : HEADER_LENGTH
