/** Many agents that had lost their connections came back at once; or one does so again and again. */
import type { MassReturn, SeldomConnected } from '../../model/cadence.ts'
import type { Finding } from '../../model/incident.ts'
import { packetOf } from '../../model/packet.ts'
import type { Service } from '../../model/party.ts'
import { toSeconds } from '../../model/time.ts'
import {
  counted,
  type Description,
  detector,
  evidence,
  PROVED,
  spoken,
  spokenHundredths,
  times,
} from '../detector.ts'
import { about, agentOf, agentsAmong, connectionFilter, momentsFilter, packets } from '../wording.ts'

export const reconnectStorm = detector({
  type: 'reconnect-storm',
  asserts:
    'Many agents that had lost their connections at the same moment came back at once; or an agent that should keep one connection makes one after the other, and has none for much of the time.',
  notThis: [
    'agents that start one after the other, and had lost nothing',
    'agents that take their time to come back',
    'a few agents, or a small share of those that were cut off',
    'the regular connections of agents that poll',
    'a host that is off at times, or for which the server was down',
    'an agent that has a connection for most of the time, or that was followed for too short a time',
  ],
  requirements: ['S0-02', 'S0-06'],
  flows: PROVED,
  parameters: {},
  watch(_values, _world, raise) {
    return {
      'mass-return': (event) => raise(stormFinding(event)),
      'seldom-connected': (event) => raise(dutyFinding(event)),
    }
  },
  describe(findings) {
    const first = findings[0]
    return first.details['duty'] === undefined ? describeStorm(findings) : describeDuty(findings)
  },
})

const requirementsOf = ({ profile }: Service, ...ids: readonly string[]): readonly string[] =>
  profile === 'symantec-dlp' ? ids : []

function stormFinding({ end, first, last, returns, sighting }: MassReturn): Finding {
  const { service } = end
  return {
    ...about(sighting),
    type: 'reconnect-storm',
    severity: 'warning',
    at: first.at,
    agent: null,
    server: null,
    connection: null,
    actor: { role: 'agent', address: null, confidence: 0.9 },
    manner: null,
    confidence: 0.9,
    details: {
      agents: returns,
      lost: end.ends,
      seconds: Math.round(toSeconds(last.at - first.at) * 100) / 100,
      afterSeconds: Math.round(toSeconds(Math.max(0, first.at - end.first.at)) * 100) / 100,
    },
    evidence: packets(
      { ...end.first, note: 'the first connection that was lost' },
      { ...first, note: 'the first agent that comes back' },
      { ...last, note: `the last of ${returns}` },
    ),
    cause: service.name,
    requirements: requirementsOf(service, 'S0-02', 'S0-06'),
  }
}

function dutyFinding({ agent, sighting, duty, observed, connections, first }: SeldomConnected): Finding {
  const { service, startPacket, start: at } = sighting
  return {
    ...about(sighting),
    type: 'reconnect-storm',
    severity: 'warning',
    at,
    agent: agentOf(sighting, agent),
    actor: { role: 'unknown', address: null, confidence: 0.3 },
    manner: null,
    confidence: 0.7,
    details: {
      duty: Math.round(duty * 1000) / 1000,
      observedSeconds: Math.round(toSeconds(observed)),
      connections,
    },
    evidence: packets(
      ...evidence(
        { ...first, note: 'an earlier connection of the agent' },
        {
          ...packetOf(sighting, startPacket, at),
          note: `the agent comes again: ${connections} connections by now`,
        },
      ),
    ),
    cause: `${service.name}|duty`,
    requirements: requirementsOf(service, 'S0-02'),
  }
}

function describeStorm([first, ...others]: readonly [Finding, ...Finding[]]): Description {
  const { agents, lost, seconds, afterSeconds } = first.details as Record<string, number>
  return {
    title: `${counted(agents!, 'agent')} of ${first.service ?? 'the service'} reconnected within ${spokenHundredths(seconds!)}`,
    summary:
      `${lost} connections had been ended at once; ${agents} came back within ${spokenHundredths(seconds!)}, beginning ` +
      `${spokenHundredths(afterSeconds!)} later${others.length === 0 ? '' : `; that happened ${times(others.length + 1)}`}. ` +
      'All of them sign in, and may fetch their policies, at the same time.',
    remedy:
      'Remove what ends the connections at once. Where agents or load balancer can be told to, spread their returns over some minutes, and limit how many connections are opened per second.',
    filter: momentsFilter([first, ...others], ['syn', 'fin', 'reset']),
    details: first.details,
  }
}

function describeDuty(findings: readonly [Finding, ...Finding[]]): Description {
  const agents = agentsAmong(findings)
  const least = findings.reduce((a, b) => (dutyOf(b) < dutyOf(a) ? b : a))
  const { duty, observedSeconds, connections } = least.details as Record<string, number>
  return {
    title: `Agents of ${findings[0].service ?? 'the service'} connect again and again`,
    summary: `This product’s agents keep one connection. ${counted(agents, 'agent')} had none for much of the time, though the host was up; the worst was connected for ${Math.round(duty! * 100)} % of ${spoken(observedSeconds! * 1e6)}, with ${connections} connections.`,
    remedy:
      'See who ends the connections: an agent that is told to poll, a server or a device between with a short timer. Each new one costs a login, and perhaps the policies.',
    filter: connectionFilter(findings),
    details: least.details,
  }
}

const dutyOf = ({ details }: Finding): number => details['duty'] as number
