/**
 * Whether octets are an IP datagram, or a frame that leads to one: for the headers that do not say what
 * follows, and for tunnels on ports of their own. Strict, since chance must not pass: lengths have to agree,
 * and the checksum of an IPv4 header has to be right. Nothing is read at or beyond `end`.
 */
import { u16 } from '../bytes/read.ts'
import * as ethernet from './ethernet.ts'
import * as ipv4 from './ipv4.ts'
import * as ipv6 from './ipv6.ts'
import * as tags from './tags.ts'

/** An IP datagram at `at` that ends by `wireEnd`. */
export function isIp(b: Uint8Array, at: number, end: number, wireEnd: number): boolean {
  if (at >= end) return false
  const version = b[at]! >> 4
  if (version === 4) return isIpv4(b, at, end, wireEnd)
  return version === 6 && isIpv6(b, at, end, wireEnd)
}

function isIpv4(b: Uint8Array, at: number, end: number, wireEnd: number): boolean {
  const length = ipv4.headerLength(b, at, end)
  if (length === 0 || at + ipv4.totalLength(b, at) > wireEnd) return false
  let sum = 0
  for (let i = 0; i < length; i += 2) sum += u16(b, at + i)
  // RFC 1071; 0 stands in captures of hosts that leave the checksum to the network card
  return sum % 0xffff === 0 || u16(b, at + 10) === 0
}

const isIpv6 = (b: Uint8Array, at: number, end: number, wireEnd: number): boolean =>
  ipv6.headerLength(b, at, end) !== 0 &&
  ipv6.payloadLength(b, at) !== 0 &&
  at + ipv6.HEADER_LENGTH + ipv6.payloadLength(b, at) <= wireEnd

/** An Ethernet frame that carries IP, tags in between or not. */
export function isEthernet(b: Uint8Array, start: number, end: number, wireEnd: number): boolean {
  if (ethernet.headerLength(b, start, end) === 0) return false
  let type = ethernet.typeOrLength(b, start)
  let at = start + ethernet.HEADER_LENGTH
  for (let i = 0; tags.isTag(type); i++) {
    const length = tags.headerLength(b, at, end, type)
    if (length === 0 || i === tags.TAGS_MAX || tags.isEncrypted(b, at, type)) return false
    type = tags.nextType(b, at, length)
    at += length
  }
  return isOfType(b, at, end, wireEnd, type)
}

/** What EtherType `type` announces is at `at`; only IP and Ethernet can be told. */
export function isOfType(b: Uint8Array, at: number, end: number, wireEnd: number, type: number): boolean {
  if (type === ethernet.TRANSPARENT_BRIDGING) return isEthernet(b, at, end, wireEnd)
  return (type === ethernet.IPV4 || type === ethernet.IPV6) && isIp(b, at, end, wireEnd)
}
