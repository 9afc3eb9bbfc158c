/**
 * Writes link headers, tags, labels and sessions: all that stands before the IP header of a frame (see
 * frame-writer.ts).
 */

export type Link =
  | 'ethernet'
  | 'sll'
  | 'sll2'
  | 'null'
  | 'loop'
  | 'ppp'
  | 'ppp-hdlc'
  | 'chdlc'
  | 'raw'
  | 'ipv4'
  | 'ipv6'

/** The LINKTYPE number that a capture file must carry for a link. */
export const LINK_TYPE: Readonly<Record<Link, number>> = {
  ethernet: 1,
  sll: 113,
  sll2: 276,
  null: 0,
  loop: 108,
  ppp: 9,
  'ppp-hdlc': 50,
  chdlc: 104,
  raw: 101,
  ipv4: 228,
  ipv6: 229,
}

export interface LinkOptions {
  link?: Link
  sourceMac?: Uint8Array
  destinationMac?: Uint8Array
  /** Outermost first: a VLAN id (0x8100), or [ethertype, id]. Ethernet only. */
  vlans?: readonly (number | readonly [ethertype: number, id: number])[]
  /** Labels, outermost first. */
  mpls?: readonly number[]
  /** PPPoE session id. */
  pppoe?: number
  /** Pads an Ethernet frame with zeros to this many octets (60 without FCS on a real wire). */
  padTo?: number
}

const DEFAULT_SOURCE_MAC = new Uint8Array([0x02, 0, 0, 0, 0, 0x01])
const DEFAULT_DESTINATION_MAC = new Uint8Array([0x02, 0, 0, 0, 0, 0x02])

export function put16(b: Uint8Array, at: number, value: number): number {
  b[at] = value >>> 8
  b[at + 1] = value
  return at + 2
}

export function put32(b: Uint8Array, at: number, value: number): number {
  b[at] = value >>> 24
  b[at + 1] = value >>> 16
  b[at + 2] = value >>> 8
  b[at + 3] = value
  return at + 4
}

export function put(b: Uint8Array, at: number, octets: Uint8Array): number {
  b.set(octets, at)
  return at + octets.length
}

const ETHERTYPE_IPV4 = 0x0800
const ETHERTYPE_IPV6 = 0x86dd
const ETHERTYPE_MPLS = 0x8847
const ETHERTYPE_PPPOE = 0x8864

/** Writes everything before the IP header; PPPoE's length is filled in by `finish`. */
export function writeLink(b: Uint8Array, at: number, o: LinkOptions, ipv6: boolean): number {
  const inner = ipv6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4
  const type = o.pppoe !== undefined ? ETHERTYPE_PPPOE : o.mpls !== undefined ? ETHERTYPE_MPLS : inner
  let next = writeLinkHeader(b, at, o, type, ipv6)
  if (o.pppoe !== undefined) {
    next = put16(b, put16(b, put16(b, next, 0x1100), o.pppoe), 0)
    next = put16(b, next, o.mpls !== undefined ? 0x0281 : ipv6 ? 0x0057 : 0x0021)
  }
  const labels = o.mpls ?? []
  labels.forEach((label, i) => {
    next = put32(b, next, (label << 12) | (i === labels.length - 1 ? 0x100 : 0) | 64)
  })
  return next
}

function writeLinkHeader(b: Uint8Array, at: number, o: LinkOptions, type: number, ipv6: boolean): number {
  const pppProtocol = type === ETHERTYPE_MPLS ? 0x0281 : ipv6 ? 0x0057 : 0x0021
  switch (o.link ?? 'ethernet') {
    case 'ethernet':
      return writeEthernet(b, at, o, type)
    case 'sll':
      return writeSll(b, at, o, type)
    case 'sll2':
      return writeSll2(b, at, o, type)
    case 'null':
      return put32(b, at, ipv6 ? 0x1e000000 : 0x02000000) // a little-endian host; AF_INET6 of macOS is 30
    case 'loop':
      return put32(b, at, ipv6 ? 30 : 2)
    case 'ppp':
      return put16(b, at, pppProtocol)
    case 'ppp-hdlc':
      return put16(b, put16(b, at, 0xff03), pppProtocol)
    case 'chdlc':
      return put16(b, put16(b, at, 0x0f00), type)
    case 'raw':
    case 'ipv4':
    case 'ipv6':
      return at
  }
}

function writeEthernet(b: Uint8Array, at: number, o: LinkOptions, type: number): number {
  let next = put(b, at, o.destinationMac ?? DEFAULT_DESTINATION_MAC)
  next = put(b, next, o.sourceMac ?? DEFAULT_SOURCE_MAC)
  for (const vlan of o.vlans ?? []) {
    next =
      typeof vlan === 'number'
        ? put16(b, put16(b, next, 0x8100), vlan)
        : put16(b, put16(b, next, vlan[0]), vlan[1])
  }
  return put16(b, next, type)
}

function writeSll(b: Uint8Array, at: number, o: LinkOptions, type: number): number {
  let next = put16(b, put16(b, put16(b, at, 0), 1), 6) // to us, ARPHRD_ETHER, 6 octets of address
  next = put16(b, put(b, next, o.sourceMac ?? DEFAULT_SOURCE_MAC), 0)
  return put16(b, next, type)
}

function writeSll2(b: Uint8Array, at: number, o: LinkOptions, type: number): number {
  let next = put16(b, put16(b, at, type), 0)
  next = put16(b, put32(b, next, 2), 1) // interface index 2, ARPHRD_ETHER
  b[next] = 0
  b[next + 1] = 6
  return put16(b, put(b, next + 2, o.sourceMac ?? DEFAULT_SOURCE_MAC), 0)
}
