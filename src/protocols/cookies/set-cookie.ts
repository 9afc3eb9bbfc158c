/**
 * Set-Cookie lines of a response, each by itself and in order (RFC 6265 §5.2; its successor,
 * draft-ietf-httpbis-rfc6265bis, keeps the algorithm). Nothing is refused: what makes no sense is kept as it
 * is.
 */
import { hash } from 'node:crypto'
import type { SetCookie } from '../../model/cookie.ts'
import type { HeaderLine } from '../../model/http.ts'
import type { Micros } from '../../model/time.ts'
import { catalogued } from './catalogue.ts'
import { cookieDate } from './cookie-date.ts'

/** Lines read per response: a response with more says nothing that these do not. */
export const LINES_MAX = 64
/** Octets of a line that are read; browsers refuse cookies above 4096 (RFC 6265 §6.1). */
export const LINE_MAX = 8192
/** Hex digits of a value's hash. */
const HASH_DIGITS = 32

/** Field names compare without case (RFC 9110 §5.1). */
export const isSetCookie = (name: string): boolean =>
  name.length === 10 && name.toLowerCase() === 'set-cookie'

/** The cookies that a response sets; `at` is when, for telling whether an Expires has passed. */
export function readSetCookies(headers: readonly HeaderLine[], at: Micros): SetCookie[] {
  const cookies: SetCookie[] = []
  for (const { name, value } of headers) {
    if (isSetCookie(name) && cookies.length < LINES_MAX) {
      cookies.push(readSetCookie(value.slice(0, LINE_MAX), at))
    }
  }
  return cookies
}

/** One Set-Cookie value. */
export function readSetCookie(line: string, at: Micros): SetCookie {
  const [pair = '', ...attributes] = line.split(';')
  const equals = pair.indexOf('=')
  const name = trimmed(pair.slice(0, Math.max(equals, 0)))
  const value = trimmed(pair.slice(equals + 1))
  return {
    line,
    name,
    valueHash: hash('sha256', Buffer.from(value, 'latin1'), 'hex').slice(0, HASH_DIGITS),
    valueLength: value.length,
    ...readAttributes(attributes, at),
    // Quotes belong to the value, but not to what the server meant by it.
    ...catalogued(name, /^"(.*)"$/.exec(value)?.[1] ?? value),
    folded: isFolded(line),
  }
}

type Attributes = Pick<SetCookie, 'path' | 'domain' | 'secure' | 'httpOnly' | 'expired'>

/** What a user agent makes of the attributes: unusable ones are passed over, of several the last counts. */
function readAttributes(attributes: readonly string[], at: Micros): Attributes {
  let path: string | null = null
  let domain: string | null = null
  let maxAge: number | null = null
  let expires: Micros | null = null
  const names = new Set<string>()
  for (const attribute of attributes) {
    const equals = attribute.indexOf('=')
    const name = trimmed(equals < 0 ? attribute : attribute.slice(0, equals)).toLowerCase()
    const value = equals < 0 ? '' : trimmed(attribute.slice(equals + 1))
    names.add(name)
    if (name === 'path') path = value.startsWith('/') ? value : null
    else if (name === 'domain' && value !== '') domain = value.replace(/^\./, '').toLowerCase() || null
    else if (name === 'max-age' && /^-?\d+$/.test(value)) maxAge = Number(value)
    else if (name === 'expires') expires = cookieDate(value) ?? expires
  }
  // Max-Age has precedence over Expires (§5.3, step 3).
  const expired = maxAge === null ? expires !== null && expires <= at : maxAge <= 0
  return { path, domain, secure: names.has('secure'), httpOnly: names.has('httponly'), expired }
}

/**
 * A comma that a name and `=` follow begins another cookie; the one inside an Expires date is followed by a
 * day. Inside quotes it is content. Elsewhere a value may not hold one (§4.1.1), and some do all the same.
 */
const isFolded = (line: string): boolean =>
  /,\s*[!#$%&'*+\-.^_`|~0-9A-Za-z]+=/.test(line.replaceAll(/"[^"]*"/g, ''))

/** Without the space and tabs around it; other white space is content (§5.2). */
function trimmed(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isBlank(text.charCodeAt(start))) start++
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09
