/** An agent turned to another server because its own failed for it. */
import { listed } from '../../model/listed.ts'
import type { AgentMoved, World } from '../../model/event.ts'
import { packetOf } from '../../model/packet.ts'
import type { Finding } from '../../model/incident.ts'
import { isoTime, toSeconds } from '../../model/time.ts'
import { counted, detector, evidence, PROVED, timesAmong } from '../detector.ts'
import { allOf, fact, moverOf, named, requirementsFor, triedPacket } from '../policy-words.ts'
import { about, agentOf, agentsAmong, connectionFilter, packets, turnedUp } from '../wording.ts'

const REQUIREMENTS = {
  'symantec-dlp': ['S0-08'],
  'symantec-dlp-12.5': ['S0-08'],
  'symantec-sepm': ['S1-01'],
  'symantec-sems': ['S2-01', 'S2-20'],
  'mcafee-epo': ['S4-10'],
  generic: ['S0-08'],
}

export const failover = detector({
  type: 'failover',
  asserts: 'A server failed for an agent, and the agent went on at another one.',
  notThis: [
    'nothing shows that the server failed for this agent: it hopped',
    'the server failed for others, and was seen to be well again before the move',
    'the agent went back to a server that it prefers: a failback',
    'the agent is in another place, where another list holds',
  ],
  requirements: allOf(REQUIREMENTS),
  flows: PROVED,
  parameters: {},
  watch(_values, world, raise) {
    return {
      moved(event) {
        if (event.reason === 'failover') raise(finding(event, world))
      },
    }
  },
  describe(findings) {
    const first = findings[0]
    const agents = agentsAmong(findings)
    const from = fact(first, 'previousServer')
    const targets = listed([...new Set(findings.map((f) => f.server?.name ?? 'another'))])
    return {
      title: `Agents of ${first.service} failed over from ${from}`,
      summary: `${counted(agents, 'agent')} went from ${from} to ${targets} ${timesAmong(findings.length, agents)}, because ${from} failed for ${agents === 1 ? 'it' : 'them'}: ${fact(first, 'failure')}.`,
      remedy: `None for the agents: they did what they should. See why ${from} failed, and that they return when they are meant to.`,
      filter: connectionFilter(findings),
      details: { previousServer: from, failure: first.details['failure'] },
    }
  },
})

function finding({ visit, previous, failed, failure, outage }: AgentMoved, world: World): Finding {
  const { sighting, server } = visit
  const from = failed ?? previous!.server
  return {
    type: 'failover',
    severity: 'info',
    at: visit.at,
    ...about(sighting),
    agent: agentOf(sighting, visit.agent),
    server: named(server),
    service: server.service.name,
    actor: moverOf(visit, world),
    manner: null,
    confidence: visit.agent.confidence * (outage?.isInferred === true ? 0.6 : 0.95),
    details: {
      previousServer: from.name,
      failure: failure?.what ?? null,
      failedAt: failure === null ? null : isoTime(failure.at),
      secondsToMove: failure === null ? null : toSeconds(Math.max(0, visit.at - failure.at)),
      outageSince: outage === null ? null : isoTime(outage.from),
    },
    evidence: packets(
      ...evidence(
        previous === null
          ? null
          : {
              ...packetOf(previous.sighting, previous.packet, previous.at),
              note: `the agent at ${previous.server.name}`,
            },
        failure === null || outage?.isInferred === true ? null : triedPacket(failure),
        {
          ...packetOf(sighting, visit.packet, visit.at),
          note: previous === null ? `the agent at ${server.name}` : turnedUp(visit, previous),
        },
      ),
    ),
    cause: from.id,
    requirements: requirementsFor(server.service, REQUIREMENTS),
  }
}
