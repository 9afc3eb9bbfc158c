/**
 * VLAN tags as views: IEEE 802.1Q and 802.1ad (4 octets: control, then the type of what follows), and Cisco's
 * VN-Tag (6 octets: 4 of interface numbers, then the type). `at` is the octet after the tag's own EtherType.
 * Contract: if `headerLength` returned non-zero, no accessor reads past `end`.
 */
import { u16 } from '../bytes/read.ts'
import { OLD_QINQ, SERVICE_VLAN, VLAN, VNTAG } from './ethernet.ts'
import { cutShort } from './fault.ts'
import type { Fault } from './fault.ts'

const TAG_LENGTH = 4 // octets after the EtherType, the next EtherType included
const VNTAG_LENGTH = 6

export const isTag = (type: number): boolean =>
  type === VLAN || type === SERVICE_VLAN || type === OLD_QINQ || type === VNTAG

const length = (type: number): number => (type === VNTAG ? VNTAG_LENGTH : TAG_LENGTH)

/** Octets of the tag that EtherType `type` announced, the next EtherType included; 0 if it is cut. */
export const headerLength = (_b: Uint8Array, at: number, end: number, type: number): number =>
  at + length(type) > end ? 0 : length(type)

/**
 * The VLAN identifier, 12 bits. 0 is a priority tag: no VLAN (802.1Q 9.6); so is a VN-Tag, which names
 * interfaces.
 */
export const identifier = (b: Uint8Array, at: number, type: number): number =>
  type === VNTAG ? 0 : u16(b, at) & 0x0fff

/** What follows the tag: an EtherType or an 802.3 length. */
export const nextType = (b: Uint8Array, at: number, type: number): number => u16(b, at + length(type) - 2)

export const fault = (_b: Uint8Array, at: number, end: number, type: number): Fault | null =>
  at + length(type) > end ? cutShort('vlan', at, length(type), end - at) : null
