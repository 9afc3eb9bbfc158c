/** Addresses that stand for several agents: a translator's, and a relay's towards the servers. */
import type { AddressEvent } from '../model/address-event.ts'
import type { PacketReference } from '../model/packet.ts'
import type { Service } from '../model/party.ts'
import type { Follower, Surroundings } from './follower.ts'
import type { TrackedSighting } from './sighting.ts'

/** Shared addresses that are told of; further ones are not. */
const SHARED_MAX = 4096
/** Relays and services that are followed. */
const RELAYS_MAX = 1024
/** Fewer connections may be one agent's, one after the other or a few at once. */
const HIDDEN_MIN = 3

interface Hidden {
  readonly service: Service
  readonly relay: string
  readonly sighting: TrackedSighting
  connections: number
  known: number
  /** Of the hidden ones: when each began and ended, as a running count of those that are open. */
  readonly ends: number[]
  atOnce: number
}

export function followSharedAddresses({ inventory, agents, tell, later, settle }: Surroundings): Follower {
  const told = (event: AddressEvent): void => tell(event)
  const shared = new Map<string, { readonly sighting: TrackedSighting; readonly first: PacketReference }>()
  const relays = new Map<string, Hidden>()

  function noteRelayed(sighting: TrackedSighting): void {
    const { service, originator, tap, agent } = sighting
    const key = `${tap}|${service.name}|${originator.address}`
    let known = relays.get(key)
    if (known === undefined) {
      if (relays.size >= RELAYS_MAX) return
      known = { service, relay: originator.address, sighting, connections: 0, known: 0, ends: [], atOnce: 0 }
      relays.set(key, known)
    }
    if (agent !== null) return void known.known++
    known.connections++
    const open = known.ends.filter((end) => end > sighting.start)
    open.push(sighting.lastAt)
    known.ends.splice(0, known.ends.length, ...open.slice(-HIDDEN_MIN))
    known.atOnce = Math.max(known.atOnce, open.length)
  }

  function noteShared(sighting: TrackedSighting): void {
    const { tap, originator, startPacket: packet, start: at } = sighting
    if (!agents.isShared(tap, originator.address) || shared.size >= SHARED_MAX) return
    const { relays: isRelay, natOutside } = inventory.rolesOf(originator.address)
    const key = `${tap}|${originator.address}`
    if (isRelay || natOutside === 'shared' || shared.has(key)) return
    shared.set(key, { sighting, first: { tap, packet, at } })
  }

  return {
    closed(sighting, summary) {
      const { leg, service, speaker } = sighting
      if (leg === 'back') {
        if (isDlp(service) && isReadable(sighting)) later(summary.end + settle, () => noteRelayed(sighting))
      } else if (speaker !== null) noteShared(sighting)
    },
    ended() {
      for (const { sighting, first } of shared.values()) {
        const { address } = sighting.originator
        const count = agents.namedAt(sighting.tap, address)
        told({ kind: 'address-shared', sighting, address, agents: count, first })
      }
      for (const { ends: _, ...hidden } of relays.values())
        if (hidden.atOnce >= HIDDEN_MIN && hidden.connections > hidden.known)
          told({ kind: 'agents-hidden', ...hidden })
    },
  }
}

/** The product whose vendor asks that every agent keep an address of its own. */
const isDlp = ({ profile }: Service): boolean => profile === 'symantec-dlp' || profile === 'symantec-dlp-12.5'

/** What an agent would be told by was there to be read. */
const isReadable = ({ requests, tls }: TrackedSighting): boolean => requests > 0 || tls?.client != null
