/** A client is given the load balancer's cookie again and again, and never returns it: it cannot be held. */
import type { CookieNotReturned, World } from '../../model/event.ts'
import type { Finding } from '../../model/incident.ts'
import { shortName } from '../../model/short-name.ts'
import { counted, detector, unseen } from '../detector.ts'
import { about, agentOf, connectionFilter, packets } from '../wording.ts'

export const persistenceCookieLost = detector({
  type: 'persistence-cookie-lost',
  asserts: 'A client was given a persistence cookie three times or more, and never returned it.',
  notThis: [
    'clients that return it, be it later',
    'several clients of one address: only who named itself, or stays on one connection, is one client',
    'the application’s own cookies',
    'policy does not hold on to clients',
  ],
  requirements: ['S2-32'],
  flows: unseen('cookies'),
  parameters: {},
  watch(_values, world, raise) {
    return { 'cookie-not-returned': (event) => raise(finding(event, world)) }
  },
  describe(findings) {
    const first = findings[0]
    const cookie = shortName(String(first.details['cookie']))
    const why = first.details['why']
    return {
      title: `Clients do not return the persistence cookie ${cookie}`,
      summary: `${counted(findings.length, 'client')} of ${first.service} did not return ${cookie}, which each was given ${String(first.details['given'])} times or more${typeof why === 'string' ? `: ${why}` : ''}. Each connection is placed anew.`,
      remedy:
        'Use persistence by source address or TLS session for clients that keep no cookies; otherwise correct Path, Domain and Secure of the cookie so that they may return it.',
      filter: connectionFilter(findings),
      details: first.details,
    }
  },
})

function finding(event: CookieNotReturned, world: World): Finding {
  const { sighting, agent, cookie, vendor, why, given, requests, first, last } = event
  const isFront = sighting.leg === 'front'
  const address = isFront ? sighting.responder.address : null
  return {
    type: 'persistence-cookie-lost',
    severity: 'warning',
    at: last.at,
    ...about(sighting),
    agent: agentOf(sighting, agent),
    // Who sets it is not to blame for a client that keeps none; a cookie that must not be returned is.
    actor:
      why === null
        ? { role: 'agent', address: null, confidence: 0.7 }
        : {
            role:
              address !== null && world.devicesOf('load-balancer').length > 0 ? 'load-balancer' : 'middlebox',
            address,
            confidence: 0.8,
          },
    manner: null,
    confidence: 0.9,
    details: { cookie, vendor, given, requests, why },
    evidence: packets(
      { ...first, note: `${shortName(cookie)} is given` },
      { ...last, note: `... and again: ${given} times by now` },
    ),
    cause: `${sighting.service.name}|${cookie}|${why === null ? 'client' : 'attributes'}`,
    requirements: ['S2-32'],
  }
}
