/** A client returned the load balancer's cookie, and was sent to another server than it stands for. */
import type { CookieAstray, World } from '../../model/event.ts'
import type { Finding } from '../../model/incident.ts'
import { packetOf } from '../../model/packet.ts'
import { shortName } from '../../model/short-name.ts'
import { SECOND } from '../../model/time.ts'
import { relayAddress } from '../../model/party.ts'
import { actorKey, balancerActor } from '../actors.ts'
import { counted, detector, evidence, span, unseen } from '../detector.ts'
import { about, agentsAmong, connectionFilter, packets } from '../wording.ts'

export const persistenceCookieIgnored = detector({
  type: 'persistence-cookie-ignored',
  asserts: 'A request with a persistence cookie came to another server than the cookie stands for.',
  notThis: [
    'the server that the cookie stands for had failed: a redispatch',
    'a cookie that rotates, is encrypted anew, or says nothing of a server',
    'a request without the cookie',
    'policy does not hold on to clients',
  ],
  requirements: ['S2-31'],
  flows: unseen('cookies'),
  parameters: {
    failureWithin: span(60 * SECOND, 'a failure of the server this long before explains the choice'),
    healthyWithin: span(60 * SECOND, 'a sign of life of that server within this time shows that it was well'),
  },
  watch({ failureWithin, healthyWithin }, world, raise) {
    return {
      'cookie-astray'(event) {
        const { expected, at } = event
        if (world.failureOf(expected, at - failureWithin, at) !== null) return
        if (world.healthyAt(expected, at - healthyWithin, at) === null) return
        raise(finding(event, world))
      },
    }
  },
  describe(findings) {
    const first = findings[0]
    const cookie = shortName(String(first.details['cookie']))
    const agents = agentsAmong(findings)
    return {
      title: `The persistence cookie ${cookie} is not heeded`,
      summary: `${counted(findings.length, 'request')} of ${counted(agents, 'agent')} came with ${cookie} to another server than it stands for, although that one was well: the first to ${first.server?.name} instead of ${String(first.details['expectedServer'])}.`,
      remedy:
        'Look whether the persistence profile is bound to this virtual server and pool, whether another rule (a policy, one connection for several requests without a choice for each) comes first, and whether all nodes of the load balancer share it.',
      filter: connectionFilter(findings),
      details: first.details,
    }
  },
})

function finding(event: CookieAstray, world: World): Finding {
  const { sighting, cookie, vendor, expected, knownBy, server, at, packet, before } = event
  const actor = balancerActor(relayAddress(sighting), world)
  return {
    type: 'persistence-cookie-ignored',
    severity: 'warning',
    at,
    ...about(sighting),
    server: { name: server.name, address: server.address, port: server.port },
    actor,
    manner: null,
    confidence: knownBy === 'its value' ? 0.97 : 0.9,
    details: { cookie, vendor, expectedServer: expected.name, knownBy },
    evidence: packets(
      ...evidence(
        before === null ? null : { ...before, note: `${shortName(cookie)} leads to ${expected.name}` },
        { ...packetOf(sighting, packet, at), note: `the same cookie at ${server.name}` },
      ),
    ),
    cause: `${sighting.service.name}|${actorKey(actor, world)}|${cookie}`,
    requirements: ['S2-31'],
  }
}
