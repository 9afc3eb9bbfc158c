/** Which product makes a request, where the request gives it away. */
import { headerValue, type HttpRequest } from '../../model/http.ts'
import type { Services } from './services.ts'
import type { TrackedSighting } from '../sighting.ts'
import { PRODUCTS, type Product } from './products.data.ts'

const ANY_TARGET = anyOf(PRODUCTS.flatMap(({ target }) => target ?? []))
const ANY_USER_AGENT = anyOf(PRODUCTS.flatMap(({ userAgent }) => userAgent ?? []))

/** All patterns in one: most requests are of no product, and one look tells it. */
function anyOf(patterns: readonly RegExp[]): RegExp {
  const flags = patterns.some((pattern) => pattern.ignoreCase) ? 'i' : ''
  return new RegExp(patterns.map((pattern) => pattern.source).join('|'), flags)
}

/** The product whose agents alone ask so; null for most requests. */
export function productOf(request: HttpRequest): Product | null {
  const userAgent = headerValue(request, 'user-agent') ?? ''
  if (!ANY_TARGET.test(request.target) && !ANY_USER_AGENT.test(userAgent)) return null
  return (
    PRODUCTS.find((p) => p.target?.test(request.target) === true || p.userAgent?.test(userAgent) === true) ??
    null
  )
}

/** Requests of a connection that are looked at for a product: its agents ask for nothing else. */
const TRIES = 4

/** A request that only one product makes tells the service of its connection. */
export function recogniseProduct(sighting: TrackedSighting, request: HttpRequest, services: Services): void {
  if (sighting.service.configured !== null || sighting.requests > TRIES) return
  const product = productOf(request)
  const service = product === null ? null : services.serviceOfProduct(product.name, sighting.service)
  if (service === null) return
  sighting.service = service
  sighting.listener = null
  if (sighting.server !== null) sighting.server = services.serverAt(service, sighting.responder)
}
