/**
 * Who may be asked, and from where.
 *
 * A server on loopback without tokens trusts whoever reaches it, so a page of the web must not reach it
 * through the browser of the person who sits there. Two doors: the name by which the server is called must be
 * one of loopback (a foreign name that was made to point here is DNS rebinding), and a browser must say that
 * the request comes from the server's own pages (Fetch Metadata, https://www.w3.org/TR/fetch-metadata/;
 * Origin, RFC 6454).
 */
import type { Context, MiddlewareHandler } from 'hono'
import type { ApiEnv } from '../environment.ts'
import { RequestProblem } from '../problem.ts'

/** `localhost`, an address of 127.0.0.0/8 (RFC 1122 §3.2.1.3) or `[::1]`, with or without a port. */
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

export const isSafe = (method: string): boolean => SAFE_METHODS.has(method)

/** The names by which a request calls the server: its Host header, as often as it is there, and the
 * target's. */
function namesAskedFor(c: Context<ApiEnv>): string[] {
  const named = [new URL(c.req.url).host]
  const raw = c.env?.incoming?.rawHeaders
  if (raw === undefined) {
    const host = c.req.header('host')
    return host === undefined ? named : [...named, host]
  }
  for (let at = 0; at < raw.length; at += 2)
    if (raw[at]?.toLowerCase() === 'host') named.push(raw[at + 1] ?? '')
  return named
}

/** Refuses requests that call a server on loopback by another name. */
export function loopbackNames(isOpen: () => boolean): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    if (isOpen() && !namesAskedFor(c).every((name) => LOOPBACK.test(name)))
      throw new RequestProblem(
        421,
        'Without tokens this server answers only to localhost, 127.x.x.x and [::1].',
        'Host',
      )
    await next()
  }
}

/** Refuses what a browser sends on behalf of a foreign page. Programs send none of these headers. */
export function sameOrigin(isOpen: () => boolean): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const site = c.req.header('sec-fetch-site')
    if (site !== undefined && site !== 'same-origin' && site !== 'none')
      throw new RequestProblem(403, 'Another site may not ask this server.', 'Sec-Fetch-Site')
    const origin = c.req.header('origin')
    // behind a proxy the origin is a name that this server does not know: there the login's token decides
    if (origin !== undefined && isOpen() && !isOwnOrigin(origin, c))
      throw new RequestProblem(403, 'Another site may not ask this server.', 'Origin')
    await next()
  }
}

function isOwnOrigin(origin: string, c: Context<ApiEnv>): boolean {
  const host = c.req.header('host') ?? new URL(c.req.url).host
  return origin.toLowerCase() === `http://${host}`.toLowerCase()
}
