/** Where agents that name themselves are, by tap: who turns up at another address is told, with the last
 * contact before. */
import { endsBetween } from '../../model/packet.ts'
import type { AddressChanged, DetectorEvent } from '../../model/event.ts'
import type { Agent } from '../../model/party.ts'
import type { Micros } from '../../model/time.ts'
import type { Agents } from './agents.ts'
import type { TrackedSighting } from '../sighting.ts'

interface MovesOptions {
  later(at: Micros, act: () => void): void
  tell(event: DetectorEvent): void
  readonly settle: Micros
}

export class AddressMoves {
  private readonly agents: Agents
  private readonly options: MovesOptions

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
    const moved = this.agents.seen(agent, sighting, at, packet, true)
    const previous = continues === null ? moved : this.agents.usedBy(agent, continues)
    if (previous === null || previous.address === sighting.originator.address) return
    const event: AddressChanged = {
      kind: 'address-changed',
      agent,
      tap: sighting.tap,
      from: previous.address,
      to: sighting.originator.address,
      sighting,
      before: continues ?? previous.sighting,
      continued: continues !== null,
      at: sighting.start,
      packet: sighting.startPacket || packet,
      last: {
        tap: previous.tap,
        packet: previous.packet,
        at: previous.end,
        ends: endsBetween(previous.address, previous.to),
      },
    }
    // What the other taps see of the agent at that time decides whether it moved itself.
    this.options.later(at + this.options.settle, () => this.options.tell(event))
  }
}
