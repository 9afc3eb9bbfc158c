/** Which product makes a request, where the request gives it away. */
import { headerValue, type HttpRequest } from '../model/http.ts'
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
