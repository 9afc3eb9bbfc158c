/** Addresses that stand for several agents who come in turn: a translator's. */
import type { PacketReference } from '../model/packet.ts'
import type { Follower, Surroundings } from './follower.ts'
import type { TrackedSighting } from './sighting.ts'

/** Shared addresses that are told of; further ones are not. */
const SHARED_MAX = 4096

interface Shared {
  readonly sighting: TrackedSighting
  readonly first: PacketReference
  /** Agents there when it was told last. */
  told: number
}

export function followSharedAddresses({ inventory, agents, tell }: Surroundings): Follower {
  const shared = new Map<string, Shared>()

  function tellOf(known: Shared): void {
    const { sighting, first } = known
    const { address } = sighting.originator
    const count = agents.namedAt(sighting.tap, address)
    if (count === known.told) return
    known.told = count
    tell({ kind: 'address-shared', sighting, address, agents: count, first })
  }

  return {
    closed(sighting) {
      const { leg, speaker, tap, originator, startPacket: packet, start: at } = sighting
      if (leg === 'back' || speaker === null || !agents.isShared(tap, originator.address)) return
      const key = `${tap}|${originator.address}`
      const known = shared.get(key)
      if (known !== undefined) {
        if (agents.namedAt(tap, originator.address) >= 2 * known.told) tellOf(known)
        return
      }
      const { relays, natOutside } = inventory.rolesOf(originator.address)
      if (relays || natOutside === 'shared' || shared.size >= SHARED_MAX) return
      const fresh = { sighting, first: { tap, packet, at }, told: 0 }
      shared.set(key, fresh)
      tellOf(fresh)
    },
    ended() {
      for (const known of shared.values()) tellOf(known)
    },
  }
}
