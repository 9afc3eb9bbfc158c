/**
 * Backends out of persistence cookies. Each decoder answers `address:port` or a label, and null for what is
 * not of its form: an encrypted or foreign value is never guessed at. Sources stand at each.
 */
import { ipv4NumberText, ipv6Text } from '../../bytes/address.ts'

const PORT_MAX = 0xffff
const UINT32_MAX = 0xffffffff
/** Services do not listen above: 49152 and up are for the clients' side (RFC 6335 §6). */
const SERVICE_PORT_MAX = 49_151

/**
 * F5 BIG-IP (article K6917; nmap's http-bigip-cookie): IPv4 and IPv6, in the default route domain and in
 * others. The default domain's forms hold the port with its octets swapped, and IPv4 last octet first; the
 * others hold both as they are. Port 0 is a pool member for all ports. The route domain is not told.
 */
export function f5Backend(value: string): string | null {
  const ipv4 = /^(\d{1,10})\.(\d{1,5})\.0000$/.exec(value)
  if (ipv4 !== null) {
    const word = Number(ipv4[1])
    const port = Number(ipv4[2])
    if (word > UINT32_MAX || port > PORT_MAX) return null
    return withPort(ipv4Reversed(word), swapped(port))
  }
  const ipv4Domain = /^rd\d{1,5}o0{20}f{4}([0-9a-f]{8})o(\d{1,5})$/.exec(value)
  if (ipv4Domain !== null) return withPort(ipv4Of(ipv4Domain[1]!), Number(ipv4Domain[2]))
  const ipv6 = /^vi([0-9a-f]{32})\.(\d{1,5})$/.exec(value)
  if (ipv6 !== null) {
    const port = Number(ipv6[2])
    return port > PORT_MAX ? null : withPort(ipv6Of(ipv6[1]!), swapped(port))
  }
  const ipv6Domain = /^rd\d{1,5}o([0-9a-f]{32})o(\d{1,5})$/.exec(value)
  return ipv6Domain === null ? null : withPort(ipv6Of(ipv6Domain[1]!), Number(ipv6Domain[2]))
}

const NETSCALER_ADDRESS_KEY = 0x03081e11
const NETSCALER_PORT_KEY = 0x3630

/**
 * Citrix NetScaler (public decoders agree): 8 hex digits, the address XOR a fixed key, filler, the port XOR
 * another. Newer versions can encrypt the value, which gives nonsense: it is refused unless it is a private
 * address and a port that services have.
 */
export function netScalerBackend(value: string): string | null {
  const match = /^[0-9a-f]{8}([0-9a-f]{8})[0-9a-f]*([0-9a-f]{4})$/.exec(value)
  if (match === null) return null
  const address = (Number.parseInt(match[1]!, 16) ^ NETSCALER_ADDRESS_KEY) >>> 0
  const port = Number.parseInt(match[2]!, 16) ^ NETSCALER_PORT_KEY
  const isPlausible = isPrivate(address) && port > 0 && port <= SERVICE_PORT_MAX
  return isPlausible ? withPort(ipv4NumberText(address), port) : null
}

/**
 * A10 Thunder: twelve letters A to P, a nibble each; the address last octet first, then the port low octet
 * first. Worked out from samples whose names tell the port (`sto-id-47873-finprd_8443`).
 */
export function a10Backend(value: string): string | null {
  if (!/^[A-P]{12}$/.test(value)) return null
  const b = Array.from({ length: 6 }, (_, i) => (nibble(value, 2 * i) << 4) | nibble(value, 2 * i + 1))
  const port = b[4]! | (b[5]! << 8)
  return port === 0 ? null : withPort(`${b[3]}.${b[2]}.${b[1]}.${b[0]}`, port)
}

const nibble = (letters: string, at: number): number => letters.charCodeAt(at) - 65 // 'A'

/**
 * Barracuda, old form: 20 octets in hex, of which the address (last octet first) and the port (low octet
 * first) alone are not zero. Worked out from two samples.
 */
export function barracudaBackend(value: string): string | null {
  const match = /^0{24}([0-9a-f]{8})0{4}([0-9a-f]{4})$/.exec(value)
  if (match === null) return null
  const port = swapped(Number.parseInt(match[2]!, 16))
  return port === 0 ? null : withPort(ipv4Reversed(Number.parseInt(match[1]!, 16)), port)
}

/**
 * A server's label, where the value is one, up to the first `|`: HAProxy's `cookie` argument, to which
 * maxidle and maxlife add stamps; the first field of Alibaba and OVH; an instance's name.
 */
export function labelBackend(value: string): string | null {
  const end = value.indexOf('|')
  const label = end < 0 ? value : value.slice(0, end)
  return LABEL.test(label) ? label : null
}

/**
 * The server's label of a HAProxy cookie under maxlife: `label|last|first`, each time in units of 4 s as five
 * digits to base 64 (haproxy src/http_ana.c, `s30tob64`). Null for what is no time since 2010, when it came
 * (1.4), or out of order.
 */
export function stampedLabel(value: string): string | null {
  const match = /^([^|]{1,64})\|([A-Za-z0-9+/]{5})\|([A-Za-z0-9+/]{5})$/.exec(value)
  if (match === null) return null
  const [last, first] = [secondsOf(match[2]!), secondsOf(match[3]!)]
  return first >= STAMPS_FROM && last >= first ? labelBackend(match[1]!) : null
}

/** 1 January 2010, in seconds. */
const STAMPS_FROM = 1_262_304_000
const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const secondsOf = (digits: string): number =>
  4 * [...digits].reduce((number, digit) => number * 64 + BASE64.indexOf(digit), 0)

const LABEL = /^[A-Za-z0-9._:-]{1,64}$/

/** Label and rest of `label~rest`, as HAProxy's prefix mode writes it; null for other values. */
export function prefixOf(value: string): { label: string; rest: string } | null {
  const tilde = value.indexOf('~')
  const label = value.slice(0, Math.max(0, tilde))
  return LABEL.test(label) ? { label, rest: value.slice(tilde + 1) } : null
}

/**
 * The route of a servlet container's identifier, `id.route` (Apache Tomcat's jvmRoute and its like). Jetty's
 * `node0` is every server's default, and names none.
 */
export function routeSuffix(value: string): string | null {
  const match = /^(?:[0-9A-Fa-f]{16,}\.([\w.-]{1,64})|[\w+*-]{8,}\.([\w-]{1,64}))$/.exec(value)
  const route = match?.[1] ?? match?.[2] ?? null
  return route === 'node0' ? null : route
}

/** The primary server of a WebLogic identifier, `id!primary`, `id!primary!secondary`, a time at its end or
 * not. */
export const webLogicNode = (value: string): string | null =>
  /^[\w-]{8,}!(-?\d{1,11})(?:!(?:-?\d{1,11}|NONE))?(?:!\d{1,16})?$/.exec(value)?.[1] ?? null

/** Host and port of a URL that is the whole value, as Traefik's first versions set it. */
export function urlBackend(value: string): string | null {
  const match = /^(https?):\/\/([\w.-]{1,255}|\[[0-9a-f:.]{2,45}\])(?::(\d{1,5}))?\/?$/.exec(value)
  return match === null ? null : withPort(match[2]!, Number(match[3] ?? (match[1] === 'https' ? 443 : 80)))
}

const swapped = (port: number): number => ((port & 0xff) << 8) | (port >> 8)

const ipv4Of = (hex: string): string => ipv4NumberText(Number.parseInt(hex, 16))

/** The address whose first octet is the word's lowest. */
const ipv4Reversed = (word: number): string =>
  `${word & 255}.${(word >>> 8) & 255}.${(word >>> 16) & 255}.${word >>> 24}`

const ipv6Of = (hex: string): string => `[${ipv6Text(Buffer.from(hex, 'hex'), 0)}]`

/** Null for ports that do not exist, and for the unspecified address, which is no server's. */
const withPort = (address: string, port: number): string | null =>
  port > PORT_MAX || address === '0.0.0.0' || address === '[::]' ? null : `${address}:${port}`

/** RFC 1918, and the shared range of RFC 6598: where backends live. */
function isPrivate(address: number): boolean {
  const a = address >>> 24
  const b = (address >>> 16) & 255
  return a === 10 || (a === 172 && b >> 4 === 1) || (a === 192 && b === 168) || (a === 100 && b >> 6 === 1)
}
