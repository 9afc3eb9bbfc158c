/**
 * PROXY protocol headers, versions 1 and 2 (haproxy.org, proxy-protocol.txt, 2020-03-05): what a proxy says
 * of the connection that it relays, before the first octet of it. Pure.
 */
import { ipv4Text, ipv6Text } from '../../bytes/address.ts'
import { latin1 } from '../../bytes/latin1.ts'
import { u16, u8 } from '../../bytes/read.ts'
import type { Endpoint } from '../../model/packet.ts'
import { ipv4Octets, ipv6Octets } from './address.ts'

/** Octets of a version 1 line with its CRLF (§2.1). */
const LINE_MAX = 107
const V1 = [80, 82, 79, 88, 89, 32] // 'PROXY '
const V1_LINE = /^PROXY (?:TCP4|TCP6|UNKNOWN)[ \r]/
const V2 = [13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10]
const V2_HEADER = 16
/**
 * Octets of two addresses and two ports, of IPv6: what is read of a version 2 header behind its fixed part.
 */
const V2_ADDRESSES_MAX = 36
const LOCAL = 0
const INET = 1
const INET6 = 2

/** There may be a header: more octets are needed to tell, or to read it. */
export const MORE = -1

export interface ProxyClaim {
  readonly version: 1 | 2
  /** Both null if the header names none: UNKNOWN, LOCAL (a health check), UNIX sockets. */
  readonly source: Endpoint | null
  readonly destination: Endpoint | null
}

/**
 * Octets of the header at `start`; 0 if there is none; MORE. That of version 2 may be longer than what is
 * there: what it says beyond the addresses (TLVs) is not read.
 */
export function proxyHeaderLength(bytes: Uint8Array, start: number, end: number): number {
  if (matches(V1, bytes, start, end)) return lineLength(bytes, start, end)
  if (!matches(V2, bytes, start, end)) return 0
  if (end - start < V2_HEADER) return MORE
  if (u8(bytes, start + 12) >> 4 !== 2) return 0
  const length = u16(bytes, start + 14)
  return end - start < V2_HEADER + Math.min(length, V2_ADDRESSES_MAX) ? MORE : V2_HEADER + length
}

/** Whether the octets at `start` are those of `signature`, as far as they are there. */
function matches(signature: readonly number[], bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = 0; i < signature.length && start + i < end; i++)
    if (bytes[start + i] !== signature[i]) return false
  return true
}

function lineLength(bytes: Uint8Array, start: number, end: number): number {
  const stop = Math.min(end, start + LINE_MAX)
  for (let at = start + V1.length; at < stop; at++)
    if (bytes[at] === 10)
      return V1_LINE.test(latin1(bytes, start, at)) && bytes[at - 1] === 13 ? at + 1 - start : 0
  return end - start < LINE_MAX ? MORE : 0
}

/** What the header at `start` says; `proxyHeaderLength` has found it. */
export function readProxyHeader(bytes: Uint8Array, start: number, end: number): ProxyClaim {
  return bytes[start] === V1[0]
    ? readLine(latin1(bytes, start, Math.min(end, start + LINE_MAX)))
    : readBinary(bytes, start)
}

function readLine(text: string): ProxyClaim {
  const [, family, from, to, fromPort, toPort] = text.slice(0, text.indexOf('\r')).split(' ')
  const source = endpointOf(family, from, fromPort)
  const destination = endpointOf(family, to, toPort)
  const both = source !== null && destination !== null
  return { version: 1, source: both ? source : null, destination: both ? destination : null }
}

function endpointOf(family: string | undefined, address = '', port = ''): Endpoint | null {
  const octets = family === 'TCP4' ? ipv4Octets(address) : family === 'TCP6' ? ipv6Octets(address) : null
  if (octets === null || !/^\d{1,5}$/.test(port) || Number(port) > 0xffff) return null
  return { address: octets.length === 4 ? ipv4Text(octets, 0) : ipv6Text(octets, 0), port: Number(port) }
}

function readBinary(bytes: Uint8Array, start: number): ProxyClaim {
  const command = u8(bytes, start + 12) & 15
  const family = u8(bytes, start + 13) >> 4
  const length = u16(bytes, start + 14)
  const at = start + V2_HEADER
  const size = family === INET ? 4 : family === INET6 ? 16 : 0
  if (command === LOCAL || size === 0 || length < 2 * size + 4)
    return { version: 2, source: null, destination: null }
  const address = size === 4 ? ipv4Text : ipv6Text
  return {
    version: 2,
    source: { address: address(bytes, at), port: u16(bytes, at + 2 * size) },
    destination: { address: address(bytes, at + size), port: u16(bytes, at + 2 * size + 2) },
  }
}
