/**
 * Where an HTTP/1.x message begins: a request line or a status line, by its octets alone (RFC 9112 §3, §4).
 */
import type { Side } from '../../model/packet.ts'
import type { Recognition } from '../protocol.ts'
import { METHODS } from './methods.data.ts'

const CR = 13
const LF = 10
const SPACE = 32
const DELETE = 127
/** `HTTP/1.x 200` and the octet after it. */
const STATUS_LINE_MIN = 13
/** Longer than any registered method (the longest has 17 letters). */
export const METHOD_MAX = 32
/**
 * A registered method followed by that much target needs no sight of the line's end. Senders should not
 * exceed 8000 (RFC 9112 §3).
 */
export const TARGET_SURE = 1024

const VERSION = [72, 84, 84, 80, 47, 49, 46] // HTTP/1.

/** tchar (RFC 9110 §5.6.2) by octet. */
const TOKEN = new Uint8Array(256)
for (const c of "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
  TOKEN[c.charCodeAt(0)] = 1

export const isTokenOctet = (octet: number): boolean => TOKEN[octet] === 1

const isDigit = (octet: number | undefined): boolean => octet !== undefined && octet >= 48 && octet <= 57

/** Whether `HTTP/1.x` stands at `at`; unsure if it breaks off. */
function version(bytes: Uint8Array, at: number, end: number): Recognition {
  for (let i = 0; i < VERSION.length; i++) {
    if (at + i >= end) return 'unsure'
    if (bytes[at + i] !== VERSION[i]) return 'no'
  }
  if (at + VERSION.length >= end) return 'unsure'
  return isDigit(bytes[at + VERSION.length]) ? 'certain' : 'no'
}

export function recognisesStatusLine(bytes: Uint8Array, at: number, end: number): Recognition {
  const named = version(bytes, at, end)
  if (named !== 'certain') return named
  for (let i = VERSION.length + 1; i < STATUS_LINE_MIN; i++) {
    const octet = bytes[at + i]
    if (at + i >= end) return 'unsure'
    if (i === 8 && octet !== SPACE) return 'no'
    if (i > 8 && i < 12 && !isDigit(octet)) return 'no'
    if (i === 12 && octet !== SPACE && octet !== CR && octet !== LF) return 'no'
  }
  return 'certain'
}

/**
 * `registered`: methods that nobody registered do not count, as behind a gap, where OST may be all that is
 * left of POST.
 */
export function recognisesRequestLine(
  bytes: Uint8Array,
  start: number,
  end: number,
  registered: boolean,
): Recognition {
  let at = start
  while (at < end && isTokenOctet(bytes[at]!)) at++
  if (at - start > METHOD_MAX) return 'no'
  if (at === end) return 'unsure'
  if (at === start || bytes[at] !== SPACE) return 'no'
  if (registered && !isMethod(bytes, start, at)) return 'no'
  return restOfLine(bytes, start, at, end)
}

/**
 * Target and version. A registered method may have spaces in its target: that is wrong, but it is what was
 * sent.
 */
function restOfLine(bytes: Uint8Array, start: number, methodEnd: number, end: number): Recognition {
  const target = methodEnd + 1
  for (let at = target; at - target < TARGET_SURE; at++) {
    if (at >= end) return 'unsure'
    const octet = bytes[at]!
    if (octet < SPACE || octet === DELETE) return 'no'
    if (octet !== SPACE) continue
    if (at === target) return 'no'
    const named = lineVersion(bytes, at + 1, end)
    if (named !== 'no' || !isMethod(bytes, start, methodEnd)) return named
  }
  return isMethod(bytes, start, methodEnd) ? 'certain' : 'no'
}

/** Whether the line ends with `HTTP/1.x`, from `at` on. */
function lineVersion(bytes: Uint8Array, at: number, end: number): Recognition {
  const named = version(bytes, at, end)
  const stop = at + VERSION.length + 1
  if (named !== 'certain') return named
  if (stop >= end) return 'unsure'
  return bytes[stop] === CR || bytes[stop] === LF ? 'certain' : 'no'
}

const isMethod = (bytes: Uint8Array, start: number, end: number): boolean =>
  METHODS.some((name) => name.length === end - start && isAt(bytes, start, name))

function isAt(bytes: Uint8Array, start: number, name: string): boolean {
  for (let i = 0; i < name.length; i++) if (bytes[start + i] !== name.charCodeAt(i)) return false
  return true
}

/**
 * Either side may ask or answer: which side is the originator is only a guess if the capture began late.
 * Empty lines before a request are skipped (RFC 9112 §2.2).
 */
export function recognisesHttp(_side: Side, bytes: Uint8Array, start: number, end: number): Recognition {
  let at = start
  while (at < end && (bytes[at] === CR || bytes[at] === LF)) at++
  if (at >= end) return 'unsure'
  const status = at === start ? recognisesStatusLine(bytes, start, end) : 'no'
  return status === 'no' ? recognisesRequestLine(bytes, at, end, false) : status
}
