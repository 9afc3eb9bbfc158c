/** Addresses against the configuration: which service's address is this, which server's, which device's? */
import {
  type AddressRange,
  type ConfiguredDevice,
  type ConfiguredServer,
  type ConfiguredService,
  type Deployment,
  type NatMapping,
  passesOn,
} from '../../model/deployment.ts'
import { addressNumber, hold } from '../../model/address.ts'
import { AddressSet } from '../../model/address-set.ts'
import type { Leg } from '../../model/party.ts'

/** What the configuration says of one address. */
export interface AddressRoles {
  /** Services whose virtual address it is. */
  readonly vipOf: readonly ConfiguredService[]
  readonly serverOf: readonly { readonly service: ConfiguredService; readonly server: ConfiguredServer }[]
  readonly replicationOf: readonly ConfiguredServer[]
  readonly device: ConfiguredDevice | null
  /** It relays for agents: a load balancer, or a proxy named by a web service. */
  readonly relays: boolean
  readonly ignored: boolean
  readonly agentId: string | null
  readonly natOutside: NatMapping | null
}

/** What the configuration says of an address that it does not mention. */
const NO_ROLES: AddressRoles = {
  vipOf: [],
  serverOf: [],
  replicationOf: [],
  device: null,
  relays: false,
  ignored: false,
  agentId: null,
  natOutside: null,
}

/** Whose tries the address makes: its own, those of all whom it relays, or nobody's by whom a server is
 * missed. */
export function triesFor(roles: AddressRoles, isRelay: boolean): 'itself' | 'many' | 'nobody' {
  if (roles.ignored || roles.serverOf.length + roles.replicationOf.length > 0) return 'nobody'
  return isRelay || roles.relays ? 'many' : 'itself'
}

/** Addresses remembered: a lookup over ranges is linear. When full, the memory starts anew. */
const REMEMBERED_MAX = 1 << 16
/** The latest addresses: of one connection they are asked for again and again. */
const LATEST_MAX = 1 << 9

export class Inventory {
  readonly deployment: Deployment
  private readonly remembered = new Map<string, AddressRoles>()
  private latest = new Map<string, AddressRoles>()
  /** Addresses of which something is stated: few of those that come. */
  private readonly mentioned: AddressSet

  constructor(deployment: Deployment) {
    this.deployment = deployment
    this.mentioned = new AddressSet(mentionedIn(deployment))
  }

  rolesOf(address: string): AddressRoles {
    let roles = this.latest.get(address)
    if (roles !== undefined) return roles
    roles = this.knownOf(address)
    // A new one: the tables of a map that has grown old are made among the old objects, and a million
    // connections would leave 150 MB of them there (V8: OrderedHashTable::Clear).
    if (this.latest.size >= LATEST_MAX) this.latest = new Map()
    this.latest.set(address, roles)
    return roles
  }

  /** Where a connection runs, by who opens it to whom; `isRelay`: the one who opens it has shown itself as a
   * relay. */
  legOf(originator: string, responder: string, isRelay: boolean): Leg {
    const from = this.rolesOf(originator)
    const to = this.rolesOf(responder)
    if (from.ignored || to.ignored || from.serverOf.length + from.replicationOf.length > 0) return 'internal'
    if (to.vipOf.length > 0 || to.relays) return 'front'
    return from.relays || isRelay ? 'back' : 'direct'
  }

  private knownOf(address: string): AddressRoles {
    if (!this.mentioned.has(address)) return NO_ROLES
    let roles = this.remembered.get(address)
    if (roles === undefined) {
      if (this.remembered.size >= REMEMBERED_MAX) this.remembered.clear()
      roles = this.statedOf(address)
      this.remembered.set(address, roles)
    }
    return roles
  }

  private statedOf(address: string): AddressRoles {
    const { services, devices, ignore, agents, nat } = this.deployment
    const number = addressNumber(address)
    const is = (ranges: readonly AddressRange[]): boolean => number !== null && hold(ranges, number)
    const device = devices.find((d) => is(d.addresses)) ?? null
    const proxied = services.some((s) => s.web !== null && is(s.web.proxies))
    return {
      vipOf: services.filter((s) => is(s.vips)),
      serverOf: services.flatMap((service) =>
        service.servers.filter((server) => is(server.addresses)).map((server) => ({ service, server })),
      ),
      replicationOf: services.flatMap((s) => s.servers).filter((server) => is(server.replicationAddresses)),
      device,
      relays: proxied || (device !== null && passesOn(device)),
      ignored: is(ignore),
      agentId: agents.find((agent) => is(agent.addresses))?.id ?? null,
      natOutside: nat.find((rule) => is(rule.outside))?.mapping ?? null,
    }
  }
}

/** Every range whose addresses have a role. */
function mentionedIn({ services, devices, ignore, agents, nat }: Deployment): AddressRange[] {
  const servers = services.flatMap((s) => s.servers)
  return [
    ...services.flatMap(({ vips, web }) => [...vips, ...(web?.proxies ?? [])]),
    ...servers.flatMap(({ addresses, replicationAddresses }) => [...addresses, ...replicationAddresses]),
    ...[...devices, ...agents].flatMap(({ addresses }) => addresses),
    ...ignore,
    ...nat.flatMap(({ outside }) => outside),
  ]
}
