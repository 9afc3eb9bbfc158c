/**
 * Services and their servers: from the configuration, or discovered by who listens. A discovered service is a
 * product where port or request tell it (domain knowledge in products.data.ts), otherwise one listening
 * endpoint.
 */
import type { ConfiguredServer, ConfiguredService, ProfileName } from '../../model/deployment.ts'
import { type Endpoint, endpointText } from '../../model/packet.ts'
import type { Server, Service } from '../../model/party.ts'
import { PROFILES } from '../../model/profiles.data.ts'
import type { Inventory } from './inventory.ts'
import { PRODUCTS } from './products.data.ts'

/** Discovered services and endpoints kept, and as many endpoints of what the configuration states; further
 * endpoints share one nameless service, and are looked up each time. */
const DISCOVERED_MAX = 1 << 16

/** The name of the service that further endpoints share. */
const OTHERS = 'others'

/** What is known of a listening endpoint. */
export interface Listener {
  readonly endpoint: Endpoint
  readonly service: Service
  /** The servers that it is, one for each service that it turned out to serve. */
  readonly servers: Server[]
  /** It is known again when somebody asks for it. */
  isKept: boolean
}

export class Services {
  private readonly inventory: Inventory
  private readonly services = new Map<string, Service>()
  /** By port, then address: what most connections share comes first. */
  private readonly listeners = new Map<number, Map<string, Listener>>()
  /** Services of which agents' connections to a relay were seen. */
  readonly fronts = new Set<Service>()
  /** What is kept of them. Those that the configuration states find room whatever else is discovered. */
  private readonly endpoints = { stated: 0, discovered: 0 }
  private servers = 0

  constructor(inventory: Inventory) {
    this.inventory = inventory
    for (const configured of inventory.deployment.services)
      this.services.set(configured.name, ofConfiguration(configured))
  }

  /** The service of that name in the configuration; it must stand there. */
  configured(name: string): Service {
    return this.services.get(name)!
  }

  /** The service of that name, configured or discovered. */
  named(name: string): Service | undefined {
    return this.services.get(name)
  }

  /** The service that listens on an endpoint; `name` is the one that led its first client there, if known. */
  serviceAt(endpoint: Endpoint, name: string | null = null): Service {
    return this.listenerAt(endpoint, name).service
  }

  /** Who listens on an endpoint, which is the one that is kept anyway; `name` as above. */
  listenerAt(endpoint: Endpoint, name: string | null = null): Listener {
    let byAddress = this.listeners.get(endpoint.port)
    const known = byAddress?.get(endpoint.address)
    if (known !== undefined) return known
    const service = this.statedAt(endpoint, name) ?? this.discovered(endpointText(endpoint))
    const listener: Listener = { endpoint, service, servers: [], isKept: false }
    const { serverOf } = this.inventory.rolesOf(endpoint.address)
    const which = service.configured !== null || serverOf.length > 0 ? 'stated' : 'discovered'
    if (this.endpoints[which] >= DISCOVERED_MAX) return listener
    this.endpoints[which]++
    listener.isKept = true
    if (byAddress === undefined) this.listeners.set(endpoint.port, (byAddress = new Map()))
    byAddress.set(endpoint.address, listener)
    return listener
  }

  /**
   * The service that somebody tried to reach in vain, by a relay if `isBehind`. Null where nobody was seen to
   * listen, and nothing says that somebody should: whoever scans a network would fill the memory.
   */
  triedAt(endpoint: Endpoint, isBehind = false): Service | null {
    const known = this.listeners.get(endpoint.port)?.get(endpoint.address)?.service
    const service = known ?? this.statedAt(endpoint, null)
    return isBehind ? this.askedBehind(endpoint, service) : service
  }

  /** The service that the configuration states there, or a product's by its port; null: neither says. */
  private statedAt(endpoint: Endpoint, name: string | null): Service | null {
    const configured = this.configuredAt(endpoint)
    if (configured !== null) return this.services.get(configured.name)!
    const named = name === null ? null : this.serviceNamed(name, endpoint.port)
    if (named !== null) return named
    const product = PRODUCTS.find((p) => p.ports.includes(endpoint.port))
    return product === undefined ? null : this.discovered(product.name, product.profile)
  }

  /**
   * The service that goes by a name which the configuration states: the one of that FQDN, or one for all
   * addresses that a name of `dns.names` leads to. Names that nobody stated make no service: what one name
   * leads to, in a content network for one, need not be one.
   */
  private serviceNamed(name: string, port: number): Service | null {
    const { services, dnsNames } = this.inventory.deployment
    const is = (stated: string | null): boolean => stated?.toLowerCase() === name
    const owner = services.find((s) => is(s.fqdn) && (s.ports.length === 0 || s.ports.includes(port)))
    if (owner !== undefined) return this.services.get(owner.name)!
    return dnsNames.some(is) ? this.discovered(`${name}:${port}`) : null
  }

  /** The service whose server a relay asks: a relay that ends TLS asks on a port that no agent knows. */
  serviceBehind({ service, endpoint }: Listener): Service {
    return this.askedBehind(endpoint, service)
  }

  private askedBehind<S extends Service | null>({ address }: Endpoint, service: S): Service | S {
    const owners =
      service === null || service.configured === null ? this.inventory.rolesOf(address).serverOf : []
    return owners.length === 1 ? this.services.get(owners[0]!.service.name)! : service
  }

  /** The service of a product that a request gave away; null if the service is configured or the product
   * known already. */
  serviceOfProduct(name: string, current: Service): Service | null {
    const product = PRODUCTS.find((p) => p.name === name)
    if (product === undefined || current.configured !== null || current.name === name) return null
    return this.discovered(name, product.profile)
  }

  /** The server of a service at an endpoint. */
  serverAt(service: Service, endpoint: Endpoint): Server {
    return this.serverOf(service, this.listenerAt(endpoint))
  }

  serverOf(service: Service, { servers, endpoint, isKept }: Listener): Server {
    for (const server of servers) if (server.service === service) return server
    const configured = this.inventory
      .rolesOf(endpoint.address)
      .serverOf.find((s) => s.service === service.configured)
    const index = isKept ? this.servers++ : -1
    const server = serverMade(service, endpoint, configured?.server ?? null, index)
    servers.push(server)
    return server
  }

  private configuredAt(endpoint: Endpoint): ConfiguredService | null {
    const roles = this.inventory.rolesOf(endpoint.address)
    const listens = (s: ConfiguredService): boolean => s.ports.length === 0 || s.ports.includes(endpoint.port)
    const byAddress = [...roles.vipOf, ...roles.serverOf.map((s) => s.service)]
    const exact = byAddress.find(listens)
    if (exact !== undefined) return exact
    // Ports alone name a service only where the configuration names no addresses for it.
    const { services } = this.inventory.deployment
    return (
      services.find(
        (s) => s.vips.length === 0 && s.servers.length === 0 && s.ports.includes(endpoint.port),
      ) ?? null
    )
  }

  private discovered(name: string, profile: ProfileName = 'generic'): Service {
    const known = this.services.get(name)
    if (known !== undefined) return known
    // The service that stands for all that have no place any more is made when it is needed, beyond the
    // limit.
    if (this.services.size >= DISCOVERED_MAX && name !== OTHERS) return this.discovered(OTHERS)
    const defaults = PROFILES[profile]
    const service: Service = {
      name,
      profile,
      configured: null,
      style: defaults.connections,
      persistence: defaults.persistence,
      idleThreshold: defaults.idleThreshold,
      serverIdleTimeout: defaults.serverIdleTimeout,
    }
    this.services.set(name, service)
    return service
  }
}

/** What the configuration says, which has its profile's values wherever the operator wrote none: here, null
 * is a word of its own. A server that is stated never to close is not given its product's idle close
 * again. */
function ofConfiguration(configured: ConfiguredService): Service {
  const { name, profile, connections: style, persistence, serverIdleTimeout } = configured
  const idleThreshold = configured.idleThreshold ?? PROFILES[profile].idleThreshold
  return { name, profile, configured, style, persistence, idleThreshold, serverIdleTimeout }
}

/** What a server is known by: a name of the configuration is one server's, whatever its addresses. */
export const serverId = (service: Service, name: string): string => `${service.name}/${name}`

function serverMade(
  service: Service,
  endpoint: Endpoint,
  configured: ConfiguredServer | null,
  index: number,
): Server {
  const name = configured?.name ?? endpointText(endpoint)
  return {
    index,
    id: serverId(service, name),
    name,
    service,
    address: endpoint.address,
    port: endpoint.port,
    priority: configured?.priority ?? null,
    identifiedBy: configured === null || configured.isSeen ? 'discovered' : 'config',
  }
}
