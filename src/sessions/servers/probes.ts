/** Connections that no agent opens: health checks, which ask whether a server lives and which nobody misses,
 * and wake-up calls. */
import type { AgentMessage } from '../../model/agent-message.ts'
import type { Service } from '../../model/party.ts'
import { headerValue, type HttpRequest } from '../../model/http.ts'
import type { TrackedSighting } from '../sighting.ts'

/** User agents of load balancers and orchestrators (AWS, GCP, Kubernetes, keepalived, HAProxy's and Azure's
 * own forms). */
const PROBER =
  /^(ELB-HealthChecker|GoogleHC|kube-probe|KeepAliveClient|Load Balancer Agent|HAProxy|Amazon-Route53-Health)/i

/** The connection turned out to be a check of who opened it: a request or a PROXY header's LOCAL says so. */
export function becomeProbe(sighting: Pick<TrackedSighting, 'leg'>): void {
  if (sighting.leg === 'back' || sighting.leg === 'direct') sighting.leg = 'probe'
}

/** HAProxy asks `OPTIONS / HTTP/1.0` without Host; the others name themselves; nobody but a check asks for
 * its path. */
export function isProbeRequest(request: HttpRequest): boolean {
  if (request.method === 'OPTIONS' && request.version === '1.0' && headerValue(request, 'host') === null)
    return true
  if (PROBER.test(headerValue(request, 'user-agent') ?? '')) return true
  return (
    (request.method === 'GET' || request.method === 'HEAD') &&
    /^\/(health|healthz|healthcheck|livez|readyz)\/?$/i.test(request.target)
  )
}

/** A wake-up call runs from a server outwards, and names the agent that it goes to: it makes neither an agent
 * of the one nor a server of the other. */
export function noteWakeUp(sighting: TrackedSighting | undefined, { purpose }: AgentMessage): void {
  if (sighting !== undefined && purpose === 'wake-up') becomeWakeUp(sighting, sighting.service)
}

/** A server of that service calls an agent: where agents wait for it there is no service of its own. */
export function becomeWakeUp(sighting: TrackedSighting, service: Service): void {
  sighting.leg = 'internal'
  sighting.server = null
  if (sighting.service.configured === null) sighting.service = service
}
