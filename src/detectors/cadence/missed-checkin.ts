/** An agent did not check in, although its host was up. */
import type { CheckInMissed } from '../../model/cadence.ts'
import type { Finding } from '../../model/incident.ts'
import { toSeconds } from '../../model/time.ts'
import { counted, detector, PROVED, spoken, times } from '../detector.ts'
import { allOf, named, requirementsFor } from '../policy-words.ts'
import { agentsAmong, connectionFilter, packets } from '../wording.ts'

const REQUIREMENTS = { 'mcafee-epo': ['S4-20'], 'symantec-sepm': ['S1-18'], generic: [] }

export const missedCheckin = detector({
  type: 'missed-checkin',
  asserts: 'An agent whose host was up did not check in for longer than its product allows.',
  notThis: [
    'its host was off, or asleep: nothing of it passed',
    'a host that has just woken up, and whose agent comes a little later',
    'it came late, but within what the product allows',
    'it tried, and no server answered: that is for those who judge servers',
    'it is connected all the time, and asked on an open connection',
    'nobody else came either: the capture paused, or the network',
    'what passes meanwhile is the traffic of another host at its old address',
    'an agent without a configured interval whose history is too short to know its own',
    'an agent that comes by chance, and whose intervals happened to be alike for a while',
    'an agent that was given a longer interval',
  ],
  requirements: allOf(REQUIREMENTS),
  flows: PROVED,
  parameters: {},
  watch(_values, _world, raise) {
    return {
      'check-in-missed': (event) => raise(finding(event)),
    }
  },
  describe(findings) {
    const first = findings[0]
    const agents = agentsAmong(findings)
    const missed = findings.reduce((sum, f) => sum + (f.details['missed'] as number), 0)
    const interval = spoken((first.details['intervalSeconds'] as number) * 1e6)
    const proven = findings.filter((f) => f.severity !== 'info').length
    return {
      title: `${counted(agents, 'agent')} of ${first.service ?? 'the service'} missed check-ins`,
      summary:
        `${counted(agents, 'agent')} did not come when due (every ${interval}, as ${first.details['basis'] === 'configured' ? 'configured' : 'before'}): ` +
        `${counted(missed, 'check-in')} in all. ${howKnown(proven, findings.length, agents === 1)}`,
      remedy:
        `Look at the agent on ${agents === 1 ? 'this host' : 'these hosts'}: whether its service runs, its log at these times, and whether a local firewall lets it out.` +
        (proven === findings.length ? '' : ' A host that was off misses nothing.'),
      filter: connectionFilter(findings),
      details: first.details,
    }
  },
})

/** `proven`: times of which other packets of the host are known. */
function howKnown(proven: number, all: number, isOne: boolean): string {
  if (proven === all) return `Other packets of ${isOne ? 'its host' : 'their hosts'} passed all the time.`
  const rhythm = 'came back in step with the rhythm from before, so that the agent itself had kept running'
  return proven === 0
    ? `Nothing else of ${isOne ? 'its host was seen; it' : 'their hosts was seen; they'} ${rhythm}.`
    : `Other packets of the host passed meanwhile ${times(proven)}; otherwise it ${rhythm}.`
}

function finding(event: CheckInMissed): Finding {
  const { agent, server, address, last, due, interval, basis, samples, missed, life, others, next } = event
  const { service } = server
  const end = next ?? life
  return {
    type: 'missed-checkin',
    severity: life === null ? 'info' : 'warning',
    at: due,
    tap: last.tap,
    agent: { id: agent.id, address },
    server: named(server),
    service: service.name,
    connection: null,
    tuple: null,
    actor: { role: 'agent', address, confidence: life === null ? 0.5 : 0.8 },
    manner: null,
    confidence: life === null ? 0.5 : 0.8,
    details: {
      intervalSeconds: Math.round(toSeconds(interval) * 100) / 100,
      basis,
      samples,
      missed,
      lastSeconds: end === null ? null : Math.round(toSeconds(end.at - last.at)),
      hostSeen: life !== null,
      others,
      returned: next !== null,
    },
    evidence: packets(
      ...[
        { ...last, note: 'the last check-in' },
        life === null ? null : { ...life, note: `its host ${life.what}` },
        next === null
          ? null
          : {
              ...next,
              note: `it checks in again, at ${next.server.name}`,
            },
      ]
        .filter((p) => p !== null)
        .filter(({ packet }) => packet > 0),
    ),
    cause: service.name,
    requirements: requirementsFor(service, REQUIREMENTS),
  }
}
