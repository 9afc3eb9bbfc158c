/**
 * Set-Cookie lines of a response, each by itself and in order (RFC 6265 §5.2; its successor, draft-ietf-httpbis-rfc6265bis, keeps
 * the algorithm). Nothing is refused: what makes no sense is kept as it is.
 */
import { hash } from 'node:crypto'
import type { SetCookie } from '../../model/cookie.ts'
import type { HeaderLine } from '../../model/http.ts'
import type { Micros } from '../../model/time.ts'
import { catalogued } from './catalogue.ts'

/** Lines read per response: a response with more says nothing that these do not. */
const LINES_MAX = 64
/** Octets of a line that are read; browsers refuse cookies above 4096 (RFC 6265 §6.1). */
const LINE_MAX = 8192
/** Hex digits of a value's hash. */
const HASH_DIGITS = 32

/** Field names compare without case (RFC 9110 §5.1). */
export const isSetCookie = (name: string): boolean => name.length === 10 && name.toLowerCase() === 'set-cookie'

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
  const name = equals < 0 ? '' : pair.slice(0, equals).trim()
  const value = (equals < 0 ? pair : pair.slice(equals + 1)).trim()
  const facts = { path: null as string | null, domain: null as string | null, secure: false, httpOnly: false, expired: false }
  let maxAge: number | null = null
  for (const attribute of attributes) {
    const at2 = attribute.indexOf('=')
    const key = (at2 < 0 ? attribute : attribute.slice(0, at2)).trim().toLowerCase()
    const content = at2 < 0 ? '' : attribute.slice(at2 + 1).trim()
    if (key === 'path') facts.path = content
    else if (key === 'domain') facts.domain = content.replace(/^\./, '').toLowerCase()
    else if (key === 'secure') facts.secure = true
    else if (key === 'httponly') facts.httpOnly = true
    else if (key === 'max-age' && /^-?\d+$/.test(content)) maxAge = Number(content)
    else if (key === 'expires') facts.expired = hasPassed(content, at)
  }
  // Max-Age has precedence over Expires (RFC 6265 §5.3, step 3).
  if (maxAge !== null) facts.expired = maxAge <= 0
  return {
    line,
    name,
    valueHash: hash('sha256', Buffer.from(value, 'latin1'), 'hex').slice(0, HASH_DIGITS),
    valueLength: value.length,
    ...facts,
    ...catalogued(name, value),
    folded: isFolded(line),
  }
}

function hasPassed(expires: string, at: Micros): boolean {
  const time = Date.parse(expires.replace(/-/g, ' '))
  return !Number.isNaN(time) && time * 1000 <= at
}

/** A comma that a name and `=` follow begins another cookie; the one inside an Expires date follows a weekday. */
function isFolded(line: string): boolean {
  return /,\s*[!#$%&'*+\-.^_`|~0-9A-Za-z]+=/.test(line.replace(/expires\s*=[^;,]*,?[^;,]*/gi, ''))
}
