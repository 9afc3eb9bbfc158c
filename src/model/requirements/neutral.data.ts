/**
 * What any client needs of the network, whatever its product: the vendors' requirements in words of nobody's
 * document. They bind no product, and so have no verdict of their own; where an incident breaks what another
 * product's vendor states, its service has these rows instead.
 */
import { type Requirement, stated } from '../requirement.ts'

export const NEUTRAL_REQUIREMENTS: readonly Requirement[] = stated(
  [],
  [
    [
      'X-07',
      'No device on the path ends a connection that both of its ends keep, idle or in use.',
      ['severed-idle', 'severed-active', 'mass-disconnect'],
      'idle',
    ],
    [
      'X-08',
      'Clients stay connected: they need not begin again, and again be served everything.',
      ['reconnect-overhead', 'reconnect-storm'],
      'returns',
    ],
    [
      'X-09',
      'A server learns when a client has gone, and frees what it holds for it.',
      ['half-open-leftover'],
      'visits',
    ],
    [
      'X-10',
      'A client stays with its server as long as that serves it.',
      [
        'server-hop',
        'persistence-expired-early',
        'persistence-cookie-ignored',
        'persistence-cookie-lost',
        'scan-at-risk',
      ],
      'visits',
    ],
    [
      'X-11',
      'All requests of one web session reach the same node.',
      ['session-node-switch', 'proxy-node-switch'],
      'web-requests',
    ],
    [
      'X-12',
      'Clients are spread over servers as it is meant: by load or weight, or to one until that fails.',
      ['round-robin', 'not-active-standby', 'imbalance', 'weight-mismatch', 'dns-round-robin', 'dns-change'],
      'relayed',
    ],
    [
      'X-13',
      'Address translation gives each client an address of its own, and leaves it that.',
      ['nat-change', 'nat-rebind', 'nat-shared', 'snat-hides-agents'],
      'translated',
    ],
    [
      'X-14',
      'Requests and answers both pass the device that is to stand between.',
      ['vip-bypass', 'return-path-bypass'],
      'relayed',
    ],
    [
      'X-15',
      'Clients use the servers that are theirs, in the order stated, and others only while those are down.',
      [
        'no-failover',
        'no-failback',
        'wrong-priority',
        'wrong-location',
        'off-list-server',
        'failover',
        'failback',
        'server-outage',
      ],
      'listed',
    ],
    [
      'X-16',
      'Nothing between changes what is sent, beyond what a proxy has to.',
      ['payload-modified', 'cookie-rewritten', 'csrf-modified', 'tls-modified'],
      'pairs',
    ],
    [
      'X-17',
      'An answer sets each cookie once, and none that the client does not expect.',
      ['multiple-set-cookie', 'duplicate-set-cookie', 'enrolment-failed'],
      'exchanges',
    ],
    ['X-18', 'TLS ends where it is meant to.', ['tls-terminated', 'tls-passthrough'], 'pairs'],
    [
      'X-19',
      'Both ends speak the same protocol, encrypted where that is expected.',
      ['cleartext', 'protocol-mismatch'],
      'payloads',
    ],
    [
      'X-20',
      'A certificate is trusted, names what clients ask for, and is the same wherever that name leads.',
      ['certificate-name-mismatch', 'certificate-differs', 'certificate-untrusted'],
      'certificates',
    ],
    [
      'X-21',
      'Servers reach what they depend on, and health checks tell what clients would meet.',
      ['health-check-failed', 'next-hop-down'],
      'probes',
    ],
    [
      'X-22',
      'Servers replicate with one another, over a network and with certificates of their own.',
      [
        'replication-down',
        'replication-wrong-interface',
        'client-on-replication-interface',
        'certificate-shared-replication',
        'replica-lag-read',
      ],
      'replications',
    ],
    [
      'X-23',
      'Clients check in when it is due, do what they are told, and fetch content where they should.',
      [
        'missed-checkin',
        'checkin-retries-exhausted',
        'assignment-not-applied',
        'wakeup-call',
        'wakeup-failed',
        'content-bypass',
      ],
      'check-ins',
    ],
  ],
)
