/**
 * Linux "cooked" captures (the `any` device): LINKTYPE_LINUX_SLL, 16 octets, and LINKTYPE_LINUX_SLL2, 20
 * octets. Source: https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html and LINKTYPE_LINUX_SLL2.html.
 * Contract: if `headerLength` returned non-zero, no accessor reads past `end`.
 */
import { u16, u8 } from '../bytes/read.ts'

const V1_LENGTH = 16 // packet type, ARPHRD, address length, 8 octets of address, protocol
// protocol, reserved, interface index, ARPHRD, packet type, address length, 8 octets of address
const V2_LENGTH = 20
const MAC_LENGTH = 6

/** Protocol values that are not EtherTypes: what follows is an LLC header. */
export const PROTOCOL_LLC = 0x0004

const lengthOf = (version: 1 | 2): number => (version === 1 ? V1_LENGTH : V2_LENGTH)

export const headerLength = (_b: Uint8Array, at: number, end: number, version: 1 | 2): number =>
  at + lengthOf(version) > end ? 0 : lengthOf(version)

/** An EtherType, or one of Linux's ETH_P values below 0x0600. */
export const protocol = (b: Uint8Array, at: number, version: 1 | 2): number =>
  u16(b, version === 1 ? at + 14 : at)

/**
 * Offset of the sender's 6-octet address, or -1 if the device has none of that length. There is no
 * receiver's.
 */
export function sourceAt(b: Uint8Array, at: number, version: 1 | 2): number {
  if (version === 1) return u16(b, at + 4) === MAC_LENGTH ? at + 6 : -1
  return u8(b, at + 11) === MAC_LENGTH ? at + 12 : -1
}
