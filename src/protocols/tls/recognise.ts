/**
 * How TLS begins: with a handshake record, with the SSL 2.0 form of a ClientHello, or, seen midway, with any
 * records.
 */
import { u16, u24 } from '../../bytes/read.ts'
import type { Side } from '../../model/packet.ts'
import { beginsClientHelloV2, V2_FIXED_BYTES } from './client-hello-v2.ts'
import * as is from './constants.data.ts'
import { BODY_BYTES_MAX, bodyLength, contentType, HEADER_BYTES, isHeader } from './record.ts'

/** Octets of a message's header and the version after it. */
const HELLO_START = 6
/** Fixed fields, and one suite: a hello is not shorter. */
const HELLO_BYTES_MIN = 38

/**
 * Whether octets `start`..`end`, the first of a side or of a segment, begin TLS. `unsure`: they may, more are
 * needed. Either side may: a capture that begins late, or a server that is heard first.
 */
export function recognisesTls(
  _side: Side,
  b: Uint8Array,
  start: number,
  end: number,
): 'certain' | 'unsure' | 'no' {
  if (end <= start) return 'unsure'
  if ((b[start]! & 0x80) !== 0) return recognisesV2(b, start, end)
  if (!mayBeHeader(b, start, end)) return 'no'
  if (end - start < HEADER_BYTES) return 'unsure'
  const type = contentType(b, start)
  if (type === is.HANDSHAKE) return recognisesHandshake(b, start, end)
  if (type === is.ALERT && bodyLength(b, start) === 2) return recognisesAlert(b, start, end)
  return recognisesChain(b, start, end)
}

function recognisesV2(b: Uint8Array, start: number, end: number): 'certain' | 'unsure' | 'no' {
  if (!beginsClientHelloV2(b, start, end)) return 'no'
  return end - start >= V2_FIXED_BYTES ? 'certain' : 'unsure'
}

/** No octet of the header, as far as it is there, contradicts one. */
function mayBeHeader(b: Uint8Array, at: number, end: number): boolean {
  const have = end - at
  if (have >= HEADER_BYTES) return isHeader(b, at) && bodyLength(b, at) > 0
  const type = contentType(b, at)
  if (type < is.CHANGE_CIPHER_SPEC || type > is.HEARTBEAT) return false
  if (have >= 2 && b[at + 1] !== 3) return false
  return have < 3 || b[at + 2]! <= 4
}

/**
 * Hellos are told by their length and version; other messages of a capture that begins late, by what follows.
 */
function recognisesHandshake(b: Uint8Array, start: number, end: number): 'certain' | 'unsure' | 'no' {
  const at = start + HEADER_BYTES
  if (at >= end) return 'unsure'
  if (b[at] !== is.CLIENT_HELLO && b[at] !== is.SERVER_HELLO) return recognisesChain(b, start, end)
  if (at + HELLO_START > end) return 'unsure'
  const version = u16(b, at + 4)
  const isVersion = version === is.SSL_2 || version >> 8 === 3 || version >> 8 === is.TLS_1_3_DRAFT
  return u24(b, at + 1) >= HELLO_BYTES_MIN && isVersion ? 'certain' : 'no'
}

function recognisesAlert(b: Uint8Array, start: number, end: number): 'certain' | 'unsure' | 'no' {
  const level = b[start + HEADER_BYTES]
  if (level === undefined || start + HEADER_BYTES >= end) return 'unsure'
  return level === 1 || level === is.FATAL ? 'certain' : 'no'
}

/** Any other record is believed if another follows it. */
function recognisesChain(b: Uint8Array, start: number, end: number): 'certain' | 'unsure' | 'no' {
  const next = start + HEADER_BYTES + Math.min(bodyLength(b, start), BODY_BYTES_MAX)
  if (next >= end) return 'unsure'
  if (!mayBeHeader(b, next, end)) return 'no'
  return next + HEADER_BYTES <= end ? 'certain' : 'unsure'
}
