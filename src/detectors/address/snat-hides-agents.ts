/** A relay's own address stands for all its agents, and nothing tells the servers who is who. */
import { packetOf } from '../../model/packet.ts'
import { balancerActor } from '../actors.ts'
import { counted, detector, evidence, unseen } from '../detector.ts'
import { Standing } from '../standing.ts'
import { about, connectionFilter, packets } from '../wording.ts'

export const snatHidesAgents = detector({
  type: 'snat-hides-agents',
  asserts: 'Servers see the load balancer’s address for all agents, and nothing else that tells them apart.',
  notThis: [
    'agents that name themselves',
    'a PROXY header, or another side of the relay that shows them',
    'connections one after the other: they may be one agent’s',
    'what could tell them apart was not captured',
    'a product that does not ask for addresses of their own',
  ],
  requirements: ['S0-19'],
  flows: unseen('who speaks behind a relay'),
  parameters: {},
  watch(_values, world, raise) {
    const standing = new Standing(raise)
    return {
      'agents-hidden'({ service, sighting, relay, connections, atOnce }) {
        standing.tell(
          {
            type: 'snat-hides-agents',
            // A relay's address that stays is no address that changes: worth seeing, and no violation yet.
            severity: 'info',
            at: sighting.start,
            ...about(sighting),
            agent: null,
            actor: balancerActor(relay, world),
            manner: null,
            confidence: 0.8,
            details: { address: relay, connections, connectionsAtOnce: atOnce },
            evidence: packets(
              ...evidence({
                ...packetOf(sighting, sighting.startPacket, sighting.start),
                note: `one of the connections from ${relay}`,
              }),
            ),
            cause: `${service.name}|${relay}`,
            requirements: ['S0-19'],
          },
          0,
        )
      },
    }
  },
  describe(findings) {
    const { details, service } = findings[0]
    return {
      title: `${String(details['address'])} hides the agents of ${service ?? 'the service'}`,
      summary: `${counted(Number(details['connections']), 'connection')} came from ${String(details['address'])}, ${String(details['connectionsAtOnce'])} or more at once, and nothing in them says whose they are.`,
      remedy:
        'Let the load balancer keep the agents’ addresses (as their gateway), or name them in a PROXY header; for an analysis, capture on the agents’ side as well.',
      filter: connectionFilter(findings),
      details,
    }
  },
})
