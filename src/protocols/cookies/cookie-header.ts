/** Cookie header lines of a request (RFC 6265 §4.2, §5.4): the names that a client returns, in order. */
import type { CookieFacts } from '../../model/cookie.ts'
import type { HeaderLine } from '../../model/http.ts'
import { trimmed } from '../../bytes/blanks.ts'
import { cookieFacts, nameAndValue } from './facts.ts'

/** Cookies read per request; more are left out. User agents keep 50 per domain (RFC 6265 §6.1), some 180. */
export const COOKIE_PAIRS_MAX = 256

/**
 * The cookies of a request, those without a name included. Nothing is percent-decoded or unquoted. There
 * should be one Cookie line; some send several, in order all the same.
 */
export function readCookies(headers: readonly HeaderLine[]): CookieFacts[] {
  const facts: CookieFacts[] = []
  for (const line of headers) {
    if (line.name.toLowerCase() !== 'cookie') continue
    for (const pair of line.value.split(';')) {
      if (facts.length === COOKIE_PAIRS_MAX) return facts
      if (trimmed(pair) === '') continue
      const { name, value } = nameAndValue(pair)
      facts.push(cookieFacts(name, value))
    }
  }
  return facts
}
