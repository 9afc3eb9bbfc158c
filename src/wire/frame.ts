/**
 * The way from a captured frame to its transport header: link header, tags and labels here, IP in network.ts.
 *
 * `locate` is called for every frame of a capture and allocates nothing. It reads no octet at or beyond
 * `end`, and never throws; what cannot be read is a negative code that names the reason (place.ts), to be
 * counted by the caller.
 */
import { u8 } from '../bytes/read.ts'
import * as headers from './capture-headers.ts'
import * as ethernet from './ethernet.ts'
import * as linkTypes from './link-types.data.ts'
import {
  locateEthernet,
  locateLlc,
  locateMpls,
  locatePpp,
  locatePppoe,
  locateTagged,
  locateType,
} from './link.ts'
import { locateIpv4, locateIpv6 } from './network.ts'
import * as bsd from './null.ts'
import {
  AGGREGATE,
  BROKEN_TCP,
  FRAGMENT,
  ICMP,
  ICMPV6,
  LINK_FRAGMENT,
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
import * as sll from './sll.ts'
import { locateDot11, locatePrism, locateRadiotap } from './wireless.ts'

/** The vocabulary of the answer, for those who ask here. */
export {
  AGGREGATE,
  BROKEN_TCP,
  FRAGMENT,
  ICMP,
  ICMPV6,
  LINK_FRAGMENT,
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

/**
 * A frame length past this is a damaged record: the largest that libpcap writes or reads (MAXIMUM_SNAPLEN).
 */
const WIRE_LENGTH_MAX = 262_144

/**
 * Finds the headers of the frame at bytes[at..end), which had `wireLength` octets on the wire, and notes them
 * in `place`.
 *
 * @returns a kind (TCP, UDP, ICMP, ICMPV6, FRAGMENT, OTHER_TRANSPORT, BROKEN_TCP, LINK_FRAGMENT, AGGREGATE),
 * or a negative reason whose name is `REASONS[-code]`
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
  place.path = 0
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
      return locateEthernet(b, at, end, wireEnd, place)
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
    case linkTypes.MPLS:
      return locateMpls(b, at, end, wireEnd, place)
    case linkTypes.NFLOG:
      return locateNflog(b, at, end, wireEnd, place)
    default:
      return locateWireless(b, at, end, wireEnd, linkType, place)
  }
}

function locateWireless(
  b: Uint8Array,
  at: number,
  end: number,
  wireEnd: number,
  linkType: number,
  place: Place,
): number {
  switch (linkType) {
    case linkTypes.IEEE802_11:
      return locateDot11(b, at, end, wireEnd, false, place)
    case linkTypes.IEEE802_11_RADIOTAP:
      return locateRadiotap(b, at, end, wireEnd, place)
    case linkTypes.IEEE802_11_PRISM:
    case linkTypes.IEEE802_11_AVS:
      return locatePrism(b, at, end, wireEnd, place)
    case linkTypes.PPI:
      return locatePpi(b, at, end, wireEnd, place)
    default:
      return UNKNOWN_LINK_TYPE
  }
}

/** A header that says what link type follows. */
function locatePpi(b: Uint8Array, at: number, end: number, wireEnd: number, place: Place): number {
  const length = headers.ppiLength(b, at, end)
  if (length === 0) return end < wireEnd ? TRUNCATED_LINK : MALFORMED_LINK
  const linkType = headers.ppiLinkType(b, at)
  if (linkType === linkTypes.PPI) return MALFORMED_LINK
  return locateLink(b, at + length, end, wireEnd, linkType, place)
}

/** What a Linux packet filter logged: a packet among fields that say what the filter knew of it. */
function locateNflog(b: Uint8Array, at: number, end: number, wireEnd: number, place: Place): number {
  const length = headers.nflogLength(b, at, end)
  if (length === 0) return end < wireEnd ? TRUNCATED_LINK : NOT_IP
  return locateRaw(b, at + length, end, wireEnd, place)
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

function locateCisco(b: Uint8Array, at: number, end: number, wireEnd: number, place: Place): number {
  const length = ppp.ciscoHeaderLength(b, at, end)
  if (length === 0) return end < wireEnd ? TRUNCATED_LINK : MALFORMED_LINK
  return locateType(b, at + length, end, wireEnd, ppp.ciscoEtherType(b, at), place)
}
