/**
 * Responses that take another way than the requests: connections of which a tap sees one direction only,
 * although the client is answered. Only services whose configuration states a virtual address, whose relay
 * has to see both.
 */
import type { AddressEvent } from '../model/address-event.ts'
import type { ConnectionSummary } from '../model/connection.ts'
import type { Tap } from '../model/packet.ts'
import type { Follower, Surroundings } from './follower.ts'
import type { TrackedSighting } from './sighting.ts'

/** So many connections of a server without answers, and as many with them at the same tap, are no accident
 * of the capture (starting value). */
const ONE_WAY_MIN = 3
/** Packets of a client that completes a handshake, asks, and closes. */
const CLIENT_PACKETS_MIN = 4
/** Servers that are followed, by tap. */
const SERVERS_MAX = 4096

interface Directions {
  oneWay: number
  told: boolean
}

export function followReturnPaths({ tell, later, settle }: Surroundings): Follower {
  const told = (event: AddressEvent): void => tell(event)
  const twoWay = new Map<Tap, number>()
  const oneWay = new Map<string, Directions>()

  function judge(sighting: TrackedSighting, summary: ConnectionSummary): void {
    const { tap, responder, service, server } = sighting
    const full = fullView(sighting)
    if (full === null && !wasAnswered(summary)) return
    const key = `${tap}|${service.name}|${responder.address}`
    const known = oneWay.get(key) ?? { oneWay: 0, told: false }
    if (oneWay.size < SERVERS_MAX) oneWay.set(key, known)
    known.oneWay++
    const both = twoWay.get(tap) ?? 0
    if (known.told || known.oneWay < ONE_WAY_MIN || both < known.oneWay) return
    known.told = true
    const packet = full === null ? null : { tap: full.tap, packet: full.startPacket, at: full.start }
    const elsewhere = packet === null ? null : { tap: packet.tap, packet }
    told({ kind: 'return-bypassed', sighting, server, elsewhere, oneWay: known.oneWay, twoWay: both })
  }

  return {
    closed(sighting, summary) {
      const { leg, tap, service } = sighting
      if (leg === 'probe' || leg === 'internal' || (service.configured?.vips.length ?? 0) === 0) return
      const [asked, answered] = summary.halves
      if (answered.packets > 0 && asked.packets > 0) twoWay.set(tap, (twoWay.get(tap) ?? 0) + 1)
      if (answered.packets === 0 && asked.packets >= CLIENT_PACKETS_MIN)
        later(summary.end + settle, () => judge(sighting, summary))
    },
  }
}

/** The same connection at another tap, with both directions. */
const fullView = ({ tap, path, originator }: TrackedSighting): TrackedSighting | null =>
  path.sightings.find(
    ({ tap: other, ending, originator: { port } }) =>
      other !== tap && port === originator.port && (ending?.summary?.halves[1].packets ?? 0) > 0,
  ) ?? null

/** The client went on as one does that is answered: it sent data, nothing twice, and left by itself. */
const wasAnswered = ({ halves: [asked], endReason, handshake }: ConnectionSummary): boolean =>
  handshake !== 'none' &&
  asked.uniqueBytes > 0 &&
  asked.retransmissions === 0 &&
  asked.missingBytes === 0 &&
  endReason === 'client-fin'
