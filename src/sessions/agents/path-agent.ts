/** Whose connection it is: what the sightings of one path tell of its agent together, best identity first. */
import { type Agent, isAgentSide } from '../../model/party.ts'
import type { Agents } from './agents.ts'
import { SAME_SEQUENCE } from '../paths.ts'
import type { TrackedPath, TrackedSighting } from '../sighting.ts'

/**
 * An agent was found on a sighting: the best identity stands, for every sighting of the path; one that nobody
 * on it claimed was a guess by address.
 */
export function nameSighting(sighting: TrackedSighting, agent: Agent): void {
  const { sightings } = sighting.path
  for (const s of sightings) {
    const claimed = sightings.some((other) => other.speaker === s.agent)
    if (s.agent === null || !claimed || s.agent.confidence < agent.confidence || !s.agent.nameable)
      s.agent = agent
  }
}

/**
 * Two paths became one: the best agent that its sightings have is that of all. Addresses are asked later: who
 * shares one may still name itself.
 */
export function shareAgent({ sightings }: TrackedPath): void {
  const best = sightings.reduce<Agent | null>((a, s) => better(a, s.agent), null)
  if (best === null) return
  for (const s of sightings) if (s.agent === null || better(s.agent, best) === best) s.agent = best
}

/** Another tap shows the agent under its own address, which is all that names it: here it has a translator's.
 * A translator passes the agent's connection on; what a relay makes of it is another connection, which has
 * the relay's address by nature. */
export const isTranslated = ({ path, tap, leg, originator }: TrackedSighting, agent: Agent): boolean =>
  leg !== 'back' &&
  path.joinedBy.includes(SAME_SEQUENCE) &&
  agent.identifiedBy === 'address' &&
  agent.id !== originator.address &&
  path.sightings.some((s) => s.tap !== tap && s.originator.address === agent.id)

/** Another tap shows the client itself, at that address. */
export const isClientOf = ({ sightings }: TrackedPath, address: string): boolean =>
  sightings.some((s) => isAgentSide(s) && s.originator.address === address)

/** The agent of a sighting, by its address if that is its own. */
export function agentOf(sighting: TrackedSighting, agents: Agents): Agent | null {
  if (sighting.agent !== null) return sighting.agent
  const { tap, originator } = sighting
  return isAgentSide(sighting) ? agents.at(tap, originator.address, 'address') : null
}

/** The best that all sightings of a path show; of equals that of the one that began first, which is nearest
 * to the agent: a relay opens its own connection later. */
export function agentOnPath(path: TrackedPath, agents: Agents): Agent | null {
  if (!path.isJoined) return agentOf(path.first, agents)
  return path.sightings
    .toSorted((a, b) => a.start - b.start)
    .reduce<Agent | null>((a, s) => better(a, agentOf(s, agents)), null)
}

function better(a: Agent | null, b: Agent | null): Agent | null {
  if (a === null || b === null) return a ?? b
  if (a.nameable !== b.nameable) return a.nameable ? a : b
  return b.confidence > a.confidence ? b : a
}
