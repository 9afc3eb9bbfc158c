/**
 * What a requirement of a vendor is, as data: the sentence in our words, the products that it binds, the
 * incidents that break it, and the traffic on which a verdict rests.
 */
import type { ProfileName } from './deployment.ts'
import type { Service } from './party.ts'

/**
 * What was seen of a service, in numbers: a verdict of "met" rests on one of these.
 *
 * `connections` of agents, on either side of a relay; `idle`: of those, silent for as long as the product may
 * be (longest-silence.ts); `returns`: visits of agents that had come before; `visits`: times that the server
 * was seen which an agent reached; `listed`: of those, where the configuration says which servers are the
 * agent's; `relayed`: connections on the server side of a relay; `relayed-returns`: visits there of agents
 * that had come before; `session-returns`: those, and requests of web sessions there; `moves`: visits there
 * of agents that had been at another server, which is not seen to have failed; `spread`: relayed connections
 * to other servers than the one that has most, where no order of servers is stated; `weighted`: relayed
 * connections, where weights are stated; `via`: connections through a relay whose address the configuration
 * states; `failures`: tries of agents that came to nothing; `named`: connections whose agent named itself;
 * `translated`: of those, seen behind an address translation; `exchanges`: requests with their responses;
 * `clear`: of those, such as passed outside of TLS; `enrolments`: enrolment requests answered;
 * `web-requests`: requests with a session cookie; `handshakes` of TLS; `certificates` that servers showed;
 * `payloads`: connections whose first octets were seen; `pairs`: connections seen on both sides of a relay;
 * `read-pairs`: of those, with requests that could be read on both; `tls-pairs`: of those, with TLS on the
 * agent's side; `re-encrypted`: of those, with another handshake on the server's side; `answers` of DNS for
 * the service's names; `led`: of those, with the relay's address; `mails`: sessions of SMTP; `probes` of
 * health; `replications`: connections between servers; `apart`: agents' connections to servers that have
 * addresses for replication alone; `wake-ups` of agents; `check-ins`: regular contacts; `back-ends`: tries of
 * servers to reach what they rely on themselves.
 */
export const BASES = [
  'connections',
  'idle',
  'returns',
  'visits',
  'listed',
  'relayed',
  'relayed-returns',
  'session-returns',
  'moves',
  'spread',
  'weighted',
  'via',
  'failures',
  'named',
  'translated',
  'exchanges',
  'clear',
  'enrolments',
  'web-requests',
  'handshakes',
  'certificates',
  'payloads',
  'pairs',
  'read-pairs',
  'tls-pairs',
  're-encrypted',
  'answers',
  'led',
  'mails',
  'probes',
  'replications',
  'apart',
  'wake-ups',
  'check-ins',
  'back-ends',
] as const
export type Basis = (typeof BASES)[number]

/** How often each basis was seen of a service. */
export interface ServiceSeen {
  readonly service: Service
  readonly seen: Readonly<Record<Basis, number>>
}

export interface Requirement {
  /** `S0-04`: the vendor document and the number in it. */
  readonly id: string
  /** The same in an older document. */
  readonly also: readonly string[]
  readonly title: string
  readonly profiles: readonly ProfileName[]
  /** Types of incidents that break it; none: it states what is normal, or what no traffic can break. */
  readonly brokenBy: readonly string[]
  /** Only those incidents do that name it: the type alone does not tell. */
  readonly byName: boolean
  /** Null: only incidents show that it is met, those of `shownBy`. */
  readonly basis: Basis | null
  /** So much of the basis must have been seen before silence means that it is met. */
  readonly atLeast: number
  /** Types of incidents that show it met, where they name it and only inform: each occurrence counts as one
   * more of the basis. */
  readonly shownBy: readonly string[]
  readonly doubt: Doubt | null
  /** What capture or configuration would decide it, as the end of a sentence. */
  readonly needs: string
}

/** What speaks against a requirement and does not show it broken: where such was seen, it is not met. */
export interface Doubt {
  /** Incidents of these types, whatever their severity. */
  readonly incidents: readonly string[]
  /** Traffic of this basis. */
  readonly basis: Basis | null
  /** What would decide it, as the end of a sentence. */
  readonly needs: string
}

/** What a row states, filled up with the defaults of its basis. */
export type Statement = readonly [
  ids: string,
  title: string,
  brokenBy: readonly string[],
  basis: Basis | null,
  more?: {
    readonly shownBy?: readonly string[]
    readonly doubt?: Partial<Doubt> & Pick<Doubt, 'needs'>
    readonly byName?: boolean
    readonly atLeast?: number
    readonly needs?: string
    readonly profiles?: readonly ProfileName[]
  },
]

/** What would show traffic of a basis that was not there. */
const NEEDS: Readonly<Record<Basis, string>> = {
  connections: 'a capture that holds connections of agents to this service',
  idle: 'a capture of agents’ own connections that are silent for as long as the product may be: for its `heartbeat` or `serverIdleTimeout`, or for 2 h 4 min where nothing bounds it',
  returns: 'a capture long enough for agents to connect again',
  visits: 'a capture on the servers’ side of whatever balances, or of the direct way',
  listed:
    'the servers of each location, group or priority in the configuration, and a capture of their agents',
  relayed: 'a capture on the servers’ side of the load balancer',
  'relayed-returns': 'a capture on the servers’ side of the load balancer, long enough for agents to return',
  'session-returns':
    'a capture on the servers’ side of the load balancer, long enough for agents or web users to return',
  moves: 'a capture on the servers’ side of the load balancer, long enough for agents to return',
  spread: 'a capture on the servers’ side of the load balancer',
  weighted:
    'a capture on the servers’ side of the load balancer, and `weight` of the servers in the configuration',
  via: 'a capture of connections through a load balancer, and `vips` in the configuration',
  failures: 'a capture of agents whose server fails them',
  named: 'a capture in which agents name themselves, or a list of agents in the configuration',
  translated:
    'a capture behind the address translation in which agents name themselves, and `nat` in the configuration',
  exchanges: 'a capture of HTTP that can be read: in clear, or with its keys',
  clear: 'a capture of HTTP in clear',
  enrolments: 'a capture of enrolments that can be read, and `enrolment` in the configuration',
  'web-requests': 'a capture of web sessions that can be read, and `web` in the configuration',
  handshakes: 'a capture with the beginnings of TLS connections',
  certificates: 'a capture of whole TLS handshakes up to TLS 1.2, or the keys of TLS 1.3',
  payloads: 'a capture with the beginnings of connections, not cut short',
  pairs: 'two captures of the same time, one on each side of the device between',
  'read-pairs':
    'two captures of the same time, one on each side of the device between, of HTTP that can be read on both',
  'tls-pairs':
    'two captures of the same time, one on each side of the device between, of agents that speak TLS',
  're-encrypted':
    'two captures of the same time, one on each side of a load balancer that ends TLS and begins it anew',
  led: 'a capture of the agents’ DNS, and `fqdn` and `vips` in the configuration',
  answers: 'a capture of the agents’ DNS, and the service’s `fqdn` in the configuration',
  mails: 'a capture of SMTP at the server, and `smtp` in the configuration',
  probes: 'a capture on the servers’ side, with the health checks of the load balancer',
  replications: 'a capture of the servers’ own network, and `replicationAddresses` in the configuration',
  apart: '`replicationAddresses` of the servers in the configuration, and a capture at the servers',
  'wake-ups': 'a capture of wake-up calls, and `wakeUp` in the configuration',
  'check-ins': 'a capture of several check-in intervals',
  'back-ends':
    'a capture at a handler of its connections to the core server and the database, and its address in `servers` of the configuration',
}

const SHOWN = 'a capture of the time when it happens'

/** The requirements of one document; `profiles` are those that it binds where a row says nothing else. */
export const stated = (
  profiles: readonly ProfileName[],
  statements: readonly Statement[],
): readonly Requirement[] =>
  statements.map(([ids, title, brokenBy, basis, more = {}]) => {
    const [id = '', ...also] = ids.split(' ')
    return {
      id,
      also,
      title,
      profiles: more.profiles ?? profiles,
      brokenBy,
      byName: more.byName ?? false,
      basis,
      atLeast: more.atLeast ?? 1,
      shownBy: more.shownBy ?? [],
      doubt: more.doubt === undefined ? null : { incidents: [], basis: null, ...more.doubt },
      needs: more.needs ?? (basis === null ? SHOWN : NEEDS[basis]),
    }
  })
