/**
 * UDP header (RFC 768) as a view.
 * Contract: if `headerLength` returned non-zero, no accessor reads past `end`.
 */
import { u16 } from '../bytes/read.ts'

export const HEADER_LENGTH = 8

export const sourcePort = (b: Uint8Array, at: number): number => u16(b, at)
export const destinationPort = (b: Uint8Array, at: number): number => u16(b, at + 2)
/** Header and payload; 0 in jumbograms (RFC 2675 4) and under segmentation offload. */
export const length = (b: Uint8Array, at: number): number => u16(b, at + 4)

/** 8; 0 if it is cut short or says to be shorter than itself. */
export function headerLength(b: Uint8Array, at: number, end: number): number {
  if (at + HEADER_LENGTH > end) return 0
  const said = length(b, at)
  return said === 0 || said >= HEADER_LENGTH ? HEADER_LENGTH : 0
}

/** Where the payload ends: as the length field says, at most at `end`. */
export function payloadEnd(b: Uint8Array, at: number, end: number): number {
  const said = length(b, at)
  return said !== 0 && at + said < end ? at + said : end
}
