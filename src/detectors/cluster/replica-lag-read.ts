/** A client reads at a member what has not been replicated there yet. */
import type { ReplicaMissed } from '../../model/cluster-events.ts'
import type { World } from '../../model/event.ts'
import type { Finding } from '../../model/incident.ts'
import { packetOf } from '../../model/packet.ts'
import { relayAddress } from '../../model/party.ts'
import { SECOND } from '../../model/time.ts'
import { balancerActor, openerKey } from '../actors.ts'
import { countedWas, detector, evidence, spoken, timesAmong, unseen } from '../detector.ts'
import { about, agentOf, agentsAmong, connectionFilter, packets } from '../wording.ts'

export const replicaLagRead = detector({
  type: 'replica-lag-read',
  asserts: 'A client was told that something does not exist, which another member had served it just before.',
  notThis: [
    'a resource that was removed: the member that served it says so too',
    'another client’s resource',
    'one member that served it and then does not',
    'long after: whatever it was may be gone',
  ],
  requirements: ['S2-03', 'S2-06'],
  flows: unseen('what was read and answered'),
  parameters: {},
  watch(_values, world, raise) {
    const failing = new Set<string>()
    const pair = (service: string, a: string, b: string): string => [service, ...[a, b].toSorted()].join('|')
    return {
      'replication-failed': ({ from, to }) =>
        void failing.add(pair(from.service.name, from.server.name, to.server.name)),
      'replication-opened': ({ from, to }) =>
        void failing.delete(pair(from.service.name, from.server.name, to.server.name)),
      'replica-missed'(event) {
        const { server, before } = event
        raise(finding(event, failing.has(pair(server.service.name, before.server.name, server.name)), world))
      },
    }
  },
  describe(findings) {
    const first = findings[0]
    const agents = agentsAmong(findings)
    return {
      title: `Users of ${first.service ?? 'a service'} read at a member that does not have it yet`,
      summary: `${countedWas(agents, 'client')} sent to another member ${timesAmong(findings.length, agents)}, before what had been served at the one before was there.`,
      remedy:
        'Keep a session at one member (persistence by source address or cookie), and see that members replicate.',
      filter: connectionFilter(findings),
      details: first.details,
    }
  },
})

function finding(event: ReplicaMissed, replicationFails: boolean, world: World): Finding {
  const { sighting, agent, target, server, status, at, packet, before } = event
  return {
    type: 'replica-lag-read',
    severity: 'warning',
    at,
    ...about(sighting),
    agent: agentOf(sighting, agent),
    server: { name: server.name, address: server.address, port: server.port },
    actor:
      sighting.leg === 'back'
        ? balancerActor(relayAddress(sighting), world)
        : { role: 'agent', address: sighting.originator.address, confidence: 0.7 },
    manner: null,
    confidence: replicationFails ? 0.9 : 0.75,
    details: {
      request: target,
      status,
      previousServer: before.server.name,
      seconds: (at - before.at) / SECOND,
      replicationFails,
    },
    evidence: packets(
      ...evidence(
        { ...before, note: `${before.server.name} serves it` },
        {
          ...packetOf(sighting, packet, at),
          note: `${spoken(at - before.at)} later ${server.name} answers ${status}`,
        },
      ),
    ),
    cause: `${server.service.name}|${openerKey(sighting, world, 'clients')}`,
    requirements: ['S2-03', 'S2-06'],
  }
}
