/** An agent went back to the server that it prefers, after it had to do without. */
import { packetOf } from '../../model/packet.ts'
import { counted, detector, evidence, PROVED, timesAmong } from '../detector.ts'
import { allOf, fact, moverOf, named, requirementsFor } from '../policy-words.ts'
import { about, agentOf, agentsAmong, connectionFilter, packets, turnedUp } from '../wording.ts'
import { toSeconds } from '../../model/time.ts'

const REQUIREMENTS = {
  'symantec-sepm': ['S1-02'],
  'mcafee-epo': ['S4-16'],
  'symantec-sems': ['S2-51'],
  generic: ['S1-02'],
}

export const failback = detector({
  type: 'failback',
  asserts:
    'An agent went back to the server that it prefers, that it had had to leave, or that was out when it first came.',
  notThis: [
    'the server that it comes from failed: a failover',
    'it had left the server that it prefers although that was well: it only undoes a hop',
    'the agent is in another place, where another list prefers another server',
    'servers of one priority: neither is preferred',
  ],
  requirements: allOf(REQUIREMENTS),
  flows: PROVED,
  parameters: {},
  watch(_values, world, raise) {
    return {
      moved({ visit, previous, reason }) {
        if (reason !== 'failback' || previous === null) return
        const { sighting, server } = visit
        const outage = world.outageAt(server.id, previous.at)
        raise({
          type: 'failback',
          severity: 'info',
          at: visit.at,
          ...about(sighting),
          agent: agentOf(sighting, visit.agent),
          server: named(server),
          service: server.service.name,
          actor: moverOf(visit, world),
          manner: null,
          confidence: visit.agent.confidence * 0.95,
          details: {
            previousServer: previous.server.name,
            secondsAfterRecovery:
              outage?.until == null ? null : toSeconds(Math.max(0, visit.at - outage.until)),
          },
          evidence: packets(
            ...evidence(
              {
                ...packetOf(previous.sighting, previous.packet, previous.at),
                note: `the agent at ${previous.server.name}`,
              },
              {
                ...packetOf(sighting, visit.packet, visit.at),
                note: turnedUp(visit, previous, `back at ${server.name}`),
              },
            ),
          ),
          cause: `${server.id}|${previous.server.id}`,
          requirements: requirementsFor(server.service, REQUIREMENTS),
        })
      },
    }
  },
  describe(findings) {
    const first = findings[0]
    const to = first.server?.name
    const agents = agentsAmong(findings)
    return {
      title: `Agents of ${first.service} returned to ${to}`,
      summary: `${counted(agents, 'agent')} went back from ${fact(first, 'previousServer')} to ${to} ${timesAmong(findings.length, agents)}.`,
      remedy: 'None: this is how it should be.',
      filter: connectionFilter(findings),
      details: { previousServer: first.details['previousServer'] },
    }
  },
})
