/**
 * The packet that an ICMP (RFC 792) or ICMPv6 (RFC 4443) error quotes: it belongs to the connection that drew
 * the error, and is no packet of it. What drew it may be a tunnel that the connection is in.
 */
import * as icmp from './icmp.ts'
import * as icmpv6 from './icmpv6.ts'
import * as ipv4 from './ipv4.ts'
import * as ipv6 from './ipv6.ts'
import { locateIpv4, locateIpv6 } from './network.ts'
import { FRAGMENT, MALFORMED_TCP, TCP_PORTS, TRUNCATED_TRANSPORT } from './place.ts'
import type { Place } from './place.ts'
import { enterTunnels } from './tunnel.ts'

/** A quoted datagram may say any length: what was quoted of it is less. */
const ANY_LENGTH = 0x20000 // octets

/**
 * The packet that an ICMP or ICMPv6 error at `place` quotes, into `inner`: its kind, or 0 if the message
 * quotes none, or nothing of it can be read. `TCP_PORTS` if the quotation of a TCP segment ends before the
 * window but not before the ports. Wireshark numbers a stream for `TCP` and `BROKEN_TCP` only. A redirect is
 * no error here, nor to Wireshark.
 */
export function quotedPacket(place: Place, inner: Place): number {
  const { bytes, transportAt, end } = place
  inner.bytes = bytes
  inner.frame = place.frame
  inner.sourceHardwareAt = inner.destinationHardwareAt = -1
  inner.tag = place.tag
  inner.path = place.path
  inner.depth = place.depth
  let kind = 0
  if (place.protocol === ipv4.PROTOCOL_ICMP) kind = quotedByIcmp(bytes, transportAt, end, inner)
  if (place.protocol === ipv6.PROTOCOL_ICMPV6) kind = quotedByIcmpv6(bytes, transportAt, end, inner)
  kind = enterTunnels(kind, inner)
  if (kind > 0) return kind === FRAGMENT || kind > TCP_PORTS ? 0 : kind
  const hasPorts =
    (kind === TRUNCATED_TRANSPORT || kind === MALFORMED_TCP) && inner.transportAt + 4 <= inner.end
  return hasPorts && inner.protocol === ipv4.PROTOCOL_TCP ? TCP_PORTS : 0
}

function quotedByIcmp(bytes: Uint8Array, at: number, end: number, inner: Place): number {
  if (at + icmp.HEADER_LENGTH > end || !icmp.isError(bytes, at)) return 0
  const ip = icmp.quotedAt(at)
  return locateIpv4(bytes, ip, end, ip + ANY_LENGTH, inner)
}

function quotedByIcmpv6(bytes: Uint8Array, at: number, end: number, inner: Place): number {
  if (!icmpv6.isError(bytes, at, end)) return 0
  const ip = icmpv6.quotedAt(at)
  return locateIpv6(bytes, ip, end, ip + ANY_LENGTH, inner)
}
