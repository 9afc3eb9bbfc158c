/**
 * PROXY protocol headers, versions 1 and 2 (haproxy.org, proxy-protocol.txt, 2020-03-05): what a proxy says
 * of the connection that it relays, before the first octet of it. Pure.
 */
import { ipv4Text, ipv6Text } from '../../bytes/address.ts'
import { latin1 } from '../../bytes/latin1.ts'
import { u16, u8 } from '../../bytes/read.ts'
import type { Endpoint } from '../../model/packet.ts'
import type { ProxyExtensions } from '../../model/proxy.ts'
import { ipv4Octets, ipv6Octets } from './address.ts'
import { readExtensions } from './extensions.ts'

/** Octets of a version 1 line with its CRLF (§2.1). */
const LINE_MAX = 107
const V1 = [80, 82, 79, 88, 89, 32] // 'PROXY '
const V1_LINE = /^PROXY (?:TCP4|TCP6|UNKNOWN)[ \r]/
const V2 = [13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10]
const V2_HEADER = 16
/**
 * Octets of a version 2 header that are waited for and read. Receivers need not take more than 536 (§2.2),
 * and senders keep to one segment; who reads a stream holds as many (OPENING_BYTES).
 */
export const HEADER_READ_MAX = 1460
const LOCAL = 0
const PROXY = 1
const INET = 1
const INET6 = 2
const UNIX = 3
/** Octets of two paths of UNIX sockets. */
const UNIX_ADDRESSES = 216

/** There may be a header: more octets are needed to tell, or to read it. */
export const MORE = -1

export interface ProxyClaim {
  readonly version: 1 | 2
  /**
   * Both null if the header names none: UNKNOWN, LOCAL (a health check), UNIX sockets; and if its checksum is
   * wrong: no receiver may believe it (§2.2.3).
   */
  readonly source: Endpoint | null
  readonly destination: Endpoint | null
  readonly local: boolean
  readonly family: 'inet' | 'inet6' | 'unix' | 'unspecified'
  readonly extensions: ProxyExtensions | null
}

/**
 * Octets of the header at `start`; 0 if there is none; MORE. That of version 2 may be longer than what is
 * there: beyond HEADER_READ_MAX nothing is read.
 */
export function proxyHeaderLength(bytes: Uint8Array, start: number, end: number): number {
  if (matches(V1, bytes, start, end)) return lineLength(bytes, start, end)
  if (!matches(V2, bytes, start, end)) return 0
  if (end - start < V2_HEADER) return MORE
  if (u8(bytes, start + 12) >> 4 !== 2) return 0
  const length = u16(bytes, start + 14)
  return end - start < Math.min(V2_HEADER + length, HEADER_READ_MAX) ? MORE : V2_HEADER + length
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
    : readBinary(bytes, start, end)
}

function readLine(text: string): ProxyClaim {
  const [, family, from, to, fromPort, toPort] = text.slice(0, text.indexOf('\r')).split(' ')
  const source = endpointOf(family, from, fromPort)
  const destination = endpointOf(family, to, toPort)
  const both = source !== null && destination !== null
  return {
    version: 1,
    source: both ? source : null,
    destination: both ? destination : null,
    local: false,
    family: family === 'TCP4' ? 'inet' : family === 'TCP6' ? 'inet6' : 'unspecified',
    extensions: null,
  }
}

function endpointOf(family: string | undefined, address = '', port = ''): Endpoint | null {
  const octets = family === 'TCP4' ? ipv4Octets(address) : family === 'TCP6' ? ipv6Octets(address) : null
  if (octets === null || !/^\d{1,5}$/.test(port) || Number(port) > 0xffff) return null
  return { address: octets.length === 4 ? ipv4Text(octets, 0) : ipv6Text(octets, 0), port: Number(port) }
}

/** By number: the name, and the octets of both addresses with their ports. */
const FAMILIES: readonly (readonly [ProxyClaim['family'], number])[] = [
  ['unspecified', 0],
  ['inet', 12],
  ['inet6', 36],
  ['unix', UNIX_ADDRESSES],
]

function readBinary(bytes: Uint8Array, start: number, end: number): ProxyClaim {
  const command = u8(bytes, start + 12) & 15
  const number = u8(bytes, start + 13) >> 4
  const [family, size] = FAMILIES[number] ?? FAMILIES[0]!
  const length = u16(bytes, start + 14)
  const headerEnd = start + V2_HEADER + length
  const at = start + V2_HEADER
  // Who knows a family only by its number cannot know where its addresses end (§2.2).
  const isReadable = number <= UNIX && length >= size
  const extensions =
    isReadable && length > size ? readExtensions(bytes, start, at + size, headerEnd, end) : null
  const claim = { version: 2, local: command === LOCAL, family, extensions } as const
  const isBelieved = command === PROXY && isReadable && extensions?.checksum !== 'wrong'
  if (!isBelieved || (number !== INET && number !== INET6))
    return { ...claim, source: null, destination: null }
  const width = number === INET ? 4 : 16
  const address = number === INET ? ipv4Text : ipv6Text
  return {
    ...claim,
    source: { address: address(bytes, at), port: u16(bytes, at + 2 * width) },
    destination: { address: address(bytes, at + width), port: u16(bytes, at + 2 * width + 2) },
  }
}
