/**
 * Why a frame could not be read, spelt out: for the person who asks about one frame of a counter. Never on
 * the hot path.
 */
import * as ethernet from './ethernet.ts'
import { cutShort } from './fault.ts'
import type { Fault } from './fault.ts'
import { locate } from './frame.ts'
import * as icmp from './icmp.ts'
import * as icmpv6 from './icmpv6.ts'
import * as ipv4 from './ipv4.ts'
import * as ipv6 from './ipv6.ts'
import { TAGS_MAX } from './tags.ts'
import * as linkTypes from './link-types.data.ts'
import { linkTypeName } from './link-types.ts'
import * as mpls from './mpls.ts'
import * as bsd from './null.ts'
import {
  BROKEN_TCP,
  MALFORMED_LINK,
  NOT_IP,
  Place,
  REASONS,
  TRUNCATED_LINK,
  TRUNCATED_TUNNEL,
  UNKNOWN_LINK_TYPE,
} from './place.ts'
import * as ppp from './ppp.ts'
import * as pppoe from './pppoe.ts'
import * as sll from './sll.ts'
import * as tcp from './tcp.ts'
import { enterTunnels } from './tunnel.ts'
import * as udp from './udp.ts'
import * as vlan from './vlan.ts'

/** What stopped `locate` and `enterTunnels` on the same arguments, or null if nothing did; offsets are
 * those of `b`. */
export function explain(
  b: Uint8Array,
  at: number,
  end: number,
  wireLength: number,
  linkType: number,
): Fault | null {
  const place = new Place()
  const code = enterTunnels(locate(b, at, end, wireLength, linkType, place), place)
  if (code > 0 && code !== BROKEN_TCP) return null
  const plain = { layer: 'link', at, message: REASONS[-code] ?? '' }
  switch (code) {
    case UNKNOWN_LINK_TYPE:
      return { ...plain, message: `${linkTypeName(linkType)} is not read` }
    case NOT_IP:
      return plain
    case TRUNCATED_LINK:
    case MALFORMED_LINK:
      return linkFault(b, at, end, linkType) ?? plain
    default:
      if (code <= TRUNCATED_TUNNEL) return { ...plain, layer: 'tunnel', at: place.transportAt }
      return networkFault(b, end, place) ?? transportFault(b, place) ?? plain
  }
}

function networkFault(b: Uint8Array, frameEnd: number, place: Place): Fault | null {
  const { networkAt, version } = place
  if (version === 0) return cutShort('network', networkAt, 1, frameEnd - networkAt)
  // the datagram's end, if its header was whole enough to tell
  const end = place.end > networkAt ? place.end : frameEnd
  return version === 4 ? ipv4.fault(b, networkAt, end) : ipv6.fault(b, networkAt, end)
}

function transportFault(b: Uint8Array, place: Place): Fault | null {
  const { transportAt, end } = place
  switch (place.protocol) {
    case ipv4.PROTOCOL_TCP:
      return tcp.fault(b, transportAt, end, place.wireEnd)
    case ipv4.PROTOCOL_UDP:
      return udp.fault(b, transportAt, end)
    case ipv4.PROTOCOL_ICMP:
      return icmp.fault(b, transportAt, end)
    case ipv6.PROTOCOL_ICMPV6:
      return icmpv6.fault(b, transportAt, end)
    default:
      return null
  }
}

function linkFault(b: Uint8Array, at: number, end: number, linkType: number): Fault | null {
  switch (linkType) {
    case linkTypes.ETHERNET:
      return ethernet.fault(b, at, end) ?? tagFault(b, at + 14, end, ethernet.typeOrLength(b, at))
    case linkTypes.LINUX_SLL:
      return sll.fault(b, at, end, 1) ?? tagFault(b, at + 16, end, sll.protocol(b, at, 1))
    case linkTypes.LINUX_SLL2:
      return sll.fault(b, at, end, 2) ?? tagFault(b, at + 20, end, sll.protocol(b, at, 2))
    case linkTypes.NULL:
    case linkTypes.LOOP:
      return bsd.fault(b, at, end)
    case linkTypes.PPP_ETHER:
      return pppoeFault(b, at, end)
    case linkTypes.PPP:
    case linkTypes.PPP_HDLC:
      return ppp.fault(b, at, end)
    case linkTypes.C_HDLC:
      return ppp.ciscoFault(b, at, end)
    default:
      return cutShort('link', at, 1, end - at)
  }
}

function tagFault(b: Uint8Array, start: number, end: number, announced: number): Fault | null {
  let at = start
  let type = announced
  for (let tags = 0; vlan.isTag(type); tags++) {
    const fault = vlan.fault(b, at, end, type)
    if (fault !== null) return fault
    if (tags === TAGS_MAX) return { layer: 'vlan', at, message: `more than ${TAGS_MAX} tags` }
    const next = vlan.nextType(b, at, type)
    at += vlan.headerLength(b, at, end, type)
    type = next
  }
  if (type === ethernet.PPPOE_SESSION) return pppoeFault(b, at, end)
  return type === ethernet.MPLS || type === ethernet.MPLS_UPSTREAM ? mpls.fault(b, at, end) : null
}

const pppoeFault = (b: Uint8Array, at: number, end: number): Fault | null =>
  pppoe.fault(b, at, end) ?? ppp.fault(b, at + pppoe.HEADER_LENGTH, end)
