/** Tunnels whose headers do not say what follows: found out by looking. */
import { u8 } from '../bytes/read.ts'
import { locateEthernet, locatePpp } from './link.ts'
import { locateIpv4, locateIpv6 } from './network.ts'
import { lacking, MALFORMED_TUNNEL, NOT_IP, type Place, TRUNCATED_TUNNEL, unreadIn } from './place.ts'
import { isEthernet, isIp, isOfType } from './plausible.ts'
import * as ppp from './ppp.ts'
import { L2TP } from './tunnels.data.ts'

/** What is at `place` is no tunnel. */
export const NO_TUNNEL = 0

/**
 * What may stand before the payload of L2TPv3: a cookie of 0, 4 or 8 octets (RFC 3931 4.1), and a sublayer of
 * 0 or 4 (4.6). How many they are was agreed upon when the session began.
 */
const L2TP_PREFIXES: readonly number[] = [0, 4, 8, 12]

/** A frame, a packet, or PPP, after as many octets as make it one. */
export function locateL2tpPayload(
  b: Uint8Array,
  at: number,
  end: number,
  wireEnd: number,
  place: Place,
): number {
  for (const prefix of L2TP_PREFIXES) {
    const start = at + prefix
    if (isEthernet(b, start, end, wireEnd)) return locateEthernet(b, start, end, wireEnd, place)
    if (isIp(b, start, end, wireEnd)) return locateIp(b, start, end, wireEnd, L2TP, place)
    if (isPpp(b, start, end, wireEnd)) return locatePpp(b, start, end, wireEnd, place)
  }
  return unreadIn(L2TP)
}

function isPpp(b: Uint8Array, at: number, end: number, wireEnd: number): boolean {
  const length = ppp.headerLength(b, at, end)
  return length !== 0 && isOfType(b, at + length, end, wireEnd, ppp.etherType(b, at, end))
}

/** IP of the version that its first nibble says; what is neither is counted for the tunnel's kind. */
export function locateIp(
  b: Uint8Array,
  at: number,
  end: number,
  wireEnd: number,
  kind: number,
  place: Place,
): number {
  if (at >= end) return lacking(at + 1, wireEnd, TRUNCATED_TUNNEL, MALFORMED_TUNNEL)
  const version = u8(b, at) >> 4
  if (version === 4) return locateIpv4(b, at, end, wireEnd, place)
  return version === 6 ? locateIpv6(b, at, end, wireEnd, place) : unreadIn(kind)
}

/** `NOT_IP`, told by the tunnel's kind. */
export const inKind = (found: number, kind: number): number => (found === NOT_IP ? unreadIn(kind) : found)
