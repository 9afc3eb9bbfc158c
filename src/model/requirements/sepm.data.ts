/** Symantec Endpoint Protection Manager: management server lists by location (articles 151499, 156653,
 * 158744, 177570). */
import { type Requirement, stated } from '../requirement.ts'

const LISTS = {
  needs: '`locations` or `groups` with their servers in the configuration, and a capture of their agents',
}

export const SEPM_REQUIREMENTS: readonly Requirement[] = stated(
  ['symantec-sepm'],
  [
    [
      'S1-01',
      'Servers have priorities: if the first is down, clients contact the next.',
      ['no-failover'],
      'failures',
      { shownBy: ['failover'] },
    ],
    [
      'S1-02',
      'When the preferred server is back, clients return to it.',
      ['no-failback'],
      null,
      { shownBy: ['failback'], needs: 'a capture of a server that comes back, and of its clients then' },
    ],
    ['S1-03', 'Where a client is decides which server it reports to.', ['wrong-location'], 'listed'],
    [
      'S1-04',
      'Servers of one priority share their clients at random.',
      ['imbalance'],
      'visits',
      { atLeast: 20 },
    ],
    [
      'S1-05',
      'Where clients report follows policy, not a spread over servers.',
      ['wrong-priority', 'off-list-server'],
      'listed',
    ],
    [
      'S1-06',
      'A client that moved asks its last location’s server first, then the new one’s.',
      ['wrong-location'],
      'listed',
    ],
    [
      'S1-07',
      'With “remember last location” off, a client verifies where it is before it connects.',
      ['wrong-location'],
      'listed',
    ],
    [
      'S1-08',
      'Network conditions choose the location; in a conflict one default holds.',
      ['wrong-location'],
      'listed',
    ],
    [
      'S1-09',
      'No client speaks in clear unexpectedly: lists without TLS are the old default.',
      ['cleartext', 'protocol-mismatch'],
      'payloads',
      {
        byName: true,
        doubt: {
          incidents: ['cleartext'],
          needs: 'the service in the configuration: whether its clients are meant to speak in clear',
        },
      },
    ],
    [
      'S1-10',
      'HTTPS is used only with servers that speak it.',
      ['protocol-mismatch'],
      'payloads',
      { byName: true },
    ],
    [
      'S1-11',
      'Where clients verify certificates, a trusted authority issued the server’s.',
      ['certificate-untrusted'],
      'certificates',
    ],
    [
      'S1-12',
      'A list names servers by address or by name; names resolve to those servers.',
      ['vip-bypass', 'dns-round-robin'],
      'answers',
    ],
    [
      'S1-13',
      'Ports other than the default are in the list before clients are installed.',
      ['protocol-mismatch', 'off-list-server'],
      'connections',
      { byName: true },
    ],
    [
      'S1-14',
      'A lower priority is used only while every server of a higher one is down.',
      ['wrong-priority'],
      'listed',
    ],
    [
      'S1-15',
      'Each location’s list orders the servers in its own way, and clients follow it.',
      ['wrong-priority'],
      'listed',
    ],
    [
      'S1-16',
      'A list that was assigned to a location reaches its clients within a heartbeat or two.',
      ['assignment-not-applied'],
      'check-ins',
      LISTS,
    ],
    [
      'S1-17',
      'All clients of a list use the protocol that it names.',
      ['protocol-mismatch'],
      'payloads',
      { byName: true },
    ],
    [
      'S1-18',
      'Clients check in with every heartbeat, and are served within 30 s.',
      ['missed-checkin', 'checkin-retries-exhausted'],
      'check-ins',
      {
        doubt: {
          incidents: ['missed-checkin'],
          needs:
            'a capture in which other traffic of the hosts passes: whether they were up when a check-in was due',
        },
      },
    ],
    [
      'S1-19',
      'A connection that is held for push mode is not cut.',
      ['severed-idle', 'severed-active', 'mass-disconnect'],
      'idle',
      { byName: true },
    ],
  ],
)
