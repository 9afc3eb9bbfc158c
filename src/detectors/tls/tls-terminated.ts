/** A relay ends the TLS of agents, and speaks with the servers in another handshake, or in clear. */
import type { Severity } from '../../model/incident.ts'
import type { Service } from '../../model/party.ts'
import { detector, unseen } from '../detector.ts'
import { connectionFilter } from '../wording.ts'
import { relayedFinding, relayKey } from './relay-finding.ts'
import { onceEach } from './told.ts'

export const tlsTerminated = detector({
  type: 'tls-terminated',
  asserts: 'The TLS of agents ends at a relay: behind it there is another handshake, or none.',
  notThis: [
    'a relay that passes TLS on: the handshake is the same behind it',
    'one leg alone: what is behind is not known',
    'connections of the relay that are no agent’s',
  ],
  requirements: ['S2-09', 'S4-19'],
  flows: unseen('TLS handshakes'),
  parameters: {},
  watch(_values, world, raise) {
    const isNew = onceEach()
    return {
      'tls-relayed'(event) {
        const { outcome, front, backHello } = event
        if (outcome !== 'terminated' && outcome !== 'offloaded') return
        if (!isNew(relayKey(event))) return
        const severity = severityOf(front.service)
        raise({
          type: 'tls-terminated',
          severity,
          ...relayedFinding(event, world),
          // Where nothing joins the legs but time, it is an inference.
          confidence: event.front.path === event.back.path ? 0.95 : 0.8,
          details: {
            backend: outcome === 'terminated' ? 're-encrypted' : 'in clear',
            expected: front.service.configured?.tlsMode ?? null,
            serverName: backHello?.client?.serverName ?? null,
            joinedBy: event.joinedBy,
          },
          cause: relayKey(event),
          requirements:
            severity === 'info' ? [] : [front.service.profile === 'mcafee-epo' ? 'S4-19' : 'S2-09'],
        })
      },
    }
  },
  describe(findings) {
    const first = findings[0]
    const where = first.actor.address ?? 'the relay'
    const { backend } = first.details
    return {
      title: `TLS of ${first.service ?? 'a service'} ends at ${where}`,
      summary: `Agents speak TLS with ${where}, not with their servers; behind it their data goes on ${
        backend === 'in clear' ? 'in clear' : 'in a handshake of its own'
      }.`,
      remedy:
        first.severity === 'info'
          ? 'Nothing, if it was meant: the certificate for the agents’ name stands on the relay.'
          : 'Let the relay pass TCP on port and address as it comes (layer 4), without a certificate of its own: this product authenticates from end to end.',
      filter: connectionFilter(findings),
      details: first.details,
    }
  },
})

/** What was to pass through did not; an ePO handler wants it in any case (KB87820). */
function severityOf({ configured, profile }: Service): Severity {
  const mode = configured?.tlsMode ?? null
  if (mode === 'passthrough') return 'warning'
  return mode === null && profile === 'mcafee-epo' ? 'warning' : 'info'
}
