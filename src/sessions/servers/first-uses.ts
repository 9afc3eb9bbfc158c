/** Tells when a service is used for the first time: once for each kind of leg and each address that
 * listens. */
import type { Service } from '../../model/party.ts'
import type { Micros } from '../../model/time.ts'
import type { Follower, Surroundings } from '../follower.ts'
import type { TrackedSighting } from '../sighting.ts'

/** Listeners that are told apart; further ones are not told. */
const LISTENERS_MAX = 1 << 12

export function followFirstUses({ tell, later, settle }: Surroundings): Follower {
  /** By address; few have more than one service. */
  const listeners = new Map<string, Service[]>()
  return {
    observe: {
      'connection-opened'({ start: at, packet, responder: { address } }, sighting) {
        if (sighting === null) return
        const { service, leg } = sighting
        if ((service.configured === null && service.profile === 'generic') || leg === 'internal') return
        const known = listeners.get(address)
        if (known?.includes(service) === true) return
        if (known !== undefined) known.push(service)
        else if (listeners.size < LISTENERS_MAX) listeners.set(address, [service])
        else return
        tellLater(sighting, at, packet)
      },
    },
  }

  /** A health check is known by what it asks, or by its silence, and what a relay passes on to another by
   * whoever asked: a little later. */
  function tellLater(sighting: TrackedSighting, at: Micros, packet: number): void {
    later(at + settle, () => {
      if (sighting.leg !== 'probe' && sighting.leg !== 'internal')
        tell({ kind: 'service-used', service: sighting.service, sighting, at, packet })
    })
  }
}
