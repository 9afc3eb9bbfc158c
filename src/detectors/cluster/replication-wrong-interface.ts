/** Servers replicate over the interfaces that are for clients. */
import type { Member, ReplicationOpened } from '../../model/cluster-events.ts'
import type { Finding } from '../../model/incident.ts'
import { counted, detector, PROVED } from '../detector.ts'
import { connectionFilter, packets } from '../wording.ts'
import { memberFinding, pairKey } from './members.ts'

export const replicationWrongInterface = detector({
  type: 'replication-wrong-interface',
  asserts: 'Replication between two servers runs over an address that the configuration gives to clients.',
  notThis: [
    'replication between the addresses that are for it',
    'servers that the configuration gives no addresses for replication',
    'servers that talk to one another at other ports',
  ],
  requirements: ['S2-25'],
  flows: PROVED,
  parameters: {},
  watch(_values, _world, raise) {
    const told = new Set<string>()
    return {
      'replication-opened'(event) {
        const { from, to } = event
        const wrong = isWrong(from) ? from : isWrong(to) ? to : null
        const key = pairKey(from, to)
        if (wrong === null || told.has(key)) return
        told.add(key)
        raise(finding(event, wrong))
      },
    }
  },
  describe(findings) {
    const first = findings[0]
    return {
      title: `Replication of ${first.service ?? 'a cluster'} uses the interfaces for clients`,
      summary: `${counted(findings.length, 'pair')} of servers replicated over addresses that are for clients, beginning with ${String(first.details['from'])} to ${String(first.details['to'])} (${String(first.details['fromAddress'])} to ${String(first.details['toAddress'])}).`,
      remedy:
        'Let the members reach each other by the interface that is for replication: its addresses in the list of cluster members, and routes that lead there.',
      filter: connectionFilter(findings),
      details: first.details,
    }
  },
})

const isWrong = ({ server, isOwnInterface }: Member): boolean =>
  server.replicationAddresses.length > 0 && !isOwnInterface

function finding(event: ReplicationOpened, wrong: Member): Finding {
  const { from, to, tap, at, packet, ends } = event
  const addresses = `${from.endpoint.address} to ${to.endpoint.address}:${to.endpoint.port}`
  return {
    type: 'replication-wrong-interface',
    severity: 'warning',
    ...memberFinding(wrong, event),
    confidence: 0.97,
    details: {
      from: from.server.name,
      to: to.server.name,
      fromAddress: from.endpoint.address,
      toAddress: to.endpoint.address,
      expected: wrong.server.replicationAddresses.map((range) => range.text),
    },
    evidence: packets({
      tap,
      packet,
      at,
      ends,
      note: `${from.server.name} to ${to.server.name}: ${addresses}`,
    }),
    cause: from.service.name,
    requirements: ['S2-25'],
  }
}
