/** Members of a cluster do not reach each other. */
import { listed } from '../../model/listed.ts'
import type { ReplicationFailed, ReplicationOpened } from '../../model/cluster-events.ts'
import type { Finding } from '../../model/incident.ts'
import type { Service } from '../../model/party.ts'
import { detector, evidence, PROVED } from '../detector.ts'
import { connectionFilter, packets } from '../wording.ts'
import { memberFinding } from './members.ts'

export const replicationDown = detector({
  type: 'replication-down',
  asserts:
    'A server could not open its connection for replication to another one, again and again; or more members replicate than the product allows.',
  notThis: [
    'a single try that failed',
    'tries that succeed in between',
    'servers that do not reach each other at other ports',
    'as many members as the product allows',
  ],
  requirements: ['S2-54'],
  flows: PROVED,
  parameters: {
    failures: { value: 2, unit: 'count', meaning: 'tries in a row that failed' },
    membersMax: { value: 6, unit: 'count', meaning: 'members of a cluster of SEMS (KB 154069)' },
  },
  watch({ failures: enough, membersMax }, _world, raise) {
    const down = new Set<string>()
    const members = new Map<Service, Set<string>>()
    const keyOf = (event: Pick<ReplicationFailed, 'from' | 'to'>): string =>
      `${event.from.service.name}|${event.from.server.name}|${event.to.server.name}`
    return {
      'replication-opened'(event) {
        down.delete(keyOf(event))
        const { from, to } = event
        if (from.service.profile !== 'symantec-sems') return
        const names = members.get(from.service) ?? new Set()
        members.set(from.service, names)
        if (names.size > membersMax) return
        names.add(from.server.name).add(to.server.name)
        if (names.size > membersMax) raise(findingOfMany(event, [...names].toSorted(), membersMax))
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
    const { members } = first.details as { members?: readonly string[] }
    if (members !== undefined)
      return {
        title: `${members.length} members of ${first.service ?? 'a cluster'} replicate`,
        summary: `${listed(members)} replicate with one another; the product allows ${String(first.details['allowed'])} members at most.`,
        remedy: 'Take members out of the cluster, or make two of it.',
        filter: connectionFilter(findings),
        details: first.details,
      }
    const pairs = new Set(findings.map((f) => `${String(f.details['from'])} to ${String(f.details['to'])}`))
    return {
      title: `Members of ${first.service ?? 'a cluster'} do not replicate`,
      summary: `Connections for replication failed again and again, from ${listed([...pairs])}: ${String(first.details['manner'])}.`,
      remedy: `Open the port of replication${first.server === null ? '' : ` (${first.server.port})`} both ways between all members, and see that the other member runs.`,
      filter: connectionFilter(findings),
      details: first.details,
    }
  },
})

function findingOfMany(event: ReplicationOpened, members: readonly string[], allowed: number): Finding {
  const { from, to, tap, at, packet, ends } = event
  return {
    type: 'replication-down',
    severity: 'warning',
    ...memberFinding(to, event),
    at,
    confidence: 0.95,
    details: { members, allowed },
    evidence: packets({
      tap,
      packet,
      at,
      ends,
      note: `${from.server.name} replicates with ${to.server.name}: one more than ${allowed} members`,
    }),
    cause: `${from.service.name}|members`,
    requirements: ['S2-54'],
  }
}

function finding(event: ReplicationFailed): Finding {
  const { from, to, tap, at, packet, ends, manner, failures, first, attempts } = event
  const note = `${manner} by ${to.server.name}`
  const again = first.packet === packet ? null : { tap, packet, at, ends, note }
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
