/**
 * The header of a SPIPE package: what agent and server of ePO send each other as a body. 234 octets, each XOR
 * 0xAA, before what is encrypted (public agent sources: funoverip/epowner, and scripts for ePO 4.x and 5.x).
 *
 *   0 `PO`   2 type (4)   6 length of headers (4, little-endian)   10 unknown (8)   18 length of data (4, LE)
 *   22 agent GUID in braces (38)   60 unknown (94)   154 computer name, filled up with zeros (32)   186 zeros
 */
import { latin1 } from '../../bytes/latin1.ts'
import type { SpipePackage } from '../../model/agent-message.ts'

/** Octets up to the end of the computer's name: more of a body need not be kept. */
export const PACKAGE_HEADER_BYTES = 186
const MASK = 0xaa
const P = 0x50
const O = 0x4f
const TYPE = 2
const HEADER_LENGTH = 6
const DATA_LENGTH = 18
const GUID_AT = 22
const NAME_AT = 154

const GUID = /^\{[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\}$/i

/**
 * The package that octets `start` to `end` begin; null if they begin none, or break off in its header.
 */
export function readPackage(bytes: Uint8Array, start: number, end: number): SpipePackage | null {
  const mask = maskOf(bytes, start, end)
  if (mask === null || end - start < PACKAGE_HEADER_BYTES) return null
  // A copy: slice() of a Buffer would be a view of what is borrowed.
  const clear = new Uint8Array(bytes.subarray(start, start + PACKAGE_HEADER_BYTES))
  for (let i = 0; i < clear.length; i++) clear[i]! ^= mask
  const view = new DataView(clear.buffer)
  const guid = latin1(clear, GUID_AT, GUID_AT + 38)
  const name = /^[^\0]*/.exec(latin1(clear, NAME_AT, PACKAGE_HEADER_BYTES))![0]
  return {
    type: view.getUint32(TYPE).toString(16).padStart(8, '0'),
    headerBytes: view.getUint32(HEADER_LENGTH, true),
    dataBytes: view.getUint32(DATA_LENGTH, true),
    agentGuid: GUID.test(guid) ? guid : null,
    computerName: name !== '' && /^[\x21-\x7e\x80-\xff]+$/.test(name) ? name : null,
    masked: mask === MASK,
  }
}

/** What each octet was XORed with; null if this is no package. */
function maskOf(bytes: Uint8Array, start: number, end: number): number | null {
  if (end - start < 2) return null
  if (bytes[start] === (P ^ MASK) && bytes[start + 1] === (O ^ MASK)) return MASK
  return bytes[start] === P && bytes[start + 1] === O ? 0 : null
}
