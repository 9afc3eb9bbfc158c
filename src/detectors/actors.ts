/** Who did it, as a finding names them: the server, the relay whose leg it is, or a device in between. */
import { commonPrefix } from '../model/address.ts'
import type { World } from '../model/event.ts'
import type { Actor } from '../model/incident.ts'
import { relayAddress, type Sighting } from '../model/party.ts'

export const serverActor = (sighting: Sighting, confidence: number): Actor => ({
  role: 'server',
  address: sighting.server?.address ?? sighting.responder.address,
  confidence,
})

/** The device whose own leg this is: a load balancer if the configuration says so, otherwise a device that is
 * proven to be there. Who stands for the server, or for the agent behind it, at this leg. */
export function relayActor(
  sighting: Sighting,
  world: World,
  confidence: number,
  isOpener = sighting.leg === 'back',
): Actor {
  const address = isOpener ? relayAddress(sighting) : sighting.responder.address
  const role = world.roleOf(address)
  const known =
    role === 'load-balancer' || role === 'reverse-proxy' || role === 'firewall' ? role : 'load-balancer'
  return { role: role === null && sighting.leg === 'back' ? 'middlebox' : known, address, confidence }
}

/** Who hands connections on to servers from this address: a load balancer if the configuration says so,
 * otherwise a device that is proven to be there. */
export function balancerActor(address: string, world: World): Actor {
  const isStated = world.roleOf(address) === 'load-balancer'
  return { role: isStated ? 'load-balancer' : 'middlebox', address, confidence: isStated ? 0.95 : 0.8 }
}

/** A load balancer whose reset says that it is one: whoever holds the address in whose name it came, save
 * that an agent's address is not its own. */
export function sayingActor(sighting: Sighting, from: 0 | 1, world: World, confidence: number) {
  const isBehind = sighting.leg === 'back'
  const holds =
    from === 1 ? (isBehind ? null : sighting.responder.address) : isBehind ? relayAddress(sighting) : null
  const address = holds ?? world.devicesOf('load-balancer')[0] ?? null
  return { role: 'load-balancer', address, confidence } as const
}

/** A device that is neither end of this leg: a configured firewall, with that confidence, or one that is not
 * named. */
export function deviceActor(sighting: Sighting, world: World, ifFirewall: number, ifUnnamed: number): Actor {
  const firewalls = world.devicesOf('firewall')
  if (firewalls.length === 0) return { role: 'middlebox', address: null, confidence: ifUnnamed }
  return { role: 'firewall', address: nearest(firewalls, sighting), confidence: ifFirewall }
}

/** What findings of one actor share, whichever of its addresses it acted from; empty where none is named. */
export const actorKey = ({ address }: Actor, world: World): string =>
  address === null ? '' : world.deviceOf(address)

/** What findings share of connections that one relay opened; `others` of those that agents did. */
export const openerKey = (sighting: Sighting, world: World, others: string): string =>
  sighting.leg === 'back' ? world.deviceOf(relayAddress(sighting)) : others

/** Of a firewall's addresses, the one on the agent's network: the longest common prefix. */
function nearest(addresses: readonly string[], { originator }: Sighting): string {
  const common = (address: string): number => commonPrefix(address, originator.address)
  return addresses.reduce((a, b) => (common(b) > common(a) ? b : a))
}
