/** Symantec Encryption Management Server and PGP Universal behind load balancers and reverse proxies (article
 * 156803, and its older text; KB 154069). */
import { type Requirement, stated } from '../requirement.ts'

const WEB =
  'a capture of web sessions on the servers’ side or on both, that can be read, and `web` in the configuration'
const COOKIES = 'a capture of HTTP that can be read, on both sides of the load balancer or behind it'

/** A certificate that does not name what was asked for breaks one of several ways to have it right. */
const OTHER_NAMES = {
  incidents: ['certificate-name-mismatch'],
  needs: 'a capture of certificates of this kind, which name what clients ask for',
} as const
/** Connections that are handed round share the load by definition. */
const NOT_ONE = ['not-active-standby', 'round-robin'] as const
const ORDER =
  '`persistence: ordered` and `priority` of the servers in the configuration, and a capture of clients'
const ONE_FOR_ALL = {
  atLeast: 20,
  doubt: {
    incidents: ['not-active-standby'],
    basis: 'spread',
    needs:
      '`persistence: ordered` and `priority` in the configuration, if one server is to have all: several had clients',
  },
} as const
/** Weights that do not hold may be the default of turns, or hashes of addresses. */
const IN_TURN = [
  ['round-robin', 'weight-mismatch'],
  'relayed',
  {
    atLeast: 20,
    byName: true,
    doubt: {
      incidents: ['weight-mismatch'],
      needs: 'the load balancer’s configuration: it does not keep the weights, and turns are not ruled out',
    },
  },
] as const

export const SEMS_REQUIREMENTS: readonly Requirement[] = stated(
  ['symantec-sems'],
  [
    [
      'S2-01',
      'If one server is down, the load balancer lets clients go on with another.',
      ['no-failover'],
      'failures',
      { shownBy: ['failover'] },
    ],
    [
      'S2-02 S3-01',
      'A client whose server is down can work on with another, also without a load balancer.',
      ['no-failover'],
      'failures',
    ],
    [
      'S2-03 S3-02',
      'A web user sees new mail at whatever server requests are sent to.',
      ['replica-lag-read'],
      'web-requests',
      {
        needs: WEB,
        doubt: {
          incidents: ['session-node-switch'],
          needs:
            'a capture of mail and replication: users were sent to another server, and what it held is not seen',
        },
      },
    ],
    [
      'S2-04 S3-03',
      'The client’s installer was downloaded from the load balancer’s name, and carries it.',
      ['vip-bypass'],
      'via',
    ],
    ['S2-05 S3-04', 'A client uses the one name that it enrolled with.', ['off-list-server'], 'handshakes'],
    [
      'S2-06 S3-05',
      'A web user is not sent to a member that has not replicated yet.',
      ['replica-lag-read', 'session-node-switch'],
      'web-requests',
      { needs: WEB },
    ],
    ['S2-07', 'A reverse proxy that stands between leaves TLS as it is.', ['tls-modified'], 'tls-pairs'],
    [
      'S2-08',
      'All products speak TLS.',
      ['cleartext'],
      'handshakes',
      {
        needs: 'a capture with the beginnings of TLS connections',
        doubt: {
          basis: 'clear',
          needs:
            '`tls` of the service in the configuration: requests passed in clear, and nothing says that they may',
        },
      },
    ],
    [
      'S2-09',
      'TLS passes from client to server: nothing else is supported.',
      ['tls-modified', 'tls-terminated'],
      'tls-pairs',
    ],
    [
      'S2-10',
      'A proxy that filters HTTP does not modify what passes.',
      ['payload-modified', 'cookie-rewritten', 'csrf-modified'],
      'read-pairs',
    ],
    [
      'S2-11',
      'Sessions with the server are persistent, through proxy and load balancer.',
      ['session-node-switch'],
      'web-requests',
      { needs: WEB },
    ],
    [
      'S2-12',
      'A web session goes through the same proxy node from login to logout.',
      ['proxy-node-switch'],
      'web-requests',
      { needs: WEB },
    ],
    ['S2-13', 'After logout, a new login may use another node.', [], 'web-requests', { needs: WEB }],
    [
      'S2-14',
      'The token against forged requests is not modified: the session would end.',
      ['csrf-modified'],
      'read-pairs',
    ],
    [
      'S2-15',
      'The load balancer’s check of SMTP finds the port open and a greeting with 220.',
      ['health-check-failed'],
      'probes',
      { byName: true },
    ],
    [
      'S2-16',
      'The next hop of the mail proxy can be reached: else the check fails though the port is open.',
      ['health-check-failed', 'next-hop-down'],
      'mails',
      { byName: true },
    ],
    [
      'S2-17',
      'A node whose mail relay cannot be reached is not taken for down as a whole.',
      ['health-check-failed'],
      'probes',
    ],
    ['S2-18', 'The server can connect to its mail relay.', ['next-hop-down'], 'mails'],
    ['S2-19 S3-06', 'Clients use a name that can lead to more than one server.', ['no-failover'], 'led'],
    [
      'S2-20',
      'If one node is unavailable, the load balancer redirects to the other.',
      ['no-failover'],
      'failures',
      { shownBy: ['failover'] },
    ],
    ['S2-21', 'The load balancer’s name is chosen before clients enrol.', ['vip-bypass'], 'via'],
    [
      'S2-22 S3-07',
      'Clients use the load balancer’s name, and it forwards to the servers.',
      ['vip-bypass'],
      'via',
    ],
    [
      'S2-23',
      'The web portal’s name resolves to the load balancer.',
      ['vip-bypass', 'dns-round-robin'],
      'led',
    ],
    [
      'S2-24 S3-08',
      'Each server’s certificate matches the name that clients use.',
      ['certificate-name-mismatch'],
      'certificates',
    ],
    [
      'S2-25 S3-09',
      'Replication runs on its own interface, each with a certificate of its own.',
      ['replication-wrong-interface', 'certificate-shared-replication'],
      'replications',
    ],
    [
      'S2-26 S3-10',
      'Clients use another interface than replication.',
      ['client-on-replication-interface', 'replication-wrong-interface'],
      'apart',
    ],
    [
      'S2-27 S3-11',
      'All servers that serve clients have the same certificate.',
      ['certificate-differs'],
      'certificates',
      { atLeast: 2 },
    ],
    [
      'S2-28',
      'The load balancer does not redirect a session to another server midstream.',
      ['session-node-switch'],
      'web-requests',
      { needs: WEB },
    ],
    ['S2-29', 'One server is in rotation, the others step in on failure.', NOT_ONE, 'relayed', ONE_FOR_ALL],
    [
      'S2-30 S3-19',
      'Stickiness is set wherever several nodes serve one name.',
      ['session-node-switch', 'server-hop'],
      'session-returns',
    ],
    [
      'S2-31',
      'A client that returns the persistence cookie reaches the server that it names.',
      ['persistence-cookie-ignored'],
      'exchanges',
      { needs: COOKIES },
    ],
    [
      'S2-32',
      'Clients return the persistence cookie that they are given.',
      ['persistence-cookie-lost'],
      'exchanges',
      { needs: COOKIES },
    ],
    [
      'S2-33',
      'The answer to an enrolment holds one Set-Cookie, and no load balancer adds another.',
      ['multiple-set-cookie', 'duplicate-set-cookie', 'enrolment-failed'],
      'enrolments',
      { byName: true },
    ],
    [
      'S2-34',
      'From 10.5.1 on, enrolment succeeds with ovidCookie, whatever other cookies stand beside it.',
      ['enrolment-failed', 'multiple-set-cookie'],
      'enrolments',
      { byName: true },
    ],
    [
      'S2-35',
      'The same source address always reaches the same server.',
      ['server-hop', 'persistence-expired-early'],
      'relayed-returns',
      {
        byName: true,
        doubt: {
          basis: 'moves',
          needs:
            'the load balancer’s configuration: clients came to several servers, and what it goes by is not seen',
        },
      },
    ],
    [
      'S2-36',
      'During the persistence period nothing but a failure moves a client.',
      ['persistence-expired-early', 'server-hop'],
      'relayed-returns',
      {
        byName: true,
        doubt: {
          incidents: ['server-hop'],
          basis: 'moves',
          needs:
            '`persistenceDuration` in the configuration: clients moved, and whether it was over is not known',
        },
      },
    ],
    [
      'S2-37',
      'Clients resolve the name that they are stamped with to the load balancer.',
      ['vip-bypass'],
      'led',
    ],
    ['S2-38', 'Clients check in at the name that they are stamped with.', ['vip-bypass'], 'via'],
    [
      'S2-39',
      'The certificate matches the stamped name, whoever presents it.',
      ['certificate-name-mismatch'],
      'certificates',
    ],
    [
      'S2-40',
      'Where TLS passes through, the node’s own certificate matches the name.',
      ['certificate-name-mismatch'],
      'certificates',
      { byName: true, doubt: OTHER_NAMES },
    ],
    [
      'S2-41',
      'A wildcard in the certificate covers every node, one label deep.',
      ['certificate-name-mismatch'],
      'certificates',
      { byName: true, doubt: OTHER_NAMES },
    ],
    [
      'S2-42',
      'Without a wildcard, the certificate names the load balancer and every node.',
      ['certificate-name-mismatch'],
      'certificates',
      { byName: true, doubt: OTHER_NAMES },
    ],
    [
      'S2-43',
      'A load balancer that ends TLS begins it anew towards the server.',
      ['cleartext'],
      're-encrypted',
      { byName: true },
    ],
    [
      'S2-44',
      'Certificates of an internal authority are trusted by clients, with all between.',
      ['certificate-untrusted'],
      'certificates',
    ],
    ['S2-45', 'The same holds for any other appliance between.', [], 'connections'],
    ['S2-46 S3-12', 'Clients are not handed round: round robin is not supported.', ...IN_TURN],
    [
      'S2-47 S3-13',
      'A cluster is there for availability: its servers do not share the load.',
      NOT_ONE,
      'relayed',
      ONE_FOR_ALL,
    ],
    [
      'S2-48 S3-14',
      'DNS points to one server, and is changed by hand when that fails.',
      // A change is what it asks for: only who names it breaks it.
      ['dns-round-robin', 'dns-change'],
      'answers',
      { byName: true },
    ],
    ['S2-49 S3-15', 'The load balancer is not left on its default of round robin.', ...IN_TURN],
    [
      'S2-50 S3-16',
      'All clients are on one server, on another when that fails: best is fail-over.',
      NOT_ONE,
      'relayed',
      ONE_FOR_ALL,
    ],
    [
      'S2-51 S3-17',
      'With an ordered list, the first available server has all clients.',
      ['wrong-priority', 'no-failback', 'not-active-standby'],
      'listed',
      {
        atLeast: 20,
        shownBy: ['failback'],
        needs: ORDER,
        doubt: { incidents: ['round-robin'], needs: ORDER },
      },
    ],
    [
      'S2-52 S3-18',
      'With weights, the first server has the vast majority.',
      ['weight-mismatch'],
      'weighted',
      { atLeast: 200 },
    ],
    ['S2-53', 'A client has one server name, not several.', ['off-list-server'], 'handshakes'],
    [
      'S2-54',
      'Members reach each other for replication, both ways, and are six at most.',
      ['replication-down'],
      'replications',
    ],
  ],
)
