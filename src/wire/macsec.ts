/**
 * The security tag of IEEE 802.1AE 9.3 as a view; `at` is the octet after its EtherType. A check value
 * follows the payload, where IP's own length leaves it out. Contract: if `headerLength` returned non-zero, no
 * accessor reads past `end`.
 */
import { u8 } from '../bytes/read.ts'

const TAG_LENGTH = 6 // control, short length, packet number
const CHANNEL_LENGTH = 8
const HAS_CHANNEL = 0x20
/** Encrypted, or changed by what protects it: either is unreadable. */
const ENCRYPTED_OR_CHANGED = 0x0c

/** Octets up to the payload, the EtherType at its beginning included; 0 if cut. */
export function headerLength(b: Uint8Array, at: number, end: number): number {
  if (at >= end) return 0
  const length = TAG_LENGTH + ((u8(b, at) & HAS_CHANNEL) === 0 ? 0 : CHANNEL_LENGTH) + 2
  return at + length <= end ? length : 0
}

export const isEncrypted = (b: Uint8Array, at: number): boolean => (u8(b, at) & ENCRYPTED_OR_CHANGED) !== 0
