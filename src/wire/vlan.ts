/**
 * VLAN tags as views: IEEE 802.1Q and 802.1ad (4 octets: control, then the type of what follows), Cisco's
 * VN-Tag (6 octets: 4 of interface numbers, then the type), and the E-tag of IEEE 802.1BR (8: 6, then the
 * type). `at` is the octet after the tag's own EtherType. Contract: if `headerLength` returned non-zero, no
 * accessor reads past `end`.
 */
import { u16 } from '../bytes/read.ts'
import { E_TAG, OLD_QINQ, SERVICE_VLAN, VLAN, VNTAG } from './ethernet.ts'

const TAG_LENGTH = 4 // octets after the EtherType, the next EtherType included
const VNTAG_LENGTH = 6
const E_TAG_LENGTH = 8

export const isTag = (type: number): boolean =>
  type === VLAN || type === SERVICE_VLAN || type === OLD_QINQ || namesInterfaces(type)

/** VN-Tag and E-tag say between which interfaces of a switch a frame is on its way: no VLAN. */
const namesInterfaces = (type: number): boolean => type === VNTAG || type === E_TAG

function length(type: number): number {
  if (type === VNTAG) return VNTAG_LENGTH
  return type === E_TAG ? E_TAG_LENGTH : TAG_LENGTH
}

/** Octets of the tag that EtherType `type` announced, the next EtherType included; 0 if it is cut. */
export const headerLength = (_b: Uint8Array, at: number, end: number, type: number): number =>
  at + length(type) > end ? 0 : length(type)

/**
 * The VLAN identifier, 12 bits. 0 is a priority tag: no VLAN (802.1Q 9.6); so are tags that name
 * interfaces.
 */
export const identifier = (b: Uint8Array, at: number, type: number): number =>
  namesInterfaces(type) ? 0 : u16(b, at) & 0x0fff
