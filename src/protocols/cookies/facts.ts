/** What name and value of a cookie tell, the value itself left behind: in both directions. */
import { hash } from 'node:crypto'
import type { CookieFacts, CookiePrefix } from '../../model/cookie.ts'
import { trimmed } from '../../bytes/blanks.ts'
import { catalogued } from './catalogue.ts'
import { prefixOf } from './decoders.ts'

/** Hex digits of a value's hash that are kept: 128 bits, enough that no two values of an estate meet. */
const HASH_DIGITS = 32

/** The SHA-256 of a value's octets (it is Latin-1), shortened. */
export const valueHash = (value: string): string =>
  hash('sha256', Buffer.from(value, 'latin1'), 'hex').slice(0, HASH_DIGITS)

export const cookieFacts = (name: string, value: string): CookieFacts => ({
  name,
  valueHash: valueHash(value),
  valueLength: value.length,
  // Servers put a value in quotes where it holds a dot or more; who set it did not mean them.
  ...catalogued(name, unquoted(value)),
  prefix: cookiePrefix(value),
})

const unquoted = (value: string): string => /^"(.*)"$/.exec(value)?.[1] ?? value

function cookiePrefix(value: string): CookiePrefix | null {
  const prefix = prefixOf(value)
  return prefix === null ? null : { label: prefix.label, restHash: valueHash(prefix.rest) }
}

/** A name and a value, apart at the first `=`; without one it is all value (the successor of RFC 6265). */
export function nameAndValue(pair: string): { name: string; value: string } {
  const equals = pair.indexOf('=')
  return { name: trimmed(pair.slice(0, Math.max(0, equals))), value: trimmed(pair.slice(equals + 1)) }
}
