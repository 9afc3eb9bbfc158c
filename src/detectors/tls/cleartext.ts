/** HTTP in clear where TLS belongs. */
import type { World } from '../../model/event.ts'
import type { Finding, Severity } from '../../model/incident.ts'
import { packetOf } from '../../model/packet.ts'
import { relayAddress } from '../../model/party.ts'
import type { ClearText } from '../../model/tls-events.ts'
import { balancerActor, openerKey } from '../actors.ts'
import { counted, detector, unseen } from '../detector.ts'
import { about, connectionFilter, packets } from '../wording.ts'
import { onceEach } from './told.ts'

export const cleartext = detector({
  type: 'cleartext',
  asserts: 'Requests of agents pass in clear where the product, the port or the configuration wants TLS.',
  notThis: [
    'a redirect to HTTPS',
    'a health check',
    'a port for clear text that the configuration lists for the service',
    'a product whose version knows no TLS',
    'HTTP that was read inside TLS',
    'a port of the product that nobody stated to be that product',
  ],
  requirements: ['S1-09', 'S2-08', 'S2-43'],
  flows: unseen('what connections carry'),
  parameters: {},
  watch(_values, world, raise) {
    const isNew = onceEach()
    return {
      'clear-text'(event) {
        const { sighting, status } = event
        if (status !== null && status >= 300 && status < 400) return
        const severity = severityOf(event)
        if (severity === null) return
        const { service, originator, responder } = sighting
        if (isNew(`${service.name}|${originator.address}|${responder.address}:${responder.port}`))
          raise(finding(event, severity, world))
      },
    }
  },
  describe(findings) {
    const first = findings[0]
    const behind = first.details['leg'] === 'behind the relay'
    const distinct = (end: 0 | 1): number => new Set(findings.map((f) => f.tuple?.[end].address)).size
    return {
      title: behind
        ? `${first.service ?? 'A service'} is spoken in clear behind its load balancer`
        : `Agents of ${first.service ?? 'a service'} speak in clear`,
      summary: behind
        ? `Requests go on to ${counted(distinct(1), 'server')} as plain HTTP: whoever listens there reads them.`
        : `${counted(distinct(0), 'agent')} sent requests as plain HTTP: whoever listens on the way reads them.`,
      remedy: behind
        ? 'Let the load balancer speak TLS to the servers as well, or pass TLS through.'
        : 'Switch agents and servers to HTTPS, and close the port for clear text or let it redirect.',
      filter: connectionFilter(findings),
      details: first.details,
    }
  },
})

/** Ports that TLS is expected at (IANA; DLP: article 173958; SEPM: 158445). */
const TLS_PORTS: ReadonlySet<number> = new Set([443, 8443, 10443])

/** Null: nothing speaks against clear text here. */
function severityOf({ sighting, isTlsInFront }: ClearText): Severity | null {
  const { service, responder, leg } = sighting
  const { profile, configured } = service
  const mode = configured?.tlsMode ?? null
  const isSems = profile === 'symantec-sems'
  // A relay that ends TLS begins it anew (article 156803); for other products nobody says so.
  if (leg === 'back') {
    const isWanted = mode === 'passthrough' || mode === 'termination' || isSems
    return isTlsInFront ? (isWanted ? 'warning' : null) : mode === null || mode === 'any' ? null : 'warning'
  }
  if (mode === 'passthrough' || mode === 'termination') return 'warning'
  // A port alone makes nobody that product.
  const isEncrypted = configured !== null && (isSems || profile === 'symantec-dlp-12.5')
  if (isEncrypted && TLS_PORTS.has(responder.port)) return 'warning'
  // The old default of management server lists (article 151499): nobody may know that it is still in use.
  return profile === 'symantec-sepm' && configured === null ? 'info' : null
}

function finding({ sighting, at, packet, method }: ClearText, severity: Severity, world: World): Finding {
  const { service, leg, originator } = sighting
  const isBehind = leg === 'back'
  return {
    type: 'cleartext',
    severity,
    at,
    ...about(sighting),
    actor: isBehind
      ? balancerActor(relayAddress(sighting), world)
      : { role: 'agent', address: originator.address, confidence: 0.8 },
    manner: null,
    confidence: 0.97,
    details: { leg: isBehind ? 'behind the relay' : 'of the agent', protocol: 'http', method },
    evidence: packets({ ...packetOf(sighting, packet, at), note: `${method} in clear` }),
    cause: `${service.name}|${openerKey(sighting, world, 'agents')}`,
    requirements: requirementsOf(service.profile, isBehind),
  }
}

const requirementsOf = (profile: string, isBehind: boolean): readonly string[] =>
  profile === 'symantec-sepm' ? ['S1-09'] : isBehind ? ['S2-08', 'S2-43'] : ['S2-08']
