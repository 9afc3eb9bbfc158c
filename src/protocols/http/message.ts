/**
 * Messages as observations hold them: the head as it was sent, whose lines and cookies are taken apart when
 * somebody asks for them. Most are never asked for. As JSON they are what their interfaces say.
 */
import type { CookieFacts, SetCookie } from '../../model/cookie.ts'
import type { HttpAmbiguity } from '../../model/http-ambiguities.data.ts'
import {
  type Forwarded,
  type HeaderLine,
  type HttpBody,
  type HttpRequest,
  type HttpResponse,
  type Intermediary,
  valueIn,
} from '../../model/http.ts'
import type { Micros } from '../../model/time.ts'
import { readCookies } from '../cookies/cookie-header.ts'
import { cookieName, isSetCookie, readSetCookie } from '../cookies/set-cookie.ts'
import type { Framing } from './framing.ts'
import { NOT_FORWARDED, forwardedOf, mayBeForwarded } from './forwarded.ts'
import { ambiguitiesOf } from './head-ambiguities.ts'
import { firstValue, linesOf, valuesOf } from './header-lines.ts'
import { intermediariesOf } from './intermediaries.ts'

/** Interim responses kept for one transaction (those with Set-Cookie); later ones are counted. */
export const INTERIM_MAX = 8

/** A body that was over before it was known which transaction it belongs to. */
export interface HeldBody {
  readonly body: HttpBody
  readonly ambiguities: readonly HttpAmbiguity[]
  /** The packet that held its end. */
  readonly packet: number
}

/** What the connection's reader and its observations need of a head. */
export interface Head {
  /** Empty for a response. */
  readonly method: string
  readonly target: string
  /** `1.0`, `1.1`; empty if the start line of a request ends otherwise. */
  readonly version: string
  /** 0 for a request. */
  readonly status: number
  readonly framing: Framing
  readonly setCookieLines: number
  /** Octets of the head, its empty line included. */
  readonly length: number
  /** Those octets; empty if nobody wants them. */
  readonly text: string
  /** The header lines, if they had to be taken apart already, or are not wanted. */
  readonly lines: readonly HeaderLine[] | null
  /** What is ambiguous about it, if that is not to be read out of its text. */
  readonly ambiguities: readonly HttpAmbiguity[] | null
}

export class SeenRequest implements HttpRequest {
  readonly method: string
  readonly target: string
  readonly version: string
  readonly time: Micros
  readonly packet: number
  readonly bodyBytes: number
  private readonly text: string
  private lines: readonly HeaderLine[] | null
  private marks: readonly HttpAmbiguity[] | null

  constructor(head: Head, bodyBytes: number, time: Micros, packet: number) {
    this.method = head.method
    this.target = head.target
    this.version = head.version
    this.time = time
    this.packet = packet
    this.bodyBytes = bodyBytes
    this.text = head.text
    this.lines = head.lines
    this.marks = head.ambiguities
  }

  get headers(): readonly HeaderLine[] {
    return (this.lines ??= linesOf(this.text))
  }

  get ambiguities(): readonly HttpAmbiguity[] {
    return (this.marks ??= ambiguitiesOf(this.text, 0, this.version, null))
  }

  get cookies(): readonly CookieFacts[] {
    return readCookies(this.headers)
  }

  get forwarded(): Forwarded {
    if (this.lines === null && !mayBeForwarded(this.text)) return NOT_FORWARDED
    return forwardedOf(this.headers)
  }

  get intermediaries(): readonly Intermediary[] {
    return intermediariesOf(this.headers)
  }

  header(name: string): string | null {
    return this.lines === null ? firstValue(this.text, name) : valueIn(this.lines, name)
  }

  toJSON(): object {
    const { method, target, version, headers, time, packet, bodyBytes, ambiguities } = this
    return { method, target, version, headers, time, packet, bodyBytes, ambiguities }
  }
}

export class SeenResponse implements HttpResponse {
  readonly status: number
  readonly version: string
  readonly setCookieLines: number
  readonly time: Micros
  readonly packet: number
  bodyBytes: number
  private readonly text: string
  private lines: readonly HeaderLine[] | null
  private cookies: readonly SetCookie[] | null = null
  private marks: readonly HttpAmbiguity[] | null
  /** The method that is answered; null if it was not seen. */
  private asked: string | null

  constructor(head: Head, bodyBytes: number, time: Micros, packet: number, asked: string | null = null) {
    this.status = head.status
    this.version = head.version
    this.setCookieLines = head.setCookieLines
    this.time = time
    this.packet = packet
    this.bodyBytes = bodyBytes
    this.text = head.text
    this.lines = head.lines
    this.marks = head.ambiguities
    this.asked = asked
  }

  /** It turns out to answer a request of `method`, which says whether it has a body (RFC 9112 §6.3). */
  answers(method: string): void {
    this.asked = method
    if (method === 'HEAD') this.bodyBytes = 0
  }

  get headers(): readonly HeaderLine[] {
    return (this.lines ??= linesOf(this.text))
  }

  get ambiguities(): readonly HttpAmbiguity[] {
    if (this.marks === null && this.text === '') this.marks = []
    return (this.marks ??= ambiguitiesOf(this.text, this.status, this.version, this.asked))
  }

  get intermediaries(): readonly Intermediary[] {
    return intermediariesOf(this.headers)
  }

  get setCookieNames(): readonly string[] {
    return this.setCookieValues().map(cookieName)
  }

  get setCookies(): readonly SetCookie[] {
    return (this.cookies ??= this.setCookieValues().map((line) => readSetCookie(line, this.time)))
  }

  toJSON(): object {
    const { status, version, headers, setCookieLines, setCookieNames, setCookies } = this
    const { time, packet, bodyBytes, ambiguities } = this
    const cookies = { setCookieLines, setCookieNames, setCookies }
    return { status, version, headers, ...cookies, time, packet, bodyBytes, ambiguities }
  }

  private setCookieValues(): readonly string[] {
    if (this.setCookieLines === 0) return []
    if (this.lines === null) return valuesOf(this.text, 'set-cookie', this.setCookieLines)
    return this.lines.filter(({ name }) => isSetCookie(name)).map(({ value }) => value)
  }
}

/**
 * A message that was written down as structured clones are, all its fields, is what it was again: the same
 * object, whose lines and cookies can be asked for. Not one out of JSON, which holds what its interface says.
 */
export function revive(message: HttpRequest | HttpResponse): void {
  const { prototype } = 'method' in message ? SeenRequest : SeenResponse
  Object.setPrototypeOf(message, prototype)
}
