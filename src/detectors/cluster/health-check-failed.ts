/** A load balancer's check of a server fails although the server is up and its port open. */
import { listed } from '../../model/listed.ts'
import type { HealthCheckFailing } from '../../model/cluster-events.ts'
import { endpointText } from '../../model/packet.ts'
import type { World } from '../../model/event.ts'
import type { Finding } from '../../model/incident.ts'
import { detector, spoken, suggested } from '../detector.ts'
import { connectionFilter, packets } from '../wording.ts'
import { asEvidence, inWords } from './shortcomings.ts'

export const healthCheckFailed = detector({
  type: 'health-check-failed',
  asserts: 'Checks of a server failed several times in a row, although it took the connection.',
  notThis: [
    'a check that fails once or twice',
    'a check of the port alone: it wants no greeting',
    'a greeting that comes late, but comes',
    'a server that is down: nothing listens there',
    'mail of clients that reach the server themselves',
  ],
  requirements: ['S2-15', 'S2-16', 'S2-17'],
  flows: suggested('what the server answered, if it did'),
  parameters: {},
  watch(_values, world, raise) {
    return {
      'health-check-failing'(event) {
        const evidence = asEvidence(event.failures)
        if (evidence.length > 0) raise(finding(event, world))
      },
    }
  },
  describe(findings) {
    const first = findings[0]
    const { check, answer, nextHop } = first.details as Record<string, string | null>
    const names = [...new Set(findings.map((f) => f.server?.name ?? 'a server'))]
    const servers = listed(names)
    const wants = check === 'smtp' ? 'wants the greeting 220' : 'wants a good answer'
    return {
      title: `Health checks of ${servers} fail though the port is open`,
      summary:
        `The ${check === 'smtp' ? 'SMTP' : 'HTTP'} check ${wants}; ${servers} ${answer}. ` +
        (nextHop === null
          ? 'The load balancer takes such a server out, whatever else it still serves.'
          : `${names.length === 1 ? 'Its' : 'Their'} next hop ${nextHop} could not be reached at that time: a proxy greets only once it can.`),
      remedy:
        check === 'smtp'
          ? `${nextHop === null ? 'See whether the server reaches its next hop: a proxy greets only once it does' : 'Make the next hop reachable from every server'}; or check another port of the server: the one that clients use.`
          : 'See why the server answers so; if it serves clients well, check another resource.',
      filter: connectionFilter(findings),
      details: first.details,
    }
  },
})

function finding(event: HealthCheckFailing, world: World): Finding {
  const { check, server, by, sighting, failures, nextHop } = event
  const first = failures[0]!
  const isSmtp = check === 'smtp'
  const own = asEvidence(failures)
  const others = nextHop === null ? [] : asEvidence(nextHop.failures).slice(0, 2)
  return {
    type: 'health-check-failed',
    severity: 'warning',
    at: first.at,
    tap: sighting.tap,
    agent: null,
    server: { name: server.name, address: server.address, port: server.port },
    service: server.service.name,
    connection: first.connection,
    tuple: [sighting.originator, sighting.responder],
    actor: { role: 'server', address: server.address, confidence: 0.9 },
    manner: null,
    confidence: nextHop === null ? 0.9 : 0.97,
    details: {
      check,
      by,
      checker: world.roleOf(by),
      failures: failures.length,
      answer: inWords(first),
      code: first.code,
      apart: failures.length < 2 ? null : spoken(failures[1]!.at - first.at),
      nextHop: nextHop === null ? null : endpointText(nextHop.nextHop),
    },
    evidence: packets(
      ...own,
      ...others.map((packet) => ({ ...packet, note: `the next hop: ${packet.note}` })),
    ),
    cause: `${server.service.name}|${check}|${by}`,
    requirements: !isSmtp ? ['S2-17'] : nextHop === null ? ['S2-15', 'S2-17'] : ['S2-15', 'S2-16', 'S2-17'],
  }
}
