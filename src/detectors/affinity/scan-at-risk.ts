/**
 * Agents change servers so often, or in the middle of so much work, that scans of endpoints cannot keep their
 * state: it stays on the server that began them (Symantec DLP, article 160568).
 */
import { count } from '../../model/count.ts'
import type { AgentMoved } from '../../model/event.ts'
import type { Finding } from '../../model/incident.ts'
import { packetOf } from '../../model/packet.ts'
import type { Service, Sighting, Visit } from '../../model/party.ts'
import { SECOND, type Micros } from '../../model/time.ts'
import { counted, detector, evidence, octets, ratio, span, suggested, times } from '../detector.ts'
import { Standing } from '../standing.ts'
import { agentOf, about, connectionFilter, packets, serverOf } from '../wording.ts'

const DAY: Micros = 24 * 3600 * SECOND

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
    observedMin: span(DAY, 'a shorter capture shows no rate per day'),
    hopsMin: { value: 3, unit: 'count', meaning: 'fewer changes are no regularity' },
    rateOver: span(7 * DAY, 'the rate is that of so long a time, and then begins anew'),
    upload: octets(1 << 20, 'an agent that sent so much on one connection was uploading results'),
    uploadWithin: span(60 * SECOND, '... if it changed servers so soon after its last octets'),
  },
  watch({ hopsPerDay, observedMin, hopsMin, rateOver, upload, uploadWithin }, _world, raise) {
    const services = new Map<Service, Seen>()
    const standing = new Standing(raise)
    const seenOf = (service: Service): Seen => {
      let seen = services.get(service)
      if (seen === undefined) {
        seen = beginning()
        services.set(service, seen)
      }
      return seen
    }
    const judge = ({ agents, first, last, hops, latest }: Seen): void => {
      if (latest === null || last - first < observedMin || hops < hopsMin) return
      const rate = hops / ((last - first) / DAY) / agents.size
      if (rate <= hopsPerDay) return
      standing.tell(finding(latest, { hops, agents: agents.size, hopsPerAgentAndDay: rate }), 0)
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
        const uploadBytes = sentOn(sighting)
        if (uploadBytes >= upload && visit.at - sighting.lastAt <= uploadWithin)
          raise(finding({ visit, previous }, { uploadBytes }))
      },
      'time-passed'({ at }) {
        for (const [service, seen] of services) {
          if (at - seen.looked < LOOK_EVERY) continue
          seen.looked = at
          judge(seen)
          if (seen.last - seen.first < rateOver) continue
          services.set(service, beginning())
          standing.forget(service.name)
        }
      },
      'captures-ended'() {
        for (const seen of services.values()) judge(seen)
      },
    }
  },
  describe(findings) {
    const { details, service } = findings[0]
    const rate = details['hopsPerAgentAndDay']
    const how =
      typeof rate === 'number'
        ? `${counted(details['agents'] as number, 'agent')} changed servers ${times(details['hops'] as number)}, ${rate.toFixed(1)} times per agent and day`
        : `an agent changed servers right after it had sent ${count(details['uploadBytes'] as number)} octets`
    return {
      title: `Scans of endpoints of ${service ?? 'the service'} may be lost`,
      summary: `A scan keeps its state on the server that began it, and ${how}.`,
      remedy:
        'Keep each agent on one server: persistence by source address on the load balancer, for as long as scans take.',
      filter: connectionFilter(findings),
      details,
    }
  },
})

/** A rate per day says little new more often. */
const LOOK_EVERY: Micros = 3600 * SECOND
/** Agents counted per service: the rate of more is the same. */
const AGENTS_MAX = 1 << 17

/** Products whose servers keep the state of scans (Endpoint Discover). */
const SCANNING: ReadonlySet<string> = new Set(['symantec-dlp', 'symantec-dlp-12.5'])

interface Move {
  readonly visit: Visit
  readonly previous: NonNullable<AgentMoved['previous']>
}

/** Octets that the agent sent: by the connection's final account, or its end, where that is still to come. */
function sentOn({ ending }: Sighting): number {
  if (ending === null) return 0
  if (ending.summary !== null) return ending.summary.halves[0].uniqueBytes
  return Math.max(0, ...[...ending.finished, ...ending.resets].map((end) => end?.bytes[0] ?? 0))
}

const beginning = (): Seen => ({
  agents: new Set(),
  first: Infinity,
  last: -Infinity,
  looked: -Infinity,
  hops: 0,
  latest: null,
})

interface Seen {
  readonly agents: Set<string>
  first: number
  last: number
  /** When the rate was last judged. */
  looked: Micros
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
          ...packetOf(previous.sighting, previous.packet, previous.at),
          note: `the agent at ${previous.server.name}`,
        },
        { ...packetOf(sighting, packet, at), note: `the agent at ${server.name}` },
      ),
    ),
    cause: server.service.name,
    requirements: ['S0-12'],
  }
}
