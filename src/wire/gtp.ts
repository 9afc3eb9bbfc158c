/**
 * The user plane of GTP as views: version 1 (3GPP TS 29.281 5) and version 0 (TS 09.60 6). Only messages that
 * carry a packet are told; the rest keeps the tunnel itself. Contract: if `headerLength` returned non-zero,
 * no accessor reads past `end`.
 */
import { u16, u32, u8 } from '../bytes/read.ts'

const V1_LENGTH = 8
const V1_OPTIONAL_LENGTH = 4 // sequence, N-PDU number, next extension; all there if one is
const V0_LENGTH = 20
/** Version, and that it is GTP and not its charging sibling. */
const KIND_MASK = 0xf0
const V1 = 0x30
const V0 = 0x10
const HAS_EXTENSION = 0x04
const HAS_OPTIONAL = 0x07
const PACKET = 255
/** Extension headers walked before a message is called malformed; TS 29.281 5.2.1 knows of ten types. */
const EXTENSIONS_MAX = 16

/** Whether this begins as a message that carries a packet. */
export const isPacket = (b: Uint8Array, at: number, end: number): boolean =>
  at + V1_LENGTH <= end &&
  ((u8(b, at) & KIND_MASK) === V1 || (u8(b, at) & KIND_MASK) === V0) &&
  u8(b, at + 1) === PACKET

/** Octets before the packet; 0 if they are cut. */
export function headerLength(b: Uint8Array, at: number, end: number): number {
  if ((u8(b, at) & KIND_MASK) === V0) return at + V0_LENGTH <= end ? V0_LENGTH : 0
  if ((u8(b, at) & HAS_OPTIONAL) === 0) return V1_LENGTH
  const next = at + V1_LENGTH + V1_OPTIONAL_LENGTH
  if (next > end) return 0
  return (u8(b, at) & HAS_EXTENSION) === 0 ? next - at : extensionsEnd(b, next, end) - at
}

/** The last octet of what came before names the type of what comes next, 0 for none; `at` itself if cut. */
function extensionsEnd(b: Uint8Array, start: number, end: number): number {
  let at = start
  for (let i = 0; u8(b, at - 1) !== 0; i++) {
    const length = at < end ? u8(b, at) * 4 : 0
    if (length === 0 || at + length > end || i === EXTENSIONS_MAX)
      return start - V1_LENGTH - V1_OPTIONAL_LENGTH
    at += length
  }
  return at
}

/** The tunnel's identifier, which its receiver chose: TEID, or the flow label of version 0. */
export const tunnel = (b: Uint8Array, at: number): number =>
  (u8(b, at) & KIND_MASK) === V0 ? u16(b, at + 6) : u32(b, at + 4)

/** Whether the length field says that the message ends at `wireEnd`. */
export const endsAt = (b: Uint8Array, at: number, wireEnd: number): boolean =>
  at + ((u8(b, at) & KIND_MASK) === V0 ? V0_LENGTH : V1_LENGTH) + u16(b, at + 2) === wireEnd
