/**
 * From a link header to IP: Ethernet with its tags, LLC, PPP, labels. What lies outermost in a frame is
 * frame.ts; these are also what tunnels carry.
 *
 * VLAN tags are no part of a path, and so of no connection's identity: the two directions of a connection,
 * and the two sides of a router that one mirror shows, lie in different VLANs of one network, where addresses
 * are told apart anyway. Labels and sessions of providers are, since their customers' addresses are not.
 */
import { u8 } from '../bytes/read.ts'
import * as ethernet from './ethernet.ts'
import * as mpls from './mpls.ts'
import { locateIpv4, locateIpv6 } from './network.ts'
import * as nsh from './nsh.ts'
import {
  ENCRYPTED,
  lacking,
  MALFORMED_LINK,
  MALFORMED_TUNNEL,
  NOT_IP,
  TOO_DEEP,
  TRUNCATED_LINK,
  TRUNCATED_NETWORK,
  TRUNCATED_TUNNEL,
  unreadIn,
} from './place.ts'
import type { Place } from './place.ts'
import { isEthernet, isIp } from './plausible.ts'
import * as ppp from './ppp.ts'
import * as pppoe from './pppoe.ts'
import { stepAlong } from './step.ts'
import * as tags from './tags.ts'
import { BACKBONE, MPLS, NSH, PPPOE } from './tunnels.data.ts'

/** Labels have a range of their own in `Place.tag`, so that label 5 is not VLAN 5. */
const LABEL_RANGE = 1 << 20

/** An Ethernet frame. */
export function locateEthernet(
  b: Uint8Array,
  at: number,
  end: number,
  wireEnd: number,
  place: Place,
): number {
  const payloadAt = at + ethernet.HEADER_LENGTH
  if (payloadAt > end) return lacking(payloadAt, wireEnd, TRUNCATED_LINK, MALFORMED_LINK)
  noteHardware(b, at, place)
  return locateTagged(b, payloadAt, end, wireEnd, ethernet.typeOrLength(b, at), place)
}

/**
 * What an EtherType at the end of any link header announces. Lengths (IEEE 802.3) are Ethernet's own: see
 * `locateTagged`.
 */
export function locateType(
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
    case ethernet.MACSEC:
      return locateTagged(b, at, end, wireEnd, type, place)
    case ethernet.BACKBONE_SERVICE:
      return locateBackbone(b, at, end, wireEnd, place)
    case ethernet.NETWORK_SERVICE:
      return locateService(b, at, end, wireEnd, place)
    default:
      return NOT_IP
  }
}

/** Steps over tags, and into frames in frames, then reads on: a type, or a length and thus LLC. */
export function locateTagged(
  b: Uint8Array,
  start: number,
  end: number,
  wireEnd: number,
  announced: number,
  place: Place,
): number {
  let at = start
  let type = announced
  for (let i = 0; tags.isTag(type); i++) {
    const length = tags.headerLength(b, at, end, type)
    if (length === 0) return end < wireEnd ? TRUNCATED_LINK : MALFORMED_LINK
    if (i === tags.TAGS_MAX) return MALFORMED_LINK
    if (tags.isEncrypted(b, at, type)) return ENCRYPTED
    const identifier = tags.identifier(b, at, type)
    if (identifier !== 0) foldTag(identifier, place)
    else if (type === ethernet.TRANSPARENT_BRIDGING) noteHardware(b, at, place)
    type = tags.nextType(b, at, length)
    at += length
  }
  if (type >= ethernet.TYPE_MIN) return locateType(b, at, end, wireEnd, type, place)
  return locateLlc(b, at, end, wireEnd, place)
}

function noteHardware(b: Uint8Array, at: number, place: Place): void {
  const isInFrame = b === place.frame
  place.destinationHardwareAt = isInFrame ? at : -1
  place.sourceHardwareAt = isInFrame ? at + 6 : -1
}

/**
 * One tag is kept as it is; more are mixed by a multiplier that is odd and above all of them, so that order
 * matters.
 */
function foldTag(value: number, place: Place): void {
  place.tag = place.tag === 0 ? value : (Math.imul(place.tag, 0x200003) + value) | 0
}

export function locateLlc(b: Uint8Array, at: number, end: number, wireEnd: number, place: Place): number {
  const type = ethernet.llcEtherType(b, at, end)
  if (type < ethernet.TYPE_MIN) return NOT_IP
  return locateType(b, at + ethernet.llcLength(b, at), end, wireEnd, type, place)
}

export function locatePpp(b: Uint8Array, at: number, end: number, wireEnd: number, place: Place): number {
  const length = ppp.headerLength(b, at, end)
  if (length === 0) return end < wireEnd ? TRUNCATED_LINK : MALFORMED_LINK
  return locateType(b, at + length, end, wireEnd, ppp.etherType(b, at, end), place)
}

export function locatePppoe(b: Uint8Array, at: number, end: number, wireEnd: number, place: Place): number {
  const length = pppoe.headerLength(b, at, end)
  if (length === 0) return lacking(at + pppoe.HEADER_LENGTH, wireEnd, TRUNCATED_LINK, MALFORMED_LINK)
  if (!stepAlong(place, PPPOE, pppoe.session(b, at))) return TOO_DEEP
  const payloadAt = at + length
  const said = payloadAt + pppoe.payloadLength(b, at)
  const innerEnd = said < wireEnd ? said : wireEnd
  return locatePpp(b, payloadAt, innerEnd < end ? innerEnd : end, innerEnd, place)
}

/**
 * Nothing says what follows the labels (RFC 4928 3): the version nibble of IP is taken at its word unless the
 * octets are a frame that leads to IP, since a hardware address may begin with any nibble; 0 may be a control
 * word (RFC 4448 4.6), or again an address.
 */
export function locateMpls(b: Uint8Array, at: number, end: number, wireEnd: number, place: Place): number {
  const length = mpls.stackLength(b, at, end)
  if (length === 0) return end < wireEnd ? TRUNCATED_LINK : MALFORMED_LINK
  for (let i = 0; i < length; i += mpls.LABEL_LENGTH) foldTag(LABEL_RANGE + mpls.label(b, at + i), place)
  if (!stepAlong(place, MPLS, mpls.serviceLabel(b, at, length))) return TOO_DEEP
  const payloadAt = at + length
  if (payloadAt >= end) {
    place.networkAt = payloadAt
    place.version = 0
    return lacking(payloadAt + 1, wireEnd, TRUNCATED_NETWORK, MALFORMED_LINK)
  }
  const nibble = u8(b, payloadAt) >> 4
  const isVersion = nibble === 4 || nibble === 6
  if (isVersion && (isIp(b, payloadAt, end, wireEnd) || !isEthernet(b, payloadAt, end, wireEnd)))
    return nibble === 4
      ? locateIpv4(b, payloadAt, end, wireEnd, place)
      : locateIpv6(b, payloadAt, end, wireEnd, place)
  return locatePseudowire(b, payloadAt, end, wireEnd, place)
}

function locatePseudowire(b: Uint8Array, at: number, end: number, wireEnd: number, place: Place): number {
  if (isEthernet(b, at, end, wireEnd)) return locateEthernet(b, at, end, wireEnd, place)
  const framed = at + mpls.CONTROL_WORD_LENGTH
  if (u8(b, at) >> 4 === 0 && isEthernet(b, framed, end, wireEnd))
    return locateEthernet(b, framed, end, wireEnd, place)
  return unreadIn(MPLS)
}

/** A customer's frame in a provider's backbone (IEEE 802.1ah): 4 octets with the service's number before
 * it. */
function locateBackbone(b: Uint8Array, at: number, end: number, wireEnd: number, place: Place): number {
  const frameAt = at + 4
  if (frameAt > end) return lacking(frameAt, wireEnd, TRUNCATED_TUNNEL, MALFORMED_TUNNEL)
  const service = ((b[at + 1]! << 16) | (b[at + 2]! << 8) | b[at + 3]!) >>> 0
  if (!stepAlong(place, BACKBONE, service)) return TOO_DEEP
  return locateEthernet(b, frameAt, end, wireEnd, place)
}

/** A packet on its way through a chain of services (RFC 8300). */
function locateService(b: Uint8Array, at: number, end: number, wireEnd: number, place: Place): number {
  const length = nsh.headerLength(b, at, end)
  if (length === 0) return end < wireEnd ? TRUNCATED_TUNNEL : MALFORMED_TUNNEL
  if (!stepAlong(place, NSH, nsh.servicePath(b, at))) return TOO_DEEP
  const type = nsh.etherType(b, at)
  return type === 0 ? unreadIn(NSH) : locateType(b, at + length, end, wireEnd, type, place)
}
