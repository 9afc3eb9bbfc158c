/**
 * Reads that come too early: a client was served a resource at one member of a cluster, and the next member
 * says that it does not exist, because it has not been replicated yet (article 156803).
 */
import { headerValue, type HttpRequest } from '../../model/http.ts'
import type { ObservationOf } from '../../model/observation.ts'
import type { Server, Service } from '../../model/party.ts'
import { type PacketReference, packetOf } from '../../model/packet.ts'
import { seconds, type Micros } from '../../model/time.ts'
import type { Follower, Surroundings } from '../follower.ts'
import { Remembered } from '../../model/remembered.ts'
import type { TrackedSighting } from '../sighting.ts'

/** Members of one site replicate within seconds; what is missing for longer was removed. Starting value. */
const LAG_MAX: Micros = seconds(60)
/** Resources remembered as served; the oldest is forgotten. */
const SERVED_MAX = 1 << 14
/** 404 and 410: it is not there (RFC 9110 §15.5). */
const isMissing = (status: number): boolean => status === 404 || status === 410

interface Served extends PacketReference {
  readonly server: Server
  readonly method: string
}

export function followReplicaReads({ inventory, tell, later, settle }: Surroundings): Follower {
  const concerned = inventory.deployment.services.some(
    ({ web, servers }) => web !== null && servers.length > 1,
  )
  if (!concerned) return {}
  const served = new Remembered<string, Served>(SERVED_MAX)

  const consider = (o: ObservationOf<'http-transaction'>, sighting: TrackedSighting): void => {
    const { server, service } = sighting
    const { request, response, tap } = o
    if (server === null || request === null || response === null || sighting.leg === 'probe') return
    const client = clientOf(request, service, sighting)
    if (client === null) return
    const key = `${service.name}|${tap}|${client}|${request.target}`
    const { status, packet, time: at } = response
    if (status >= 200 && status < 400) {
      const { method } = request
      if (method === 'DELETE') served.delete(key)
      else served.set(key, { ...packetOf(sighting, packet, at), server, method })
      return
    }
    const before = served.get(key)
    if (before === undefined || !isMissing(status)) return
    // Where it was served says itself that it is gone.
    if (before.server === server) return void served.delete(key)
    if (at - before.at > LAG_MAX) return
    tell({
      kind: 'replica-missed',
      sighting,
      agent: sighting.agent,
      target: request.target,
      server,
      status,
      at,
      packet,
      before,
    })
  }

  return {
    observe: {
      'http-transaction'(o, sighting) {
        if (sighting === null || sighting.leg === 'front' || sighting.leg === 'internal') return
        if (sighting.service.configured?.web == null) return
        later(o.time + settle, () => consider(o, sighting))
      },
    },
  }
}

/** Who asks: by the session's cookie, else the agent; null where a relay's address is all that is known. */
function clientOf(request: HttpRequest, { configured }: Service, sighting: TrackedSighting): string | null {
  const cookies = headerValue(request, 'cookie')?.split(/;\s*/) ?? []
  for (const name of configured?.web?.sessionCookies ?? []) {
    const cookie = cookies.find((pair) => pair.startsWith(`${name}=`))
    if (cookie !== undefined) return cookie
  }
  const { agent } = sighting
  if (agent !== null && agent.nameable) return agent.id
  return sighting.leg === 'direct' ? sighting.originator.address : null
}
