/**
 * OCSP answers that a server staples to its certificates: CertificateStatus (RFC 6066 §8, RFC 6961 §2.2) and
 * in it the response (RFC 6960 §4.2.1), which is DER (ITU-T X.690 §8 and §10).
 *
 * Contract: never throws. What does not fit says nothing; signatures are not checked: only who has the
 * issuer's certificate can.
 */
import type { OcspAnswer } from '../../model/tls.ts'
import { latin1 } from '../../bytes/latin1.ts'
import { hex, vectorEnd } from './vector.ts'

/** Answers of one message that are told; there is one for each certificate. */
export const ANSWERS_MAX = 16

/** CertificateStatusType: one answer, or a list with one for each certificate. */
const OCSP = 1
const OCSP_MULTI = 2

/** Tags of DER that occur, and those that the response's own fields have. */
const INTEGER = 0x02
const OCTET_STRING = 0x04
const ENUMERATED = 0x0a
const GENERALIZED_TIME = 0x18
const SEQUENCE = 0x30
const FIELD_0 = 0xa0
const STATUSES: ReadonlyMap<number, OcspAnswer['status']> = new Map([
  [0x80, 'good'],
  [0xa1, 'revoked'],
  [0x82, 'unknown'],
])
const SUCCESSFUL = 0

/** The longest serial number (RFC 5280 §4.1.2.2), and some: others are not told. */
const SERIAL_BYTES_MAX = 40

interface Element {
  readonly tag: number
  readonly at: number
  readonly end: number
}

/** Takes the elements between two offsets one after the other; null once there is none, or a broken one. */
class Der {
  private readonly b: Uint8Array
  private at: number
  private readonly end: number

  constructor(b: Uint8Array, { at, end }: Pick<Element, 'at' | 'end'>) {
    this.b = b
    this.at = at
    this.end = end
  }

  /** The next element, if it has that tag; otherwise it stays the next. */
  take(tag: number): Element | null {
    return this.b[this.at] === tag ? this.any() : null
  }

  any(): Element | null {
    const { b, at, end } = this
    if (at + 2 > end) return null
    const first = b[at + 1]!
    const lengthBytes = first < 0x80 ? 0 : first & 0x7f
    if (first === 0x80 || lengthBytes > 3 || at + 2 + lengthBytes > end) return null
    let length = lengthBytes === 0 ? first : 0
    for (let i = 0; i < lengthBytes; i++) length = length * 256 + b[at + 2 + i]!
    const from = at + 2 + lengthBytes
    if (from + length > end) return null
    this.at = from + length
    return { tag: b[at]!, at: from, end: this.at }
  }
}

/** The answers in the body `at`..`end` of a CertificateStatus, added to `into`. False if it does not fit. */
export function readCertificateStatus(b: Uint8Array, at: number, end: number, into: OcspAnswer[]): boolean {
  const responseEnd = vectorEnd(b, at + 1, 3, end)
  if (responseEnd < 0) return false
  if (b[at] === OCSP) return readResponse(b, at + 4, responseEnd, into)
  if (b[at] !== OCSP_MULTI) return true
  for (let here = at + 4; here < responseEnd;) {
    const to = vectorEnd(b, here, 3, responseEnd)
    // An empty one: there is no answer for this certificate.
    if (to < 0 || (to > here + 3 && !readResponse(b, here + 3, to, into))) return false
    here = to
  }
  return true
}

/** OCSPResponse. True for an error, too, which answers nothing. */
function readResponse(b: Uint8Array, at: number, end: number, into: OcspAnswer[]): boolean {
  const response = inside(b, new Der(b, { at, end }).take(SEQUENCE))
  const status = response?.take(ENUMERATED) ?? null
  if (response === null || status === null) return false
  if (b[status.at] !== SUCCESSFUL) return true
  const bytes = inside(b, inside(b, response.take(FIELD_0))?.take(SEQUENCE) ?? null)
  bytes?.any() // its type: there is one alone (RFC 6960 §4.2.1)
  const basic = inside(b, inside(b, bytes?.take(OCTET_STRING) ?? null)?.take(SEQUENCE) ?? null)
  const data = inside(b, basic?.take(SEQUENCE) ?? null)
  if (data === null) return false
  data.take(FIELD_0) // version
  data.any() // who answers
  data.take(GENERALIZED_TIME) // when
  const answers = inside(b, data.take(SEQUENCE))
  if (answers === null) return false
  for (let one = answers.take(SEQUENCE); one !== null; one = answers.take(SEQUENCE)) {
    const answer = readAnswer(b, one)
    if (answer === null) return false
    if (into.length < ANSWERS_MAX) into.push(answer)
  }
  return true
}

const inside = (b: Uint8Array, element: Element | null): Der | null =>
  element === null ? null : new Der(b, element)

/** SingleResponse. */
function readAnswer(b: Uint8Array, one: Element): OcspAnswer | null {
  const fields = new Der(b, one)
  const id = inside(b, fields.take(SEQUENCE))
  for (let i = 0; i < 3; i++) id?.any() // hash, and those of the issuer's name and key
  const serial = id?.take(INTEGER) ?? null
  const state = fields.any()
  const status = STATUSES.get(state?.tag ?? 0)
  const thisUpdate = timeOf(b, fields.take(GENERALIZED_TIME))
  const nextUpdate = timeOf(b, inside(b, fields.take(FIELD_0))?.take(GENERALIZED_TIME) ?? null)
  if (serial === null || status === undefined || thisUpdate === null) return null
  if (serial.end - serial.at > SERIAL_BYTES_MAX) return null
  const revoked = status === 'revoked' ? timeOf(b, inside(b, state)?.take(GENERALIZED_TIME) ?? null) : null
  return { status, serial: hex(b, serial.at, serial.end), thisUpdate, nextUpdate, revokedAt: revoked }
}

/** GeneralizedTime of PKIX has no fractions (RFC 5280 §4.1.2.5.2). ISO 8601; null if it is none. */
function timeOf(b: Uint8Array, element: Element | null): string | null {
  if (element === null || element.end - element.at > 20) return null
  const parts = TIME.exec(latin1(b, element.at, element.end))
  if (parts === null) return null
  const [, year, month, day, hour, minute, second] = parts
  const text = `${year}-${month}-${day}T${hour}:${minute}:${second}Z`
  return Number.isNaN(Date.parse(text)) ? null : text
}
const TIME = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/
