/**
 * Tunnels over UDP. The port says which to expect, and the octets whether it is one; on other ports only what
 * leaves no doubt is taken for a tunnel: a header whose reserved bits are as they must be, with an IP packet
 * inside whose lengths and checksum are right. All else stays UDP.
 *
 * A mirror of AWS is VXLAN with a number of its own for each session ("Traffic mirroring", VPC
 * documentation), and is read as such.
 */
import { u32, u8 } from '../bytes/read.ts'
import * as capwap from './capwap.ts'
import * as gtp from './gtp.ts'
import * as ipv4 from './ipv4.ts'
import * as ipv6 from './ipv6.ts'
import * as l2tp from './l2tp.ts'
import { locateEthernet, locateMpls, locatePpp, locateType } from './link.ts'
import { locateCapwapFrame } from './link-fragment.ts'
import { locateIpv6 } from './network.ts'
import {
  CAPWAP_DOT11,
  CAPWAP_ETHERNET,
  ENCRYPTED,
  LINK_FRAGMENT,
  MALFORMED_TUNNEL,
  TOO_DEEP,
  TRUNCATED_TUNNEL,
  unreadIn,
} from './place.ts'
import type { Place } from './place.ts'
import { isEthernet, isIp, isOfType } from './plausible.ts'
import { inKind, locateIp, locateL2tpPayload, NO_TUNNEL } from './sniffed.ts'
import { stepBetween } from './step.ts'
import * as teredo from './teredo.ts'
import * as kinds from './tunnels.data.ts'
import * as tzsp from './tzsp.ts'
import * as udp from './udp.ts'
import * as vxlan from './vxlan.ts'
import { locateDot11 } from './wireless.ts'

/** Ports (IANA, and what Linux and Mikrotik had before or instead). */
const L2TP_PORT = 1701
const GTP_PORT = 2152
const GTP_V0_PORT = 3386
const TEREDO_PORT = 3544
const LISP_PORT = 4341
const VXLAN_PORT = 4789
const VXLAN_GPE_PORT = 4790
const CAPWAP_PORT = 5247
const GENEVE_PORT = 6081
const MPLS_PORT = 6635
const VXLAN_LINUX_PORT = 8472
const TZSP_PORT = 37_008

/** What is inside the datagram at `place`: a kind, a reason, or `NO_TUNNEL`. */
export function enterUdp(place: Place): number {
  const { bytes, transportAt } = place
  const end = udp.payloadEnd(bytes, transportAt, place.end)
  const wireEnd = udp.payloadEnd(bytes, transportAt, place.wireEnd)
  const at = transportAt + udp.HEADER_LENGTH
  if (at >= end) return NO_TUNNEL
  const toPort = enterPort(udp.destinationPort(bytes, transportAt), place, at, end, wireEnd)
  if (toPort !== NO_TUNNEL) return toPort
  const fromPort = enterPort(udp.sourcePort(bytes, transportAt), place, at, end, wireEnd)
  return fromPort === NO_TUNNEL ? enterUnannounced(place, at, end, wireEnd) : fromPort
}

function enterPort(port: number, place: Place, at: number, end: number, wireEnd: number): number {
  switch (port) {
    case VXLAN_PORT:
    case VXLAN_LINUX_PORT:
      return enterVxlan(place, at, end, wireEnd)
    case VXLAN_GPE_PORT:
      return enterVxlanGpe(place, at, end, wireEnd)
    case GENEVE_PORT:
      return enterGeneve(place, at, end, wireEnd)
    case GTP_PORT:
    case GTP_V0_PORT:
      return gtp.isPacket(place.bytes, at, end) ? enterGtp(place, at, end, wireEnd) : NO_TUNNEL
    case TEREDO_PORT:
      return enterTeredo(place, at, end, wireEnd)
    case L2TP_PORT:
      return l2tp.isData(place.bytes, at, end) ? enterL2tp(place, at, end, wireEnd) : NO_TUNNEL
    case CAPWAP_PORT:
      return enterCapwap(place, at, end, wireEnd)
    case MPLS_PORT:
      if (!stepBetween(place, kinds.MPLS_IN_IP, 0)) return TOO_DEEP
      return locateMpls(place.bytes, at, end, wireEnd, place)
    case LISP_PORT:
      return enterLisp(place, at, end, wireEnd)
    case TZSP_PORT:
      return enterTzsp(place, at, end, wireEnd)
    default:
      return NO_TUNNEL
  }
}

/** By the octets alone. */
function enterUnannounced(place: Place, at: number, end: number, wireEnd: number): number {
  const { bytes: b } = place
  switch (u8(b, at) >> 4) {
    case 0:
      return enterOverlay(place, at, end, wireEnd)
    case 3:
      return isSoundGtp(b, at, end, wireEnd) ? enterGtp(place, at, end, wireEnd) : NO_TUNNEL
    case 6:
      return teredo.isOfClient(b, at, end) && isIp(b, at, end, wireEnd)
        ? enterTeredo(place, at, end, wireEnd)
        : NO_TUNNEL
    default:
      return NO_TUNNEL
  }
}

function enterOverlay(place: Place, at: number, end: number, wireEnd: number): number {
  const { bytes: b } = place
  if (vxlan.isPlainVxlan(b, at, end))
    return isEthernet(b, at + vxlan.vxlanLength(b, at, end), end, wireEnd)
      ? enterVxlan(place, at, end, wireEnd)
      : NO_TUNNEL
  const length = vxlan.geneveLength(b, at, end)
  if (length === 0 || !vxlan.isPlainGeneve(b, at)) return NO_TUNNEL
  return isOfType(b, at + length, end, wireEnd, vxlan.geneveType(b, at))
    ? enterGeneve(place, at, end, wireEnd)
    : NO_TUNNEL
}

function isSoundGtp(b: Uint8Array, at: number, end: number, wireEnd: number): boolean {
  if (!gtp.isPacket(b, at, end) || !gtp.endsAt(b, at, wireEnd)) return false
  const length = gtp.headerLength(b, at, end)
  return length !== 0 && isIp(b, at + length, end, wireEnd)
}

function enterVxlan(place: Place, at: number, end: number, wireEnd: number): number {
  const { bytes: b } = place
  const length = vxlan.vxlanLength(b, at, end)
  if (length === 0) return NO_TUNNEL
  if (!stepBetween(place, kinds.VXLAN, vxlan.network(b, at))) return TOO_DEEP
  return inKind(locateEthernet(b, at + length, end, wireEnd, place), kinds.VXLAN)
}

function enterVxlanGpe(place: Place, at: number, end: number, wireEnd: number): number {
  const { bytes: b } = place
  const length = vxlan.vxlanLength(b, at, end)
  if (length === 0 || !vxlan.isExtended(b, at)) return enterVxlan(place, at, end, wireEnd)
  const type = vxlan.extendedType(b, at)
  if (!stepBetween(place, kinds.VXLAN_GPE, vxlan.network(b, at))) return TOO_DEEP
  return inKind(locateType(b, at + length, end, wireEnd, type, place), kinds.VXLAN_GPE)
}

function enterGeneve(place: Place, at: number, end: number, wireEnd: number): number {
  const { bytes: b } = place
  const length = vxlan.geneveLength(b, at, end)
  if (length === 0 || vxlan.isGeneveControl(b, at)) return NO_TUNNEL
  const type = vxlan.geneveType(b, at)
  if (!stepBetween(place, kinds.GENEVE, vxlan.network(b, at))) return TOO_DEEP
  return inKind(locateType(b, at + length, end, wireEnd, type, place), kinds.GENEVE)
}

/** A session that carries something else than IP says so nowhere in its packets. */
function enterGtp(place: Place, at: number, end: number, wireEnd: number): number {
  const { bytes: b } = place
  const length = gtp.headerLength(b, at, end)
  if (length === 0) return end < wireEnd ? TRUNCATED_TUNNEL : MALFORMED_TUNNEL
  if (!stepBetween(place, kinds.GTP, gtp.tunnel(b, at))) return TOO_DEEP
  const packetAt = at + length
  return isEthernet(b, packetAt, end, wireEnd)
    ? locateEthernet(b, packetAt, end, wireEnd, place)
    : locateIp(b, packetAt, end, wireEnd, kinds.GTP, place)
}

/** The client's port is part of its address; both ends go by the addresses of the IP header here. */
function enterTeredo(place: Place, at: number, end: number, wireEnd: number): number {
  const { bytes: b } = place
  const length = teredo.headerLength(b, at, end)
  if (length < 0 || u8(b, at + length) >> 4 !== 6) return NO_TUNNEL
  if (!stepBetween(place, kinds.TEREDO, 0)) return TOO_DEEP
  return locateIpv6(b, at + length, end, wireEnd, place)
}

function enterL2tp(place: Place, at: number, end: number, wireEnd: number): number {
  const { bytes: b } = place
  const version = l2tp.version(b, at)
  if (version === 3) {
    if (!stepBetween(place, kinds.L2TP, u32(b, at + 4))) return TOO_DEEP
    return locateL2tpPayload(b, at + l2tp.V3_UDP_LENGTH, end, wireEnd, place)
  }
  if (version !== 2) return NO_TUNNEL
  const length = l2tp.v2Length(b, at, end)
  if (length === 0) return end < wireEnd ? TRUNCATED_TUNNEL : MALFORMED_TUNNEL
  if (!stepBetween(place, kinds.L2TP, l2tp.v2Session(b, at))) return TOO_DEEP
  return inKind(locatePpp(b, at + length, end, wireEnd, place), kinds.L2TP)
}

function enterCapwap(place: Place, at: number, end: number, wireEnd: number): number {
  const { bytes: b } = place
  if (capwap.isEncrypted(b, at)) return ENCRYPTED
  const length = capwap.headerLength(b, at, end)
  if (length === 0 || capwap.isKeepAlive(b, at)) return NO_TUNNEL
  const whole = capwap.isWireless(b, at) ? CAPWAP_DOT11 : CAPWAP_ETHERNET
  if (capwap.isFragment(b, at)) return enterPiece(place, at, at + length, end, wireEnd, whole)
  if (!stepBetween(place, kinds.CAPWAP, capwap.radio(b, at))) return TOO_DEEP
  return locateCapwapFrame(b, at + length, end, wireEnd, whole, place)
}

/** Each end of CAPWAP numbers its frames (RFC 5415 4.3): an access point is an address and a port. */
function enterPiece(
  place: Place,
  at: number,
  payloadAt: number,
  end: number,
  wireEnd: number,
  whole: number,
): number {
  const { bytes: b, networkAt, version } = place
  const port = udp.sourcePort(b, place.transportAt)
  if (!stepBetween(place, kinds.CAPWAP, capwap.radio(b, at))) return TOO_DEEP
  place.whole = whole
  place.ownerAt = version === 4 ? ipv4.sourceAt(networkAt) : ipv6.sourceAt(networkAt)
  place.ownerLength = version === 4 ? 8 : 32
  place.fragmentIdentification = capwap.fragmentIdentification(b, at) * 0x10000 + port
  place.fragmentOffset = capwap.fragmentOffset(b, at)
  place.moreFragments = capwap.moreFragments(b, at)
  place.transportAt = payloadAt
  place.end = end
  place.wireEnd = wireEnd
  return LINK_FRAGMENT
}

/** Eight octets, then IP (RFC 9300 5.1); the instance is told only if its bit is set. */
function enterLisp(place: Place, at: number, end: number, wireEnd: number): number {
  const { bytes: b } = place
  const packetAt = at + 8
  if (!isIp(b, packetAt, end, wireEnd)) return NO_TUNNEL
  const instance = (u8(b, at) & 0x08) === 0 ? 0 : u32(b, at + 4) >>> 8
  if (!stepBetween(place, kinds.LISP, instance)) return TOO_DEEP
  return locateIp(b, packetAt, end, wireEnd, kinds.LISP, place)
}

function enterTzsp(place: Place, at: number, end: number, wireEnd: number): number {
  const { bytes: b } = place
  const length = tzsp.headerLength(b, at, end)
  if (length === 0) return NO_TUNNEL
  const carried = tzsp.carried(b, at)
  if (!stepBetween(place, kinds.TZSP, 0)) return TOO_DEEP
  if (carried === tzsp.ETHERNET)
    return inKind(locateEthernet(b, at + length, end, wireEnd, place), kinds.TZSP)
  if (carried === tzsp.DOT11)
    return inKind(locateDot11(b, at + length, end, wireEnd, false, place), kinds.TZSP)
  return unreadIn(kinds.TZSP)
}
