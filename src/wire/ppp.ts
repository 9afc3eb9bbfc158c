/**
 * PPP (RFC 1661) with or without HDLC-like framing (RFC 1662: address ff, control 03), and Cisco HDLC.
 * `at` is the first octet of the frame: address, or protocol where address and control were left out.
 * Contract: if `headerLength` returned non-zero, `etherType` does not read past `end`.
 */
import { u16, u8 } from '../bytes/read.ts'
import { IPV4, IPV6, MPLS } from './ethernet.ts'

const FRAMING = 0xff03
const CISCO_UNICAST = 0x0f
const CISCO_MULTICAST = 0x8f
const CISCO_LENGTH = 4 // address, control, EtherType

/** PPP protocol numbers (IANA) that lead to IP. */
const PROTOCOL_IPV4 = 0x0021
const PROTOCOL_IPV6 = 0x0057
const PROTOCOL_MPLS = 0x0281
const PROTOCOL_MPLS_MULTICAST = 0x0283

const isFramed = (b: Uint8Array, at: number, end: number): boolean => at + 2 <= end && u16(b, at) === FRAMING
/** An odd first octet is a protocol number compressed to one octet (RFC 1661 6.5). */
const isCompressed = (b: Uint8Array, at: number): boolean => (u8(b, at) & 1) === 1

/** A frame of a PPP link type that is Cisco HDLC all the same: PPP has no such address or protocol number. */
export const isCisco = (b: Uint8Array, at: number, end: number): boolean =>
  at < end && (u8(b, at) === CISCO_UNICAST || u8(b, at) === CISCO_MULTICAST)

/** Octets before the payload: framing, if it is there, and the protocol number; 0 if cut. */
export function headerLength(b: Uint8Array, at: number, end: number): number {
  const framing = isFramed(b, at, end) ? 2 : 0
  if (at + framing >= end) return 0
  const length = framing + (isCompressed(b, at + framing) ? 1 : 2)
  return at + length > end ? 0 : length
}

/**
 * The EtherType that the PPP protocol stands for; 0 if it is not IP or MPLS (link control, authentication,
 * ...).
 */
export function etherType(b: Uint8Array, at: number, end: number): number {
  const field = isFramed(b, at, end) ? at + 2 : at
  switch (isCompressed(b, field) ? u8(b, field) : u16(b, field)) {
    case PROTOCOL_IPV4:
      return IPV4
    case PROTOCOL_IPV6:
      return IPV6
    case PROTOCOL_MPLS:
    case PROTOCOL_MPLS_MULTICAST:
      return MPLS
    default:
      return 0
  }
}

export const ciscoHeaderLength = (_b: Uint8Array, at: number, end: number): number =>
  at + CISCO_LENGTH > end ? 0 : CISCO_LENGTH
export const ciscoEtherType = (b: Uint8Array, at: number): number => u16(b, at + 2)
