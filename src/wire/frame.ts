/**
 * The way from a captured frame to its transport header: link header, tags and labels here, IP in network.ts.
 *
 * `locate` is called for every frame of a capture and allocates nothing. It reads no octet at or beyond
 * `end`, and never throws; what cannot be read is a negative code that names the reason (place.ts), to be
 * counted by the caller.
 */
import { u8 } from '../bytes/read.ts'
import * as ethernet from './ethernet.ts'
import * as linkTypes from './link-types.data.ts'
import * as mpls from './mpls.ts'
import { locateIpv4, locateIpv6 } from './network.ts'
import * as bsd from './null.ts'
import {
  BROKEN_TCP,
  FRAGMENT,
  ICMP,
  ICMPV6,
  lacking,
  MALFORMED_ICMP,
  MALFORMED_IPV4,
  MALFORMED_IPV6,
  MALFORMED_LINK,
  MALFORMED_TCP,
  MALFORMED_UDP,
  NOT_IP,
  OTHER_TRANSPORT,
  Place,
  reasonClass,
  REASONS,
  TCP,
  TCP_PORTS,
  TRUNCATED_LINK,
  TRUNCATED_NETWORK,
  TRUNCATED_TRANSPORT,
  TUNNEL,
  UDP,
  UNKNOWN_LINK_TYPE,
} from './place.ts'
import * as ppp from './ppp.ts'
import * as pppoe from './pppoe.ts'
import * as sll from './sll.ts'
import * as vlan from './vlan.ts'

/** The vocabulary of the answer, for those who ask here. */
export {
  BROKEN_TCP,
  FRAGMENT,
  ICMP,
  ICMPV6,
  MALFORMED_ICMP,
  MALFORMED_IPV4,
  MALFORMED_IPV6,
  MALFORMED_LINK,
  MALFORMED_TCP,
  MALFORMED_UDP,
  NOT_IP,
  OTHER_TRANSPORT,
  Place,
  reasonClass,
  REASONS,
  TCP,
  TCP_PORTS,
  TRUNCATED_LINK,
  TRUNCATED_NETWORK,
  TRUNCATED_TRANSPORT,
  TUNNEL,
  UDP,
  UNKNOWN_LINK_TYPE,
}

/** Tags before a frame is called malformed: provider bridging and a fabric's VN-Tag together make four. */
export const TAGS_MAX = 8

/**
 * A frame length past this is a damaged record: the largest that libpcap writes or reads (MAXIMUM_SNAPLEN).
 */
const WIRE_LENGTH_MAX = 262_144

/** Labels have a range of their own in `Place.tag`, so that label 5 is not VLAN 5. */
const LABEL_RANGE = 1 << 20

/**
 * Finds the headers of the frame at bytes[at..end), which had `wireLength` octets on the wire, and notes them
 * in `place`.
 *
 * @returns a kind (TCP, UDP, ICMP, ICMPV6, FRAGMENT, OTHER_TRANSPORT, BROKEN_TCP), or a negative reason whose
 * name is `REASONS[-code]`
 */
export function locate(
  bytes: Uint8Array,
  at: number,
  end: number,
  wireLength: number,
  linkType: number,
  place: Place,
): number {
  if (place.bytes !== bytes) place.bytes = place.frame = bytes
  place.tag = 0
  const wireEnd = wireLength === end - at ? end : endOnWire(at, end, wireLength)
  const payloadAt = at + ethernet.HEADER_LENGTH
  if (linkType !== linkTypes.ETHERNET || payloadAt > end)
    return locateLink(bytes, at, end, wireEnd, linkType, place)
  place.destinationHardwareAt = at
  place.sourceHardwareAt = at + 6
  const type = ethernet.typeOrLength(bytes, at)
  if (type === ethernet.IPV4) return locateIpv4(bytes, payloadAt, end, wireEnd, place)
  return locateTagged(bytes, payloadAt, end, wireEnd, type, place)
}

/** Where the frame ended on the wire. A record that says to hold more than the frame had is not believed. */
function endOnWire(at: number, end: number, wireLength: number): number {
  const length = Math.min(wireLength, WIRE_LENGTH_MAX)
  return at + length > end ? at + length : end
}

function locateLink(
  b: Uint8Array,
  at: number,
  end: number,
  wireEnd: number,
  linkType: number,
  place: Place,
): number {
  place.destinationHardwareAt = -1
  place.sourceHardwareAt = -1
  switch (linkType) {
    case linkTypes.ETHERNET:
      return lacking(at + ethernet.HEADER_LENGTH, wireEnd, TRUNCATED_LINK, MALFORMED_LINK)
    case linkTypes.LINUX_SLL:
      return locateSll(b, at, end, wireEnd, 1, place)
    case linkTypes.LINUX_SLL2:
      return locateSll(b, at, end, wireEnd, 2, place)
    case linkTypes.RAW:
    case linkTypes.RAW_DLT:
    case linkTypes.RAW_DLT_OPENBSD:
      return locateRaw(b, at, end, wireEnd, place)
    case linkTypes.RAW_IPV4:
      return locateIpv4(b, at, end, wireEnd, place)
    case linkTypes.RAW_IPV6:
      return locateIpv6(b, at, end, wireEnd, place)
    case linkTypes.NULL:
    case linkTypes.LOOP:
      return locateBsd(b, at, end, wireEnd, place)
    case linkTypes.PPP:
    case linkTypes.PPP_HDLC:
      return locatePppOrCisco(b, at, end, wireEnd, place)
    case linkTypes.PPP_ETHER:
      return locatePppoe(b, at, end, wireEnd, place)
    case linkTypes.C_HDLC:
      return locateCisco(b, at, end, wireEnd, place)
    default:
      return UNKNOWN_LINK_TYPE
  }
}

/**
 * What an EtherType at the end of any link header announces. Lengths (IEEE 802.3) are Ethernet's own: see
 * `locateTagged`.
 */
function locateType(
  b: Uint8Array,
  at: number,
  end: number,
  wireEnd: number,
  type: number,
  place: Place,
): number {
  switch (type) {
    case ethernet.IPV4:
      return locateIpv4(b, at, end, wireEnd, place)
    case ethernet.IPV6:
      return locateIpv6(b, at, end, wireEnd, place)
    case ethernet.MPLS:
    case ethernet.MPLS_UPSTREAM:
      return locateMpls(b, at, end, wireEnd, place)
    case ethernet.PPPOE_SESSION:
      return locatePppoe(b, at, end, wireEnd, place)
    case ethernet.TRANSPARENT_BRIDGING:
      return TUNNEL
    default:
      return NOT_IP
  }
}

/** Steps over tags, then reads on: a type, or a length and thus LLC. */
function locateTagged(
  b: Uint8Array,
  start: number,
  end: number,
  wireEnd: number,
  announced: number,
  place: Place,
): number {
  let at = start
  let type = announced
  for (let tags = 0; vlan.isTag(type); tags++) {
    const length = vlan.headerLength(b, at, end, type)
    if (length === 0) return lacking(at + 4, wireEnd, TRUNCATED_LINK, MALFORMED_LINK)
    if (tags === TAGS_MAX) return MALFORMED_LINK
    const identifier = vlan.identifier(b, at, type)
    if (identifier !== 0) foldTag(identifier, place)
    type = vlan.nextType(b, at, type)
    at += length
  }
  if (type >= ethernet.TYPE_MIN) return locateType(b, at, end, wireEnd, type, place)
  return locateLlc(b, at, end, wireEnd, place)
}

/**
 * One tag is kept as it is; more are mixed by a multiplier that is odd and above all of them, so that order
 * matters.
 */
function foldTag(value: number, place: Place): void {
  place.tag = place.tag === 0 ? value : (Math.imul(place.tag, 0x200003) + value) | 0
}

function locateLlc(b: Uint8Array, at: number, end: number, wireEnd: number, place: Place): number {
  const type = ethernet.llcEtherType(b, at, end)
  if (type < ethernet.TYPE_MIN) return NOT_IP
  return locateType(b, at + ethernet.llcLength(b, at), end, wireEnd, type, place)
}

function locateSll(
  b: Uint8Array,
  at: number,
  end: number,
  wireEnd: number,
  version: 1 | 2,
  place: Place,
): number {
  const length = sll.headerLength(b, at, end, version)
  if (length === 0) return lacking(at + (version === 1 ? 16 : 20), wireEnd, TRUNCATED_LINK, MALFORMED_LINK)
  place.sourceHardwareAt = sll.sourceAt(b, at, version)
  const type = sll.protocol(b, at, version)
  if (type === sll.PROTOCOL_LLC) return locateLlc(b, at + length, end, wireEnd, place)
  return type < ethernet.TYPE_MIN ? NOT_IP : locateTagged(b, at + length, end, wireEnd, type, place)
}

/** IP of the version that its first nibble says. */
function locateRaw(b: Uint8Array, at: number, end: number, wireEnd: number, place: Place): number {
  if (at >= end) return lacking(at + 1, wireEnd, TRUNCATED_LINK, MALFORMED_LINK)
  if (u8(b, at) >> 4 === 6) return locateIpv6(b, at, end, wireEnd, place)
  return locateIpv4(b, at, end, wireEnd, place)
}

function locateBsd(b: Uint8Array, at: number, end: number, wireEnd: number, place: Place): number {
  if (bsd.headerLength(b, at, end) === 0)
    return lacking(at + bsd.HEADER_LENGTH, wireEnd, TRUNCATED_LINK, MALFORMED_LINK)
  return locateType(b, at + bsd.HEADER_LENGTH, end, wireEnd, bsd.etherType(b, at), place)
}

function locatePppOrCisco(b: Uint8Array, at: number, end: number, wireEnd: number, place: Place): number {
  return ppp.isCisco(b, at, end)
    ? locateCisco(b, at, end, wireEnd, place)
    : locatePpp(b, at, end, wireEnd, place)
}

function locatePpp(b: Uint8Array, at: number, end: number, wireEnd: number, place: Place): number {
  const length = ppp.headerLength(b, at, end)
  if (length === 0) return end < wireEnd ? TRUNCATED_LINK : MALFORMED_LINK
  return locateType(b, at + length, end, wireEnd, ppp.etherType(b, at, end), place)
}

function locateCisco(b: Uint8Array, at: number, end: number, wireEnd: number, place: Place): number {
  const length = ppp.ciscoHeaderLength(b, at, end)
  if (length === 0) return end < wireEnd ? TRUNCATED_LINK : MALFORMED_LINK
  return locateType(b, at + length, end, wireEnd, ppp.ciscoEtherType(b, at), place)
}

function locatePppoe(b: Uint8Array, at: number, end: number, wireEnd: number, place: Place): number {
  const length = pppoe.headerLength(b, at, end)
  if (length === 0) return lacking(at + pppoe.HEADER_LENGTH, wireEnd, TRUNCATED_LINK, MALFORMED_LINK)
  const payloadAt = at + length
  const said = payloadAt + pppoe.payloadLength(b, at)
  const innerEnd = said < wireEnd ? said : wireEnd
  return locatePpp(b, payloadAt, innerEnd < end ? innerEnd : end, innerEnd, place)
}

/**
 * Nothing says what follows the labels: the version nibble of IP is taken at its word, all else is a
 * pseudo-wire.
 */
function locateMpls(b: Uint8Array, at: number, end: number, wireEnd: number, place: Place): number {
  const length = mpls.stackLength(b, at, end)
  if (length === 0) return end < wireEnd ? TRUNCATED_LINK : MALFORMED_LINK
  for (let i = 0; i < length; i += mpls.LABEL_LENGTH) foldTag(LABEL_RANGE + mpls.label(b, at + i), place)
  const payloadAt = at + length
  if (payloadAt >= end) return lacking(payloadAt + 1, wireEnd, TRUNCATED_NETWORK, MALFORMED_LINK)
  const version = u8(b, payloadAt) >> 4
  if (version === 4) return locateIpv4(b, payloadAt, end, wireEnd, place)
  return version === 6 ? locateIpv6(b, payloadAt, end, wireEnd, place) : TUNNEL
}
