/**
 * Where content of ePO is fetched from: by agents, from servers that their lists do not name; and by
 * handlers, which fetch each file once and keep it (seed document on agent handlers).
 */
import type { HttpTransaction } from '../../model/observation.ts'
import { rankIn } from '../../model/policy.ts'
import { packetOf, type PacketReference } from '../../model/packet.ts'
import { seconds, type Micros } from '../../model/time.ts'
import type { Follower, Surroundings } from '../follower.ts'
import { agentOnPath } from '../agents/path-agent.ts'
import { Remembered } from '../../model/remembered.ts'
import type { TrackedSighting } from '../sighting.ts'
import { attachmentOf } from '../agents/tracked-agent.ts'

/** Files of a repository; its catalogues and statistics are fetched again and again, as they should be. */
const FILE = /^\/Software\/(?:Current|Previous)\/[^?]*$/i
const CATALOGUE = /\/(?:catalog\.z|pkgcatalog\.z|catalog\.xml|replica\.log|sitestat\.xml|extra\.dat)$/i
/** The same file again within a day, so often, with the same length: it is not kept. */
const AGAIN = 3
const DAY: Micros = seconds(86_400)
/** Files that are remembered per handler; the oldest is forgotten. */
const FILES_MAX = 4096
const HANDLERS_MAX = 1024

interface Fetched {
  readonly bytes: number
  readonly first: PacketReference
  times: number
}

export function followContents(surroundings: Surroundings): Follower {
  return new Contents(surroundings).follower
}

class Contents {
  private readonly around: Surroundings
  private readonly handlers = new Map<string, Remembered<string, Fetched>>()

  constructor(around: Surroundings) {
    this.around = around
  }

  readonly follower: Follower = {
    observe: {
      'agent-answer': (o, sighting) => {
        const { message, outcome, index, time, requested, requestPacket } = o
        if (message.purpose !== 'content' || outcome !== 'done' || index > 0 || sighting === null) return
        const { later, policy, settle } = this.around
        if (sighting.leg !== 'internal' && policy.concerns(sighting.service))
          later(time + settle, () => this.agentFetched(sighting, requested, requestPacket))
      },
      'http-transaction': (o, sighting) => {
        if (sighting?.leg === 'internal') this.handlerFetched(o, sighting)
      },
    },
  }

  private agentFetched(sighting: TrackedSighting, at: Micros, packet: number): void {
    const { policy, agents, health, tell } = this.around
    const agent = agentOnPath(sighting.path, agents)
    const { server, service } = sighting
    // Repositories that are no servers of the product are there by policy.
    if (agent === null || server === null || server.identifiedBy !== 'config') return
    // Who checks in there, too, is at the wrong server altogether.
    const stay = attachmentOf(agent, service)?.stay ?? null
    if (stay?.server === server && (stay.start < sighting.start || stay.connections > 1)) return
    const list = policy.listFor(agent, service, sighting)
    if (list === null || list.source === 'service' || rankIn(list, server.name) !== null) return
    if (!health.explainsAbsence(sighting, service, list, at))
      tell({ kind: 'content-astray', agent, server, list, sighting, at, packet })
  }

  private handlerFetched(o: HttpTransaction, sighting: TrackedSighting): void {
    const { request, response } = o
    const { originator, responder } = sighting
    if (request?.method !== 'GET' || response?.status !== 200 || !FILE.test(request.target)) return
    const files = CATALOGUE.test(request.target) ? null : this.filesOf(originator.address)
    if (files === null) return
    const { inventory, services, settle, tell } = this.around
    const now: PacketReference = packetOf(sighting, response.packet, response.time)
    const { bodyBytes: bytes } = response
    const { target } = request
    const known = files.get(target)
    if (known === undefined || known.bytes !== bytes || now.at - known.first.at > DAY) {
      files.set(target, { bytes, first: now, times: 1 })
      return
    }
    if (now.at - known.first.at <= settle || ++known.times !== AGAIN) return
    const stated = inventory.rolesOf(originator.address).serverOf[0]!.service
    const service = services.configured(stated.name)
    const port = stated.ports[0] ?? 0
    const server = services.serverAt(service, { address: originator.address, port })
    const { first, times } = known
    const from = responder.address
    tell({ kind: 'content-again', service, server, from, target, bytes, times, first, last: now })
  }

  /** What a handler has fetched; null for others, and for further ones. */
  private filesOf(address: string): Remembered<string, Fetched> | null {
    const known = this.handlers.get(address)
    if (known !== undefined) return known
    const { serverOf } = this.around.inventory.rolesOf(address)
    if (serverOf.length === 0 || this.handlers.size >= HANDLERS_MAX) return null
    const files = new Remembered<string, Fetched>(FILES_MAX)
    this.handlers.set(address, files)
    return files
  }
}
