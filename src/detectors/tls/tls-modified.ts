/** A device changes the TLS that it passes on. */
import { detector } from '../detector.ts'
import { about, connectionFilter } from '../wording.ts'
import { relayedFinding, relayKey } from './relay-finding.ts'

export const tlsModified = detector({
  type: 'tls-modified',
  asserts: 'One TLS handshake differs between both legs of a relay that passes it on.',
  notThis: [
    'a handshake that is the same on both legs, in other segments or behind a PROXY header',
    'a relay that ends TLS: its handshake with the server is another one',
    'a handshake of which one capture lost a part',
  ],
  requirements: ['S2-07', 'S2-09', 'S4-19'],
  parameters: {},
  watch(_values, world, raise) {
    return {
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
    const { differing } = first.details as { differing: readonly string[] }
    return {
      title: `TLS of ${first.service ?? 'a service'} is changed on its way`,
      summary: `The same handshake, by its random, is not equal before and behind ${first.actor.address ?? 'the relay'}: ${differing.join(', ')}.`,
      remedy: 'Switch off what inspects or rewrites TLS on this device for this service.',
      filter: `tls.handshake.type in {1, 2} && (${connectionFilter(findings)})`,
      details: first.details,
    }
  },
})
