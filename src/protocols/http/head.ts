/**
 * The head of an HTTP/1.x message: start line and header lines (RFC 9112 §2 to §5), out of octets that are
 * all there. `readHead` takes whatever crossed the wire; most heads are plain, and are scanned where they lie
 * (scan.ts).
 */
import { latin1 } from '../../bytes/latin1.ts'
import type { HeaderLine } from '../../model/http.ts'
import { isSetCookie } from '../cookies/set-cookie.ts'
import { framingOf } from './framing.ts'
import { INCOMPLETE, TOO_MANY, lineEnd, takeLines } from './header-lines.ts'
import type { Head } from './message.ts'
import { HeadScanner } from './scan.ts'
import type { UnreadReason } from '../../model/unread.data.ts'

/**
 * Octets of a start line. Receivers should take 8000 (RFC 9112 §3). A message with a longer one is not read
 * on.
 */
export const START_LINE_MAX = 16 << 10

const LF = 10
const CR = 13

/** What a head says; its first line already taken apart. */
export interface ParsedHead {
  /** Method or version. */
  readonly first: string
  /** Target or status. */
  readonly second: string
  /** Version or reason phrase. */
  readonly third: string
  readonly headers: HeaderLine[]
  /** Octets of the head, its empty line included. */
  readonly length: number
}

/** Why a head is not read on. */
export const START_LINE_TOO_LONG = 'http-start-line-too-long'
export const TOO_MANY_LINES = 'http-too-many-header-lines'
const MALFORMED = 'http-head-malformed'

/**
 * Where the head that begins at or before `from` ends: the offset after its empty line; -1 if it is not
 * there. A scan that goes on where another stopped begins three octets before.
 */
export function headEnd(bytes: Uint8Array, from: number, end: number): number {
  for (let at = from; at < end; at++) {
    if (bytes[at] !== LF) continue
    const next = bytes[at + 1] === CR ? at + 2 : at + 1
    if (next < end && bytes[next] === LF) return next + 1
  }
  return -1
}

/**
 * The head that octets `at`..`stop` are. A text: it cannot be read, for that reason. `whole`: the header
 * lines of a response are wanted even if they set no cookie.
 */
export function readHead(bytes: Uint8Array, at: number, stop: number, whole = true): Head | UnreadReason {
  const scanner = new HeadScanner()
  const plain = scanner.response(bytes, at, stop, whole) ?? scanner.request(bytes, at, stop)
  if (plain !== null) return plain
  const text = latin1(bytes, at, stop)
  const parsed = parseHead(text)
  if (parsed === null || typeof parsed === 'string') return parsed ?? MALFORMED
  const { first, second, third, headers, length } = parsed
  const isResponse = first.startsWith('HTTP/')
  const status = isResponse ? statusOf(second) : 0
  if (status < 0) return MALFORMED
  return {
    method: isResponse ? '' : first,
    target: isResponse ? '' : second,
    version: isResponse ? versionOf(first) : isVersion(third) ? versionOf(third) : '',
    status,
    framing: framingOf(headers),
    setCookieLines: headers.filter(({ name }) => isSetCookie(name)).length,
    length,
    text,
    lines: headers,
    ambiguities: null,
  }
}

/** Three digits (RFC 9112 §4), whatever stands behind them before the next space; -1 if they are not. */
const statusOf = (text: string): number => (STATUS.test(text) ? Number(text.slice(0, 3)) : -1)
const STATUS = /^\d{3}(?!\d)/

const versionOf = (text: string): string => text.slice('HTTP/'.length)
const isVersion = (text: string): boolean => text.length === 8 && text.startsWith('HTTP/1.')

/**
 * Takes apart the head that `text` begins with; what follows it does not matter. Null: its empty line is not
 * there yet. A text: it cannot be read, for that reason.
 */
export function parseHead(text: string): ParsedHead | UnreadReason | null {
  const lf = text.indexOf('\n')
  if (lf < 0) return null
  if (lf > START_LINE_MAX) return START_LINE_TOO_LONG
  const end = lineEnd(text, 0, lf)
  const one = text.indexOf(' ')
  // A reason phrase has spaces; a target should have none, so that the version stands behind the last one.
  const space = text.startsWith('HTTP/') ? text.indexOf(' ', one + 1) : text.lastIndexOf(' ', end)
  const two = space <= one || space > end ? end : space
  const headers: HeaderLine[] = []
  const length = takeLines(text, lf + 1, headers)
  if (length === INCOMPLETE) return null
  if (length === TOO_MANY) return TOO_MANY_LINES
  return {
    first: text.slice(0, one),
    second: text.slice(one + 1, two),
    third: text.slice(two + 1, end),
    headers,
    length,
  }
}
