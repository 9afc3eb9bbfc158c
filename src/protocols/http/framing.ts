/**
 * How much of the stream belongs to a message's body (RFC 9112 §6). Pure: what the header lines say in, a
 * length or a manner out.
 */
import type { HeaderLine } from '../../model/http.ts'

/** Manners of framing, beside a length in octets (0 and up). */
export const CHUNKED = -1
export const UNTIL_CLOSE = -2
/**
 * What follows is no longer HTTP: CONNECT was granted, or the protocol was changed (RFC 9110 §9.3.6, §7.8).
 */
export const TUNNEL = -3
/** The length cannot be told, or two readers would tell it differently (RFC 9112 §6.3, §11.2). */
export const AMBIGUOUS = -4
/** What follows a CONNECT depends on its answer. */
export const ON_ANSWER = -5

/** What Transfer-Encoding says. */
export const NO_CODING = 0
export const CHUNKED_LAST = 1
const OTHER_CODING = 2
const FAULTY_CODING = 3
/** The length where there is no Content-Length. */
export const NONE = -1

/** What the header lines say of the body. */
export interface Framing {
  readonly coding: number
  /** Octets, NONE or AMBIGUOUS. */
  readonly length: number
}

export const framingOf = (headers: readonly HeaderLine[]): Framing => ({
  coding: transferCoding(headers),
  length: contentLength(headers),
})

/**
 * Transfer-Encoding (RFC 9112 §6.1): chunked must come once, and last. `identity` (RFC 2616) says nothing.
 */
function transferCoding(headers: readonly HeaderLine[]): number {
  let coding = NO_CODING
  for (const { name, value } of headers) {
    if (name.length !== 17 || name.toLowerCase() !== 'transfer-encoding') continue
    for (const part of value.split(',')) {
      const token = part.split(';', 1)[0]!.trim().toLowerCase()
      if (token === '' || token === 'identity') continue
      if (coding === CHUNKED_LAST) return FAULTY_CODING
      coding = token === 'chunked' ? CHUNKED_LAST : OTHER_CODING
    }
  }
  return coding
}

/** Digits of a length that a number holds exactly; zeros before them do not count. */
export const LENGTH_DIGITS_MAX = 15
const LENGTH_MAX = 10 ** LENGTH_DIGITS_MAX

/** Content-Length (RFC 9110 §8.6): one decimal number, possibly repeated; NONE without any. */
function contentLength(headers: readonly HeaderLine[]): number {
  let length = NONE
  for (const { name, value } of headers) {
    if (name.length !== 14 || (name !== 'Content-Length' && name.toLowerCase() !== 'content-length')) continue
    const said = value.includes(',') ? repeatedDecimal(value) : decimal(value)
    if (said === AMBIGUOUS || (length !== NONE && length !== said)) return AMBIGUOUS
    length = said
  }
  return length
}

/**
 * Digits and nothing else: what Number() takes beside them (signs, exponents, spaces) is how requests are
 * smuggled.
 */
function decimal(text: string): number {
  if (text.length === 0) return AMBIGUOUS
  let value = 0
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48
    if (digit < 0 || digit > 9) return AMBIGUOUS
    value = value * 10 + digit
    if (value >= LENGTH_MAX) return AMBIGUOUS
  }
  return value
}

function repeatedDecimal(text: string): number {
  const [first, ...others] = text.split(',').map((part) => decimal(part.trim()))
  return others.every((other) => other === first) ? first! : AMBIGUOUS
}

/** An octet count, CHUNKED, ON_ANSWER or AMBIGUOUS. */
export function requestBody(method: string, version: string, { coding, length }: Framing): number {
  if (method === 'CONNECT') return ON_ANSWER
  if (coding === CHUNKED_LAST) return version === '1.0' ? AMBIGUOUS : CHUNKED
  if (coding !== NO_CODING) return AMBIGUOUS
  return length === NONE ? 0 : length
}

/**
 * An octet count, CHUNKED, UNTIL_CLOSE, TUNNEL or AMBIGUOUS. `method` is that of the request, null if it was
 * not seen.
 */
export function responseBody(
  status: number,
  version: string,
  { coding, length }: Framing,
  method: string | null,
): number {
  if (status === 101) return TUNNEL
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return 0
  if (method === 'CONNECT' && status < 300) return TUNNEL
  if (coding === FAULTY_CODING) return AMBIGUOUS
  if (coding === CHUNKED_LAST) return version === '1.0' ? AMBIGUOUS : CHUNKED
  if (coding === OTHER_CODING) return UNTIL_CLOSE
  return length === NONE ? UNTIL_CLOSE : length
}
