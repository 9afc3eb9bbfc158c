/** An agent addresses a server itself, where others go through the load balancer. */
import { packetOf } from '../../model/packet.ts'
import { counted, detector, evidence, PROVED } from '../detector.ts'
import { about, agentOf, agentsAmong, connectionFilter, packets } from '../wording.ts'

export const vipBypass = detector({
  type: 'vip-bypass',
  asserts: 'An agent reached a server at its own address, although the service has one for all.',
  notThis: [
    'a load balancer that keeps the addresses of clients',
    'a place where nobody goes through the load balancer: its other side is not seen',
    'a service without an address for all',
    'health checks, members of the cluster, addresses to ignore',
  ],
  requirements: ['S0-18', 'S2-22'],
  flows: PROVED,
  parameters: {},
  watch(_values, _world, raise) {
    return {
      'vip-bypassed'({ sighting, agent, server, relayed }) {
        raise({
          type: 'vip-bypass',
          severity: 'warning',
          at: sighting.start,
          ...about(sighting),
          agent: agentOf(sighting, agent),
          actor: { role: 'agent', address: sighting.originator.address, confidence: 0.8 },
          manner: null,
          confidence: 0.85,
          details: {
            contacted: server.name,
            address: sighting.responder.address,
            vip: sighting.service.configured?.vips[0]?.text ?? null,
            resolvedName: sighting.resolvedName,
          },
          evidence: packets(
            ...evidence(
              {
                ...packetOf(sighting, sighting.startPacket, sighting.start),
                note: `straight to ${server.name}`,
              },
              {
                ...relayed,
                note: `others: ${relayed.from} to ${relayed.to}`,
              },
            ),
          ),
          cause: sighting.service.name,
          requirements: [sighting.service.profile === 'symantec-sems' ? 'S2-22' : 'S0-18'],
        })
      },
    }
  },
  describe(findings) {
    const first = findings[0]
    const agents = agentsAmong(findings)
    return {
      title: `Agents of ${first.service ?? 'the service'} go past the load balancer`,
      summary: `${counted(agents, 'agent')} addressed servers themselves instead of ${String(first.details['vip'])}: if such a server fails, nobody sends them to another.`,
      remedy:
        'Give agents the name of the load balancer, not of a server: in the installer, the enrolment and DNS.',
      filter: connectionFilter(findings),
      details: first.details,
    }
  },
})
