/**
 * Plain heads, scanned where they lie: what frames the message is taken from the octets, and the head becomes
 * one text for whoever asks for more. Most heads are plain. Null for all others, whatever is the matter
 * (incomplete, folded lines, two lengths, an unknown coding, another version): `readHead` knows what to do
 * with those.
 */
import { latin1 } from '../../bytes/latin1.ts'
import { lineFeed, wordsOf } from '../../bytes/line-feed.ts'
import type { HeaderLine } from '../../model/http.ts'
import { isBlank } from '../../bytes/blanks.ts'
import { CHUNKED_LAST, LENGTH_DIGITS_MAX, NONE, NO_CODING } from './framing.ts'
import type { Framing } from './framing.ts'
import { HEADER_LINES_MAX } from './header-lines.ts'
import type { Head } from './message.ts'
import { METHOD_MAX, TARGET_SURE, isTokenOctet } from './recognise.ts'

const LF = 10
const CR = 13
const SPACE = 32
const COLON = 58
const ZERO = 48
const DASH = 45
const DELETE = 127
/** Where the octets of a status line stand: `HTTP/1.1 200`, and what follows. */
const MINOR_AT = 7
const STATUS_AT = 9
const REASON_AT = 12
/** A reason phrase has a few words; the line of one that goes on is looked at more closely. */
const REASON_MAX = 256
const SWITCHING = 101
/** `HTTP/1.1` */
const VERSION_LENGTH = 8

const octetsOf = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0))

const VERSION = octetsOf('HTTP/1.')
const CONTENT_LENGTH = octetsOf('content-length')
const TRANSFER_ENCODING = octetsOf('transfer-encoding')
const SET_COOKIE = octetsOf('set-cookie')
const CHUNKED = octetsOf('chunked')

const GET = 'GET'
const POST = 'POST'

const UNWANTED: readonly HeaderLine[] = []

/** What the header lines say, as far as the reading of the connection depends on it. */
class Section implements Framing {
  coding = NO_CODING
  length = NONE
  setCookieLines = 0
  /** The offset after the empty line. */
  end = 0

  begin(): void {
    this.coding = NO_CODING
    this.length = NONE
    this.setCookieLines = 0
    this.end = 0
  }
}

/**
 * Scans the heads of a connection. The head that it answers is itself, and stays what it is until the next
 * one is scanned: there are as many heads as messages.
 */
export class HeadScanner implements Head {
  method = ''
  target = ''
  version = ''
  status = 0
  readonly framing = new Section()
  length = 0
  text = ''
  lines: readonly HeaderLine[] | null = null
  readonly ambiguities = null

  get setCookieLines(): number {
    return this.framing.setCookieLines
  }

  /** The head of the request that begins at `start`. */
  request(bytes: Uint8Array, start: number, end: number): Head | null {
    const methodEnd = endOfMethod(bytes, start, end)
    if (methodEnd < 0) return null
    const targetEnd = endOfTarget(bytes, methodEnd + 1, end)
    if (targetEnd < 0) return null
    const version = versionAt(bytes, targetEnd + 1, end)
    if (version === '') return null
    const lines = afterLineEnd(bytes, targetEnd + 1 + VERSION_LENGTH, end)
    if (lines < 0 || !scanLines(this.framing, bytes, lines, end)) return null
    const { end: stop } = this.framing
    const text = latin1(bytes, start, stop)
    this.method = methodIn(text, methodEnd - start)
    this.target = text.slice(methodEnd + 1 - start, targetEnd - start)
    this.version = version
    this.status = 0
    this.length = stop - start
    this.text = text
    this.lines = null
    return this
  }

  /** The same for a response. `whole`: the header lines are wanted even if they set no cookie. */
  response(bytes: Uint8Array, start: number, end: number, whole = true): Head | null {
    if (end - start <= REASON_AT) return null
    const version = versionAt(bytes, start, end)
    if (version === '' || bytes[start + VERSION_LENGTH] !== SPACE) return null
    const status = statusAt(bytes, start + STATUS_AT)
    const lines =
      bytes[start + REASON_AT] === SPACE
        ? afterReason(bytes, start, end)
        : afterLineEnd(bytes, start + REASON_AT, end)
    if (status < 0 || lines < 0 || !scanLines(this.framing, bytes, lines, end)) return null
    const { end: stop, setCookieLines } = this.framing
    // What takes over after a 101 stands in its lines.
    const isWanted = whole || setCookieLines > 0 || status === SWITCHING
    this.method = ''
    this.target = ''
    this.version = version
    this.status = status
    this.length = stop - start
    this.text = isWanted ? latin1(bytes, start, stop) : ''
    this.lines = isWanted ? null : UNWANTED
    return this
  }

  /** The head was read: who wants its text holds it. */
  drop(): void {
    this.target = ''
    this.text = ''
  }
}

/** The method that a head of `length` letters begins with. Nearly all are one of two, which need no text of
 * their own. */
function methodIn(head: string, length: number): string {
  if (length === GET.length && head.startsWith(GET)) return GET
  if (length === POST.length && head.startsWith(POST)) return POST
  return head.slice(0, length)
}

/** Where the space behind the method is. */
function endOfMethod(bytes: Uint8Array, start: number, end: number): number {
  const stop = Math.min(end, start + METHOD_MAX + 1)
  let at = start
  while (at < stop && isTokenOctet(bytes[at]!)) at++
  return at > start && at < stop && bytes[at] === SPACE ? at : -1
}

/** Where the space behind the target is. */
function endOfTarget(bytes: Uint8Array, start: number, end: number): number {
  const stop = Math.min(end, start + TARGET_SURE)
  let at = start
  while (at < stop && bytes[at]! > SPACE && bytes[at] !== DELETE) at++
  return at > start && at < stop && bytes[at] === SPACE ? at : -1
}

/** `1.0` or `1.1`; empty for anything else. */
function versionAt(bytes: Uint8Array, at: number, end: number): string {
  if (at + VERSION_LENGTH > end) return ''
  for (let i = 0; i < VERSION.length; i++) if (bytes[at + i] !== VERSION[i]) return ''
  const minor = bytes[at + MINOR_AT]! - ZERO
  return minor === 1 ? '1.1' : minor === 0 ? '1.0' : ''
}

/** Three digits; -1 if they are not. */
function statusAt(bytes: Uint8Array, at: number): number {
  let status = 0
  for (let i = at; i < at + 3; i++) {
    const digit = bytes[i]! - ZERO
    if (digit < 0 || digit > 9) return -1
    status = status * 10 + digit
  }
  return status
}

/** The offset after CRLF or LF at `at`; -1 if neither stands there. */
function afterLineEnd(bytes: Uint8Array, at: number, end: number): number {
  const lf = at < end && bytes[at] === CR ? at + 1 : at
  return lf < end && bytes[lf] === LF ? lf + 1 : -1
}

function afterReason(bytes: Uint8Array, start: number, end: number): number {
  const stop = Math.min(end, start + REASON_AT + REASON_MAX)
  let at = start + REASON_AT
  while (at < stop && bytes[at] !== LF) at++
  return at < stop ? at + 1 : -1
}

/** Takes the header lines down in `section`; false if they are not plain. */
function scanLines(section: Section, bytes: Uint8Array, start: number, end: number): boolean {
  section.begin()
  const words = wordsOf(bytes)
  let at = start
  for (let lines = 0; at < end && lines <= HEADER_LINES_MAX; lines++) {
    const first = bytes[at]!
    if (first === LF || first === CR) {
      section.end = afterLineEnd(bytes, at, end)
      return section.end >= 0
    }
    if (isBlank(first) || !takeField(section, bytes, at, end)) return false
    at = lineFeed(bytes, words, at, end) + 1
  }
  return false
}

/** Takes note of the field at `at` if it is one that matters; false if it says so in an uncommon manner. */
function takeField(section: Section, bytes: Uint8Array, at: number, end: number): boolean {
  switch (bytes[at]! | 32) {
    case 99: // c
      if (!isNamed(bytes, at, end, CONTENT_LENGTH)) return true
      return takeLength(section, bytes, at + CONTENT_LENGTH.length, end)
    case 115: // s
      if (!isNamed(bytes, at, end, SET_COOKIE)) return true
      section.setCookieLines++
      return bytes[at + SET_COOKIE.length] === COLON
    case 116: // t
      if (!isNamed(bytes, at, end, TRANSFER_ENCODING)) return true
      return takeCoding(section, bytes, at + TRANSFER_ENCODING.length, end)
  }
  return true
}

/** Whether the letters at `at`, of either case, are those of `name`, which ends there. */
function isNamed(bytes: Uint8Array, at: number, end: number, name: Uint8Array): boolean {
  const nameEnd = at + name.length
  if (nameEnd >= end || !isNamesEnd(bytes[nameEnd]!)) return false
  for (let i = 0; i < name.length; i++) {
    const octet = bytes[at + i]!
    if (name[i] === DASH ? octet !== DASH : (octet | 32) !== name[i]) return false
  }
  return true
}

const isNamesEnd = (octet: number): boolean => octet === COLON || isBlank(octet)

/** The value behind the colon at `at`: one decimal number. */
function takeLength(section: Section, bytes: Uint8Array, colon: number, end: number): boolean {
  if (bytes[colon] !== COLON || section.length !== NONE) return false
  const start = afterBlanks(bytes, colon + 1, end)
  const stop = Math.min(end, start + LENGTH_DIGITS_MAX)
  let at = start
  let length = 0
  while (at < stop) {
    const digit = bytes[at]! - ZERO
    if (digit < 0 || digit > 9) break
    length = length * 10 + digit
    at++
  }
  section.length = length
  return at > start && afterLineEnd(bytes, afterBlanks(bytes, at, end), end) >= 0
}

/** `chunked`, and nothing else. */
function takeCoding(section: Section, bytes: Uint8Array, colon: number, end: number): boolean {
  if (bytes[colon] !== COLON || section.coding !== NO_CODING) return false
  const at = afterBlanks(bytes, colon + 1, end)
  if (at + CHUNKED.length > end) return false
  for (let i = 0; i < CHUNKED.length; i++) if ((bytes[at + i]! | 32) !== CHUNKED[i]) return false
  section.coding = CHUNKED_LAST
  return afterLineEnd(bytes, afterBlanks(bytes, at + CHUNKED.length, end), end) >= 0
}

function afterBlanks(bytes: Uint8Array, at: number, end: number): number {
  while (at < end && isBlank(bytes[at]!)) at++
  return at
}
