/**
 * What proxies say of a request that they passed on: Forwarded (RFC 7239), X-Forwarded-For and its kin, and
 * the header lines that name one client (vendor documents of the devices that write them). Claims, all of
 * them: whoever sends the request can write the same. Pure.
 */
import type { Forwarded, ForwardedNode, HeaderLine } from '../../model/http.ts'
import { valueIn } from '../../model/http.ts'

/** Nodes of one request; proxies add one each, and a longer list is none of theirs. */
export const FORWARDED_NODES_MAX = 32

/** Header lines that name one client, the more trustworthy first (they are not appended to but replaced). */
const SINGLE: readonly string[] = [
  'true-client-ip', // Akamai, Cloudflare Enterprise
  'cf-connecting-ip', // Cloudflare
  'fastly-client-ip', // Fastly
  'x-real-ip', // nginx
  'x-client-ip', // Azure, Apache mod_remoteip
  'x-cluster-client-ip', // Rackspace, Zeus
  'x-azure-clientip', // Azure Front Door
  'x-original-forwarded-for', // ingress-nginx
  'wl-proxy-client-ip', // WebLogic
  'ns-client-ip', // NetScaler, as its manual suggests
]

export const NOT_FORWARDED: Forwarded = {
  clients: [],
  by: null,
  single: [],
  proto: null,
  host: null,
  port: null,
}

/** Whether a line of the head may claim something: most heads have none, and need not be taken apart. */
export const mayBeForwarded = (head: string): boolean => KNOWN_IN_HEAD.test(head)

/** What the header lines of a request claim. Forwarded goes before X-Forwarded-For where both are there. */
export function forwardedOf(lines: readonly HeaderLine[]): Forwarded {
  if (!lines.some(({ name }) => KNOWN.test(name))) return NOT_FORWARDED
  const standard = elements(valuesOf(lines, 'forwarded'))
  const named = standard.flatMap((element) => element.get('for') ?? [])
  const listed = split(valuesOf(lines, FOR).join(','), ',')
  const clients = (named.length > 0 ? named : listed).slice(0, FORWARDED_NODES_MAX).map(nodeOf)
  const first = (name: string): string | null => standard.find((e) => e.has(name))?.get(name) ?? null
  const port = Number(valueIn(lines, PORT) ?? Number.NaN)
  return {
    clients,
    by: named.length > 0 ? 'forwarded' : listed.length > 0 ? FOR : null,
    single: SINGLE.flatMap((name) => {
      const value = valueIn(lines, name)
      return value === null || value === '' ? [] : { name, ...nodeOf(value.trim()) }
    }),
    proto: first('proto') ?? firstOf(valueIn(lines, PROTO)),
    host: first('host') ?? firstOf(valueIn(lines, HOST)),
    port: Number.isInteger(port) && port > 0 && port <= PORT_MAX ? port : null,
  }
}

const PORT_MAX = 65_535

const FOR = 'x-forwarded-for'
const PORT = 'x-forwarded-port'
const PROTO = 'x-forwarded-proto'
const HOST = 'x-forwarded-host'
/** The header lines that are looked for. */
const NAMES = ['forwarded', FOR, PORT, PROTO, HOST, ...SINGLE].join('|')
const KNOWN = new RegExp(`^(?:${NAMES})$`, 'i')
const KNOWN_IN_HEAD = new RegExp(`\\n(?:${NAMES})[ \\t]*:`, 'i')

const firstOf = (list: string | null): string | null => split(list ?? '', ',')[0] ?? null

const valuesOf = (lines: readonly HeaderLine[], wanted: string): string[] =>
  lines.filter(({ name }) => name.toLowerCase() === wanted).map(({ value }) => value)

/** Parameters of each element (RFC 7239 §4): names in lower case, values without quotes; the first counts. */
function elements(values: readonly string[]): readonly ReadonlyMap<string, string>[] {
  return split(values.join(','), ',').map((element) => {
    const pairs = new Map<string, string>()
    for (const pair of split(element, ';')) {
      const equals = pair.indexOf('=')
      const name = pair.slice(0, equals).trim().toLowerCase()
      if (equals > 0 && !pairs.has(name)) pairs.set(name, unquoted(pair.slice(equals + 1).trim()))
    }
    return pairs
  })
}

const unquoted = (text: string): string =>
  text.startsWith('"') && text.endsWith('"') && text.length > 1
    ? text.slice(1, -1).replaceAll(/\\(.)/g, '$1')
    : text

/** Parts between separators that stand in no quoted string, trimmed, without empty ones. */
function split(text: string, separator: string): string[] {
  const parts: string[] = []
  let from = 0
  let isQuoted = false
  for (let at = 0; at <= text.length; at++) {
    const letter = text[at]
    if (isQuoted && letter === '\\') at++
    else if (letter === '"') isQuoted = !isQuoted
    if (at < text.length && (isQuoted || letter !== separator)) continue
    parts.push(text.slice(from, at).trim())
    from = at + 1
  }
  return parts.filter((part) => part !== '')
}

/**
 * An address as it is written in these lines (RFC 7239 §6): `192.0.2.1`, `192.0.2.1:80`, `[2001:db8::1]:80`,
 * `2001:db8::1` without brackets (X-Forwarded-For), `unknown`, `_hidden`, each also in quotes.
 */
export function nodeOf(written: string): ForwardedNode {
  const text = unquoted(written)
  const bracketed = /^\[([0-9a-f:.]+(?:%\w+)?)\](?::(\w+))?$/i.exec(text)
  if (bracketed !== null)
    return {
      address: isV6(bracketed[1]!) ? bracketed[1]!.toLowerCase() : null,
      port: portOf(bracketed[2]),
      text,
    }
  const dotted = /^(\d{1,3}(?:\.\d{1,3}){3})(?::(\w+))?$/.exec(text)
  if (dotted !== null) return { address: isV4(dotted[1]!) ? dotted[1]! : null, port: portOf(dotted[2]), text }
  return { address: isV6(text) ? text.toLowerCase() : null, port: hiddenPort(text), text }
}

const isV4 = (text: string): boolean => text.split('.').every((part) => Number(part) <= 255)

/**
 * Groups of hexadecimal digits, eight, or fewer about one `::`; the last two may be dotted (RFC 4291 §2.2).
 */
function isV6(text: string): boolean {
  if (!text.includes(':') || /[^0-9a-f:.]/i.test(text)) return false
  const dotted = text.lastIndexOf(':') + 1
  const tail = text.slice(dotted)
  if (tail.includes('.') && !(/^\d{1,3}(\.\d{1,3}){3}$/.test(tail) && isV4(tail))) return false
  const plain = tail.includes('.') ? `${text.slice(0, dotted)}0:0` : text
  const halves = plain.split('::')
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')))
  const fits = halves.length === 1 ? groups.length === 8 : halves.length === 2 && groups.length < 8
  return fits && groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))
}

/** A port that is hidden (`_name`) is none. */
function portOf(text: string | undefined): number | null {
  const port = /^\d{1,5}$/.test(text ?? '') ? Number(text) : PORT_MAX + 1
  return port <= PORT_MAX ? port : null
}

/** `unknown:47011`, `_hidden:47011`. */
const hiddenPort = (text: string): number | null => portOf(/^(?:unknown|_[\w.-]+):(\d+)$/i.exec(text)?.[1])
