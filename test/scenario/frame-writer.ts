/**
 * Writes real frames into bytes: link header, tags, IPv4 or IPv6, TCP, UDP or ICMP, with correct lengths and
 * checksums.
 *
 * Every writer takes (buffer, offset, options) and returns the offset after the frame. Nothing is allocated
 * per frame as long as addresses are given as bytes or are few (texts are parsed once and kept). For tests
 * and for generated captures.
 */
import { BlockList, isIPv4 } from 'node:net'
import { put, put16, put32, writeLink } from './link-writer.ts'
import type { LinkOptions } from './link-writer.ts'

export { LINK_TYPE, put32 } from './link-writer.ts'
export type { Link, LinkOptions } from './link-writer.ts'

export type Address = string | Uint8Array

export interface IpOptions extends LinkOptions {
  source: Address
  destination: Address
  hopLimit?: number
  identification?: number
  trafficClass?: number
  dontFragment?: boolean
  /** IPv4 options, a multiple of 4 octets. */
  ipv4Options?: Uint8Array
  /** IPv6 extension headers before the payload: [type, body]; the body is padded to whole 8-octet units. */
  extensions?: readonly (readonly [type: number, body: Uint8Array])[]
  /** `offset` in octets, a multiple of 8. `identification` is for IPv6; IPv4 uses the header's. */
  fragment?: { offset: number; more: boolean; identification?: number }
}

export interface TcpOptions {
  mss?: number
  windowScale?: number
  sackPermitted?: boolean
  timestamps?: readonly [value: number, echo: number]
  sack?: readonly (readonly [left: number, right: number])[]
  /** Any other option, whole. */
  raw?: Uint8Array
}

export interface TcpFrame extends IpOptions {
  sourcePort: number
  destinationPort: number
  sequence?: number
  acknowledgment?: number
  flags?: number
  window?: number
  urgent?: number
  options?: TcpOptions
  payload?: Uint8Array
}

export interface UdpFrame extends IpOptions {
  sourcePort: number
  destinationPort: number
  payload?: Uint8Array
}

export interface IcmpFrame extends IpOptions {
  type: number
  code?: number
  /** Octets 4..7 of the header: MTU, identifier and sequence, pointer. */
  rest?: number
  payload?: Uint8Array
}

const EMPTY = new Uint8Array(0)
const PARSED_ADDRESSES_MAX = 65_536
const parsed = new Map<string, Uint8Array>()

/** 4 or 16 octets of an address text; throws on anything else. */
export function addressBytes(address: Address): Uint8Array {
  if (typeof address !== 'string') return address
  let bytes = parsed.get(address)
  if (bytes === undefined) {
    bytes = isIPv4(address) ? new Uint8Array(address.split('.').map(Number)) : parseIpv6(address)
    if (parsed.size >= PARSED_ADDRESSES_MAX) parsed.clear()
    parsed.set(address, bytes)
  }
  return bytes
}

function parseIpv6(text: string): Uint8Array {
  new BlockList().addAddress(text, 'ipv6') // throws on what is no address
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text)
  const hex = (a: string | undefined, b: string | undefined) => ((Number(a) << 8) | Number(b)).toString(16)
  const whole = dotted ? `${dotted[1]}${hex(dotted[2], dotted[3])}:${hex(dotted[4], dotted[5])}` : text
  const [head = '', tail] = whole.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const out = new Uint8Array(16)
  left.forEach((group, i) => put16(out, 2 * i, Number.parseInt(group, 16)))
  right.forEach((group, i) => put16(out, 16 - 2 * (right.length - i), Number.parseInt(group, 16)))
  return out
}

/**
 * Sum of 16-bit words, one's complement arithmetic left to `foldChecksum` (RFC 1071). Eight octets a turn.
 */
function sumWords(b: Uint8Array, from: number, end: number, start: number): number {
  let high = 0
  let low = 0
  let i = from
  for (; i + 7 < end; i += 8) {
    high += b[i]! + b[i + 2]! + b[i + 4]! + b[i + 6]!
    low += b[i + 1]! + b[i + 3]! + b[i + 5]! + b[i + 7]!
  }
  for (; i < end; i++) {
    if (((i - from) & 1) === 0) high += b[i]!
    else low += b[i]!
  }
  return start + high * 256 + low
}

function foldChecksum(sum: number): number {
  let folded = sum
  while (folded > 0xffff) folded = (folded % 0x10000) + Math.floor(folded / 0x10000)
  return ~folded & 0xffff
}

// ---- network
// -----------------------------------------------------------------------------------------------------------

/** Where the headers of the frame being written begin; one per module, overwritten by each frame. */
const at = { frame: 0, network: 0, transport: 0, protocol: 0, ipv6: false }

function beginPacket(b: Uint8Array, frame: number, o: IpOptions, protocol: number): number {
  const source = addressBytes(o.source)
  const destination = addressBytes(o.destination)
  at.frame = frame
  at.ipv6 = source.length === 16
  at.protocol = protocol
  at.network = writeLink(b, frame, o, at.ipv6)
  at.transport = at.ipv6
    ? writeIpv6(b, at.network, o, protocol, source, destination)
    : writeIpv4(b, at.network, o, protocol, source, destination)
  return at.transport
}

function writeIpv4(
  b: Uint8Array,
  ip: number,
  o: IpOptions,
  protocol: number,
  source: Uint8Array,
  destination: Uint8Array,
) {
  const options = o.ipv4Options ?? EMPTY
  b[ip] = 0x40 | ((20 + options.length) >> 2)
  b[ip + 1] = o.trafficClass ?? 0
  put16(b, ip + 4, o.identification ?? 0)
  const fragment = o.fragment === undefined ? 0 : (o.fragment.offset >> 3) | (o.fragment.more ? 0x2000 : 0)
  put16(b, ip + 6, fragment | (o.dontFragment === true ? 0x4000 : 0))
  b[ip + 8] = o.hopLimit ?? 64
  b[ip + 9] = protocol
  put16(b, ip + 10, 0)
  put(b, ip + 12, source)
  put(b, ip + 16, destination)
  return put(b, ip + 20, options)
}

function writeIpv6(
  b: Uint8Array,
  ip: number,
  o: IpOptions,
  protocol: number,
  source: Uint8Array,
  destination: Uint8Array,
) {
  put32(b, ip, 0x60000000 | ((o.trafficClass ?? 0) << 20))
  b[ip + 7] = o.hopLimit ?? 64
  put(b, ip + 8, source)
  put(b, ip + 24, destination)
  let next = ip + 40,
    link = ip + 6
  for (const [type, body] of o.extensions ?? []) {
    b[link] = type
    link = next
    next = writeExtension(b, next, type, body)
  }
  if (o.fragment !== undefined) {
    b[link] = 44
    link = next
    b[next + 1] = 0
    put16(b, next + 2, o.fragment.offset | (o.fragment.more ? 1 : 0))
    next = put32(b, next + 4, o.fragment.identification ?? o.identification ?? 0)
  }
  b[link] = protocol
  return next
}

/**
 * The authentication header counts 4-octet units less 2 (RFC 4302 2.2), every other one 8-octet units less 1.
 */
function writeExtension(b: Uint8Array, next: number, type: number, body: Uint8Array): number {
  const length = (body.length + 2 + 7) & ~7
  b.fill(0, next, next + length)
  b[next + 1] = type === 51 ? length / 4 - 2 : length / 8 - 1
  b.set(body, next + 2)
  return next + length
}

/** Fills in lengths, the IPv4 header checksum and padding. */
function finish(b: Uint8Array, o: LinkOptions, end: number): number {
  const { network, frame } = at
  if (at.ipv6) put16(b, network + 4, end - network - 40)
  else {
    put16(b, network + 2, end - network)
    const header = (b[network]! & 15) * 4
    put16(b, network + 10, foldChecksum(sumWords(b, network, network + header, 0)))
  }
  if (o.pppoe !== undefined) {
    const ppp = network - 4 * (o.mpls?.length ?? 0) - 2
    put16(b, ppp - 2, end - ppp)
  }
  const padded = Math.max(end, frame + (o.padTo ?? 0))
  b.fill(0, end, padded)
  return padded
}

/** The transport checksum over the pseudo-header (RFC 9293 3.1, RFC 8200 8.1), written at `field`. */
function writeChecksum(b: Uint8Array, field: number, end: number): void {
  const { transport, network, protocol, ipv6 } = at
  put16(b, field, 0)
  const addresses = ipv6
    ? sumWords(b, network + 8, network + 40, 0)
    : sumWords(b, network + 12, network + 20, 0)
  const sum = foldChecksum(sumWords(b, transport, end, addresses + protocol + (end - transport)))
  put16(b, field, sum === 0 && protocol === 17 ? 0xffff : sum) // RFC 768: zero means "no checksum"
}

// ---- transport
// ---------------------------------------------------------------------------------------------------------

/** Options in Linux's order, padded with no-operation to whole words. */
function writeTcpOptions(b: Uint8Array, start: number, o: TcpOptions): number {
  let next = start
  if (o.mss !== undefined) next = put16(b, put16(b, next, 0x0204), o.mss)
  if (o.sackPermitted === true) next = put16(b, next, 0x0402)
  if (o.timestamps !== undefined)
    next = put32(b, put32(b, put16(b, next, 0x080a), o.timestamps[0]), o.timestamps[1])
  if (o.windowScale !== undefined) {
    next = put16(b, next, 0x0303)
    b[next++] = o.windowScale
  }
  if (o.sack !== undefined) {
    next = put16(b, next, 0x0500 | (2 + 8 * o.sack.length))
    for (const [left, right] of o.sack) next = put32(b, put32(b, next, left), right)
  }
  if (o.raw !== undefined) next = put(b, next, o.raw)
  while ((next - start) % 4 !== 0) b[next++] = 1
  return next
}

export function writeTcp(b: Uint8Array, frame: number, o: TcpFrame): number {
  const tcp = beginPacket(b, frame, o, 6)
  put16(b, tcp, o.sourcePort)
  put16(b, tcp + 2, o.destinationPort)
  put32(b, tcp + 4, o.sequence ?? 0)
  put32(b, tcp + 8, o.acknowledgment ?? 0)
  put16(b, tcp + 14, o.window ?? 64_240)
  put16(b, tcp + 18, o.urgent ?? 0)
  const data = o.options === undefined ? tcp + 20 : writeTcpOptions(b, tcp + 20, o.options)
  put16(b, tcp + 12, ((data - tcp) << 10) | (o.flags ?? 0x10))
  const end = o.payload === undefined ? data : put(b, data, o.payload)
  writeChecksum(b, tcp + 16, end)
  return finish(b, o, end)
}

export function writeUdp(b: Uint8Array, frame: number, o: UdpFrame): number {
  const udp = beginPacket(b, frame, o, 17)
  put16(b, udp, o.sourcePort)
  put16(b, udp + 2, o.destinationPort)
  const end = put(b, udp + 8, o.payload ?? EMPTY)
  put16(b, udp + 4, end - udp)
  writeChecksum(b, udp + 6, end)
  return finish(b, o, end)
}

/** ICMP, or ICMPv6 where the addresses are IPv6. */
export function writeIcmp(b: Uint8Array, frame: number, o: IcmpFrame): number {
  const ipv6 = addressBytes(o.source).length === 16
  const icmp = beginPacket(b, frame, o, ipv6 ? 58 : 1)
  b[icmp] = o.type
  b[icmp + 1] = o.code ?? 0
  put32(b, icmp + 4, o.rest ?? 0)
  const end = put(b, icmp + 8, o.payload ?? EMPTY)
  if (ipv6) writeChecksum(b, icmp + 2, end)
  else {
    put16(b, icmp + 2, 0)
    put16(b, icmp + 2, foldChecksum(sumWords(b, icmp, end, 0)))
  }
  return finish(b, o, end)
}

/** Any other IP protocol, or a fragment of one: `payload` goes in as it is. */
export function writeIp(
  b: Uint8Array,
  frame: number,
  o: IpOptions,
  protocol: number,
  payload: Uint8Array,
): number {
  const data = beginPacket(b, frame, o, protocol)
  return finish(b, o, put(b, data, payload))
}

// ---- whole frames
// ------------------------------------------------------------------------------------------------------

const LARGEST_FRAME = 70_000 // octets: an IP datagram of 65,535 and its link header

const scratch = new Uint8Array(LARGEST_FRAME)

const taken = (write: (b: Uint8Array) => number): Uint8Array => scratch.slice(0, write(scratch))

export const tcpFrame = (o: TcpFrame): Uint8Array => taken((b) => writeTcp(b, 0, o))
export const udpFrame = (o: UdpFrame): Uint8Array => taken((b) => writeUdp(b, 0, o))
export const icmpFrame = (o: IcmpFrame): Uint8Array => taken((b) => writeIcmp(b, 0, o))
export const ipFrame = (o: IpOptions, protocol: number, payload: Uint8Array): Uint8Array =>
  taken((b) => writeIp(b, 0, o, protocol, payload))

/** One TCP segment as IP fragments of at most `size` payload octets (a multiple of 8), in order. */
export function tcpFragments(o: TcpFrame, size: number, identification: number): Uint8Array[] {
  const raw = tcpFrame({ ...o, link: 'raw', vlans: [], padTo: 0 })
  const segment = raw.subarray(at.transport)
  const frames: Uint8Array[] = []
  for (let offset = 0; offset < segment.length; offset += size) {
    const payload = segment.subarray(offset, offset + size)
    const fragment = { offset, more: offset + size < segment.length, identification }
    frames.push(ipFrame({ ...o, identification, dontFragment: false, fragment }, 6, payload))
  }
  return frames
}
