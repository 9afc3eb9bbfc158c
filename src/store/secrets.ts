/**
 * Secrets from captures are stored as hashes: equal ones can still be told to be equal within one database,
 * and nobody can log in with them. The salt is the database's own, so that hashes of two databases cannot
 * be compared, nor looked up in tables.
 *
 * A secret is the value of a cookie, of a parameter in a request's target, and what Authorization carries.
 * A header line that begins in one packet and ends in the next is only known by its first part; the rest of
 * it stays.
 */
import { createHash } from 'node:crypto'
import type { Details } from '../model/incident.ts'
import { prepared, type Store, StoreError } from './store.ts'

/** Hexadecimal digits of a hash that are kept: 64 bits tell values apart and give none away. */
const DIGITS = 16

/** Hides secrets, or nothing. */
export interface Secrets {
  details(details: Details): Details
  /** The same octets if there is nothing to hide, else a copy of the same length. */
  packet(bytes: Uint8Array): Uint8Array
}

export const openSecrets: Secrets = { details: (details) => details, packet: (bytes) => bytes }

export function hashedSecrets(store: Store): Secrets {
  const select = "SELECT value FROM setting WHERE name = 'salt'"
  const salt = prepared<{ value: string }>(store, select).get()?.value
  if (salt === undefined) throw new StoreError(`${store.path} has lost its salt: restore a backup`)
  const digest = (secret: string): string =>
    createHash('sha256').update(salt).update(secret).digest('hex').slice(0, DIGITS)
  return {
    details: (details) => hiddenIn(details, (secret) => `sha256:${digest(secret)}`),
    packet: (bytes) => hiddenPacket(bytes, digest),
  }
}

type Hide = (secret: string) => string

function hiddenIn(details: Details, hide: Hide): Details {
  const { request, cookies } = details
  if (typeof request !== 'string' && !Array.isArray(cookies)) return details
  return {
    ...details,
    ...(typeof request === 'string' ? { request: hiddenTarget(request, hide) } : {}),
    ...(Array.isArray(cookies) ? { cookies: cookies.map((cookie) => hiddenCookie(cookie, hide)) } : {}),
  }
}

/** Values of parameters, `user:password@`. */
function hiddenTarget(target: string, hide: Hide): string {
  const bare = target.replace(
    /^(\w+:\/\/)([^/@]*)@/,
    (_, scheme: string, user: string) => `${scheme}${hide(user)}@`,
  )
  const [path, ...query] = bare.split('?')
  if (query.length === 0) return bare
  const parameters = query.join('?').split('&')
  return `${path}?${parameters.map((parameter) => hiddenPair(parameter, hide)).join('&')}`
}

/** One without `=` may be all secret. */
function hiddenPair(pair: string, hide: Hide): string {
  const equals = pair.indexOf('=')
  if (equals < 0) return pair === '' ? '' : hide(pair)
  return `${pair.slice(0, equals + 1)}${hide(pair.slice(equals + 1))}`
}

function hiddenCookie(cookie: unknown, hide: Hide): unknown {
  const value = (cookie as { value?: unknown } | null)?.value
  return typeof value === 'string' ? { ...(cookie as object), value: hide(value) } : cookie
}

/** Header lines of HTTP/1 that carry secrets, to the end of the line or of the packet. */
const SECRET_LINES = /(^|\r?\n)((?:proxy-)?authorization|set-cookie2?|cookie):([^\r\n]*)/gi
/** What a request's first line asks for, with its parameters. */
const REQUEST_PARAMETERS = /((?:^|[^A-Z])[A-Z]{3,10} [^\s?]*\?)([^\s]+)(?= HTTP\/1|$)/g

/** Octets keep their places: a hash is repeated over the length of what it hides. */
function hiddenPacket(bytes: Uint8Array, digest: Hide): Uint8Array {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
  const over: Hide = (secret) =>
    (secret === '' ? '' : digest(secret).repeat(1 + secret.length / DIGITS)).slice(0, secret.length)
  const hidden = text
    .replace(SECRET_LINES, (_, before: string, name: string, value: string) => {
      const lower = name.toLowerCase()
      const kept = lower.endsWith('authorization')
        ? hiddenCredentials(value, over)
        : hiddenPairs(lower, value, over)
      return `${before}${name}:${kept}`
    })
    .replace(REQUEST_PARAMETERS, (_, before: string, query: string) => `${before}${hiddenQuery(query, over)}`)
  return hidden === text ? bytes : Buffer.from(hidden, 'latin1')
}

const hiddenQuery = (query: string, over: Hide): string =>
  query
    .split('&')
    .map((pair) => hiddenPair(pair, over))
    .join('&')

/** `Basic dXNlcjpw`: the scheme stays. */
const hiddenCredentials = (value: string, over: Hide): string =>
  value.replace(
    /^(\s*\S+\s+)?(.*)$/,
    (_, scheme: string | undefined, rest: string) => `${scheme ?? ''}${over(rest)}`,
  )

/** Of Set-Cookie the first pair is the cookie, the others are attributes; of Cookie all are cookies. */
function hiddenPairs(name: string, line: string, over: Hide): string {
  const pairs = line.split(';')
  return pairs
    .map((pair, i) => {
      const equals = pair.indexOf('=')
      if (equals < 0 || (i > 0 && name !== 'cookie')) return pair
      return `${pair.slice(0, equals + 1)}${over(pair.slice(equals + 1))}`
    })
    .join(';')
}
