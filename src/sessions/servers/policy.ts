/**
 * The operator's policy: which list of servers holds for an agent at a service. A group that names the
 * agent comes first, then the location of its address, then the priorities of the servers themselves.
 *
 * Where locations overlap, the narrower network decides; a location without networks is the default for
 * agents that are in no other (article 151499: one default location in case of conflict).
 */
import { addressNumber, hold } from '../../model/address.ts'
import { AddressSegments } from '../../model/address-set.ts'
import type { ConfiguredService, Deployment } from '../../model/deployment.ts'
import { type Agent, isAgentSide, type Service, type Sighting } from '../../model/party.ts'
import { type PreferenceList, rankIn } from '../../model/policy.ts'
import type { Inventory } from './inventory.ts'

type Location = Deployment['locations'][number]
type Group = Deployment['groups'][number]
interface Statement {
  readonly name: string
  readonly servers: ReadonlyMap<string, readonly (readonly string[])[]>
}

/** Addresses of IPv6 whose location is remembered: a lookup over networks is linear. When full, it starts
 * anew. */
const REMEMBERED_MAX = 1 << 16

export class Policy {
  private readonly inventory: Inventory
  private readonly groupsOf = new Map<string, Group[]>()
  /** Of IPv4, where all addresses of a segment are; undefined: nobody asked yet. */
  private readonly segments: AddressSegments
  private readonly inSegment: (Location | null | undefined)[]
  private readonly located = new Map<string, Location | null>()
  private readonly stated = new Map<string, PreferenceList>()
  private readonly priorities = new Map<string, PreferenceList | null>()

  constructor(inventory: Inventory) {
    this.inventory = inventory
    this.segments = new AddressSegments(inventory.deployment.locations.flatMap(({ subnets }) => subnets))
    this.inSegment = new Array<undefined>(this.segments.count).fill(undefined)
    for (const group of inventory.deployment.groups)
      for (const agent of group.agents) {
        const list = this.groupsOf.get(plain(agent))
        if (list === undefined) this.groupsOf.set(plain(agent), [group])
        else list.push(group)
      }
    for (const service of inventory.deployment.services)
      this.priorities.set(service.name, prioritiesOf(service))
  }

  /** Somebody may have a list for this service. */
  concerns({ configured }: Service): boolean {
    if (configured === null) return false
    const { groups, locations } = this.inventory.deployment
    return (
      this.priorities.get(configured.name) != null ||
      [...groups, ...locations].some(({ servers }) => servers.has(configured.name))
    )
  }

  /** The list that holds for an agent whose own address is known, or null where it is not. */
  listOf(agent: Agent, service: Service, address: string | null): PreferenceList | null {
    return this.assignedTo(agent, service, address) ?? this.priorities.get(service.name) ?? null
  }

  /** The same without the priorities of the service's own servers. */
  assignedTo(agent: Agent, service: Service, address: string | null): PreferenceList | null {
    const groups =
      this.groupsOf.get(plain(agent.id)) ?? (address === null ? null : this.groupsOf.get(plain(address)))
    const group = groups?.find(({ servers }) => servers.has(service.name))
    if (group !== undefined) return this.listIn(group, 'group', service)
    const location = address === null ? null : this.locationOf(address)
    return location?.servers.has(service.name) === true ? this.listIn(location, 'location', service) : null
  }

  /** The list for the agent of a connection. */
  listFor(agent: Agent, service: Service, sighting: Sighting): PreferenceList | null {
    return this.listOf(agent, service, this.ownAddress(agent, sighting))
  }

  /** The agent's own address: not a relay's, nor a translated one. Null if only such are known. */
  ownAddress(agent: Agent, sighting: Sighting): string | null {
    const own = isAgentSide(sighting) ? sighting : sighting.path.sightings.find(isAgentSide)
    const address = own?.originator.address ?? agent.addresses.at(-1)?.address ?? null
    return address === null || this.inventory.rolesOf(address).natOutside !== null ? null : address
  }

  /** Another location whose list names the server; null if none does. */
  locationWith(server: string, service: Service, besides: string | null): string | null {
    const { locations } = this.inventory.deployment
    const names = ({ name, servers }: Location): boolean =>
      name !== besides && servers.get(service.name)?.some((group) => group.includes(server)) === true
    return locations.find(names)?.name ?? null
  }

  /** Services of the same product that the configuration states. */
  kinOf({ profile, configured }: Service): readonly ConfiguredService[] {
    if (configured !== null || profile === 'generic') return []
    return this.inventory.deployment.services.filter((service) => service.profile === profile)
  }

  private listIn(statement: Statement, source: 'group' | 'location', service: Service): PreferenceList {
    const key = `${source}|${statement.name}|${service.name}`
    let list = this.stated.get(key)
    if (list === undefined) {
      list = { groups: statement.servers.get(service.name)!, source, name: statement.name }
      this.stated.set(key, list)
    }
    return list
  }

  private locationOf(address: string): Location | null {
    const segment = this.segments.of(address)
    if (segment >= 0) {
      const known = this.inSegment[segment]
      return known === undefined ? (this.inSegment[segment] = this.lookUp(address)) : known
    }
    const known = this.located.get(address)
    if (known !== undefined) return known
    if (this.located.size >= REMEMBERED_MAX) this.located.clear()
    const location = this.lookUp(address)
    this.located.set(address, location)
    return location
  }

  private lookUp(address: string): Location | null {
    const { locations } = this.inventory.deployment
    const number = addressNumber(address)
    const holding = locations.filter(({ subnets }) => number !== null && hold(subnets, number))
    const narrowest = holding.reduce<Location | null>(
      (a, b) => (a === null || widthAt(b, address) < widthAt(a, address) ? b : a),
      null,
    )
    return narrowest ?? locations.find(({ subnets }) => subnets.length === 0) ?? null
  }
}

/** Agents and groups of agents are written with or without braces, in either case. */
const plain = (id: string): string => id.replace(/[{}]/g, '').toLowerCase()

/** Addresses in the narrowest network of a location that holds the address. */
function widthAt({ subnets }: Location, address: string): bigint {
  const number = addressNumber(address)!
  const widths = subnets
    .filter((r) => r.version === number.version && r.first <= number.value && number.value <= r.last)
    .map(({ first, last }) => last - first)
  return widths.reduce((a, b) => (b < a ? b : a))
}

/** Servers in order of their priorities; null unless they are stated for two at least. */
function prioritiesOf({ servers }: ConfiguredService): PreferenceList | null {
  const numbers = [...new Set(servers.flatMap(({ priority }) => priority ?? []))].sort((a, b) => a - b)
  const groups = numbers.map((number) => servers.filter((s) => s.priority === number).map((s) => s.name))
  return groups.flat().length < 2 ? null : { groups, source: 'service', name: null }
}

/** Names of servers that a list prefers to one of them; none if the list does not name it. */
export function betterThan(list: PreferenceList, server: string): readonly string[] {
  const rank = rankIn(list, server)
  return rank === null ? [] : list.groups.slice(0, rank).flat()
}
