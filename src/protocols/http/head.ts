/**
 * The head of an HTTP/1.x message: start line and header lines (RFC 9112 §2 to §5), out of octets that are
 * all there.
 *
 * Lines end with CRLF or LF (§2.2). A line that begins with white space goes on with the value before it, one
 * space between (obs-fold, §5.2). White space before the colon is not part of the name (§5.1 forbids it; the
 * line is kept, for it is evidence). Lines without a colon say nothing and are left out. Octets above 0x7f
 * stay what they are (Latin-1).
 */
import type { HeaderLine } from '../../model/http.ts'

/**
 * Header lines of one message. Apache allows 100, IIS and Tomcat as many as fit; a message with more is not
 * read on.
 */
export const HEADER_LINES_MAX = 256
/**
 * Octets of a start line. Receivers should take 8000 (RFC 9112 §3). A message with a longer one is not read
 * on.
 */
export const START_LINE_MAX = 16 << 10

const LF = 10
const CR = 13
const SPACE = 32
const TAB = 9

/** What a head says; its first line already taken apart. */
export interface Head {
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

/** Why a head is not read on: counted under these names. */
export const START_LINE_TOO_LONG = 'http-start-line-too-long'
export const TOO_MANY_LINES = 'http-too-many-header-lines'

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

const isSpace = (code: number): boolean => code === SPACE || code === TAB

/** The offset where the line ends that `lf` terminates. */
const lineEnd = (text: string, start: number, lf: number): number =>
  lf > start && text.charCodeAt(lf - 1) === CR ? lf - 1 : lf

/**
 * Takes apart the head that `text` begins with; what follows it does not matter. Null: its empty line is not
 * there yet. A text: it cannot be read, for that reason.
 */
export function parseHead(text: string): Head | string | null {
  const lf = text.indexOf('\n')
  if (lf < 0) return null
  if (lf > START_LINE_MAX) return START_LINE_TOO_LONG
  const end = lineEnd(text, 0, lf)
  const one = text.indexOf(' ')
  // A reason phrase has spaces; a target should have none, so that the version stands behind the last one.
  const space = text.startsWith('HTTP/') ? text.indexOf(' ', one + 1) : text.lastIndexOf(' ', end)
  const two = space <= one || space > end ? end : space
  const headers: HeaderLine[] = []
  const length = headerLines(text, lf + 1, headers)
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

const INCOMPLETE = -1
const TOO_MANY = -2

/**
 * Adds the header lines of `text` from `at` on to `headers`; returns the offset after their empty line, or
 * why there is none.
 */
function headerLines(text: string, at: number, headers: HeaderLine[]): number {
  for (let lf = text.indexOf('\n', at); lf >= 0; at = lf + 1, lf = text.indexOf('\n', at)) {
    const end = lineEnd(text, at, lf)
    if (end === at) return lf + 1
    if (isSpace(text.charCodeAt(at))) {
      const folded = headers.pop()
      if (folded !== undefined)
        headers.push({ name: folded.name, value: unfold(folded.value, trimmed(text, at, end)) })
      continue
    }
    const colon = text.indexOf(':', at)
    if (colon < 0 || colon >= end) continue
    if (headers.length === HEADER_LINES_MAX) return TOO_MANY
    headers.push({ name: trimmed(text, at, colon), value: trimmed(text, colon + 1, end) })
  }
  return INCOMPLETE
}

const unfold = (value: string, more: string): string =>
  value === '' || more === '' ? value + more : `${value} ${more}`

function trimmed(text: string, start: number, end: number): string {
  while (start < end && isSpace(text.charCodeAt(start))) start++
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}
