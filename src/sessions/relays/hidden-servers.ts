/**
 * Servers behind a relay whose server side was not captured: the relay's cookies tell which one answered,
 * and so where an agent is. Weaker than seeing it: what the other leg shows comes first, and a move so seen
 * is told with the cookie that tells it.
 */
import type { DetectorEvent } from '../../model/event.ts'
import type { HttpTransaction } from '../../model/observation.ts'
import { isAgentSide, type Server, type Service, type Visit } from '../../model/party.ts'
import { type Endpoint, packetOf } from '../../model/packet.ts'
import type { Micros } from '../../model/time.ts'
import type { Agents } from '../agents/agents.ts'
import { backendOf, type NamedBackend } from './backend-cookie.ts'
import type { Health } from '../servers/health.ts'
import type { Inventory } from '../servers/inventory.ts'
import { agentOnPath } from '../agents/path-agent.ts'
import type { Services } from '../servers/services.ts'
import type { TrackedPath, TrackedSighting } from '../sighting.ts'
import type { Sightings } from '../sightings.ts'
import type { Stays } from '../stays.ts'

interface HiddenServersOptions {
  readonly inventory: Inventory
  readonly services: Services
  readonly agents: Agents
  readonly health: Health
  readonly stays: Stays
  readonly sightings: Sightings
  later(at: Micros, act: () => void): void
  tell(event: DetectorEvent): void
  severalTaps(): boolean
  readonly settle: Micros
}

export class HiddenServers {
  private readonly options: HiddenServersOptions

  constructor(options: HiddenServersOptions) {
    this.options = options
  }

  /** An exchange in front of a relay: does it name who answered? What it presents is asked but once. */
  answered(sighting: TrackedSighting, o: HttpTransaction): void {
    if (sighting.leg !== 'front' || (sighting.server !== null && o.response?.setCookieLines === 0)) return
    const backend = backendOf(o)
    if (backend === null) return
    const { later, settle, severalTaps } = this.options
    // With one tap, the other leg has been seen by the time of an answer, or will not be.
    if (severalTaps()) later(o.time + settle, () => this.named(sighting, o, backend))
    else this.named(sighting, o, backend)
  }

  /** By now the other leg is known, if it was captured. */
  private named(
    sighting: TrackedSighting,
    o: HttpTransaction,
    { endpoint, cookie, isSet }: NamedBackend,
  ): void {
    const { path, service } = sighting
    if (path.sightings.some(({ leg }) => leg === 'back')) return
    const server = this.serverAt(service, endpoint)
    if (server === null) return
    const { agents, health, sightings, stays, tell } = this.options
    const { time, packet } = o.response!
    sighting.server = server
    sighting.serverByCookie = true
    if (isSet) health.answered(server, time, packetOf(sighting, packet, time))
    const agent = agentOnPath(path, agents)
    if (agent === null || path.hasReached(server)) return
    path.reach(server)
    const visit: Visit = { agent, server, sighting, at: time, packet, cookie }
    sightings.wake(agent, service)
    const previous = stays.visit(visit)
    if (previous?.server !== server) tell({ kind: 'visit', visit, previous })
  }

  /** Where the servers of the service are stated, an address that is none of theirs is no server. */
  private serverAt(service: Service, endpoint: Endpoint): Server | null {
    const { inventory, services } = this.options
    const { configured } = service
    const owners = inventory.rolesOf(endpoint.address).serverOf
    const isStated = owners.some((owner) => owner.service === configured)
    return isStated || configured?.servers.length === 0 ? services.serverAt(service, endpoint) : null
  }
}

/** Two taps' paths became one: the server that a leg behind the relay shows is that of all, whatever cookies
 * said. */
export function shareServer({ sightings }: TrackedPath): void {
  shareService(sightings)
  const shown = sightings.find(
    ({ server, leg, serverByCookie }) => server !== null && leg !== 'front' && !serverByCookie,
  )
  if (shown === undefined) return
  for (const sighting of sightings) {
    if (sighting.server !== null && !sighting.serverByCookie) continue
    sighting.server = shown.server
    sighting.serverByCookie = false
  }
}

/** What a relay passes on to another one is of the service that agents asked the first for, unless the
 * configuration has one for the other. */
function shareService(sightings: readonly TrackedSighting[]): void {
  const asked = sightings.find((s) => s.leg === 'front' && isAgentSide(s) && s.service.configured !== null)
  if (asked === undefined) return
  for (const sighting of sightings) {
    if (!sighting.isBetweenRelays || sighting.service.configured !== null) continue
    sighting.service = asked.service
    sighting.listener = null
  }
}

/** Whoever answers here stands for a server: as stated, or as another tap shows, where the connection went
 * on to. */
export const isPassedOn = ({ leg, path, start, responder }: TrackedSighting): boolean =>
  leg === 'front' ||
  (path.isJoined &&
    path.sightings.some(
      (s) => s.start > start && s.leg !== 'front' && s.responder.address !== responder.address,
    ))
