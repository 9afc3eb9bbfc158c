/**
 * Backends out of persistence cookies. Each decoder answers `address:port` or a label, and null for what is
 * not of its form: an encrypted or foreign value is never guessed at.
 */
import { ipv6Text } from '../../bytes/address.ts'

const PORT_MAX = 0xffff
const UINT32_MAX = 0xffffffff
/** What servers are called: host names, container names, numbers. */
const LABEL = /^[A-Za-z0-9._-]{1,64}$/

/** F5 K6917: four forms, the byte order differing with the form. */
export function f5Backend(value: string): string | null {
  const plain = /^(\d{1,10})\.(\d{1,5})\.0000$/.exec(value)
  if (plain !== null) {
    const address = Number(plain[1])
    const port = Number(plain[2])
    if (address > UINT32_MAX || port > PORT_MAX) return null
    const octets = [address & 255, (address >>> 8) & 255, (address >>> 16) & 255, address >>> 24]
    return `${octets.join('.')}:${swapped(port)}`
  }
  const domain = /^rd\d+o0{20}f{4}([0-9a-f]{8})o(\d{1,5})$/.exec(value)
  if (domain !== null) return withPort(hexOctets(domain[1]!).join('.'), Number(domain[2]))
  const ipv6 = /^vi([0-9a-f]{32})\.(\d{1,5})$/.exec(value)
  if (ipv6 !== null) {
    const port = Number(ipv6[2])
    return port > PORT_MAX ? null : withPort(ipv6Of(ipv6[1]!), swapped(port))
  }
  const ipv6Domain = /^rd\d+o([0-9a-f]{32})o(\d{1,5})$/.exec(value)
  return ipv6Domain === null ? null : withPort(ipv6Of(ipv6Domain[1]!), Number(ipv6Domain[2]))
}

const NETSCALER_ADDRESS_KEY = 0x03081e11
const NETSCALER_PORT_KEY = 0x3630

/** NetScaler: 8 hex, the address XOR a published key, filler, the port XOR another. Nonsense, as encryption
 * gives, is refused. */
export function netScalerBackend(value: string): string | null {
  const match = /^[0-9a-f]{8}([0-9a-f]{8})[0-9a-f]*([0-9a-f]{4})$/.exec(value)
  if (match === null) return null
  const address = (Number.parseInt(match[1]!, 16) ^ NETSCALER_ADDRESS_KEY) >>> 0
  const port = Number.parseInt(match[2]!, 16) ^ NETSCALER_PORT_KEY
  const octets = [address >>> 24, (address >>> 16) & 255, (address >>> 8) & 255, address & 255]
  return isPrivate(octets) ? withPort(octets.join('.'), port) : null
}

/** A10: twelve letters A to P, a nibble each; the address last octet first, then the port low octet first
 * (from samples). */
export function a10Backend(value: string): string | null {
  if (!/^[A-P]{12}$/.test(value)) return null
  const b = Array.from(
    { length: 6 },
    (_, i) => ((value.charCodeAt(2 * i) - 65) << 4) | (value.charCodeAt(2 * i + 1) - 65),
  )
  return withPort(`${b[3]}.${b[2]}.${b[1]}.${b[0]}`, b[4]! | (b[5]! << 8))
}

/** Barracuda, old form: 40 hex digits; two samples only. */
export function barracudaBackend(value: string): string | null {
  if (!/^[0-9a-f]{40}$/.test(value)) return null
  const b = hexOctets(value)
  return withPort(`${b[15]}.${b[14]}.${b[13]}.${b[12]}`, b[18]! | (b[19]! << 8))
}

/** A server's label, where the value is one: HAProxy's `cookie` argument, an instance's name. */
export function labelBackend(value: string): string | null {
  const label = value.split('|')[0]!
  return LABEL.test(label) ? label : null
}

/** Digits of a session's number: 64 bits in hex are 16 (OWASP, Session Management). */
const ID_DIGITS_MIN = 16

/** HAProxy's prefix mode (`cookie ... prefix`): the server's label, `~`, and the application's own value. */
export function prefixLabel(value: string): string | null {
  const [label = '', own = '', ...more] = value.split('~')
  if (more.length > 0 || own.length < ID_DIGITS_MIN || !LABEL.test(label)) return null
  // A number of some kind is no server's name.
  return /^[0-9a-f]{8,}$/i.test(label) ? null : label
}

/** `id.route` (Tomcat jvmRoute), `id!node` or `id!node!standby` (WebLogic); or prefix mode. */
export function routeSuffix(value: string): string | null {
  const prefix = prefixLabel(value)
  if (prefix !== null) return prefix
  const [, id = '', route = ''] = /^([\w+/=-]*)[.!]([^!]*)/.exec(value) ?? []
  return id.length >= ID_DIGITS_MIN && LABEL.test(route) ? route : null
}

const swapped = (port: number): number => ((port & 0xff) << 8) | (port >> 8)

const hexOctets = (hex: string): number[] => (hex.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16))

const ipv6Of = (hex: string): string => `[${ipv6Text(Uint8Array.from(hexOctets(hex)), 0)}]`

const withPort = (address: string, port: number): string | null =>
  port > 0 && port <= PORT_MAX ? `${address}:${port}` : null

/** RFC 1918 and the carrier range of RFC 6598: where backends live. */
function isPrivate([a = 0, b = 0]: readonly number[]): boolean {
  return (
    a === 10 ||
    (a === 172 && b >= 16 && b < 32) ||
    (a === 192 && b === 168) ||
    (a === 100 && b >= 64 && b < 128)
  )
}
