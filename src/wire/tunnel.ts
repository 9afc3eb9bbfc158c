/**
 * From a tunnel's header to the packet inside, for as many tunnels as there are. What `locate` answered is
 * taken up here when it is none of the ordinary kinds; nothing here is on the way of a plain packet.
 *
 * A tunnel over IP is told by its protocol number, one over UDP by its port and by what the octets are
 * (udp-tunnel.ts). Its ends and identifier become a step of `place.path`. What is inside and leads to no IP
 * packet is counted by the tunnel's kind, and what could not be read without a key as encrypted.
 */
import { u32, u8 } from '../bytes/read.ts'
import * as erspan from './erspan.ts'
import * as gre from './gre.ts'
import * as l2tp from './l2tp.ts'
import { locateEthernet, locateMpls, locatePpp, locateType } from './link.ts'
import { locateIpv4, locateIpv6 } from './network.ts'
import {
  ENCRYPTED,
  lacking,
  MALFORMED_TUNNEL,
  TOO_DEEP,
  TRUNCATED_TUNNEL,
  TUNNEL,
  UDP,
  unreadIn,
} from './place.ts'
import type { Place } from './place.ts'
import { inKind, locateIp, locateL2tpPayload, NO_TUNNEL } from './sniffed.ts'
import { stepBetween } from './step.ts'
import * as kinds from './tunnels.data.ts'
import { enterUdp } from './udp-tunnel.ts'
import { locateDot11 } from './wireless.ts'

/** IP protocol numbers (IANA). */
const IPV4 = 4
const IPV6 = 41
const GENERIC = 47
const ENCAPSULATING_SECURITY = 50
const IPIP = 94
const ETHER_IP = 97
const L2TP = 115
const MPLS = 137
const ETHERNET = 143

/**
 * Reads on inside the tunnels at `place`, for which `locate`, `locatePayload` or the reassembly of fragments
 * answered `kind`.
 *
 * @returns `kind` itself if it is no tunnel; else what was found in the innermost one: a kind, or a reason
 */
export function enterTunnels(kind: number, place: Place): number {
  let found = kind
  while (found === TUNNEL || found === UDP) {
    const inside = found === UDP ? enterUdp(place) : enterIp(place)
    if (inside === NO_TUNNEL) return found
    found = inside
  }
  return found
}

/** By the protocol number. */
function enterIp(place: Place): number {
  switch (place.protocol) {
    case IPV4:
    case IPIP:
      return enterIpInIp(place, 4)
    case IPV6:
      return enterIpInIp(place, 6)
    case GENERIC:
      return enterGre(place)
    case ENCAPSULATING_SECURITY:
      return ENCRYPTED
    case ETHER_IP:
      return enterEthernet(place, 2)
    case ETHERNET:
      return enterEthernet(place, 0)
    case L2TP:
      return enterL2tp(place)
    case MPLS:
      return enterMpls(place)
    default:
      return unreadIn(0)
  }
}

function enterIpInIp(place: Place, inner: 4 | 6): number {
  const { bytes, transportAt, end, wireEnd } = place
  if (!stepBetween(place, ipInIp(place.version, inner), 0)) return TOO_DEEP
  const locateInner = inner === 4 ? locateIpv4 : locateIpv6
  return locateInner(bytes, transportAt, end, wireEnd, place)
}

function ipInIp(outer: number, inner: 4 | 6): number {
  if (outer === 4) return inner === 4 ? kinds.IP_IN_IP : kinds.SIX_IN_FOUR
  return inner === 4 ? kinds.FOUR_IN_SIX : kinds.SIX_IN_SIX
}

/** A frame after `skip` octets: EtherIP's version and padding (RFC 3378 3), or nothing (RFC 8986 4.9). */
function enterEthernet(place: Place, skip: number): number {
  const { bytes, transportAt, end, wireEnd } = place
  if (!stepBetween(place, kinds.ETHER_IP, 0)) return TOO_DEEP
  return locateEthernet(bytes, transportAt + skip, end, wireEnd, place)
}

function enterMpls(place: Place): number {
  const { bytes, transportAt, end, wireEnd } = place
  if (!stepBetween(place, kinds.MPLS_IN_IP, 0)) return TOO_DEEP
  return locateMpls(bytes, transportAt, end, wireEnd, place)
}

/** Session 0 is the control connection (RFC 3931 4.1.1.2). */
function enterL2tp(place: Place): number {
  const { bytes, transportAt, end, wireEnd } = place
  const payloadAt = transportAt + l2tp.V3_IP_LENGTH
  if (payloadAt > end) return lacking(payloadAt, wireEnd, TRUNCATED_TUNNEL, MALFORMED_TUNNEL)
  const session = u32(bytes, transportAt)
  if (session === 0) return unreadIn(kinds.L2TP)
  if (!stepBetween(place, kinds.L2TP, session)) return TOO_DEEP
  return locateL2tpPayload(bytes, payloadAt, end, wireEnd, place)
}

function enterGre(place: Place): number {
  const { bytes, transportAt, end, wireEnd } = place
  const length = gre.headerLength(bytes, transportAt, end)
  if (length === 0) return end < wireEnd ? TRUNCATED_TUNNEL : MALFORMED_TUNNEL
  const payloadAt = transportAt + length
  switch (gre.protocolType(bytes, transportAt)) {
    case gre.TYPE_ERSPAN:
    case gre.TYPE_ERSPAN_3:
      return enterErspan(place, payloadAt)
    case gre.TYPE_PPP:
      return enterPptp(place, payloadAt)
    case gre.TYPE_WCCP:
      return enterRedirected(place, payloadAt)
    default:
      if (!stepBetween(place, kinds.GRE, gre.identifier(bytes, transportAt))) return TOO_DEEP
      return locateGrePayload(bytes, payloadAt, end, wireEnd, gre.protocolType(bytes, transportAt), place)
  }
}

function locateGrePayload(
  b: Uint8Array,
  at: number,
  end: number,
  wireEnd: number,
  type: number,
  place: Place,
): number {
  if (gre.isWireless(type)) return locateDot11(b, at, end, wireEnd, false, place)
  return inKind(locateType(b, at, end, wireEnd, type, place), kinds.GRE)
}

/** Type I has no header of its own, and is told by the lack of a sequence number. */
function enterErspan(place: Place, at: number): number {
  const { bytes, transportAt, end, wireEnd } = place
  const isFirst =
    gre.protocolType(bytes, transportAt) === gre.TYPE_ERSPAN && !gre.hasSequence(bytes, transportAt)
  if (isFirst) {
    if (!stepBetween(place, kinds.ERSPAN, 0)) return TOO_DEEP
    return locateEthernet(bytes, at, end, wireEnd, place)
  }
  const length = erspan.headerLength(bytes, at, end)
  if (length === 0) return end < wireEnd ? TRUNCATED_TUNNEL : unreadIn(kinds.ERSPAN)
  if (!stepBetween(place, kinds.ERSPAN, erspan.session(bytes, at))) return TOO_DEEP
  return erspan.isEthernet(bytes, at)
    ? locateEthernet(bytes, at + length, end, wireEnd, place)
    : locateIp(bytes, at + length, end, wireEnd, kinds.ERSPAN, place)
}

/** A packet without payload acknowledges only; link control and what is compressed or encrypted is not
 * read. */
function enterPptp(place: Place, at: number): number {
  const { bytes, transportAt, end, wireEnd } = place
  if (at >= wireEnd) return unreadIn(kinds.PPTP)
  if (!stepBetween(place, kinds.PPTP, gre.identifier(bytes, transportAt))) return TOO_DEEP
  return inKind(locatePpp(bytes, at, end, wireEnd, place), kinds.PPTP)
}

/** Version 2 puts 4 octets of its own before the packet (draft-mclaggan-wccp-v2rev1 4.11), version 1 none. */
function enterRedirected(place: Place, at: number): number {
  const { bytes, end, wireEnd } = place
  if (!stepBetween(place, kinds.WCCP, 0)) return TOO_DEEP
  const packetAt = at < end && u8(bytes, at) >> 4 === 4 ? at : at + 4
  return locateIp(bytes, packetAt, end, wireEnd, kinds.WCCP, place)
}
