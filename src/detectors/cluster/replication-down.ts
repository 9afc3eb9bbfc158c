/** Members of a cluster do not reach each other. */
import type { ReplicationFailed } from '../../model/cluster-events.ts'
import type { Finding } from '../../model/incident.ts'
import { counted, detector, evidence } from '../detector.ts'
import { connectionFilter, packets } from '../wording.ts'
import { memberFinding } from './members.ts'

export const replicationDown = detector({
  type: 'replication-down',
  asserts: 'A server could not open its connection for replication to another one, again and again.',
  notThis: [
    'a single try that failed',
    'tries that succeed in between',
    'servers that do not reach each other at other ports',
  ],
  requirements: ['S2-54'],
  parameters: {
    failures: { value: 2, unit: 'count', meaning: 'tries in a row that failed' },
  },
  watch({ failures: enough }, _world, raise) {
    const down = new Set<string>()
    const keyOf = (event: Pick<ReplicationFailed, 'from' | 'to'>): string =>
      `${event.from.service.name}|${event.from.server.name}|${event.to.server.name}`
    return {
      'replication-opened'(event) {
        down.delete(keyOf(event))
      },
      'replication-failed'(event) {
        if ((event.failures < enough && !event.isLasting) || down.has(keyOf(event))) return
        down.add(keyOf(event))
        raise(finding(event))
      },
    }
  },
  describe(findings) {
    const first = findings[0]
    const pairs = new Set(findings.map((f) => `${String(f.details['from'])} to ${String(f.details['to'])}`))
    return {
      title: `Members of ${first.service ?? 'a cluster'} do not replicate`,
      summary: `Connections for replication failed from ${[...pairs].join(', ')}: ${String(first.details['manner'])}, ${counted(findings.length, 'time')} for good.`,
      remedy: `Open the port of replication${first.server === null ? '' : ` (${first.server.port})`} both ways between all members, and see that the other member runs.`,
      filter: connectionFilter(findings),
      details: first.details,
    }
  },
})

function finding(event: ReplicationFailed): Finding {
  const { from, to, tap, at, packet, manner, failures, first, attempts } = event
  const note = `${manner} by ${to.server.name}`
  const again = first.packet === packet ? null : { tap, packet, at, note }
  return {
    type: 'replication-down',
    severity: 'warning',
    ...memberFinding(to, event),
    at: first.at,
    confidence: 0.95,
    details: { from: from.server.name, to: to.server.name, manner, failures, attempts },
    evidence: packets(...evidence({ ...first, note }, again)),
    cause: from.service.name,
    requirements: ['S2-54'],
  }
}
