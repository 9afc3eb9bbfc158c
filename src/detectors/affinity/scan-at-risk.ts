/**
 * Agents change servers so often, or in the middle of so much work, that scans of endpoints cannot keep their
 * state: it stays on the server that began them (Symantec DLP, article 160568).
 */
import type { AgentMoved } from '../../model/event.ts'
import type { Finding } from '../../model/incident.ts'
import type { Service, Visit } from '../../model/party.ts'
import { SECOND } from '../../model/time.ts'
import { detector, evidence, octets, ratio, span, suggested } from '../detector.ts'
import { agentOf, about, connectionFilter, packets, serverOf } from '../wording.ts'

export const scanAtRisk = detector({
  type: 'scan-at-risk',
  asserts: 'Agents whose scans keep their state on one server change servers regularly, or amid an upload.',
  notThis: [
    'a change now and then',
    'a move away from a server that failed',
    'a product without such scans',
    'a capture too short to show a rate',
  ],
  requirements: ['S0-12'],
  flows: suggested('what an agent was sending when it moved'),
  parameters: {
    hopsPerDay: ratio(0.2, 'changes of server per agent and day from which on scans do not finish'),
    observedMin: span(24 * 3600 * SECOND, 'a shorter capture shows no rate per day'),
    hopsMin: { value: 3, unit: 'count', meaning: 'fewer changes are no regularity' },
    upload: octets(1 << 20, 'an agent that sent so much on one connection was uploading results'),
    uploadWithin: span(60 * SECOND, '... if it changed servers so soon after its last octets'),
  },
  watch({ hopsPerDay, observedMin, hopsMin, upload, uploadWithin }, _world, raise) {
    const services = new Map<Service, Seen>()
    const seenOf = (service: Service): Seen => {
      let seen = services.get(service)
      if (seen === undefined) {
        seen = { agents: new Set(), first: Infinity, last: -Infinity, hops: 0, latest: null }
        services.set(service, seen)
      }
      return seen
    }
    return {
      visit({ visit }) {
        const { service } = visit.server
        if (!SCANNING.has(service.profile)) return
        const seen = seenOf(service)
        if (seen.agents.size < AGENTS_MAX) seen.agents.add(visit.agent.id)
        seen.first = Math.min(seen.first, visit.at)
        seen.last = Math.max(seen.last, visit.at)
      },
      moved({ reason, visit, previous }) {
        const { service } = visit.server
        if (reason !== 'hop' || previous === null || !SCANNING.has(service.profile)) return
        const seen = seenOf(service)
        seen.hops++
        seen.latest = { visit, previous }
        const { sighting } = previous
        const sent = sighting.ending?.summary?.halves[0].uniqueBytes ?? 0
        if (sent >= upload && visit.at - sighting.lastAt <= uploadWithin)
          raise(finding({ visit, previous }, { uploadBytes: sent }))
      },
      'captures-ended'() {
        for (const { agents, first, last, hops, latest } of services.values()) {
          if (latest === null || last - first < observedMin || hops < hopsMin) continue
          const days = (last - first) / (24 * 3600 * SECOND)
          const rate = hops / days / agents.size
          if (rate > hopsPerDay)
            raise(finding(latest, { hops, agents: agents.size, hopsPerAgentAndDay: rate }))
        }
      },
    }
  },
  describe(findings) {
    const { details, service } = findings[0]
    const rate = details['hopsPerAgentAndDay']
    const how =
      typeof rate === 'number'
        ? `${String(details['hops'])} changes of server by ${String(details['agents'])} agents, ${rate.toFixed(1)} per agent and day`
        : `an agent changed servers right after it had sent ${String(details['uploadBytes'])} octets`
    return {
      title: `Scans of endpoints of ${service ?? 'the service'} may be lost`,
      summary: `A scan keeps its state on the server that began it; there were ${how}.`,
      remedy:
        'Keep each agent on one server: persistence by source address on the load balancer, for as long as scans take.',
      filter: connectionFilter(findings),
      details,
    }
  },
})

/** Agents counted per service: the rate of more is the same. */
const AGENTS_MAX = 1 << 17

/** Products whose servers keep the state of scans (Endpoint Discover). */
const SCANNING: ReadonlySet<string> = new Set(['symantec-dlp', 'symantec-dlp-12.5'])

interface Move {
  readonly visit: Visit
  readonly previous: NonNullable<AgentMoved['previous']>
}

interface Seen {
  readonly agents: Set<string>
  first: number
  last: number
  hops: number
  latest: Move | null
}

function finding({ visit, previous }: Move, details: Finding['details']): Finding {
  const { sighting, server, at, packet } = visit
  return {
    type: 'scan-at-risk',
    severity: 'warning',
    at,
    ...about(sighting),
    agent: agentOf(sighting, visit.agent),
    server: serverOf(sighting),
    actor: { role: 'unknown', address: null, confidence: 0.3 },
    manner: null,
    confidence: 0.6,
    details: { previousServer: previous.server.name, ...details },
    evidence: packets(
      ...evidence(
        {
          tap: previous.sighting.tap,
          packet: previous.packet,
          at: previous.at,
          note: `the agent at ${previous.server.name}`,
        },
        { tap: sighting.tap, packet, at, note: `the agent at ${server.name}` },
      ),
    ),
    cause: server.service.name,
    requirements: ['S0-12'],
  }
}
