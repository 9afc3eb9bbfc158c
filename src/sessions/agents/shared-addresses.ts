/** Addresses that stand for several agents who come in turn: a translator's. */
import { USERS_SHOWN, type UserShown } from '../../model/address-event.ts'
import type { Follower, Surroundings } from '../follower.ts'
import type { TrackedSighting } from '../sighting.ts'

/** Shared addresses that are told of; further ones are not. */
const SHARED_MAX = 4096

interface Shared {
  readonly address: string
  readonly sighting: TrackedSighting
  readonly shown: readonly UserShown[]
  agents: number
  /** Agents there when it was told last. */
  told: number
}

export interface SharedAddresses {
  /** So many agents share an address by now. What shows the first of them is asked for once. */
  note(address: string, sighting: TrackedSighting, agents: number, shown: () => UserShown[]): void
  /** Nothing more will come. */
  ended(): void
}

/** Tells of a shared address when it is known to be one, whenever the agents there have become twice as many,
 * and at the end. Relays, and addresses that are stated to be shared, are none. */
export function sharedAddresses({ inventory, tell }: Surroundings): SharedAddresses {
  const shared = new Map<string, Shared>()

  function tellOf(known: Shared): void {
    const { sighting, address, shown, agents } = known
    if (agents === known.told) return
    known.told = agents
    tell({ kind: 'address-shared', sighting, address, agents, shown })
  }

  return {
    note(address, sighting, agents, shown) {
      const key = `${sighting.tap}|${address}`
      let known = shared.get(key)
      if (known === undefined) {
        const { relays, natOutside } = inventory.rolesOf(address)
        if (relays || natOutside === 'shared' || shared.size >= SHARED_MAX) return
        shared.set(key, (known = { address, sighting, shown: shown(), agents, told: 0 }))
      }
      known.agents = agents
      if (agents >= 2 * known.told) tellOf(known)
    },
    ended() {
      for (const known of shared.values()) tellOf(known)
    },
  }
}

export function followSharedAddresses(surroundings: Surroundings): Follower {
  const { agents } = surroundings
  const shared = sharedAddresses(surroundings)
  return {
    closed(sighting) {
      const { leg, speaker, tap, originator } = sighting
      const { address } = originator
      if (leg === 'back' || speaker === null || !agents.isSharedWith(speaker, tap, address)) return
      shared.note(address, sighting, agents.namedAt(tap, address), () =>
        agents.shownAt(tap, address, USERS_SHOWN),
      )
    },
    ended: shared.ended,
  }
}
