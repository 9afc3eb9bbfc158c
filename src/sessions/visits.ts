/**
 * Visits: an agent's connections to servers, once it is known whose they are. Other taps have their say
 * first; what only adds to an agent's stay is counted, and the rest is told.
 */
import type { DetectorEvent } from '../model/event.ts'
import type { Agent, Visit } from '../model/party.ts'
import type { Micros } from '../model/time.ts'
import type { Agenda } from './agenda.ts'
import type { AddressMoves } from './agents/address-moves.ts'
import type { Agents } from './agents/agents.ts'
import { agentOnPath, isTranslated } from './agents/path-agent.ts'
import { attachmentOf } from './agents/tracked-agent.ts'
import type { Endings } from './ends/endings.ts'
import type { Followers } from './followers.ts'
import { isPassedOn } from './relays/hidden-servers.ts'
import { NO_CONNECTION, type Stay, type TrackedSighting } from './sighting.ts'
import type { Sightings } from './sightings.ts'
import type { Stays } from './stays.ts'

interface VisitsOptions {
  readonly agenda: Agenda
  readonly agents: Agents
  readonly moves: AddressMoves
  readonly followers: Followers
  readonly stays: Stays
  readonly sightings: Sightings
  readonly endings: Endings
  /** How long other taps' views are waited for. */
  readonly settle: Micros
  severalTaps(): boolean
  tell(event: DetectorEvent): void
}

export class Visits {
  private readonly options: VisitsOptions

  constructor(options: VisitsOptions) {
    this.options = options
  }

  /** The connection carries data of an agent: once the other taps have had their say, it is a visit. */
  plan(sighting: TrackedSighting, at: Micros, packet: number): void {
    if (sighting.visited || sighting.leg === 'internal' || sighting.leg === 'probe') return
    sighting.visited = true
    const { agenda, settle } = this.options
    if (sighting.handshake === null) agenda.add(at + settle, () => this.make(sighting, at, packet))
    else agenda.addFor(at + settle, this.makeFirst, sighting)
  }

  private readonly makeFirst = (sighting: TrackedSighting): void =>
    this.make(sighting, sighting.start, sighting.startPacket)

  private make(sighting: TrackedSighting, at: Micros, packet: number): void {
    const { agents, moves, followers, stays, sightings } = this.options
    const agent = agentOnPath(sighting.path, agents)
    if (agent === null || sighting.leg === 'probe' || sighting.leg === 'internal') {
      sighting.visited = agent !== null
      return
    }
    sighting.agent ??= agent
    if (isTranslated(sighting, agent)) moves.contact(sighting, agent, at, packet, null)
    else if (sighting.leg !== 'back') agents.seen(agent, sighting, at, packet)
    const stay = this.stayToRestAt(sighting, agent)
    if (stay === null) return this.visit(sighting, agent, at, packet)
    followers.visited(sighting, agent, at, packet)
    stays.count(stay, sighting, at)
    sightings.rest(sighting, stay)
  }

  /** The stay that a visit only adds to, one of many: nothing is to be told of it, and nobody waits for it.
   * Null for other visits. */
  private stayToRestAt(sighting: TrackedSighting, agent: Agent): Stay | null {
    const { severalTaps, sightings } = this.options
    if (severalTaps() || !sightings.canRest(sighting) || sighting.agent !== agent) return null
    const { server, service } = sighting
    const attachment = attachmentOf(agent, service)
    if (attachment === null) return null
    const { stay, last, quiet } = attachment
    if (stay === null || stay.server !== server || server.service !== service) return null
    const isAwaited = last === null ? quiet === NO_CONNECTION : last.path.ending && !last.path.hasNext
    return isAwaited ? null : stay
  }

  /** Another agent speaks on a relay's connection. */
  planOf(sighting: TrackedSighting, agent: Agent, at: Micros, packet: number): void {
    const { agenda, settle } = this.options
    agenda.add(at + settle, () => this.visit(sighting, agent, at, packet))
  }

  private visit(sighting: TrackedSighting, agent: Agent, at: Micros, packet: number): void {
    const { sightings, endings, followers, stays, tell } = this.options
    sightings.wake(agent, sighting.service)
    if (sighting.server !== null) sightings.wake(agent, sighting.server.service)
    endings.arrived(sighting, agent)
    const server = sighting.server
    if (
      server === null ||
      isPassedOn(sighting) ||
      (sighting.path.hasReached(server) && sighting.agent === agent)
    )
      return
    sighting.path.reach(server)
    followers.visited(sighting, agent, at, packet)
    if (stays.goesOn(agent, server, sighting, at, packet)) return
    const visit: Visit = { agent, server, sighting, at, packet }
    const previous = stays.visit(visit)
    tell({ kind: 'visit', visit, previous })
    if (previous !== null) endings.wentElsewhere(previous, visit)
  }

  /** It is known whose connection it is, by now. */
  claim(sighting: TrackedSighting, agent: Agent): void {
    if (sighting.agent === null) sighting.agent = agent
    if (sighting.agent === agent) this.visit(sighting, agent, sighting.start, sighting.startPacket)
  }
}
