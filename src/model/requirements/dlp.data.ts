/**
 * Symantec DLP: agents, endpoint servers and what stands between (article 160568; from version 12.5 on:
 * 173958, 207657).
 */
import { type Requirement, stated } from '../requirement.ts'

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
      ['severed-idle', 'severed-active'],
      'idle',
      ALL,
    ],
    [
      'S0-05',
      'A connection that is severed costs a large overhead: agents download their policies again.',
      ['reconnect-overhead'],
      'returns',
      { ...ALL, byName: true },
    ],
    [
      'S0-06',
      'Connections are not severed regularly: how often it happens matters.',
      ['severed-idle', 'severed-active', 'reconnect-storm'],
      'idle',
      { byName: true },
    ],
    [
      'S0-07',
      'The product balances nothing itself: a spread over servers is the network’s doing.',
      ['server-hop'],
      'visits',
      ALL,
    ],
    [
      'S0-08',
      'An agent may be set to fail over to another server when its own is down.',
      ['no-failover'],
      'failures',
      ALL,
    ],
    ['S0-09', 'The same agent stays on the same server.', ['server-hop'], 'visits', ALL],
    [
      'S0-10',
      'Going to another server costs the same overhead as coming back.',
      ['reconnect-overhead'],
      'returns',
      { ...ALL, byName: true },
    ],
    [
      'S0-11',
      'What a server holds for an agent that went elsewhere is not freed at once.',
      ['half-open-leftover'],
      'visits',
      ALL,
    ],
    [
      'S0-12',
      'An agent that moves during a discover scan loses the scan’s state.',
      ['scan-at-risk'],
      'visits',
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
      ['severed-idle', 'severed-active'],
      'idle',
      { byName: true },
    ],
    [
      'S0-16',
      'The load balancer keeps an agent with its server, and the server’s answers on the same way.',
      ['server-hop', 'persistence-expired-early', 'return-path-bypass'],
      'relayed',
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
