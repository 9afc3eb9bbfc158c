/**
 * TZSP as a view: the mirror of Mikrotik's routers and of wireless sensors (TaZmen Sniffer Protocol, as
 * Wireshark's packet-tzsp.c reads it). Contract: if `headerLength` returned non-zero, no accessor reads past
 * `end`.
 */
import { u16, u8 } from '../bytes/read.ts'

const HEADER_LENGTH = 4 // version, type, what is carried
const VERSION = 1
/** Types that carry a packet: received, to be sent. */
const RECEIVED = 0
const TO_BE_SENT = 1
const TAG_PADDING = 0
const TAG_END = 1

export const ETHERNET = 1
export const DOT11 = 18

/** Header and tags; 0 if they are cut, or the message carries no packet. */
export function headerLength(b: Uint8Array, at: number, end: number): number {
  if (at + HEADER_LENGTH > end || u8(b, at) !== VERSION) return 0
  if (u8(b, at + 1) !== RECEIVED && u8(b, at + 1) !== TO_BE_SENT) return 0
  for (let tag = at + HEADER_LENGTH; tag < end;) {
    const type = u8(b, tag)
    if (type === TAG_END) return tag + 1 - at
    if (type !== TAG_PADDING && tag + 2 > end) return 0
    tag += type === TAG_PADDING ? 1 : 2 + u8(b, tag + 1)
  }
  return 0
}

export const carried = (b: Uint8Array, at: number): number => u16(b, at + 2)
