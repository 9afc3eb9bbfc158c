/** What is found of an agent that stays at a server although one that it prefers serves others: two detectors
 * tell it apart by how the agent came there. */
import type { BelowPreference, World } from '../model/event.ts'
import type { Finding, IncidentType } from '../model/incident.ts'
import { packetOf } from '../model/packet.ts'
import { relayAddress } from '../model/party.ts'
import { isoTime, toSeconds } from '../model/time.ts'
import { balancerActor, openerKey } from './actors.ts'
import { evidence, spoken } from './detector.ts'
import { listWords, named, orderWords } from './policy-words.ts'
import { about, agentOf, packets } from './wording.ts'

interface Judged {
  readonly type: IncidentType
  readonly at: number
  readonly confidence: number
  readonly requirements: readonly string[]
}

export function belowFinding(event: BelowPreference, judged: Judged, world: World): Finding {
  const { agent, server, better, list, first, sighting, at, packet, healthySince, proof } = event
  const isRelayed = sighting.leg === 'back'
  return {
    ...about(sighting),
    severity: 'warning',
    ...judged,
    agent: agentOf(sighting, agent),
    server: named(server),
    service: server.service.name,
    actor: isRelayed
      ? balancerActor(relayAddress(sighting), world)
      : { role: 'agent', address: null, confidence: 0.8 },
    manner: null,
    confidence: agent.confidence * judged.confidence,
    details: {
      preferredServer: better.name,
      list: listWords(list, server.service),
      order: orderWords(list),
      since: isoTime(first.at),
      preferredHealthySince: isoTime(healthySince),
      seconds: toSeconds(at - Math.max(first.at, healthySince)),
    },
    evidence: packets(
      ...evidence(
        { ...first, note: `the agent comes to ${server.name}` },
        { ...proof, note: `${better.name} serves others` },
        {
          ...packetOf(sighting, packet, at),
          note: `still at ${server.name}, ${spoken(at - first.at)} later`,
        },
      ),
    ),
    cause: `${server.id}|${better.id}|${openerKey(sighting, world, 'agents')}`,
  }
}
