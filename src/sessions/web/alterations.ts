/**
 * What a relay changed in a request and its response: bodies, cookies, tokens against forged requests. What
 * relays may change is no change: transfer and content coding, Connection, Via, Date, Server, forwarded
 * addresses, cookies of their own, the server's name before a cookie's value (HAProxy's prefix mode).
 */
import { hash } from 'node:crypto'
import { isDevices } from '../../model/cookie.ts'
import { injectedByComparison, type RewrittenCookie } from '../../model/cookie-comparison.ts'
import type { HeaderLine, HttpBody } from '../../model/http.ts'
import type { Alteration, BodyAltered, CookieAltered, TokenAltered } from '../../model/web.ts'
import { isTokenName, tokensIn, withoutTokens, type Token } from './csrf-tokens.ts'
import type { Exchanged } from './exchange-pairs.ts'

/** Characters of both bodies that are shown from their first difference on. */
const SHOWN = 40
/** ... and before it. */
const SHOWN_BEFORE = 12
/** Hex digits of a token's hash that are told. */
const HASH_DIGITS = 16

/** Differences of the two sides; `fields` are names of tokens that the configuration states. */
export function alterations(front: Exchanged, back: Exchanged, fields: readonly string[]): Alteration[] {
  const response = [front, back].map(({ transaction }) => transaction!.response!)
  const found: Alteration[] = [
    ...headerTokens(front.request.headers, back.request.headers, fields, 'request'),
    ...requestCookies(front, back),
    ...bodies(front.requestBody, back.requestBody, fields, 'request'),
  ]
  // Who answers with another status answers himself.
  if (response[0]!.status !== response[1]!.status) return found
  const [received, sent] = response as [(typeof response)[0], (typeof response)[0]]
  return [
    ...found,
    ...headerTokens(sent.headers, received.headers, fields, 'response'),
    ...setCookies(received.setCookies, sent.setCookies),
    ...bodies(back.responseBody, front.responseBody, fields, 'response'),
  ]
}

type Direction = Alteration['direction']

function setCookies(
  received: Parameters<typeof injectedByComparison>[0],
  sent: Parameters<typeof injectedByComparison>[1],
): CookieAltered[] {
  if (sent.length === 0) return []
  const { rewritten, removed, folded } = injectedByComparison(received, sent)
  const told = (name: string, manner: CookieAltered['manner']): CookieAltered => ({
    what: 'set_cookie',
    direction: 'response',
    name,
    manner,
  })
  return [
    ...rewritten
      .filter((r) => r.manner !== 'prefix' && !isDevices(r.sent))
      .map((r) => told(r.sent.name, r.manner === 'value' ? 'value' : attributesOf(r))),
    ...removed.filter((c) => !isDevices(c)).map((c) => told(c.name, 'removed')),
    ...folded.map((c) => told(c.name, 'folded')),
  ]
}

/** Adding protection is what proxies are set up for; taking it away, or moving a cookie, is not. */
function attributesOf({ sent, received }: RewrittenCookie): CookieAltered['manner'] {
  const isSafer =
    sent.path === received.path &&
    sent.domain === received.domain &&
    sent.maxAge === received.maxAge &&
    sent.expires === received.expires &&
    (received.secure || !sent.secure) &&
    (received.httpOnly || !sent.httpOnly) &&
    (sent.sameSite === null || sent.sameSite === received.sameSite)
  return isSafer ? 'hardened' : 'attributes'
}

/** Cookies of a name that both sides have, with another value; a prefix was put there by the relay. */
function requestCookies(front: Exchanged, back: Exchanged): CookieAltered[] {
  const sent = front.request.cookies ?? []
  const received = back.request.cookies ?? []
  const altered = new Set<string>()
  for (const cookie of sent) {
    const same = received.filter(({ name }) => name === cookie.name)
    if (same.length === 0 || isDevices(cookie)) continue
    const isKept = same.some(
      ({ valueHash, prefix }) =>
        valueHash === cookie.valueHash ||
        valueHash === cookie.prefix?.restHash ||
        prefix?.restHash === cookie.valueHash,
    )
    if (!isKept) altered.add(cookie.name)
  }
  return [...altered].map((name) => ({
    what: 'request_cookie' as const,
    direction: 'request' as const,
    name,
    manner: 'value' as const,
  }))
}

function headerTokens(
  sent: readonly HeaderLine[],
  received: readonly HeaderLine[],
  fields: readonly string[],
  direction: Direction,
): TokenAltered[] {
  const found: TokenAltered[] = []
  for (const { name, value } of sent) {
    if (!isTokenName(name, fields)) continue
    const same = received.filter((line) => line.name.toLowerCase() === name.toLowerCase())
    if (same.some((line) => line.value === value)) continue
    found.push(tokenAltered('csrf_header', direction, { field: name, value }, same[0]?.value ?? null))
  }
  return found
}

function tokenAltered(
  what: TokenAltered['what'],
  direction: Direction,
  { field, value }: Token,
  seen: string | null,
): TokenAltered {
  return {
    what,
    direction,
    field,
    originalHash: hashOf(value),
    seenHash: seen === null ? null : hashOf(seen),
    originalLength: value.length,
    seenLength: seen?.length ?? null,
  }
}

const hashOf = (value: string): string =>
  hash('sha256', Buffer.from(value, 'latin1'), 'hex').slice(0, HASH_DIGITS)

/** What was sent, against what arrived. */
function bodies(
  sent: HttpBody | null,
  received: HttpBody | null,
  fields: readonly string[],
  direction: Direction,
): Alteration[] {
  if (sent === null || received === null || !sent.complete || !received.complete) return []
  if (sent.sha256 === received.sha256) return []
  const isSameCoding = sent.codings.join() === received.codings.join()
  if (sent.excerpt === null || received.excerpt === null)
    // Packed once more, the same text may look otherwise.
    return isSameCoding && sent.codings.length === 0 ? [bodyAltered(sent, received, direction, null)] : []
  const [a, b] = comparable(sent, received)
  if (a === b) {
    // The beginning is the same. What comes after it differs for certain only where nothing packs it.
    const isCertain = (sent.excerptCut || received.excerptCut) && sent.codings.length === 0 && isSameCoding
    return isCertain ? [bodyAltered(sent, received, direction, null)] : []
  }
  const tokens = tokensAltered(tokensIn(a, fields), tokensIn(b, fields), direction)
  const [restA, restB] = [withoutTokens(a, fields), withoutTokens(b, fields)]
  const rest = commonText(restA, restB, sent.excerptCut || received.excerptCut)
  if (rest === null) return tokens
  return [...tokens, bodyAltered(sent, received, direction, { at: rest, a: restA, b: restB })]
}

/** The texts as far as both are there. */
function comparable(sent: HttpBody, received: HttpBody): readonly [string, string] {
  const [a, b] = [sent.excerpt!, received.excerpt!]
  if (!sent.excerptCut && !received.excerptCut) return [a, b]
  const length = Math.min(
    sent.excerptCut ? a.length : Math.max(a.length, b.length),
    received.excerptCut ? b.length : Math.max(a.length, b.length),
  )
  return [a.slice(0, length), b.slice(0, length)]
}

/** Where two texts differ first; null if they do not. Of texts that were cut, the end need not agree: what
 * stands before it may be longer in one. */
function commonText(a: string, b: string, isCut: boolean): number | null {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return i
  return a.length === b.length || isCut ? null : length
}

function tokensAltered(
  sent: readonly Token[],
  received: readonly Token[],
  direction: Direction,
): TokenAltered[] {
  const found: TokenAltered[] = []
  for (const [i, token] of sent.entries()) {
    const seen = received[i]
    if (seen === undefined || seen.field !== token.field || seen.value === token.value) continue
    found.push(tokenAltered('csrf_token', direction, token, seen.value))
  }
  return found
}

function bodyAltered(
  sent: HttpBody,
  received: HttpBody,
  direction: Direction,
  difference: { readonly at: number; readonly a: string; readonly b: string } | null,
): BodyAltered {
  const shown = (text: string): string =>
    text.slice(Math.max(0, difference!.at - SHOWN_BEFORE), difference!.at + SHOWN)
  return {
    what: direction === 'request' ? 'request_body' : 'response_body',
    direction,
    originalBytes: sent.bytes,
    seenBytes: received.bytes,
    offset: difference?.at ?? null,
    original: difference === null ? null : shown(difference.a),
    seen: difference === null ? null : shown(difference.b),
  }
}
