/** Connections of which flow records show that they go on: whoever listens there was well at the time. */
import { packetOf } from '../../model/packet.ts'
import type { Follower, Surroundings } from '../follower.ts'

export const followAnswering = ({ health, services }: Surroundings): Follower => ({
  observe: {
    answering({ time, packet }, sighting) {
      if (sighting === null) return
      const { service, responder } = sighting
      health.answered(
        (sighting.listener ??= services.serverAt(service, responder)),
        time,
        packetOf(sighting, packet, time),
      )
    },
  },
})
