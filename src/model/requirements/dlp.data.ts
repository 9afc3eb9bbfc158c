/**
 * Symantec DLP: agents, endpoint servers and what stands between (article 160568; from version 12.5 on:
 * 173958, 207657).
 */
import { type Requirement, stated } from '../requirement.ts'

/** Cuts that nobody can call regular yet. */
const CUTS = ['severed-idle', 'severed-active', 'mass-disconnect', 'reconnect-storm'] as const

/** What loses its mapping no longer reaches its server, however it ends. */
const REBOUND = {
  incidents: ['nat-rebind'],
  needs: 'the ends of the connections that address translation took away from their server',
} as const

/** The two versions of the product whose agents differ on the wire. */
const ALL = { profiles: ['symantec-dlp', 'symantec-dlp-12.5'] } as const

export const DLP_REQUIREMENTS: readonly Requirement[] = stated(
  ['symantec-dlp'],
  [
    [
      'S0-01',
      'Rules on persistence hold up to version 12.0.1, and not for the default set-up from 12.5 on.',
      [],
      'connections',
    ],
    [
      'S0-02',
      'An agent keeps one connection to its server as part of its normal work.',
      ['reconnect-storm'],
      'connections',
    ],
    ['S0-03', 'That connection may be idle for a long time: idle is legal.', [], 'idle'],
    [
      'S0-04',
      'Nothing on the path may sever an agent’s connection, idle or not.',
      ['severed-idle', 'severed-active', 'mass-disconnect'],
      'idle',
      { ...ALL, byName: true, doubt: REBOUND },
    ],
    [
      'S0-05',
      'An agent that comes back to its server is not sent all its policies again.',
      ['reconnect-overhead'],
      'returns',
      { ...ALL, byName: true },
    ],
    [
      'S0-06',
      'Connections are not severed regularly: how often it happens matters.',
      ['severed-idle', 'severed-active', 'reconnect-storm'],
      'idle',
      {
        byName: true,
        doubt: {
          incidents: CUTS,
          needs:
            'a capture of days: connections were severed, and whether that goes on is not seen in this one',
        },
      },
    ],
    [
      'S0-07',
      'The network leads no agent to several servers: the product balances nothing itself.',
      ['server-hop'],
      'returns',
      ALL,
    ],
    [
      'S0-08',
      'An agent whose server is down gets through to another one.',
      ['no-failover'],
      'failures',
      { ...ALL, shownBy: ['failover'] },
    ],
    ['S0-09', 'The same agent stays on the same server.', ['server-hop'], 'returns', ALL],
    [
      'S0-10',
      'An agent that comes to another server is not sent all its policies again.',
      ['reconnect-overhead'],
      'returns',
      { ...ALL, byName: true },
    ],
    [
      'S0-11',
      'A server frees what it holds for an agent that went elsewhere.',
      ['half-open-leftover'],
      'visits',
      ALL,
    ],
    [
      'S0-12',
      'No agent moves to another server during a discover scan: its state would be lost.',
      ['scan-at-risk'],
      'returns',
      ALL,
    ],
    ['S0-13', 'A server sends the same policies to all its agents.', [], 'returns', ALL],
    [
      'S0-14',
      'Agents reach the servers to which their policies are deployed, and no others.',
      ['off-list-server'],
      'listed',
      ALL,
    ],
    [
      'S0-15',
      'A load balancer and the network behind it support persistent connections, active or inactive.',
      ['severed-idle', 'severed-active', 'mass-disconnect'],
      'idle',
      { byName: true, doubt: REBOUND },
    ],
    [
      'S0-16',
      'The load balancer keeps an agent with its server, and the server’s answers on the same way.',
      ['server-hop', 'persistence-expired-early', 'return-path-bypass'],
      'relayed-returns',
      { ...ALL, byName: true },
    ],
    [
      'S0-17',
      'The load balancer chooses by connections or load, not by round robin.',
      ['round-robin', 'imbalance'],
      'relayed',
      { ...ALL, atLeast: 20 },
    ],
    [
      'S0-18',
      'The load balancer is the gateway: answers to agents go back through it.',
      ['return-path-bypass', 'vip-bypass'],
      'relayed',
      ALL,
    ],
    [
      'S0-19',
      'Address translation is static: both sides keep their addresses, also without traffic.',
      ['nat-change', 'nat-rebind', 'snat-hides-agents', 'nat-shared'],
      'translated',
      ALL,
    ],
    [
      'S0-20',
      'What a case study of the vendor (TECH219005) adds; the document is not available.',
      [],
      'connections',
      { ...ALL, needs: 'the document: nobody could obtain it' },
    ],
  ],
)
