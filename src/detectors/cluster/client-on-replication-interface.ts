/** Clients use the interface that is for traffic between servers. */
import type { ReplicationInterfaceUsed } from '../../model/cluster-events.ts'
import type { Finding } from '../../model/incident.ts'
import { packetOf } from '../../model/packet.ts'
import { counted, detector, PROVED } from '../detector.ts'
import { about, connectionFilter, packets } from '../wording.ts'

export const clientOnReplicationInterface = detector({
  type: 'client-on-replication-interface',
  asserts: 'A client sent data to an address that the configuration keeps for traffic between servers.',
  notThis: [
    'another member of the cluster',
    'administrators at ports of their own',
    'an address that is for clients as well',
    'a health check, or a port that was merely tried',
  ],
  requirements: ['S2-26'],
  flows: PROVED,
  parameters: {},
  watch(_values, _world, raise) {
    return {
      'replication-interface-used'(event) {
        raise(finding(event))
      },
    }
  },
  describe(findings) {
    const first = findings[0]
    const clients = new Set(findings.map((f) => f.tuple?.[0].address)).size
    return {
      title: `Clients reach ${first.service ?? 'a cluster'} at an interface for replication`,
      summary: `${counted(clients, 'client')} talked to ${String(first.details['address'])}, which is for traffic between servers.`,
      remedy:
        'Let names, load balancer and clients lead to the interface for clients, and keep the other one closed to them.',
      filter: connectionFilter(findings),
      details: first.details,
    }
  },
})

function finding({ sighting, member, at, packet }: ReplicationInterfaceUsed): Finding {
  const { service, server, endpoint } = member
  const { originator } = sighting
  return {
    type: 'client-on-replication-interface',
    severity: 'warning',
    at,
    ...about(sighting),
    server: { name: server.name, address: endpoint.address, port: endpoint.port },
    service: service.name,
    actor: { role: 'agent', address: originator.address, confidence: 0.7 },
    manner: null,
    confidence: 0.95,
    details: { address: endpoint.address, server: server.name },
    evidence: packets({
      ...packetOf(sighting, packet, at),
      note: `data for ${endpoint.address}:${endpoint.port}`,
    }),
    cause: `${service.name}|${server.name}`,
    requirements: ['S2-26'],
  }
}
