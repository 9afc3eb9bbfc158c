/** Others of an agent's group have taken up their new assignment; the agent still goes to the old server. */
import type { OutsideList } from '../../model/event.ts'
import type { Finding } from '../../model/incident.ts'
import { packetOf, type PacketReference } from '../../model/packet.ts'
import type { Server, Service } from '../../model/party.ts'
import { type PreferenceList, rankIn } from '../../model/policy.ts'
import { PROFILES } from '../../model/profiles.data.ts'
import { seconds, toSeconds, type Micros } from '../../model/time.ts'
import { counted, detector, PROVED, span, spoken } from '../detector.ts'
import { allOf, listWords, named, orderWords, requirementsFor } from '../policy-words.ts'
import { about, agentOf, agentsAmong, connectionFilter, packets } from '../wording.ts'

const REQUIREMENTS = { 'mcafee-epo': ['S4-12'], 'symantec-sepm': ['S1-16'], generic: [] }

/** Lists and servers, and agents that are counted since: further ones are left out. */
const CHANGES_MAX = 1 << 10
const LATE_MAX = 1 << 16

interface Change {
  /** The first packet of an agent that went from the old server to one of its list. */
  readonly by: PacketReference
  /** Check-ins of each other agent at the old server since. */
  readonly late: Map<string, { times: number; isTold: boolean }>
}

export const assignmentNotApplied = detector({
  type: 'assignment-not-applied',
  asserts:
    'An agent still goes to its old server, although others with the same list have gone over to their new ones.',
  notThis: [
    'nobody has gone over yet: nothing shows that the list is a new one',
    'the next check-in alone, which brings the new list',
    'its own servers had failed for it',
    'those who went over fled from a server that failed',
    'an agent with another list',
  ],
  requirements: allOf(REQUIREMENTS),
  flows: PROVED,
  parameters: {
    contacts: {
      value: 3,
      unit: 'count',
      meaning: 'contacts at the old server: the first brings the list, the second may have begun before',
    },
    intervals: { value: 2, unit: 'count', meaning: 'intervals that they must span (domain 7.5, S4-12)' },
    patienceSepm: span(
      seconds(86_400),
      'how long a client of SEPM keeps to its last server (article 177570; domain 7.3, S1-16)',
    ),
  },
  watch({ contacts, intervals, patienceSepm }, _world, raise) {
    const changes = new Map<string, Change>()
    const patienceOf = (service: Service): Micros | null => {
      const interval = service.configured?.checkIn ?? PROFILES[service.profile].checkIn
      if (interval === null) return null
      return Math.max(intervals * interval, service.profile === 'symantec-sepm' ? patienceSepm : 0)
    }
    return {
      moved({ visit, previous, reason, list }) {
        if (previous === null || list === null || list.source === 'service' || reason === 'failover') return
        if (rankIn(list, previous.server.name) !== null || rankIn(list, visit.server.name) === null) return
        const key = keyOf(previous.server, list)
        if (!changes.has(key) && changes.size < CHANGES_MAX)
          changes.set(key, { by: packetOf(visit.sighting, visit.packet, visit.at), late: new Map() })
      },
      'outside-list'(event) {
        const { agent, service, server, list, at } = event
        const change = server === null ? undefined : changes.get(keyOf(server, list))
        const patience = patienceOf(service)
        if (server === null || change === undefined || patience === null || at <= change.by.at) return
        if (event.afterFailure) return void change.late.delete(agent.id)
        const late = change.late.get(agent.id) ?? { times: 0, isTold: false }
        if (change.late.size < LATE_MAX) change.late.set(agent.id, late)
        late.times++
        if (late.isTold || late.times < contacts || at - change.by.at <= patience) return
        late.isTold = true
        raise(finding(event, server, change.by, late.times))
      },
    }
  },
  describe(findings) {
    const first = findings[0]
    const agents = agentsAmong(findings)
    const { contacted, list, order } = first.details as Readonly<Record<string, string>>
    const late = first.details['seconds']
    return {
      title: `${counted(agents, 'agent')} of ${first.service} did not take up a new assignment`,
      summary: `Others with ${list} (${order}) have gone over from ${contacted}; ${counted(agents, 'agent')} still went there ${spoken(Number(late) * 1e6)} later.`,
      remedy: `See which list these agents hold, and whether ${contacted} has the new one to give; a wake-up call brings it at once.`,
      filter: connectionFilter(findings),
      details: first.details,
    }
  },
})

const keyOf = ({ id }: Server, { source, name }: PreferenceList): string => `${id}|${source}|${name}`

function finding(event: OutsideList, server: Server, by: PacketReference, contacts: number): Finding {
  const { agent, service, list, sighting, at, packet } = event
  return {
    ...about(sighting),
    type: 'assignment-not-applied',
    severity: 'warning',
    at,
    agent: agentOf(sighting, agent),
    server: named(server),
    service: service.name,
    actor: { role: 'agent', address: null, confidence: 0.6 },
    manner: null,
    confidence: 0.8 * agent.confidence,
    details: {
      contacted: server.name,
      list: listWords(list, service),
      order: orderWords(list),
      contacts,
      seconds: Math.round(toSeconds(at - by.at)),
    },
    evidence: packets(
      { ...by, note: 'the first agent with this list goes over' },
      { ...packetOf(sighting, packet, at), note: `the agent, still at ${server.name}` },
    ),
    cause: keyOf(server, list),
    requirements: requirementsFor(service, REQUIREMENTS),
  }
}
