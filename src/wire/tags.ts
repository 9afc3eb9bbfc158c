/**
 * What may stand between a link header and what its EtherType is of: tags of VLANs and of MACsec, and the
 * header of a frame in a frame. All of them end with a further type. Contract: if `headerLength` returned
 * non-zero, no accessor reads past `end`.
 */
import { u16 } from '../bytes/read.ts'
import * as ethernet from './ethernet.ts'
import * as macsec from './macsec.ts'
import * as vlan from './vlan.ts'

/** Before a frame is called malformed: provider bridging and a fabric's VN-Tag together make four. */
export const TAGS_MAX = 8

export const isTag = (type: number): boolean =>
  vlan.isTag(type) || type === ethernet.MACSEC || type === ethernet.TRANSPARENT_BRIDGING

/** Octets of the tag that EtherType `type` announced, the further type included; 0 if it is cut. */
export function headerLength(b: Uint8Array, at: number, end: number, type: number): number {
  if (type === ethernet.MACSEC) return macsec.headerLength(b, at, end)
  if (type === ethernet.TRANSPARENT_BRIDGING) return ethernet.headerLength(b, at, end)
  return vlan.headerLength(b, at, end, type)
}

/** What follows a tag of `length` octets: an EtherType or an 802.3 length. */
export const nextType = (b: Uint8Array, at: number, length: number): number => u16(b, at + length - 2)

/** Of a VLAN; 0 for what names none. */
export const identifier = (b: Uint8Array, at: number, type: number): number =>
  type === ethernet.MACSEC || type === ethernet.TRANSPARENT_BRIDGING ? 0 : vlan.identifier(b, at, type)

/** Authenticated frames that are not encrypted can be read. */
export const isEncrypted = (b: Uint8Array, at: number, type: number): boolean =>
  type === ethernet.MACSEC && macsec.isEncrypted(b, at)
