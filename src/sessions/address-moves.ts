/** Where agents that name themselves are, by tap: who turns up at another address is told, with the last
 * contact before. */
import type { AddressChanged, DetectorEvent } from '../model/event.ts'
import type { Tap } from '../model/packet.ts'
import type { Agent } from '../model/party.ts'
import type { Micros } from '../model/time.ts'
import type { Agents } from './agents.ts'
import type { TrackedSighting } from './sighting.ts'

interface MovesOptions {
  later(at: Micros, act: () => void): void
  tell(event: DetectorEvent): void
  readonly settle: Micros
}

/** When and where an agent last named itself at a tap. */
interface Contact {
  readonly at: Micros
  readonly packet: number
  readonly sighting: TrackedSighting
}

export class AddressMoves {
  private readonly agents: Agents
  private readonly options: MovesOptions
  private readonly lastContacts = new Map<Tap, Map<Agent, Contact>>()

  constructor(agents: Agents, options: MovesOptions) {
    this.agents = agents
    this.options = options
  }

  /** An agent is at the originator's address of a connection, which may go on where another one stopped. */
  contact(
    sighting: TrackedSighting,
    agent: Agent,
    at: Micros,
    packet: number,
    continues: TrackedSighting | null,
  ): void {
    const { tap } = sighting
    const previous = this.agents.seen(agent, sighting, sighting.originator.address, at)
    const last = this.exchange(tap, agent, { at, packet, sighting })
    if (previous === null) return
    const event: AddressChanged = {
      kind: 'address-changed',
      agent,
      tap,
      from: previous.address,
      to: sighting.originator.address,
      sighting,
      before: continues ?? last?.sighting ?? null,
      continued: continues !== null,
      at: sighting.start,
      packet: sighting.startPacket || packet,
      lastAt: last?.at ?? previous.end,
      lastPacket: last?.packet ?? 0,
    }
    // What the other taps see of the agent at that time decides whether it moved itself.
    this.options.later(at + this.options.settle, () => this.options.tell(event))
  }

  private exchange(tap: Tap, agent: Agent, contact: Contact): Contact | undefined {
    let contacts = this.lastContacts.get(tap)
    if (contacts === undefined) this.lastContacts.set(tap, (contacts = new Map()))
    const last = contacts.get(agent)
    contacts.set(agent, contact)
    return last
  }
}
