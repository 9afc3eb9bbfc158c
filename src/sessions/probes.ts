/** Health checks: connections that ask whether a server lives. They are no agents, and nobody misses them. */
import { headerValue, type HttpRequest } from '../model/http.ts'

/** User agents of load balancers and orchestrators (AWS, GCP, Kubernetes, keepalived, HAProxy's and Azure's
 * own forms). */
const PROBER =
  /^(ELB-HealthChecker|GoogleHC|kube-probe|KeepAliveClient|Load Balancer Agent|HAProxy|Amazon-Route53-Health)/i

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
