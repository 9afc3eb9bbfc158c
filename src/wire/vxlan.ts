/**
 * VXLAN (RFC 7348 5), its extension for other payloads (draft-ietf-nvo3-vxlan-gpe), and GENEVE (RFC 8926 3.4)
 * as views. Contract: if a `...Length` returned non-zero, no accessor reads past `end`.
 */
import { u16, u24, u32, u8 } from '../bytes/read.ts'
import { typeOfNextProtocol } from './nsh.ts'

const HEADER_LENGTH = 8
/** The identifier holds; without it the header says nothing. */
const HAS_NETWORK = 0x08
const HAS_NEXT_PROTOCOL = 0x04
const GENEVE_CONTROL = 0x80
const OPTIONS_MASK = 0x3f

export const vxlanLength = (b: Uint8Array, at: number, end: number): number =>
  at + HEADER_LENGTH <= end && (u8(b, at) & HAS_NETWORK) !== 0 ? HEADER_LENGTH : 0

/** 24 bits, of VXLAN and GENEVE alike. */
export const network = (b: Uint8Array, at: number): number => u24(b, at + 4)

/** A header of RFC 7348 as it is without any extension: what is reserved is 0. */
export const isPlainVxlan = (b: Uint8Array, at: number, end: number): boolean =>
  at + HEADER_LENGTH <= end && u32(b, at) === 0x08000000 && u8(b, at + 7) === 0

/** Whether it says what it carries; plain VXLAN does not, and carries frames. */
export const isExtended = (b: Uint8Array, at: number): boolean => (u8(b, at) & HAS_NEXT_PROTOCOL) !== 0
/** The EtherType of what an extended header announces; 0 for what is not read. */
export const extendedType = (b: Uint8Array, at: number): number => typeOfNextProtocol(u8(b, at + 3))

/** Header and options; 0 if they are cut, or of another version. */
export function geneveLength(b: Uint8Array, at: number, end: number): number {
  if (at + HEADER_LENGTH > end || u8(b, at) >> 6 !== 0) return 0
  const length = HEADER_LENGTH + (u8(b, at) & OPTIONS_MASK) * 4
  return at + length <= end ? length : 0
}

export const geneveType = (b: Uint8Array, at: number): number => u16(b, at + 2)
/** A message of the tunnel's ends to each other. */
export const isGeneveControl = (b: Uint8Array, at: number): boolean => (u8(b, at + 1) & GENEVE_CONTROL) !== 0
/** What is reserved is 0. */
export const isPlainGeneve = (b: Uint8Array, at: number): boolean =>
  (u8(b, at + 1) & OPTIONS_MASK) === 0 && u8(b, at + 7) === 0
