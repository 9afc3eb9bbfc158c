/** What is found of an agent at a server that its list does not name: two detectors tell it apart by whether
 * another location's list does. */
import type { OutsideList } from '../model/event.ts'
import type { Finding, IncidentType } from '../model/incident.ts'
import { endpointText, packetOf } from '../model/packet.ts'
import { isoTime } from '../model/time.ts'
import { evidence } from './detector.ts'
import { listWords, named, orderWords } from './policy-words.ts'
import { about, agentOf, packets } from './wording.ts'

interface Judged {
  readonly type: IncidentType
  readonly at: number
  readonly confidence: number
  readonly requirements: readonly string[]
}

/** One agent at one server by one list: told once. */
export const strayKey = ({ agent, server, list, sighting }: OutsideList): string =>
  `${agent.id}|${server?.id ?? endpointText(sighting.responder)}|${list.source}|${list.name}`

export function strayFinding(event: OutsideList, judged: Judged): Finding {
  const { agent, server, service, list, sighting, at, packet, elsewhere, since } = event
  const place = server?.name ?? endpointText(sighting.responder)
  return {
    ...about(sighting),
    severity: 'warning',
    ...judged,
    agent: agentOf(sighting, agent),
    server: server === null ? null : named(server),
    service: service.name,
    actor: { role: 'agent', address: null, confidence: 0.7 },
    manner: null,
    confidence: agent.confidence * judged.confidence,
    details: {
      contacted: place,
      list: listWords(list, service),
      order: orderWords(list),
      listedFor: elsewhere,
      since: isoTime(since),
    },
    evidence: packets(
      ...evidence({
        ...packetOf(sighting, packet, at),
        note: `the agent at ${place}, which is not on its list`,
      }),
    ),
    cause: `${service.name}|${place}|${list.source}|${list.name}`,
  }
}
