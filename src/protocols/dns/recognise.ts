/**
 * Where DNS over TCP begins (RFC 1035 §4.2.2): the length of a message, and the header of a query or
 * response as resolvers send them. Without a port this is never certain.
 */
import { u16 } from '../../bytes/read.ts'
import type { Side } from '../../model/packet.ts'
import type { Recognition } from '../protocol.ts'
import { HEADER_OCTETS } from './message.ts'

export const DNS_PORTS: readonly number[] = [53]

/** Header, the root as name, type and class. */
const MESSAGE_MIN = HEADER_OCTETS + 5
/** Queries are short: a name, its type, EDNS with its options. */
const QUERY_MAX = 1024
/** Opcode and the bit that must be zero (RFC 1035 §4.1.1). */
const FIXED_FLAGS = 0x7840

export function recognisesDns(_side: Side, bytes: Uint8Array, start: number, end: number): Recognition {
  const there = end - start
  if (there < 2) return there === 0 || bytes[start]! <= QUERY_MAX >> 8 ? 'unsure' : 'no'
  const length = u16(bytes, start)
  if (length < MESSAGE_MIN) return 'no'
  if (there < 6) return length <= QUERY_MAX ? 'unsure' : 'no'
  const flags = u16(bytes, start + 4)
  const isQuery = (flags & 0x8000) === 0
  if ((flags & FIXED_FLAGS) !== 0 || (isQuery && length > QUERY_MAX)) return 'no'
  if (there < 2 + HEADER_OCTETS + 1) return length <= QUERY_MAX ? 'unsure' : 'no'
  return areCounts(isQuery, bytes, start + 6) && bytes[start + 14]! <= 63 ? 'likely' : 'no'
}

/** One question; a query has no answers, and behind them no more than EDNS and a signature. */
function areCounts(isQuery: boolean, bytes: Uint8Array, at: number): boolean {
  if (u16(bytes, at) !== 1) return false
  return !isQuery || (u16(bytes, at + 2) === 0 && u16(bytes, at + 4) === 0 && u16(bytes, at + 6) <= 2)
}
