/**
 * Ethernet as a view: Ethernet II (RFC 894), and IEEE 802.3 with LLC and SNAP (RFC 1042). Contract: if
 * `headerLength` returned non-zero, no accessor of the Ethernet header reads past `end`; likewise
 * `snapLength`.
 */
import { u16, u24 } from '../bytes/read.ts'

export const HEADER_LENGTH = 14 // octets

/** EtherTypes (IEEE RA registry) that lead to IP, or that are told apart. */
export const IPV4 = 0x0800
export const IPV6 = 0x86dd
export const VLAN = 0x8100 // IEEE 802.1Q C-tag
export const SERVICE_VLAN = 0x88a8 // IEEE 802.1ad S-tag
export const OLD_QINQ = 0x9100 // stacked tags before 802.1ad
export const VNTAG = 0x8926 // Cisco VN-Tag, between adapters and fabric extenders
export const E_TAG = 0x893f // IEEE 802.1BR, the standard's successor of VN-Tag
export const BACKBONE_SERVICE = 0x88e7 // IEEE 802.1ah I-tag: a customer's frame in a provider's
export const NETWORK_SERVICE = 0x894f // NSH, RFC 8300
export const MACSEC = 0x88e5 // IEEE 802.1AE
export const MPLS = 0x8847
export const MPLS_UPSTREAM = 0x8848
export const PPPOE_SESSION = 0x8864
export const TRANSPARENT_BRIDGING = 0x6558 // an Ethernet frame inside another protocol

/** Below this, the field is the 802.3 length, not a type (IEEE 802.3 3.2.6). */
export const TYPE_MIN = 0x0600

/** The EtherType, or the 802.3 length if below `TYPE_MIN`. */
export const typeOrLength = (b: Uint8Array, at: number): number => u16(b, at + 12)

/** 14, or 0 if the frame ends before. */
export const headerLength = (_b: Uint8Array, at: number, end: number): number =>
  at + HEADER_LENGTH > end ? 0 : HEADER_LENGTH

const LLC_LENGTH = 3
const SNAP_LENGTH = 8
const LLC_SNAP = 0xaaaa03 // both access points SNAP, unnumbered information
const LLC_IP = 0x060603 // RFC 948: IP directly over LLC
const OUI_ETHERTYPE = 0x000000
const OUI_BRIDGE_TUNNEL = 0x0000f8 // IEEE 802.1H

/**
 * The EtherType that an LLC header at `at` stands for; 0 if it carries something that is no EtherType, or is
 * cut.
 */
export function llcEtherType(b: Uint8Array, at: number, end: number): number {
  if (at + LLC_LENGTH > end) return 0
  const llc = u24(b, at)
  if (llc === LLC_IP) return IPV4
  if (llc !== LLC_SNAP || at + SNAP_LENGTH > end) return 0
  const oui = u24(b, at + 3)
  return oui === OUI_ETHERTYPE || oui === OUI_BRIDGE_TUNNEL ? u16(b, at + 6) : 0
}

/** Octets of LLC, and SNAP if it is there, before the payload that `llcEtherType` names. */
export const llcLength = (b: Uint8Array, at: number): number =>
  u24(b, at) === LLC_SNAP ? SNAP_LENGTH : LLC_LENGTH
