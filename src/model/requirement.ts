/**
 * What a requirement of a vendor is, as data: the sentence in our words, the products that it binds, the
 * incidents that break it, and the traffic on which a verdict rests.
 */
import type { ProfileName } from './deployment.ts'
import type { Service } from './party.ts'

/**
 * What was seen of a service, in numbers: a verdict of "met" rests on one of these.
 *
 * `connections` of agents; `idle`: of those, silent for longer than the service's threshold; `returns`: an
 * agent's further connections; `visits`: times that the server was seen which an agent reached; `listed`: of
 * those, where the configuration says which servers are the agent's; `relayed`: connections on the server
 * side of a relay; `failures`: tries of agents that came to nothing; `named`: connections whose agent named
 * itself; `translated`: of those, seen behind an address translation; `exchanges`: requests with their
 * responses; `enrolments`: enrolment requests answered; `web-requests`: requests with a session cookie;
 * `handshakes` of TLS; `certificates` that servers showed; `payloads`: connections whose first octets were
 * seen; `pairs`: connections seen on both sides of a relay; `answers` of DNS for the service's names;
 * `mails`: sessions of SMTP; `probes` of health; `replications`: connections between servers; `wake-ups` of
 * agents; `check-ins`: regular contacts; `back-ends`: tries of servers to reach what they rely on themselves.
 */
export const BASES = [
  'connections',
  'idle',
  'returns',
  'visits',
  'listed',
  'relayed',
  'failures',
  'named',
  'translated',
  'exchanges',
  'enrolments',
  'web-requests',
  'handshakes',
  'certificates',
  'payloads',
  'pairs',
  'answers',
  'mails',
  'probes',
  'replications',
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
  readonly basis: Basis
  /** So much of the basis must have been seen before silence means that it is met. */
  readonly atLeast: number
  /** What capture or configuration would decide it, as the end of a sentence. */
  readonly needs: string
}

/** What a row states, filled up with the defaults of its basis. */
export type Statement = readonly [
  ids: string,
  title: string,
  brokenBy: readonly string[],
  basis: Basis,
  more?: {
    readonly byName?: boolean
    readonly atLeast?: number
    readonly needs?: string
    readonly profiles?: readonly ProfileName[]
  },
]

/** What would show traffic of a basis that was not there. */
const NEEDS: Readonly<Record<Basis, string>> = {
  connections: 'a capture that holds connections of agents to this service',
  idle: 'a capture of agents’ own connections, long enough for them to fall idle',
  returns: 'a capture long enough for agents to connect again',
  visits: 'a capture on the servers’ side of whatever balances, or of the direct way',
  listed:
    'the servers of each location, group or priority in the configuration, and a capture of their agents',
  relayed: 'a capture on the servers’ side of the load balancer',
  failures: 'a capture from the time of an outage',
  named: 'a capture in which agents name themselves, or a list of agents in the configuration',
  translated:
    'a capture behind the address translation in which agents name themselves, and `nat` in the configuration',
  exchanges: 'a capture of HTTP that can be read: in clear, or with its keys',
  enrolments: 'a capture of enrolments that can be read, and `enrolment` in the configuration',
  'web-requests': 'a capture of web sessions that can be read, and `web` in the configuration',
  handshakes: 'a capture with the beginnings of TLS connections',
  certificates: 'a capture of whole TLS handshakes up to TLS 1.2, or the keys of TLS 1.3',
  payloads: 'a capture with the beginnings of connections, not cut short',
  pairs: 'two captures of the same time, one on each side of the device between',
  answers: 'a capture of the agents’ DNS, and the service’s `fqdn` in the configuration',
  mails: 'a capture of SMTP at the server, and `smtp` in the configuration',
  probes: 'a capture on the servers’ side, with the health checks of the load balancer',
  replications: 'a capture of the servers’ own network, and `replicationAddresses` in the configuration',
  'wake-ups': 'a capture of wake-up calls, and `wakeUp` in the configuration',
  'check-ins': 'a capture of several check-in intervals',
  'back-ends':
    'a capture at a handler of its connections to the core server and the database, and its address in `servers` of the configuration',
}

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
      needs: more.needs ?? NEEDS[basis],
    }
  })
