/** What names an agent inside its traffic: the configured rules first, then what products are known to
 * send. */
import type { IdentityRule } from '../../model/deployment.ts'
import { forwardedNodes, headerValue, type HttpRequest } from '../../model/http.ts'
import type { Service } from '../../model/party.ts'
import type { IdentifiedBy } from '../../model/record.ts'
import type { Inventory } from '../servers/inventory.ts'
import type { TrackedSighting } from '../sighting.ts'

export interface IdentityClaim {
  readonly id: string
  readonly by: IdentifiedBy
  readonly confidence: number
}

/** An address says who an agent is as long as addresses do not change: enough for most, never certain. */
export const ADDRESS_CONFIDENCE = 0.6
/** An identifier longer than this is no name. */
const ID_LENGTH_MAX = 256

/** ePO agents name themselves in every request; it holds for any service without rules of its own. */
const BUILT_IN: readonly IdentityRule[] = [{ kind: 'url-parameter', name: 'AgentGuid' }]

const rulesOf = ({ configured }: Service): readonly IdentityRule[] =>
  configured !== null && configured.identity.length > 0 ? configured.identity : BUILT_IN

/** The agent's name in a request; null if it does not name itself. */
export function identityInRequest(request: HttpRequest, service: Service): IdentityClaim | null {
  for (const rule of rulesOf(service)) {
    const claim = claimOf(rule, request)
    if (claim !== null) return claim
  }
  return null
}

/**
 * The client that a relay says it asks for: the last address that is not another relay's, because each proxy
 * adds the one that it was asked from (RFC 7239 §4; X-Forwarded-For likewise). What stands before it the
 * client may have made up. Null where nothing says so.
 */
export const forwardedClient = (request: HttpRequest, inventory: Inventory): string | null =>
  forwardedNodes(request).findLast(({ address }) => address !== null && !inventory.rolesOf(address).relays)
    ?.address ?? null

/** The agent at the address that a relay asks for; null where the configuration knows better names. */
export function identityForwarded(
  { leg, service }: Pick<TrackedSighting, 'leg' | 'service'>,
  request: HttpRequest,
  inventory: Inventory,
): IdentityClaim | null {
  if (leg !== 'back' || (service.configured?.identity.length ?? 0) > 0) return null
  const client = forwardedClient(request, inventory)
  if (client === null) return null
  return claimed(inventory.rolesOf(client).agentId ?? client, 'forwarded-header', ADDRESS_CONFIDENCE)
}

/** The agent's name in the first octets that it sent; null if no pattern matches. */
export function identityInOpening(text: string, service: Service): IdentityClaim | null {
  for (const rule of rulesOf(service)) {
    if (rule.kind !== 'payload-pattern') continue
    const id = rule.pattern.exec(text)?.[1]
    const claim = id === undefined ? null : claimed(id, 'payload-pattern', 0.95)
    if (claim !== null) return claim
  }
  return null
}

/** The agent's name by its client certificate, where the configuration takes it for one. */
export function identityInCertificate(subject: string, service: Service): IdentityClaim | null {
  const takes = rulesOf(service).some((rule) => rule.kind === 'client-certificate')
  const unstated = service.configured === null && service.profile === 'generic'
  return takes || unstated ? claimed(subject, 'client-certificate', 0.99) : null
}

function claimOf(rule: IdentityRule, request: HttpRequest): IdentityClaim | null {
  switch (rule.kind) {
    case 'http-header':
      return claimed(headerValue(request, rule.name), 'http-header', 0.99)
    case 'url-parameter':
      return claimed(urlParameter(request.target, rule.name), 'url-parameter', 0.99)
    case 'cookie':
      return claimed(cookieValue(headerValue(request, 'cookie'), rule.name), 'cookie', 0.9)
    case 'payload-pattern':
    case 'client-certificate':
      return null
  }
}

function claimed(id: string | null, by: IdentifiedBy, confidence: number): IdentityClaim | null {
  return id === null || id === '' || id.length > ID_LENGTH_MAX ? null : { id, by, confidence }
}

/** The decoded value of a query parameter; names compare without case, as the products do. */
function urlParameter(target: string, name: string): string | null {
  const query = target.indexOf('?')
  const wanted = name.toLowerCase()
  if (query < 0 || !mayHold(target, query, wanted)) return null
  for (const [key, value] of new URLSearchParams(target.slice(query + 1))) {
    if (key.toLowerCase() === wanted) return value
  }
  return null
}

/** Whether a parameter of that name can be in the query: it is there as it is, or encoded. */
const mayHold = (target: string, query: number, name: string): boolean =>
  target.length - query > name.length &&
  (target.indexOf('%', query) >= 0 ||
    target.indexOf('+', query) >= 0 ||
    target.toLowerCase().includes(name, query + 1))

function cookieValue(header: string | null, name: string): string | null {
  for (const pair of header?.split(';') ?? []) {
    const equals = pair.indexOf('=')
    if (equals > 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim()
  }
  return null
}
