/**
 * What stands before each packet of an aggregate of 802.11 (9.3.2.2.2) as a view: destination, source,
 * length. Contract: accessors read up to `at + HEADER_LENGTH`.
 */
import { u16 } from '../bytes/read.ts'

export const HEADER_LENGTH = 14

export const destinationAt = (at: number): number => at
export const sourceAt = (at: number): number => at + 6
/** Where the packet ends, and where the next header begins: padded to a multiple of four. */
export const endsAt = (b: Uint8Array, at: number): number => at + HEADER_LENGTH + u16(b, at + 12)
export const nextAt = (b: Uint8Array, at: number): number => at + ((HEADER_LENGTH + u16(b, at + 12) + 3) & ~3)
