/** HTTP messages as they crossed the wire (RFC 9110, RFC 9112): head lines, header lines, and what is known
 * of the bodies. */
import type { SetCookie } from './cookie.ts'
import type { Micros } from './time.ts'

/** One header line as it was sent: the name's case and the value's bytes (Latin-1) kept, surrounding white
 * space removed. */
export interface HeaderLine {
  readonly name: string
  readonly value: string
}

export interface HttpRequest {
  readonly method: string
  /** The request target as sent (RFC 9112 §3.2). */
  readonly target: string
  /** `1.0`, `1.1`. */
  readonly version: string
  readonly headers: readonly HeaderLine[]
  readonly time: Micros
  /** The packet that held the end of the header section. */
  readonly packet: number
  /** Octets of body seen, transfer coding removed. */
  readonly bodyBytes: number
  /**
   * The value of the first header line of that name, given in lower case: what `headerValue` asks where there
   * is more to ask than `headers`.
   */
  header?(name: string): string | null
}

export interface HttpResponse {
  readonly status: number
  readonly version: string
  readonly headers: readonly HeaderLine[]
  /** How many Set-Cookie lines there are. */
  readonly setCookieLines: number
  /** The names of those cookies, in order. */
  readonly setCookieNames: readonly string[]
  /** Every Set-Cookie line, by itself and in order; read when it is first asked for. */
  readonly setCookies: readonly SetCookie[]
  readonly time: Micros
  readonly packet: number
  readonly bodyBytes: number
}

/** The value of a request's first header line of that name; names compare without case (RFC 9110 §5.1). */
export function headerValue(request: Pick<HttpRequest, 'headers' | 'header'>, name: string): string | null {
  const wanted = name.toLowerCase()
  return request.header === undefined ? valueIn(request.headers, wanted) : request.header(wanted)
}

/** The value of the first line of that name, given in lower case. */
export function valueIn(lines: readonly HeaderLine[], name: string): string | null {
  for (const line of lines) if (line.name.toLowerCase() === name) return line.value
  return null
}
