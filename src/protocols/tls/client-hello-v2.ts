/**
 * The SSL 2.0 form of a ClientHello, with which old clients open a connection of any version (RFC 5246
 * appendix E.2; RFC 6176 forbids it, old agents send it).
 *
 * ```
 * length 2 (high bit set) | type 1 (= 1) | version 2 | suites 2 | session id 2 | challenge 2 | suites |
 * session id | challenge
 * ```
 */
import { u16, u24 } from '../../bytes/read.ts'
import { emptyClientHello, type ClientHelloFields } from './client-hello.ts'
import { CLIENT_HELLO, SSL_2, SSL_3, TLS_1_2 } from './constants.data.ts'
import { hex } from './vector.ts'

/** Octets of the record's length field. */
export const V2_HEADER_BYTES = 2
/** Octets before the three lists, length field included. */
export const V2_FIXED_BYTES = 11
/** The longest one that is believed: 700 suites. */
export const V2_BODY_BYTES_MAX = 2200

/** Octets of body that the length field at `at` announces. */
export const v2BodyLength = (b: Uint8Array, at: number): number => u16(b, at) & 0x7fff

/** The octets at `at` begin such a hello, as far as they reach: false as soon as one of them contradicts. */
export function beginsClientHelloV2(b: Uint8Array, at: number, end: number): boolean {
  const have = end - at
  if (have >= 1 && !beginsLength(b[at]!)) return false
  if (have >= 2 && (v2BodyLength(b, at) < V2_FIXED_BYTES + 14 || v2BodyLength(b, at) > V2_BODY_BYTES_MAX))
    return false
  if (have >= 3 && b[at + 2] !== CLIENT_HELLO) return false
  if (have >= 5 && !isVersion(u16(b, at + 3))) return false
  return have < V2_FIXED_BYTES || listsFit(b, at)
}

/** The octet has the high bit, and begins a length that is believed. */
const beginsLength = (octet: number): boolean => octet >= 0x80 && (octet & 0x7f) << 8 <= V2_BODY_BYTES_MAX

const isVersion = (version: number): boolean => version === SSL_2 || (version >= SSL_3 && version <= TLS_1_2)

function listsFit(b: Uint8Array, at: number): boolean {
  const suites = u16(b, at + 5)
  const sessionId = u16(b, at + 7)
  const challenge = u16(b, at + 9)
  return (
    suites > 0 &&
    suites % 3 === 0 &&
    (sessionId === 0 || sessionId === 16) &&
    challenge >= 16 &&
    challenge <= 32 &&
    V2_FIXED_BYTES - V2_HEADER_BYTES + suites + sessionId + challenge === v2BodyLength(b, at)
  )
}

/** Reads the body `at`..`end` (from the type octet on); null if the lists do not fit. */
export function readClientHelloV2(b: Uint8Array, at: number, end: number): ClientHelloFields | null {
  const start = at - V2_HEADER_BYTES
  if (start < 0 || !beginsClientHelloV2(b, start, end) || start + V2_FIXED_BYTES > end) return null
  const suitesAt = start + V2_FIXED_BYTES
  const sessionIdAt = suitesAt + u16(b, start + 5)
  const challengeAt = sessionIdAt + u16(b, start + 7)
  const challengeEnd = challengeAt + u16(b, start + 9)
  if (challengeEnd > end) return null
  const suites: number[] = []
  // Kinds above 0xffff are SSL 2.0's own; TLS suites stand there with a leading zero.
  for (let i = suitesAt; i + 3 <= sessionIdAt; i += 3) if (u24(b, i) <= 0xffff) suites.push(u24(b, i))
  // The challenge is the random, padded with zeros on the left.
  const random = hex(b, challengeAt, challengeEnd).padStart(64, '0')
  return emptyClientHello(u16(b, start + 3), random, hex(b, sessionIdAt, challengeAt), suites)
}
