/** A device changes the TLS that it passes on: seen on both of its sides, or told by the ends. */
import type { TlsDamaged } from '../../model/tls-events.ts'
import type { Finding } from '../../model/incident.ts'
import { packetOf } from '../../model/packet.ts'
import { counted, detector, unseen } from '../detector.ts'
import { about, connectionFilter, packets } from '../wording.ts'
import { relayedFinding, relayKey } from './relay-finding.ts'

/** Listening endpoints whose alerts are counted; those of further ones are not. */
const ENDPOINTS_MAX = 1 << 10

/** Alerts by which an end says it (RFC 8446 §6.2). */
const ALERTS: Readonly<Record<number, string>> = { 20: 'bad_record_mac', 51: 'decrypt_error' }

export const tlsModified = detector({
  type: 'tls-modified',
  asserts:
    'One TLS handshake differs between both legs of a relay that passes it on, or the ends say again and again that its octets were changed.',
  notThis: [
    'a handshake that is the same on both legs, in other segments or behind a PROXY header',
    'a relay that ends TLS: its handshake with the server is another one',
    'a handshake of which one capture lost a part',
    'one side alone, whose handshakes look as they should: what a relay does to them, only both sides show',
    'an end that says so once: octets are damaged by chance as well',
  ],
  requirements: ['S2-07', 'S2-09', 'S4-19'],
  flows: unseen('TLS handshakes'),
  parameters: {
    endsMin: {
      value: 2,
      unit: 'count',
      meaning:
        'connections whose ends say that octets were changed: proper ones never do otherwise (RFC 5246 §7.2.2, bad_record_mac)',
    },
  },
  watch({ endsMin }, world, raise) {
    const damaged = new Map<string, TlsDamaged[]>()
    return {
      'tls-damaged'(event) {
        const { service, responder } = event.sighting
        if (service.configured === null && service.profile === 'generic') return
        const key = `${service.name}|${responder.address}`
        const known = damaged.get(key) ?? []
        if (damaged.size >= ENDPOINTS_MAX && known.length === 0) return
        damaged.set(key, known)
        if (known.length < endsMin) known.push(event)
        else return raise(findingOfDamage(event))
        if (known.length === endsMin) for (const one of known) raise(findingOfDamage(one))
      },
      'tls-relayed'(event) {
        if (event.outcome !== 'modified') return
        const { differing, front, hello, backHello } = event
        raise({
          type: 'tls-modified',
          severity: 'warning',
          ...relayedFinding(event, world),
          agent: about(front).agent,
          server: about(event.back).server,
          confidence: 0.97,
          details: {
            differing,
            serverName: hello.client!.serverName,
            serverNameBehind: backHello!.client!.serverName,
          },
          cause: `${relayKey(event)}|${differing.join()}`,
          requirements: front.service.profile === 'mcafee-epo' ? ['S4-19'] : ['S2-07', 'S2-09'],
        })
      },
    }
  },
  describe(findings) {
    const first = findings[0]
    const { differing, alert } = first.details as { differing?: readonly string[]; alert?: string }
    if (differing === undefined)
      return {
        title: `TLS of ${first.service ?? 'a service'} arrives changed`,
        summary: `${counted(findings.length, 'handshake')} ended with the alert ${alert}: what one end sent is not what reached the other. Who changed it, one side alone does not show: capture both sides of whatever stands between.`,
        remedy:
          'Look for what inspects or rewrites TLS between clients and servers, and switch it off for this service.',
        filter: connectionFilter(findings),
        details: first.details,
      }
    return {
      title: `TLS of ${first.service ?? 'a service'} is changed on its way`,
      summary: `The same handshake, by its random, is not equal before and behind ${first.actor.address ?? 'the relay'}: ${differing.join(', ')}.`,
      remedy: 'Switch off what inspects or rewrites TLS on this device for this service.',
      filter: connectionFilter(findings),
      details: first.details,
    }
  },
})

function findingOfDamage({ sighting, at, packet, from, description }: TlsDamaged): Finding {
  const { service, responder } = sighting
  const alert = ALERTS[description] ?? String(description)
  return {
    type: 'tls-modified',
    severity: 'warning',
    at,
    ...about(sighting),
    actor: { role: 'unknown', address: null, confidence: 0.5 },
    manner: null,
    confidence: 0.6,
    details: { alert, from: from === 0 ? 'client' : 'server' },
    evidence: packets({
      ...packetOf(sighting, packet, at),
      note: `alert ${alert} of the ${from === 0 ? 'client' : 'server'}`,
    }),
    cause: `${service.name}|${responder.address}|damaged`,
    requirements: service.profile === 'mcafee-epo' ? ['S4-19'] : ['S2-07', 'S2-09'],
  }
}
