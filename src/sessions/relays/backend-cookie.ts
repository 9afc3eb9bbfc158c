/**
 * Which server answered behind a relay, by the persistence cookie of the exchange: where the relay's server
 * side was not captured, its cookie may be all that tells. Only cookies whose value is an address and a port
 * beyond doubt count; what is encrypted, hashed or a label names nobody.
 */
import type { CookieFacts } from '../../model/cookie.ts'
import type { HttpTransaction } from '../../model/observation.ts'
import type { Endpoint } from '../../model/packet.ts'

export interface NamedBackend {
  readonly endpoint: Endpoint
  /** The cookie that names it. */
  readonly cookie: string
  /**
   * The relay set it in this response: it had chosen this server for it. Otherwise the client presented it,
   * and the relay did not object.
   */
  readonly isSet: boolean
}

/** Gateway errors are the relay's own: no server answered (RFC 9110 §15.6.3 to §15.6.5). */
const isRelays = (status: number): boolean => status >= 502 && status <= 504

/** The server that an exchange names; null for most, and if two are named. */
export function backendOf({ request, response }: HttpTransaction): NamedBackend | null {
  if (response === null || isRelays(response.status)) return null
  const fresh = response.setCookieLines === 0 ? [] : response.setCookies.filter((cookie) => !cookie.expired)
  const set = named(fresh, true)
  if (set !== undefined) return set
  return named(request?.cookies ?? [], false) ?? null
}

/** Undefined: none of them names a server; null: they do not agree. */
function named(cookies: readonly CookieFacts[], isSet: boolean): NamedBackend | null | undefined {
  let found: NamedBackend | undefined
  for (const { name, role, backend, backendConfidence } of cookies) {
    if (role !== 'persistence' || backendConfidence !== 'certain' || backend === null) continue
    const endpoint = endpointOf(backend)
    if (endpoint === null) continue
    if (found !== undefined && !isSame(found.endpoint, endpoint)) return null
    found ??= { endpoint, cookie: name, isSet }
  }
  return found
}

const isSame = (a: Endpoint, b: Endpoint): boolean => a.address === b.address && a.port === b.port

/** `10.1.1.100:80`, `[2001:db8::1]:443`; null for labels, names, and pool members for all ports. */
function endpointOf(backend: string): Endpoint | null {
  const match = /^(?:\[([0-9a-f:.]+)\]|(\d{1,3}(?:\.\d{1,3}){3})):([1-9]\d{0,4})$/.exec(backend)
  return match === null ? null : { address: match[1] ?? match[2]!, port: Number(match[3]) }
}
