/**
 * Responses that take another way than the requests. Two signs: connections of which a tap sees one direction
 * only, although the client is answered; and, where the load balancer's own connections show its hardware
 * address, requests that come from that one, and are answered to another. Only services whose configuration
 * states a virtual address, whose relay has to see both.
 */
import type { AddressEvent } from '../../model/address-event.ts'
import type { ConnectionSummary } from '../../model/connection.ts'
import type { ConnectionOpened } from '../../model/observation.ts'
import { packetOf, type Tap } from '../../model/packet.ts'
import type { Follower, Surroundings } from '../follower.ts'
import type { TrackedSighting } from '../sighting.ts'

/** So many connections of a server without answers, and as many with them at the same tap, are no accident
 * of the capture (starting value). */
const ONE_WAY_MIN = 3
/** Packets of a client that completes a handshake, asks, and closes. */
const CLIENT_PACKETS_MIN = 4
/** Servers that are followed, by tap. */
const SERVERS_MAX = 4096
/** Hardware addresses of relays that are remembered. */
const STATIONS_MAX = 1024

interface Directions {
  oneWay: number
  told: boolean
}

export function followReturnPaths(surroundings: Surroundings): Follower {
  const { later, settle, inventory } = surroundings
  if (!inventory.deployment.services.some(({ vips }) => vips.length > 0)) return {}
  const byDirection = followDirections(surroundings)
  return {
    observe: { 'connection-opened': followStations(surroundings) },
    closed(sighting, summary) {
      const { leg, service } = sighting
      if (leg === 'probe' || leg === 'internal' || (service.configured?.vips.length ?? 0) === 0) return
      const [asked, answered] = summary.halves
      if (answered.packets > 0 && asked.packets > 0) byDirection.noteTwoWay(sighting.tap)
      if (answered.packets === 0 && asked.packets >= CLIENT_PACKETS_MIN)
        later(summary.end + settle, () => byDirection.judge(sighting, summary))
    },
  }
}

function followDirections({ tell }: Surroundings) {
  const told = (event: AddressEvent): void => tell(event)
  const twoWay = new Map<Tap, number>()
  const oneWay = new Map<string, Directions>()
  return {
    noteTwoWay: (tap: Tap): void => void twoWay.set(tap, (twoWay.get(tap) ?? 0) + 1),
    judge(sighting: TrackedSighting, summary: ConnectionSummary): void {
      const { tap, responder, service, server } = sighting
      const full = fullView(sighting)
      if (full === null && !wasAnswered(summary)) return
      const known = counted(oneWay, `${tap}|${service.name}|${responder.address}`)
      const both = twoWay.get(tap) ?? 0
      if (known.told || known.oneWay < ONE_WAY_MIN || both < known.oneWay) return
      known.told = true
      const packet = full === null ? null : packetOf(full, full.startPacket, full.start)
      const elsewhere = packet === null ? null : { tap: packet.tap, packet }
      const seen = { oneWay: known.oneWay, twoWay: both, stations: null }
      told({ kind: 'return-bypassed', sighting, server, elsewhere, ...seen })
    },
  }
}

function followStations({ tell }: Surroundings) {
  const told = (event: AddressEvent): void => tell(event)
  /** Hardware addresses that relays sent from, each with its tap. */
  const relays = new Set<string>()
  const aside = new Map<string, Directions>()
  let straight = 0
  return (o: ConnectionOpened, sighting: TrackedSighting | null): void => {
    const [asked] = o.hardware
    if (sighting === null || asked === null) return
    const { tap, leg, service, server, responder } = sighting
    if (leg === 'back') {
      if (relays.size < STATIONS_MAX) relays.add(`${tap}|${asked}`)
      return
    }
    const answered = o.answeredTo
    if (answered === null || leg !== 'direct' || (service.configured?.vips.length ?? 0) === 0) return
    if (!relays.has(`${tap}|${asked}`)) return
    if (answered === asked) straight++
    if (answered === asked || relays.has(`${tap}|${answered}`) || !isOneStation(answered)) return
    const known = counted(aside, `${tap}|${service.name}|${responder.address}|${answered}`)
    if (known.told || known.oneWay < ONE_WAY_MIN) return
    known.told = true
    const seen = { oneWay: known.oneWay, twoWay: straight, stations: { asked, answered } }
    told({ kind: 'return-bypassed', sighting, server, elsewhere: null, ...seen })
  }
}

function counted(all: Map<string, Directions>, key: string): Directions {
  const known = all.get(key) ?? { oneWay: 0, told: false }
  if (all.size < SERVERS_MAX) all.set(key, known)
  known.oneWay++
  return known
}

/**
 * The hardware address says which station is meant. An address of virtual routers does not: whoever holds it
 * sends from its own (VRRP, RFC 9568 §7.3; HSRP, RFC 2281 §5.2, and its version 2; GLBP). Nor does a locally
 * administered one (IEEE 802): clouds give such to all stations, and what is between them decides the way.
 */
function isOneStation(hardware: string): boolean {
  return (Number.parseInt(hardware.slice(0, 2), 16) & 2) === 0 && !VIRTUAL.test(hardware)
}

const VIRTUAL = /^00:(?:00:5e:00:0[12]|00:0c:07:ac|00:0c:9f:f.|07:b4:00:..):/i

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
