/** A relay passes the TLS of agents on as it is. */
import { detector, unseen } from '../detector.ts'
import { connectionFilter } from '../wording.ts'
import { relayedFinding, relayKey } from './relay-finding.ts'
import { onceEach } from './told.ts'

export const tlsPassthrough = detector({
  type: 'tls-passthrough',
  asserts: 'The same TLS handshake was seen on both legs of a relay, octet by octet.',
  notThis: [
    'a relay that ends TLS',
    'one leg alone',
    'address translation, or two taps on one connection: there is no relay',
  ],
  requirements: ['S2-45'],
  flows: unseen('TLS handshakes'),
  parameters: {},
  watch(_values, world, raise) {
    const isNew = onceEach()
    return {
      'tls-relayed'(event) {
        if (event.outcome !== 'passed' || !isNew(relayKey(event))) return
        raise({
          type: 'tls-passthrough',
          severity: 'info',
          ...relayedFinding(event, world),
          confidence: 0.99,
          details: {
            clientHello: event.hello.client!.hash || event.hello.client!.random,
            joinedBy: event.joinedBy,
            expected: event.front.service.configured?.tlsMode ?? null,
          },
          cause: relayKey(event),
          requirements: [],
        })
      },
    }
  },
  describe(findings) {
    const first = findings[0]
    return {
      title: `TLS of ${first.service ?? 'a service'} passes through ${first.actor.address ?? 'the relay'}`,
      summary:
        'ClientHello and ServerHello are the same before and behind the relay: agents speak TLS with the servers themselves, and see the servers’ certificates.',
      remedy: 'Nothing, if it was meant; each server then needs a certificate for the name that agents use.',
      filter: connectionFilter(findings),
      details: first.details,
    }
  },
})
