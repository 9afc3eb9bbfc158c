/**
 * Network service header (RFC 8300 2) as a view: what a chain of firewalls and balancers passes on, with the
 * number of the chain. Contract: if `headerLength` returned non-zero, no accessor reads past `end`.
 */
import { u24, u8 } from '../bytes/read.ts'
import { IPV4, IPV6, MPLS, NETWORK_SERVICE, TRANSPARENT_BRIDGING } from './ethernet.ts'

const LENGTH_MIN = 8 // base header and service path

/** EtherTypes of the next protocols 1 to 5; VXLAN-GPE numbers them alike (draft-ietf-nvo3-vxlan-gpe). */
const ETHER_TYPES: readonly number[] = [0, IPV4, IPV6, TRANSPARENT_BRIDGING, NETWORK_SERVICE, MPLS]

/** The EtherType of what a next-protocol number announces; 0 for what is not read. */
export const typeOfNextProtocol = (next: number): number => ETHER_TYPES[next] ?? 0

/** Octets of the header with its metadata; 0 if it is cut short, or shorter than itself. */
export function headerLength(b: Uint8Array, at: number, end: number): number {
  if (at + LENGTH_MIN > end) return 0
  const length = (u8(b, at + 1) & 0x3f) * 4
  return length >= LENGTH_MIN && at + length <= end ? length : 0
}

export const etherType = (b: Uint8Array, at: number): number => typeOfNextProtocol(u8(b, at + 3))
/** 24 bits. */
export const servicePath = (b: Uint8Array, at: number): number => u24(b, at + 4)
