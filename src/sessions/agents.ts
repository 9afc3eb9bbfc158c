/**
 * Agents: known by what identifies them best. An address stands for an agent only while nothing better is
 * known of it, and only where no relay hides the agents behind it.
 */
import type { Agent, AgentAddress, Sighting } from '../model/party.ts'
import type { Tap } from '../model/packet.ts'
import type { IdentifiedBy } from '../model/record.ts'
import { seconds, type Micros } from '../model/time.ts'
import type { IdentityClaim } from './identity.ts'
import type { Inventory } from './inventory.ts'

/** An address says who an agent is as long as addresses do not change: enough for most, never certain. */
const ADDRESS_CONFIDENCE = 0.6
const INVENTORY_CONFIDENCE = 0.9
/** Addresses kept per agent: the first and the latest; a pool that is larger is told by its size. */
const ADDRESSES_MAX = 64
/** A, then B, then A again within this time share an address; a lease does not change hands so fast (RFC 2131
 * §4.3.1: an expired one is the last to be given away). */
const IN_TURN_WITHIN: Micros = seconds(600)

export class Agents {
  private readonly inventory: Inventory
  private readonly byId = new Map<string, Agent>()
  /** Who named themselves at an address, by tap and address, and when last. */
  private readonly namedAt = new Map<string, Map<Agent, Micros>>()
  private readonly shared = new Set<string>()

  constructor(inventory: Inventory) {
    this.inventory = inventory
  }

  /** The agent that named itself. */
  named(claim: IdentityClaim): Agent {
    return this.get(claim.id, claim.by, claim.confidence, true)
  }

  /** An agent known by its TLS session only: it can be followed, but not named to a person. */
  unnamed(id: string, by: IdentifiedBy, confidence: number): Agent {
    return this.get(id, by, confidence, false)
  }

  /** The agent at an address: the one that named itself there, if only one did; the inventory's; or the
   * address itself. */
  at(tap: Tap, address: string, via: 'address' | 'proxy-header'): Agent {
    const named = this.namedAt.get(`${tap}|${address}`)
    if (named?.size === 1) for (const agent of named.keys()) return agent
    const inventoried = this.inventory.rolesOf(address).agentId
    if (inventoried !== null) return this.get(inventoried, 'inventory', INVENTORY_CONFIDENCE, true)
    return this.get(address, via, ADDRESS_CONFIDENCE, true)
  }

  /** An agent's packets come from `address` at a tap. The address it used there before, if that was another
   * one. */
  seen(agent: Agent, sighting: Sighting, address: string, at: Micros): AgentAddress | null {
    const previous = this.latestAddress(agent, sighting.tap)
    const known = agent.addresses.find((a) => a.tap === sighting.tap && a.address === address)
    if (known === undefined) {
      if (agent.addresses.length >= ADDRESSES_MAX) agent.addresses.splice(1, 1)
      agent.addresses.push({ tap: sighting.tap, address, start: at, end: at })
    } else known.end = Math.max(known.end, at)
    if (agent.id !== address) this.noteNamed(agent, sighting.tap, address, at)
    return previous !== null && previous.address !== address && previous.end <= at ? { ...previous } : null
  }

  /** Several agents used the address at the same time, in turn: one host, or one lease after the other, does
   * not look so. */
  isShared(tap: Tap, address: string): boolean {
    return this.shared.has(`${tap}|${address}`)
  }

  all(): Iterable<Agent> {
    return this.byId.values()
  }

  private latestAddress(agent: Agent, tap: Tap): AgentAddress | null {
    let latest: AgentAddress | null = null
    for (const address of agent.addresses) {
      if (address.tap === tap && (latest === null || address.end > latest.end)) latest = address
    }
    return latest
  }

  private noteNamed(agent: Agent, tap: Tap, address: string, at: Micros): void {
    const key = `${tap}|${address}`
    let named = this.namedAt.get(key)
    if (named === undefined) this.namedAt.set(key, (named = new Map()))
    const before = named.get(agent)
    named.set(agent, at)
    if (before === undefined || at - before > IN_TURN_WITHIN || named.size === 1 || this.shared.has(key))
      return
    for (const [other, theirs] of named)
      if (other !== agent && theirs > before && theirs < at) this.shared.add(key)
  }

  private get(id: string, identifiedBy: IdentifiedBy, confidence: number, nameable: boolean): Agent {
    let agent = this.byId.get(id)
    if (agent === undefined) {
      agent = { id, identifiedBy, confidence, nameable, addresses: [] }
      this.byId.set(id, agent)
    }
    return agent
  }
}
