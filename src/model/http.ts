/** HTTP messages as they crossed the wire (RFC 9110, RFC 9112, RFC 9113): head lines, header lines, and what
 * is known of the bodies. */
import type { HttpAmbiguity } from './http-ambiguities.data.ts'
import type { CookieFacts, SetCookie } from './cookie.ts'
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
  /** `1.0`, `1.1`, `2`. */
  readonly version: string
  /**
   * Header lines in order. Of HTTP/2, fields are lines: `:authority` is the first, under the name `host`,
   * unless there is a field of that name; the pieces of a split cookie stand together (RFC 9113 §8.2.3).
   */
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
  /** What two readers could read differently; read when it is first asked for. */
  readonly ambiguities?: readonly HttpAmbiguity[]
  /** The cookies that the client presents; read when it is first asked for. */
  readonly cookies?: readonly CookieFacts[]
  /** What proxies on the way claim; read when it is first asked for. */
  readonly forwarded?: Forwarded
  /** What the header lines reveal of the devices on the way; likewise. */
  readonly intermediaries?: readonly Intermediary[]
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
  /** What two readers could read differently; nothing where the head was not wanted (`responseHeads`). */
  readonly ambiguities?: readonly HttpAmbiguity[]
  readonly intermediaries?: readonly Intermediary[]
}

/** An address as a proxy wrote it down. */
export interface ForwardedNode {
  /** The address, without brackets and port; null where it is hidden (`unknown`, `_name`) or is none. */
  readonly address: string | null
  readonly port: number | null
  /** As it was written. */
  readonly text: string
}

/** What proxies say of the request that they passed on: claims, which whoever sends can make. */
export interface Forwarded {
  /** Who asked, in the order of the claims: the client first, each proxy added the one before it. */
  readonly clients: readonly ForwardedNode[]
  /** The header line that says so, in lower case; null without one. */
  readonly by: string | null
  /** The client by header lines that have room for one (X-Real-IP and its kin): name and address. */
  readonly single: readonly (ForwardedNode & { readonly name: string })[]
  readonly proto: string | null
  readonly host: string | null
  readonly port: number | null
}

/** Who asked, as the proxies on the way say: by the lines that have room for all, or else by those for
 * one. */
export const forwardedNodes = ({ forwarded }: Pick<HttpRequest, 'forwarded'>): readonly ForwardedNode[] => {
  const { clients = [], single = [] } = forwarded ?? {}
  return clients.length > 0 ? clients : single
}

/** A device or product between the two ends, by a header line that it wrote. */
export interface Intermediary {
  /** The product, as far as the line gives it away; null if only that there is one. */
  readonly product: string | null
  /** The line's name, in lower case. */
  readonly name: string
  readonly value: string
}

/** What is known of a body after its end. */
export interface HttpBody {
  /** Octets seen, the transfer coding removed. */
  readonly bytes: number
  /** Octets that were not captured, as far as they can be counted. */
  readonly missing: number
  /** It was seen to its end, and nothing of it is missing. */
  readonly complete: boolean
  /** SHA-256 of those octets, in hex; null unless complete. */
  readonly sha256: string | null
  /** Content-Encoding, in the order in which the codings were applied, in lower case. */
  readonly codings: readonly string[]
  readonly contentType: string | null
  /** Its beginning with the codings undone, as Latin-1 text; null if nobody wants it or it cannot be had. */
  readonly excerpt: string | null
  /** The excerpt is not all of it. */
  readonly excerptCut: boolean
  /** Why there is no excerpt although it was wanted. */
  readonly excerptFault: 'coding-unknown' | 'coding-broken' | 'ratio-too-high' | null
}

/** The value of a request's first header line of that name; names compare without case (RFC 9110 §5.1). */
export function headerValue(request: Pick<HttpRequest, 'headers' | 'header'>, name: string): string | null {
  const wanted = name.toLowerCase()
  return request.header === undefined ? valueIn(request.headers, wanted) : request.header(wanted)
}

/** The value of the first line of that name, given in lower case. */
export function valueIn(lines: readonly HeaderLine[], name: string): string | null {
  for (const line of lines)
    if (line.name.length === name.length && line.name.toLowerCase() === name) return line.value
  return null
}
