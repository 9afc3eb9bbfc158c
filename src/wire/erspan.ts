/**
 * ERSPAN as a view: the header that Cisco's switches put between GRE and a mirrored frame, types II and III
 * (draft-foschiano-erspan-03 4). Type I has none: its GRE header lacks a sequence number. Contract: if
 * `headerLength` returned non-zero, no accessor reads past `end`.
 */
import { u16, u8 } from '../bytes/read.ts'

const TYPE_2_LENGTH = 8
const TYPE_3_LENGTH = 12
const PLATFORM_LENGTH = 8 // what follows the header of type III if its last bit is set
const VERSION_2 = 1
const VERSION_3 = 2
const SESSION_MASK = 0x03ff
const FRAME_TYPE_ETHERNET = 0

const version = (b: Uint8Array, at: number): number => u8(b, at) >> 4
const hasPlatform = (b: Uint8Array, at: number): boolean => (u8(b, at + 11) & 1) === 1

/** Octets before the mirrored frame; 0 if it is cut, or of a version that nobody describes. */
export function headerLength(b: Uint8Array, at: number, end: number): number {
  if (at + TYPE_2_LENGTH > end) return 0
  if (version(b, at) === VERSION_2) return TYPE_2_LENGTH
  if (version(b, at) !== VERSION_3 || at + TYPE_3_LENGTH > end) return 0
  const length = TYPE_3_LENGTH + (hasPlatform(b, at) ? PLATFORM_LENGTH : 0)
  return at + length <= end ? length : 0
}

/** 10 bits: one of the mirror's sessions, which may mirror one direction only. */
export const session = (b: Uint8Array, at: number): number => u16(b, at + 2) & SESSION_MASK
/** Whether an Ethernet frame follows; type III can carry IP packets, too. */
export const isEthernet = (b: Uint8Array, at: number): boolean =>
  version(b, at) === VERSION_2 || ((u8(b, at + 10) >> 2) & 0x1f) === FRAME_TYPE_ETHERNET
