/** Which product makes a request, where the request gives it away. */
import { headerValue, type HttpRequest } from '../model/http.ts'
import { PRODUCTS, type Product } from './products.data.ts'

/** All patterns in one: most requests are of no product, and one look tells it. */
const anyOf = (patterns: readonly (RegExp | null)[], flags: string): RegExp =>
  new RegExp(patterns.flatMap((pattern) => (pattern === null ? [] : [pattern.source])).join('|'), flags)

const ANY_TARGET = anyOf(
  PRODUCTS.map(({ target }) => target),
  'i',
)
const ANY_USER_AGENT = anyOf(
  PRODUCTS.map(({ userAgent }) => userAgent),
  'i',
)

/** The product whose agents alone ask so; null for most requests. */
export function productOf(request: HttpRequest): Product | null {
  const userAgent = headerValue(request, 'user-agent') ?? ''
  if (!ANY_TARGET.test(request.target) && !ANY_USER_AGENT.test(userAgent)) return null
  return (
    PRODUCTS.find((p) => p.target?.test(request.target) === true || p.userAgent?.test(userAgent) === true) ??
    null
  )
}
