/** The session stage's own view of an agent: what detectors read, and what it is attached to. */
import type { Agent, AgentAddress, Service, Sighting } from '../../model/party.ts'
import type { Endpoint, Tap } from '../../model/packet.ts'
import type { IdentifiedBy } from '../../model/record.ts'
import { seconds, type Micros } from '../../model/time.ts'
import type { Rhythm } from './rhythm.ts'
import { Attachment } from '../sighting.ts'

/** Services of one agent that are followed: an address that stands for many users, or scans, has more, and is
 * no agent whose stays tell anything. */
export const ATTACHMENTS_MAX = 1024

/** What is remembered of an agent and a service; null if nothing is: the agent itself is not, or uses too
 * many services. Every agent that this stage tells of is one of its own. */
export const attachmentOf = (agent: Agent, service: Service): Attachment | null =>
  (agent as TrackedAgent).attachmentTo(service)

/** How agents are known: one of these for all that are known alike. */
export interface Identification {
  readonly by: IdentifiedBy
  /** 0 to 1. */
  readonly confidence: number
  /** People can be told the name. */
  readonly nameable: boolean
}

/** A, then B, then A again within this time share an address; a lease does not change hands so fast (RFC 2131
 * §4.3.1: an expired one is the last to be given away). */
export const IN_TURN_WITHIN: Micros = seconds(600)

/** An address at a tap where several agents named themselves. */
export class NamedPlace {
  /** Who did, and when last. */
  readonly agents: Map<Agent, Micros>
  /** Several used it at the same time, in turn. */
  isShared = false

  constructor(first: Agent, at: Micros) {
    this.agents = new Map([[first, at]])
  }

  note(agent: Agent, at: Micros): void {
    const { agents } = this
    const before = agents.get(agent)
    agents.set(agent, at)
    if (this.isShared || before === undefined || at - before > IN_TURN_WITHIN) return
    for (const theirs of agents.values()) this.isShared ||= theirs > before && theirs < at
  }
}

/** With what shows that it was there last. */
export interface UsedAddress extends AgentAddress {
  /** The last packet from there, and whom its connection reached. */
  packet: number
  to: Endpoint
  /** The connection on which it named itself last; null if it never did. */
  sighting: Sighting | null
  /** Who named itself there: the agent, or several; null if it never did, or nobody is followed there. */
  named: TrackedAgent | NamedPlace | null
}

export class TrackedAgent implements Agent {
  readonly id: string
  private readonly identification: Identification
  /** Most agents have one address, and need no list of it. */
  private places: UsedAddress | readonly UsedAddress[] | null = null
  /** It is known again when it comes again. */
  isRemembered = true
  /** How often it comes to a service, and to further ones. */
  rhythm: Rhythm | null = null
  /** Most agents use one service: only the others need a map. */
  private first: Attachment | null = null
  private others: Map<Service, Attachment> | null = null

  constructor(id: string, identification: Identification) {
    this.id = id
    this.identification = identification
  }

  get addresses(): readonly UsedAddress[] {
    const { places } = this
    return places === null ? [] : 'tap' in places ? [places] : places
  }

  /** What is remembered of an address at a tap, where it is the only one that it used; null otherwise. */
  onlyAt(tap: Tap, address: string): UsedAddress | null {
    const { places } = this
    if (places === null || !('tap' in places)) return null
    return places.address === address && places.tap === tap ? places : null
  }

  use(address: UsedAddress): void {
    this.places = this.places === null ? address : [...this.addresses, address]
  }

  /** The second one is forgotten: the first is where it began, the latest are where it may be. */
  forgetSecondAddress(): void {
    this.places = this.addresses.filter((_, i) => i !== 1)
  }

  get identifiedBy(): IdentifiedBy {
    return this.identification.by
  }

  get confidence(): number {
    return this.identification.confidence
  }

  get nameable(): boolean {
    return this.identification.nameable
  }

  /** It was at a server of a service that is followed. */
  get wasAtServer(): boolean {
    if (this.first === null) return false
    return [this.first, ...(this.others?.values() ?? [])].some(({ stay }) => stay !== null)
  }

  attachmentTo(service: Service): Attachment | null {
    if (!this.isRemembered) return null
    this.first ??= new Attachment(service)
    if (this.first.service === service) return this.first
    this.others ??= new Map()
    const known = this.others.get(service)
    if (known !== undefined) return known
    if (this.others.size >= ATTACHMENTS_MAX - 1) return null
    const attachment = new Attachment(service)
    this.others.set(service, attachment)
    return attachment
  }
}
