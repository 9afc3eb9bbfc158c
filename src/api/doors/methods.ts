/**
 * What an address takes: a method that it does not take is told as that (RFC 9110 section 15.5.6), before
 * anything is said of the body, so that nobody mends a request that can never be answered.
 */
import type { MiddlewareHandler } from 'hono'
import type { ApiApp, ApiEnv } from '../environment.ts'
import { RequestProblem } from '../problem.ts'

interface Address {
  readonly pattern: RegExp
  readonly methods: Set<string>
}

/** Refuses methods that no route of the address has. Asks the app for its routes at the first request. */
export function knownMethods(app: ApiApp): MiddlewareHandler<ApiEnv> {
  let addresses: readonly Address[] | null = null
  return async (c, next) => {
    addresses ??= addressesOf(app)
    const found = addresses.filter(({ pattern }) => pattern.test(c.req.path))
    const methods = new Set(found.flatMap((address) => [...address.methods]))
    if (methods.size > 0 && !methods.has(c.req.method)) {
      const allowed = [...methods].sort().join(', ')
      c.header('Allow', allowed)
      throw new RequestProblem(405, `This address takes ${allowed}, not ${c.req.method}.`)
    }
    await next()
  }
}

function addressesOf({ routes }: ApiApp): Address[] {
  const known = new Map<string, Address>()
  for (const { method, path } of routes) {
    if (method === 'ALL') continue
    const pattern = new RegExp(`^${path.replaceAll('.', String.raw`\.`).replaceAll(/:\w+/g, '[^/]+')}$`)
    const address = known.get(path) ?? { pattern, methods: new Set() }
    known.set(path, address)
    address.methods.add(method)
    if (method === 'GET') address.methods.add('HEAD')
  }
  return [...known.values()]
}
