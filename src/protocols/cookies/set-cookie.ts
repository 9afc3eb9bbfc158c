/**
 * Set-Cookie lines of a response, each by itself and in order, as a user agent reads them (RFC 6265 §5.2, and
 * where its successor, draft-ietf-httpbis-rfc6265bis §5.6, says more: that). Nothing is refused: what a user
 * agent would not store is kept as it is, for it crossed the wire.
 */
import type { SetCookie } from '../../model/cookie.ts'
import type { Micros } from '../../model/time.ts'
import { trimmed } from '../../bytes/blanks.ts'
import { cookieDate } from './cookie-date.ts'
import { cookieFacts, nameAndValue } from './facts.ts'
import { foldedParts } from './folding.ts'

/** Octets of an attribute's value; a longer one counts as not sent (rfc6265bis §5.6). */
export const ATTRIBUTE_MAX = 1024

/** Field names compare without case (RFC 9110 §5.1). */
export const isSetCookie = (name: string): boolean =>
  name.length === 10 && name.toLowerCase() === 'set-cookie'

/** The name of the cookie that a Set-Cookie value sets, without reading the rest of it. */
export const cookieName = (line: string): string => nameAndValue(line.split(';', 1)[0]!).name

/** One Set-Cookie value. A folded one is read as one cookie, as user agents do; `parts` are what was
 * meant. */
export function readSetCookie(line: string, at: Micros): SetCookie {
  const parts = foldedParts(line)
  if (parts.length === 1) return readLine(line, at)
  return { ...readLine(line, at), folded: true, parts: parts.map((part) => readLine(trimmed(part), at)) }
}

function readLine(line: string, at: Micros): SetCookie {
  const [pair = '', ...attributes] = line.split(';')
  const { name, value } = nameAndValue(pair)
  const read = readAttributes(attributes)
  const { maxAge, expires } = read
  const expired = maxAge === null ? expires !== null && expires <= at : maxAge <= 0
  return { line, ...cookieFacts(name, value), ...read, expired, folded: false, parts: [] }
}

type Attributes = Pick<
  SetCookie,
  'path' | 'domain' | 'secure' | 'httpOnly' | 'sameSite' | 'maxAge' | 'expires'
>

function readAttributes(attributes: readonly string[]): Attributes {
  const read: { -readonly [K in keyof Attributes]: Attributes[K] } = {
    path: null,
    domain: null,
    secure: false,
    httpOnly: false,
    sameSite: null,
    maxAge: null,
    expires: null,
  }
  for (const attribute of attributes) {
    const equals = attribute.indexOf('=')
    const key = trimmed(equals < 0 ? attribute : attribute.slice(0, equals)).toLowerCase()
    const value = equals < 0 ? '' : trimmed(attribute.slice(equals + 1))
    if (value.length > ATTRIBUTE_MAX) continue
    if (key === 'path') read.path = value.startsWith('/') ? value : null
    else if (key === 'domain') read.domain = value.replace(/^\./, '').toLowerCase() || null
    else if (key === 'secure') read.secure = true
    else if (key === 'httponly') read.httpOnly = true
    else if (key === 'samesite') read.sameSite = sameSite(value.toLowerCase())
    else if (key === 'max-age') read.maxAge = seconds(value) ?? read.maxAge
    else if (key === 'expires') read.expires = cookieDate(value) ?? read.expires
  }
  return read
}

const sameSite = (value: string): SetCookie['sameSite'] =>
  value === 'strict' || value === 'lax' || value === 'none' ? value : null

/** A number of seconds that a double holds exactly; larger ones are that large. Null: not a number. */
function seconds(value: string): number | null {
  if (!/^-?\d+$/.test(value)) return null
  return Math.min(Math.max(Number(value), -Number.MAX_SAFE_INTEGER), Number.MAX_SAFE_INTEGER)
}
