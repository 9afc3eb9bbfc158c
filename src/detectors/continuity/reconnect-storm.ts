/** Many agents that had lost their connections came back at once. */
import { toSeconds } from '../../model/time.ts'
import { counted, detector, PROVED, spoken } from '../detector.ts'
import { about, packets } from '../wording.ts'

export const reconnectStorm = detector({
  type: 'reconnect-storm',
  asserts: 'Many agents that had lost their connections at the same moment came back at once.',
  notThis: [
    'agents that start one after the other, and had lost nothing',
    'agents that take their time to come back',
    'a few agents, or a small share of those that were cut off',
    'the regular connections of agents that poll',
  ],
  requirements: ['S0-02', 'S0-06'],
  flows: PROVED,
  parameters: {},
  watch(_values, _world, raise) {
    return {
      'mass-return'({ end, first, last, returns, sighting }) {
        const { service } = end
        raise({
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
          requirements: service.profile === 'symantec-dlp' ? ['S0-02', 'S0-06'] : [],
        })
      },
    }
  },
  describe(findings) {
    const first = findings[0]
    const { agents, lost, seconds, afterSeconds } = first.details as Record<string, number>
    return {
      title: `${counted(agents!, 'agent')} of ${first.service ?? 'the service'} reconnected within ${spoken(seconds! * 1e6)}`,
      summary:
        `${lost} connections had been ended at once; ${agents} came back within ${spoken(seconds! * 1e6)}, beginning ` +
        `${spoken(afterSeconds! * 1e6)} later${findings.length === 1 ? '' : `; that happened ${findings.length} times`}. ` +
        'All of them sign in, and may fetch their policies, at the same time.',
      remedy:
        'Remove what ends the connections at once. Where agents or load balancer can be told to, spread returns over some minutes, and limit the new connections a second.',
      filter:
        first.tuple === null
          ? ''
          : `tcp.flags.syn == 1 && tcp.flags.ack == 0 && tcp.dstport == ${first.tuple[1].port}`,
      details: first.details,
    }
  },
})
