/** Servers of a service as ends of connections: which one an address is, and whether it is one for traffic
 * between servers. */
import type { Member } from '../../model/cluster-events.ts'
import type { ConfiguredServer, ConfiguredService } from '../../model/deployment.ts'
import type { Endpoint } from '../../model/packet.ts'
import type { Inventory } from './inventory.ts'
import type { Services } from './services.ts'

/** Port of replication where the configuration names none: SEMS clusters (KB 154069). */
const SEMS_PORTS: readonly number[] = [444]

export class Members {
  private readonly inventory: Inventory
  private readonly services: Services
  private readonly owners = new Map<ConfiguredServer, ConfiguredService>()

  constructor(inventory: Inventory, services: Services) {
    this.inventory = inventory
    this.services = services
    for (const service of inventory.deployment.services)
      for (const server of service.servers) this.owners.set(server, service)
  }

  /** The configuration names servers. */
  get areKnown(): boolean {
    return this.owners.size > 0
  }

  /** Every server that an end is; several services may share one. */
  at(endpoint: Endpoint): readonly Member[] {
    const { serverOf, replicationOf } = this.inventory.rolesOf(endpoint.address)
    if (serverOf.length + replicationOf.length === 0) return NONE
    const own = replicationOf.map((server) => this.memberOf(server, endpoint, true))
    const others = serverOf
      .filter(({ server }) => !replicationOf.includes(server))
      .map(({ server }) => this.memberOf(server, endpoint, false))
    return [...own, ...others]
  }

  /** Two servers of one service, between which a connection runs; null if it does not. */
  between(from: Endpoint, to: Endpoint): readonly [Member, Member] | null {
    // Most connections come from no server.
    const sources = this.at(from)
    if (sources.length === 0) return null
    const targets = this.at(to)
    for (const a of sources)
      for (const b of targets) if (a.service === b.service && a.server !== b.server) return [a, b]
    return null
  }

  private memberOf(server: ConfiguredServer, endpoint: Endpoint, isOwnInterface: boolean): Member {
    const service = this.services.configured(this.owners.get(server)!.name)
    return { service, server, endpoint, isOwnInterface }
  }
}

const NONE: readonly Member[] = []

/** Servers talk to one another there for replication. */
export function isReplicationPort({ service: { configured } }: Member, port: number): boolean {
  const { replicationPorts = [], profile = 'generic' } = configured ?? {}
  const ports = replicationPorts.length === 0 && profile === 'symantec-sems' ? SEMS_PORTS : replicationPorts
  return ports.includes(port)
}
