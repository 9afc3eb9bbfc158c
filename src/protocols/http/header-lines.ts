/**
 * Header lines (RFC 9112 §5) out of the text of a head that is all there.
 *
 * Lines end with CRLF or LF (§2.2). A line that begins with white space goes on with the value before it, one
 * space between (obs-fold, §5.2). White space before the colon is not part of the name (§5.1 forbids it; the
 * line is kept, for it is evidence). Lines without a colon say nothing and are left out. Octets above 0x7f
 * stay what they are (Latin-1).
 */
import type { HeaderLine } from '../../model/http.ts'
import { isBlank, trimmed } from '../../bytes/blanks.ts'

/**
 * Header lines of one message. Apache allows 100, IIS and Tomcat as many as fit; a message with more is not
 * read on.
 */
export const HEADER_LINES_MAX = 256

export const INCOMPLETE = -1
export const TOO_MANY = -2

const CR = 13
const COLON = 58

/** The offset where the line ends that `lf` terminates. */
export const lineEnd = (text: string, start: number, lf: number): number =>
  lf > start && text.charCodeAt(lf - 1) === CR ? lf - 1 : lf

/** All header lines of a head, which may have no more than HEADER_LINES_MAX. */
export function linesOf(head: string): readonly HeaderLine[] {
  const lines: HeaderLine[] = []
  takeLines(head, head.indexOf('\n') + 1, lines)
  return lines
}

/**
 * The value of the first header line of that name (given in lower case) of a head without folded lines; null
 * without one. What is not asked for is not taken apart.
 */
export function firstValue(head: string, name: string): string | null {
  const value = valueAfter(head, 0, name)
  return value < 0 ? null : valueFrom(head, value)
}

/** The values of the first `limit` header lines of that name, in order; otherwise the same. */
export function valuesOf(head: string, name: string, limit: number): string[] {
  const values: string[] = []
  for (let at = valueAfter(head, 0, name); at >= 0; at = valueAfter(head, at, name)) {
    values.push(valueFrom(head, at))
    if (values.length === limit) break
  }
  return values
}

const valueFrom = (head: string, at: number): string =>
  trimmed(head, at, lineEnd(head, at, head.indexOf('\n', at)))

/** Where the value of the next line of that name begins, in the lines behind the one at `from`; -1: none. */
function valueAfter(head: string, from: number, name: string): number {
  for (let lf = head.indexOf('\n', from); lf >= 0; lf = head.indexOf('\n', lf + 1)) {
    const value = valueAt(head, lf + 1, name)
    if (value >= 0) return value
  }
  return -1
}

/** Where the value begins in the line at `at`, if it has that name; -1 if it has another. */
function valueAt(text: string, at: number, name: string): number {
  let colon = at + name.length
  while (isBlank(text.charCodeAt(colon))) colon++
  if (text.charCodeAt(colon) !== COLON) return -1
  return text.slice(at, at + name.length).toLowerCase() === name ? colon + 1 : -1
}

/**
 * Adds the header lines of `text` from `at` on to `lines`; returns the offset after their empty line, or why
 * there is none.
 */
export function takeLines(text: string, at: number, lines: HeaderLine[]): number {
  for (let lf = text.indexOf('\n', at); lf >= 0; at = lf + 1, lf = text.indexOf('\n', at)) {
    const end = lineEnd(text, at, lf)
    if (end === at) return lf + 1
    if (isBlank(text.charCodeAt(at))) {
      const folded = lines.pop()
      if (folded !== undefined)
        lines.push({ name: folded.name, value: unfold(folded.value, trimmed(text, at, end)) })
      continue
    }
    const colon = text.indexOf(':', at)
    if (colon < 0 || colon >= end) continue
    if (lines.length === HEADER_LINES_MAX) return TOO_MANY
    lines.push({ name: trimmed(text, at, colon), value: trimmed(text, colon + 1, end) })
  }
  return INCOMPLETE
}

const unfold = (value: string, more: string): string =>
  value === '' || more === '' ? value + more : `${value} ${more}`
