/**
 * Agents: known by what identifies them best. An address stands for an agent only while nothing better is
 * known of it, and only where no relay hides the agents behind it.
 */
import type { UserShown } from '../../model/address-event.ts'
import type { Agent, Sighting } from '../../model/party.ts'
import { endsBetween, type Tap } from '../../model/packet.ts'
import type { IdentifiedBy } from '../../model/record.ts'
import type { Micros } from '../../model/time.ts'
import { mayBeOne } from '../paths.ts'
import { reachedBy } from '../sighting.ts'
import { type Identification, NamedPlace, TrackedAgent, type UsedAddress } from './tracked-agent.ts'
import { ADDRESS_CONFIDENCE, type IdentityClaim } from './identity.ts'
import type { Inventory } from '../servers/inventory.ts'

const INVENTORY_CONFIDENCE = 0.9
/** Agents remembered; further ones are strangers each time that they come. */
const AGENTS_MAX = 1 << 20
/** Addresses kept per agent: the first and the latest; a pool that is larger is told by its size. */
const ADDRESSES_MAX = 64
/** Addresses at which agents named themselves, of which is remembered who, per tap: the first ones. */
const PLACES_MAX = 1 << 18

/** Agents, and places a tap, that are remembered. */
interface AgentLimits {
  readonly agents: number
  readonly places: number
}

export class Agents {
  private readonly inventory: Inventory
  private readonly byId = new Map<string, TrackedAgent>()
  /** As many as there are ways to know an agent. */
  private readonly identifications = new Map<string, Identification>()
  /** Who named themselves where: at most addresses one agent did. */
  private readonly places = new Map<Tap, Map<string, TrackedAgent | NamedPlace>>()
  /** Times that an agent, and a place, found no room. */
  readonly forgotten = { agents: 0, places: 0 }
  private readonly limits: AgentLimits

  constructor(inventory: Inventory, limits: AgentLimits = { agents: AGENTS_MAX, places: PLACES_MAX }) {
    this.inventory = inventory
    this.limits = limits
  }

  /** The agent that named itself. */
  named(claim: IdentityClaim): TrackedAgent {
    return this.get(claim.id, claim.by, claim.confidence, true)
  }

  /** An agent known by its TLS session only: it can be followed, but not named to a person. */
  unnamed(id: string, by: IdentifiedBy, confidence: number): TrackedAgent {
    return this.get(id, by, confidence, false)
  }

  /** The agent at an address: the one that named itself there, if only one did; the inventory's; or the
   * address itself. */
  at(tap: Tap, address: string, via: 'address' | 'proxy-header'): Agent {
    const place = this.places.get(tap)?.get(address)
    if (place instanceof TrackedAgent) return place
    const inventoried = this.inventory.rolesOf(address).agentId
    if (inventoried !== null) return this.get(inventoried, 'inventory', INVENTORY_CONFIDENCE, true)
    return this.get(address, via, ADDRESS_CONFIDENCE, true)
  }

  /**
   * An agent's packets come from where a connection does. The address that it used at the tap before, if that
   * was another one; not that of the connection's other side, where the tap shows both sides of a translator.
   * The connection is remembered, where it is `kept`.
   */
  seen(agent: Agent, sighting: Sighting, at: Micros, packet: number, kept = false): UsedAddress | null {
    const { tap, originator } = sighting
    const { address } = originator
    const tracked = agent as TrackedAgent
    const only = tracked.onlyAt(tap, address)
    if (only !== null) {
      this.noteSeen(tracked, only, sighting, at, packet, kept)
      return null
    }
    let previous: UsedAddress | null = null
    let known: UsedAddress | null = null
    for (const used of tracked.addresses) {
      if (used.tap !== tap) continue
      if (used.address === address) known = used
      else if (used.sighting !== null && mayBeOne(used.sighting, sighting)) continue
      if (previous === null || used.end > previous.end) previous = used
    }
    const moved = previous !== null && previous.address !== address && previous.end <= at
    const before = moved ? { ...previous! } : null
    if (known === null) {
      if (tracked.addresses.length >= ADDRESSES_MAX) tracked.forgetSecondAddress()
      const to = reachedBy(sighting)
      known = { tap, address, start: at, end: at, packet, to, sighting: null, named: null }
      tracked.use(known)
    }
    this.noteSeen(tracked, known, sighting, at, packet, kept)
    return before
  }

  /** The address at which the agent has a connection; null if that is forgotten. */
  usedBy(agent: Agent, { tap, originator }: Sighting): UsedAddress | null {
    const used = (agent as TrackedAgent).addresses
    return used.find((one) => one.tap === tap && one.address === originator.address) ?? null
  }

  private noteSeen(
    agent: TrackedAgent,
    used: UsedAddress,
    sighting: Sighting,
    at: Micros,
    packet: number,
    kept: boolean,
  ): void {
    if (at >= used.end) {
      used.end = at
      used.packet = packet
      used.to = reachedBy(sighting)
      if (kept) used.sighting = sighting
    }
    if (agent.id === used.address || used.named === agent) return
    used.named ??= this.placeAt(used, agent)
    if (used.named instanceof NamedPlace) used.named.note(agent, at)
  }

  /** Several agents used the address at the same time, in turn: one host, or one lease after the other, does
   * not look so. */
  isShared(tap: Tap, address: string): boolean {
    const place = this.places.get(tap)?.get(address)
    return place instanceof NamedPlace && place.isShared
  }

  /** The same of an address that the agent used. */
  isSharedWith(agent: Agent, tap: Tap, address: string): boolean {
    const named = (agent as TrackedAgent).onlyAt(tap, address)?.named ?? null
    if (named === null) return this.isShared(tap, address)
    return named instanceof NamedPlace && named.isShared
  }

  /** How many agents named themselves at an address. */
  namedAt(tap: Tap, address: string): number {
    const place = this.places.get(tap)?.get(address)
    if (place === undefined) return 0
    return place instanceof NamedPlace ? place.agents.size : 1
  }

  /** The first few that named themselves at an address, each with its last packet from there. */
  shownAt(tap: Tap, address: string, most: number): UserShown[] {
    const place = this.places.get(tap)?.get(address)
    if (!(place instanceof NamedPlace)) return []
    const shown: UserShown[] = []
    for (const { id, addresses } of place.agents.keys() as Iterable<TrackedAgent>) {
      if (shown.length === most) break
      // Whoever uses too many addresses may have none to show here.
      const used = addresses.find((one) => one.tap === tap && one.address === address)
      if (used === undefined) continue
      const { packet, end: at, to } = used
      shown.push({ user: id, packet: { tap, packet, at, ends: endsBetween(address, to) } })
    }
    return shown
  }

  all(): Iterable<TrackedAgent> {
    return this.byId.values()
  }

  /** Who named themselves at the address, with this agent; null if that is one address too many. */
  private placeAt({ tap, address }: UsedAddress, agent: TrackedAgent): TrackedAgent | NamedPlace | null {
    let places = this.places.get(tap)
    if (places === undefined) this.places.set(tap, (places = new Map()))
    const known = places.get(address)
    if (known === agent || known instanceof NamedPlace) return known
    if (known === undefined) {
      if (places.size >= this.limits.places) {
        this.forgotten.places++
        return null
      }
      places.set(address, agent)
      return agent
    }
    const theirs = known.addresses.find((used) => used.tap === tap && used.address === address)
    const place = new NamedPlace(known, theirs?.end ?? -Infinity)
    if (theirs !== undefined) theirs.named = place
    places.set(address, place)
    return place
  }

  private get(id: string, by: IdentifiedBy, confidence: number, nameable: boolean): TrackedAgent {
    const known = this.byId.get(id)
    if (known !== undefined) return known
    const agent = new TrackedAgent(id, this.identification(by, confidence, nameable))
    if (this.byId.size < this.limits.agents) this.byId.set(id, agent)
    else {
      agent.isRemembered = false
      this.forgotten.agents++
    }
    return agent
  }

  private identification(by: IdentifiedBy, confidence: number, nameable: boolean): Identification {
    const key = `${by}|${confidence}|${nameable}`
    let known = this.identifications.get(key)
    if (known === undefined) this.identifications.set(key, (known = { by, confidence, nameable }))
    return known
  }
}
