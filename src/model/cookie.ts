/**
 * Cookies as a response sets them and a request returns them (RFC 6265 §5.2, §5.4; its successor,
 * draft-ietf-httpbis-rfc6265bis), without their values: those may be session secrets.
 */
import type { Micros } from './time.ts'

/** What is known of a cookie by its name and its value. */
export interface CookieFacts {
  /** Empty for a cookie without a name. */
  readonly name: string
  /** The first 16 octets of the value's SHA-256, in hex: equal values are equal, and nothing else is told. */
  readonly valueHash: string
  /** Octets. */
  readonly valueLength: number
  /** Whose cookie it is, by the catalogue; null if it is not in there. */
  readonly vendor: string | null
  readonly role: CookieRole | null
  /** The server that it stands for: `address:port` or a label; null where it cannot be read. */
  readonly backend: string | null
  /** How far `backend` is to be believed; null without one. */
  readonly backendConfidence: 'certain' | 'medium' | null
  /**
   * If one client is given another `backend` (where that is null: another value), it was sent to another
   * server. False for values that are encrypted anew, rotate, or say nothing of a server.
   */
  readonly changeMeansHop: boolean
  /** The value reads `label~rest`, as HAProxy's prefix mode writes it. It is so if the server sent `rest`. */
  readonly prefix: CookiePrefix | null
}

/** What a cookie is for: added by a load balancer, added by a security device, or the application's own. */
export type CookieRole = 'persistence' | 'security' | 'application'

/** Set by a device between client and server, and not by the server: load balancers and security devices have
 * cookies of their own. */
export const isDevices = ({ role }: Pick<CookieFacts, 'role'>): boolean =>
  role === 'persistence' || role === 'security'

export interface CookiePrefix {
  readonly label: string
  /** The hash of what follows the `~`, as in `valueHash`. */
  readonly restHash: string
}

/** One Set-Cookie line, read as a user agent reads it. */
export interface SetCookie extends CookieFacts {
  /** The line as sent, as Latin-1: it holds the value, and is for comparing, not for showing. */
  readonly line: string
  /** Null: the default path of the request's target (RFC 6265 §5.1.4). The last attribute of a name
   * counts. */
  readonly path: string | null
  /** In lower case, without a leading dot. Null: the host that answered, and no other. */
  readonly domain: string | null
  readonly secure: boolean
  readonly httpOnly: boolean
  /** Null where absent or none of the three. */
  readonly sameSite: 'strict' | 'lax' | 'none' | null
  /** Max-Age in seconds; it has precedence over Expires (RFC 6265 §5.3, step 3). */
  readonly maxAge: number | null
  readonly expires: Micros | null
  /** It deletes the cookie: Max-Age of 0 or less, or an Expires that has passed. */
  readonly expired: boolean
  /** A comma outside Expires begins another cookie: somebody made one line of two (RFC 6265 §3 forbids
   * it). */
  readonly folded: boolean
  /** The cookies that a folded line was made of, in order; empty otherwise. */
  readonly parts: readonly SetCookie[]
}
