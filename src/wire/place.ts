/**
 * Where things are in one frame, and what can be said of it: the vocabulary of `locate` (frame.ts),
 * `locatePayload` (network.ts) and the reassembly of fragments.
 */

import { PathTable } from './path.ts'
import { TUNNEL_NAMES } from './tunnels.data.ts'

/**
 * One instance per loop, overwritten by every call, valid until the next; of a refused frame, what was
 * reached.
 */
export class Place {
  /** What all offsets but the hardware ones point into: the batch's buffer, or a reassembled datagram. */
  bytes: Uint8Array = new Uint8Array(0)
  /** The batch's buffer, whatever `bytes` is. */
  frame: Uint8Array = this.bytes
  /** Offsets of 6-octet hardware addresses in `frame`, or -1 if the link has none. */
  sourceHardwareAt = -1
  destinationHardwareAt = -1
  /**
   * VLAN identifiers and MPLS labels folded into one number, 0 if there are none: a single VLAN is its
   * identifier. Equal addresses in two VLANs can be told apart by it; but mind that labels, and the VLANs of
   * some taps, differ by direction.
   */
  tag = 0
  /** The tunnels that the packet was found in, a number of `paths`; 0: none. */
  path = 0
  /** How many they are; only of a packet with a path. */
  depth = 0
  /** Of the capture: shared by all places that are used for it. */
  readonly paths: PathTable
  /** The innermost IP header that was read, or that was to come where the frame ends. */
  networkAt = 0
  /** 4 or 6; 0 where not even that was captured. */
  version = 0
  /** What is at `transportAt`: the IP protocol number after all extension headers. */
  protocol = 0
  /** TTL or hop limit. */
  hopLimit = 0
  /** IPv4's; 0 for IPv6. */
  identification = 0
  /** Octets, a multiple of 8, but of 802.11 the fragment's number; 0 for what is no fragment. */
  fragmentOffset = 0
  /** 1 if more fragments follow. */
  moreFragments = 0
  /** IPv6's, 32 bits; only of a fragment. Of a link's: what its pieces have in common, and no other's. */
  fragmentIdentification = 0
  /** Of a link's fragment: what the whole is (link-fragment.ts), and the octets that say whose it is. */
  whole = 0
  ownerAt = 0
  ownerLength = 0
  /** Of an aggregate: where its first packet's header begins. */
  partsAt = 0
  transportAt = 0
  /** End of what was captured of the IP datagram; link-layer padding and trailers lie beyond. */
  end = 0
  /** End of the IP datagram on the wire: beyond `end` if the frame was cut by the snap length. */
  wireEnd = 0

  constructor(paths: PathTable = new PathTable()) {
    this.paths = paths
  }
}

// What `locate` returns: a kind, above zero, if the frame holds a packet that can be read on.

export const TCP = 1
export const UDP = 2
export const ICMP = 3
export const ICMPV6 = 4
/**
 * A piece of a datagram: the payload begins at `transportAt`, `protocol` is the header's there if the offset
 * is 0.
 */
export const FRAGMENT = 5
/** Whole as far as IP goes; `protocol` says what it is. */
export const OTHER_TRANSPORT = 6
/**
 * TCP whose data offset is below 20 octets or past the datagram's end: malformed, yet ports, numbers and
 * flags can be read. Wireshark attributes such a segment to its connection.
 */
export const BROKEN_TCP = 7
/**
 * Only out of `quotedPacket`: TCP of which no more than the ports is certain to be there (RFC 792 quotes 8
 * octets).
 */
export const TCP_PORTS = 8
/**
 * A piece of what a link below IP took apart, 802.11 or CAPWAP (link-fragment.ts): octets `transportAt` to
 * `end`.
 */
export const LINK_FRAGMENT = 9
/** Several packets in one frame of 802.11 (aggregate.ts). */
export const AGGREGATE = 10

// What a link's fragments are pieces of (`Place.whole`): a payload of 802.11, or a frame in CAPWAP.

export const DOT11_PAYLOAD = 1
export const CAPWAP_DOT11 = 2
export const CAPWAP_ETHERNET = 3

// Or a reason, below zero, why not.

export const UNKNOWN_LINK_TYPE = -1
/** ARP, spanning tree, link control, ... */
export const NOT_IP = -2
/**
 * IP in something in IP: `networkAt` is the outer header, and `transportAt` the tunnel's. What `locate`
 * answers before `enterTunnels` (tunnel.ts) has looked inside.
 */
export const TUNNEL = -3
export const TRUNCATED_LINK = -4
export const TRUNCATED_NETWORK = -5
export const TRUNCATED_TRANSPORT = -6
export const MALFORMED_LINK = -7
export const MALFORMED_IPV4 = -8
export const MALFORMED_IPV6 = -9
export const MALFORMED_TCP = -10
export const MALFORMED_UDP = -11
export const MALFORMED_ICMP = -12
/** A tunnel's header, cut by the snap length. */
export const TRUNCATED_TUNNEL = -13
export const MALFORMED_TUNNEL = -14
/** More tunnels inside each other than are read. */
export const TOO_DEEP = -15
/** Payload that cannot be read without keys: IPsec ESP, protected 802.11, DTLS in CAPWAP, ... */
export const ENCRYPTED = -16
const UNREAD_IN = -17
/** What a tunnel of this kind (tunnels.data.ts) carries is not read: nothing that leads to IP. */
export const unreadIn = (kind: number): number => UNREAD_IN - kind

/** The reasons' names, for counters: `REASONS[-code]`. */
export const REASONS: readonly string[] = [
  '',
  'unknown link type',
  'not IP',
  'tunnel',
  'link header cut by the snap length',
  'IP header cut by the snap length',
  'transport header cut by the snap length',
  'malformed link header',
  'malformed IPv4 header',
  'malformed IPv6 header',
  'malformed TCP header',
  'malformed UDP header',
  'malformed ICMP header',
  'tunnel header cut by the snap length',
  'malformed tunnel header',
  'tunnel too deep',
  'encrypted below TCP',
  'tunnel of another kind',
  ...TUNNEL_NAMES.slice(1).map((name) => `no IP in ${name}`),
]

/** Whether the reason is that we do not read it, that the capture lacks it, or that it contradicts itself. */
export function reasonClass(code: number): 'unparsed' | 'truncated' | 'malformed' {
  if (code >= TUNNEL || code <= TOO_DEEP) return 'unparsed'
  return code >= TRUNCATED_TRANSPORT || code === TRUNCATED_TUNNEL ? 'truncated' : 'malformed'
}

/**
 * A header that must reach to `needed` does not: is the capture to blame, or is the frame that short on the
 * wire?
 */
export const lacking = (needed: number, wireEnd: number, truncated: number, malformed: number): number =>
  needed <= wireEnd ? truncated : malformed
