/** A cookie as a response sets it (RFC 6265 §5.2), without its value: values may be session secrets. */
export interface SetCookie {
  /** The line as sent. */
  readonly line: string
  readonly name: string
  /** The first 16 octets of the value's SHA-256, in hex: equal values are equal, and nothing else is told. */
  readonly valueHash: string
  readonly valueLength: number
  /** Null where there is none, or one that user agents pass over: the default path, the host itself. */
  readonly path: string | null
  readonly domain: string | null
  readonly secure: boolean
  readonly httpOnly: boolean
  /** It deletes the cookie: Max-Age of 0 or less, or an Expires that has passed. */
  readonly expired: boolean
  /** Whose cookie it is, by the catalogue; null if it is not in there. */
  readonly vendor: string | null
  readonly role: CookieRole | null
  /** The server that it stands for: `address:port` or a label; null where it cannot be read. */
  readonly backend: string | null
  /** A comma outside Expires begins another cookie: somebody folded two lines into one (RFC 6265 §3 forbids
   * it). */
  readonly folded: boolean
}

/** What a cookie is for. */
export type CookieRole = 'persistence' | 'security' | 'application'
