/** Addresses that are nobody's own. */
import { isOfSeveral } from '../model/deployment.ts'
import type { World } from '../model/event.ts'
import type { Agent, Sighting } from '../model/party.ts'

/** Who spoke, and on which connection. */
interface Spoken {
  readonly agent: Agent | null
  readonly sighting: Sighting
}

/** Known by an address only, which the configuration gives to several agents, or at which several named
 * themselves: what comes from there next may be another's. */
export function standsForMany({ agent, sighting }: Spoken, world: World): boolean {
  if (agent?.identifiedBy !== 'address') return false
  return isOfSeveral(world.natMapping(agent.id)) || world.isShared(sighting.tap, agent.id)
}
