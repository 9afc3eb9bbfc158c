/**
 * Data messages of L2TP as views: version 2 (RFC 2661 3.1) and version 3 (RFC 3931 4.1) over UDP. `isData`
 * tells them from control messages. Contract: if `v2Length` returned non-zero, the accessors of version 2
 * read no octet past `end`.
 */
import { u16, u32 } from '../bytes/read.ts'

const CONTROL = 0x8000
const HAS_LENGTH = 0x4000
const HAS_SEQUENCE = 0x0800
const HAS_OFFSET = 0x0200
const VERSION_MASK = 0x000f
/** Version 3 over UDP: flags, reserved, session. What follows is agreed upon elsewhere. */
export const V3_UDP_LENGTH = 8
/** Version 3 over IP: the session alone. */
export const V3_IP_LENGTH = 4

export const isData = (b: Uint8Array, at: number, end: number): boolean =>
  at + V3_UDP_LENGTH <= end && (u16(b, at) & CONTROL) === 0
export const version = (b: Uint8Array, at: number): number => u16(b, at) & VERSION_MASK

const idsAt = (b: Uint8Array, at: number): number => at + ((u16(b, at) & HAS_LENGTH) === 0 ? 2 : 4)

/** Octets before PPP; 0 if cut. */
export function v2Length(b: Uint8Array, at: number, end: number): number {
  const bits = u16(b, at)
  let next = idsAt(b, at) + 4
  if ((bits & HAS_SEQUENCE) !== 0) next += 4
  if ((bits & HAS_OFFSET) !== 0) {
    if (next + 2 > end) return 0
    next += 2 + u16(b, next)
  }
  return next < end ? next - at : 0
}

/** Tunnel << 16 | session, both chosen by the receiver. */
export const v2Session = (b: Uint8Array, at: number): number => u32(b, idsAt(b, at))
