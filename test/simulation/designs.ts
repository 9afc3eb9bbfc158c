/** The sites of a simulated deployment, each with and without its fault, and what must be found of it. */
import { SECOND, type Micros } from '../../src/model/time.ts'
import { readSetCookie } from '../../src/protocols/cookies/set-cookie.ts'
import * as lb from './balancers.ts'
import { lasting, type LastingOptions } from './lasting.ts'
import { type Contact, polling, type PollingOptions } from './polling.ts'
import {
  between,
  DAY,
  homeAddress,
  HOUR,
  MINUTE,
  type Outage,
  type Place,
  relayAddress,
  serverConfig,
  type Site,
  virtual,
} from './site.ts'

export interface Design {
  readonly name: string
  /** Fewer agents would say nothing: the statistics refuse to judge them. */
  readonly agentsMin?: number
  /**
   * Connections are left open for good, more from day to day: the deployment piles them up; the analysis
   * forgets each of them a day after its agent went on.
   */
  readonly leavesOpen?: boolean
  /** Builds the site; `isFaulty` false: the same without its fault. */
  readonly build: (place: Place, isFaulty: boolean) => Site
}

const POLL_PORT = 9000
const HOLD_PORT = 8000

const device = ({ index, name }: Place) => ({ role: 'load-balancer', name, addresses: [relayAddress(index)] })

/** A generic service whose agents come every hour and name themselves. */
function polls(
  place: Place,
  servers: number,
  service: object,
  more: (server: number) => object = () => ({}),
) {
  const { index, name } = place
  return {
    service: {
      name,
      ports: [POLL_PORT],
      vips: [virtual(index)],
      connections: 'polling',
      checkIn: '60m',
      servers: serverConfig(index, servers, more),
      identity: [{ httpHeader: 'X-Agent-Id' }],
      ...service,
    },
    devices: [device(place)],
  }
}

const hourly = { port: POLL_PORT, interval: HOUR, laptops: 0.3 } as const

/** The agent is at another server, and nothing was wrong with the one before. */
function hops({ truth, name, firstAgent }: Place, then: (contact: Contact) => void = () => {}) {
  return (contact: Contact): void => {
    const { agent, at, server, before } = contact
    if (before < 0 || server === before) return
    truth.expect('server-hop', name, firstAgent + agent, at)
    then(contact)
  }
}

/** Moves while a server is out are failovers, and those after are its agents' return. */
function moves({ truth, name, firstAgent }: Place, outages: readonly Outage[]) {
  return ({ agent, at, server, before }: Contact): void => {
    if (before < 0 || server === before) return
    const out = outages.find((o) => o.server === before && at >= o.from && at < o.until + MINUTE)
    truth.expect(out === undefined ? 'failback' : 'failover', name, firstAgent + agent, at)
  }
}

function missesServers({ truth, name }: Place, outages: readonly Outage[]): void {
  for (const { from, until } of outages) {
    truth.expect('server-outage', name, -1, from, until)
    truth.allow('herd-move', name, -1, from, until + DAY)
  }
}

/** Balanced anew each time, although agents have to stay. */
const balancedAnew =
  (pick: (servers: number, place: Place) => lb.Pick, servers: number, isInTurn: boolean) =>
  (place: Place, isFaulty: boolean): Site => {
    const config = polls(place, servers, { persistence: 'sticky' })
    const { truth, name, agents, until } = place
    const own = pick(servers, place)
    // Turns, or what looks like them on idle servers.
    if (isFaulty && isInTurn) truth.expect('round-robin', name, -1, 0, until)
    else truth.allow('round-robin', name, -1, 0, until)
    const options: PollingOptions = {
      ...hourly,
      config,
      servers,
      lasts: [10_000, 20 * SECOND],
      pick: isFaulty ? own : lb.sticky(agents, 30 * DAY, own),
      ...(isFaulty ? { onContact: hops(place) } : {}),
    }
    return polling(options)(place)
  }

function weights(place: Place, isFaulty: boolean): Site {
  const config = polls(place, 2, { persistence: 'weighted' }, (i) => ({ weight: [10, 1][i] }))
  if (isFaulty) place.truth.expect('weight-mismatch', place.name, -1, 0, place.until)
  return polling({ ...hourly, config, servers: 2, pick: lb.weighted(isFaulty ? [1, 1] : [10, 1]) })(place)
}

/** A table that forgets: agents come every hour, give or take a third, and it remembers them for one. */
function forgetful(place: Place, isFaulty: boolean): Site {
  const { truth, name, agents, firstAgent, random } = place
  const config = polls(place, 3, { persistence: 'sticky', persistenceDuration: '24h' })
  const remembers = isFaulty ? HOUR : 30 * DAY
  const onContact = hops(place, ({ agent, at }) =>
    truth.expect('persistence-expired-early', name, firstAgent + agent, at),
  )
  const pick = lb.sticky(agents, remembers, lb.random(3, random))
  const options = { ...hourly, config, servers: 3, pick, jitter: 0.3, laptops: 0 }
  return polling({ ...options, ...(isFaulty ? { onContact } : {}) })(place)
}

function cookies(place: Place, isFaulty: boolean): Site {
  const { truth, name, firstAgent, random } = place
  const config = polls(place, 2, { persistence: 'sticky' })
  const anew = lb.random(2, random)
  const onContact = hops(place, ({ agent, at }) =>
    truth.expect('persistence-cookie-ignored', name, firstAgent + agent, at),
  )
  const options = { ...hourly, config, servers: 2, cookie: 'returned' } as const
  return polling(isFaulty ? { ...options, pick: anew, onContact } : { ...options, pick: lb.byCookie(anew) })(
    place,
  )
}

/** The first server for all, with maintenance each night of the week; the fault: both are in use. */
function standby(place: Place, isFaulty: boolean): Site {
  const { truth, name, until, random } = place
  const config = polls(place, 2, { persistence: 'ordered' }, (i) => ({ priority: i + 1 }))
  if (isFaulty) truth.expect('not-active-standby', name, -1, 0, until)
  const outages = isFaulty ? [] : maintenance(place, 0)
  missesServers(place, outages)
  const pick = isFaulty ? lb.sticky(place.agents, 30 * DAY, lb.random(2, random)) : lb.ordered(2)
  const onContact = isFaulty ? () => {} : moves(place, outages)
  return polling({ ...hourly, startsWithin: 10 * MINUTE, config, servers: 2, pick, outages, onContact })(
    place,
  )
}

/** A server is out for two to four hours, once in each two days. */
function maintenance({ until, random }: Place, server: number): Outage[] {
  const list: Outage[] = []
  for (let day = 0; day + DAY <= until; day += 2 * DAY) {
    const from = day + between(random, 5 * HOUR, 12 * HOUR)
    const manner = random.chance(0.5) ? 'refused' : 'unanswered'
    list.push({ server, from, until: from + between(random, 2 * HOUR, 4 * HOUR), manner })
  }
  return list
}

/** Hashed sources behind a load balancer, with maintenance: failover and failback, and nothing else. */
function hashed(place: Place): Site {
  const config = polls(place, 3, { persistence: 'sticky' })
  const outages = maintenance(place, 1)
  missesServers(place, outages)
  const onContact = moves(place, outages)
  return polling({ ...hourly, config, servers: 3, pick: lb.sourceHash(3), outages, onContact })(place)
}

/** A table that remembers, with maintenance: agents stay where they failed over to. */
function remembered(place: Place): Site {
  const config = polls(place, 3, { persistence: 'sticky' })
  const outages = maintenance(place, 1)
  missesServers(place, outages)
  const pick = lb.sticky(place.agents, 30 * DAY, lb.leastConnections(3))
  return polling({ ...hourly, config, servers: 3, pick, outages, onContact: moves(place, outages) })(place)
}

/** Some agents cannot reach their first server for a while, alone among all. */
function cutOff(place: Place): Site {
  const { index, name, truth, firstAgent } = place
  const config = {
    service: {
      name,
      ports: [POLL_PORT],
      connections: 'polling',
      checkIn: '60m',
      persistence: 'failover',
      failback: { expected: true, delay: '2h' },
      servers: serverConfig(index, 2, (i) => ({ priority: i + 1 })),
      identity: [{ httpHeader: 'X-Agent-Id' }],
    },
  }
  const isCutOff = (agent: number, server: number, at: Micros): boolean =>
    server === 0 && agent % 50 === 3 && (at + agent * 13 * MINUTE) % DAY < 3 * HOUR
  const onContact = ({ agent, at, server, before }: Contact): void => {
    if (server === before || (before < 0 && server === 0)) return
    truth.expect(server === 1 ? 'failover' : 'failback', name, firstAgent + agent, at)
  }
  const options = { ...hourly, laptops: 0, config, servers: 2, isCutOff, onContact }
  return polling({ ...options, list: () => [0, 1] })(place)
}

/** Laptops that sleep, and keep to their hours. */
function scheduled(place: Place): Site {
  const { index, name } = place
  const config = {
    service: {
      name,
      ports: [POLL_PORT],
      connections: 'polling',
      checkIn: '60m',
      persistence: 'sticky',
      servers: serverConfig(index, 1),
      identity: [{ httpHeader: 'X-Agent-Id' }],
    },
  }
  const options = { ...hourly, laptops: 0.5, jitter: 0.005, isScheduled: true }
  return polling({ ...options, config, servers: 1, list: () => [0] })(place)
}

/** Policy lets any server serve any agent. */
function anyServer(place: Place): Site {
  const config = polls(place, 3, { persistence: 'random' })
  return polling({ ...hourly, config, servers: 3, pick: lb.random(3, place.random) })(place)
}

/** Agents with a list of their own: the fault is that some never leave, and some never return. */
function lists(place: Place, isFaulty: boolean): Site {
  const { index, name, truth, firstAgent } = place
  const outages = maintenance(place, 0).map((o) => ({ ...o, until: o.from + 9 * HOUR }))
  missesServers(place, outages)
  const isIn = (share: number, of: number) => (agent: number) => isFaulty && agent % share === of
  const [neverReturns, neverLeaves] = [isIn(5, 1), isIn(5, 2)]
  const config = {
    service: {
      name,
      ports: [POLL_PORT],
      connections: 'polling',
      checkIn: '60m',
      persistence: 'failover',
      failback: { expected: true, delay: '2h' },
      servers: serverConfig(index, 2, (i) => ({ priority: i + 1 })),
      identity: [{ httpHeader: 'X-Agent-Id' }],
    },
  }
  const tell = moves(place, outages)
  const stuck = new Set<number>()
  const onContact = (contact: Contact): void => {
    const { agent, at, server } = contact
    tell(contact)
    const last = outages.findLast((o) => at >= o.from)
    if (neverReturns(agent) && server === 1 && last !== undefined && !stuck.has(agent)) {
      stuck.add(agent)
      truth.expect('no-failback', name, firstAgent + agent, last.until + 2 * HOUR, last.until + 5 * HOUR)
    }
  }
  if (isFaulty)
    for (let agent = 0; agent < place.agents; agent++)
      if (neverLeaves(agent))
        for (const { from, until } of outages)
          truth.expect('no-failover', name, firstAgent + agent, from, until)
  const list = (): readonly number[] => [0, 1]
  const laptops = 0
  const options = { ...hourly, laptops, config, servers: 2, outages, list, onContact }
  return polling({ ...options, neverReturns, neverLeaves })(place)
}

/** Two locations, each with a server; laptops roam between them. */
function locations(place: Place): Site {
  const { index, name } = place
  const servers = [[`${index}-s0`], [`${index}-s1`]]
  const config = {
    service: {
      name,
      ports: [POLL_PORT],
      connections: 'polling',
      checkIn: '60m',
      persistence: 'failover',
      servers: serverConfig(index, 2),
      identity: [{ httpHeader: 'X-Agent-Id' }],
    },
    locations: [
      { name: `office ${index}`, subnets: [`10.${index}.0.0/16`], servers: { [name]: servers } },
      {
        name: `home ${index}`,
        subnets: [`10.${100 + index}.0.0/16`],
        servers: { [name]: servers.toReversed() },
      },
    ],
  }
  return polling({ ...hourly, laptops: 0.6, config, servers: 2, list: () => [0, 1] })(place)
}

/** Each agent has an outer address of its own; the fault: a pool, from which some get another one each
 * day. */
function translated(place: Place, isFaulty: boolean): Site {
  const { index, name, truth, firstAgent } = place
  const config = {
    service: {
      name,
      ports: [POLL_PORT],
      connections: 'polling',
      checkIn: '60m',
      persistence: 'sticky',
      servers: serverConfig(index, 1),
      identity: [{ httpHeader: 'X-Agent-Id' }],
    },
    nat: [
      {
        inside: `10.${index}.0.0/16`,
        outside: [`10.${100 + index}.0.0/16`],
        mapping: isFaulty ? 'pool' : 'static',
      },
    ],
  }
  const shift = (agent: number, at: Micros): number =>
    isFaulty && agent % 4 === 0 ? Math.floor((at + (agent % 23) * HOUR) / DAY) : 0
  const outer = (agent: number, at: Micros): string =>
    homeAddress(index, (agent + 97 * shift(agent, at)) % (place.agents + 1000))
  const last = new Map<number, string>()
  const onContact = ({ agent, at }: Contact): void => {
    const address = outer(agent, at)
    const before = last.get(agent)
    if (before !== undefined && before !== address) truth.expect('nat-change', name, firstAgent + agent, at)
    last.set(agent, address)
  }
  return polling({ ...hourly, laptops: 0, config, servers: 1, list: () => [0], outer, onContact })(place)
}

/** Agents whose service has stopped for half a day, while their hosts are busy. */
function absent(place: Place, isFaulty: boolean): Site {
  const { index, name, truth, firstAgent, until } = place
  const config = {
    service: {
      name,
      ports: [POLL_PORT],
      connections: 'polling',
      checkIn: '60m',
      persistence: 'sticky',
      servers: serverConfig(index, 1),
      identity: [{ httpHeader: 'X-Agent-Id' }],
    },
  }
  const from = (agent: number): Micros => 10 * HOUR + ((agent * 7) % 240) * MINUTE
  const isGone = (agent: number): boolean => isFaulty && agent % 6 === 0
  if (isFaulty)
    for (let agent = 0; agent < place.agents; agent++)
      for (let at = from(agent); at + 6 * HOUR < until && isGone(agent); at += 2 * DAY)
        truth.expect('missed-checkin', name, firstAgent + agent, at, at + 8 * HOUR)
  const isAbsent = (agent: number, at: Micros): boolean =>
    isGone(agent) && (at - from(agent)) % (2 * DAY) < 6 * HOUR && at >= from(agent)
  const laptops = isFaulty ? 0 : 0.5
  return polling({ ...hourly, laptops, config, servers: 1, list: () => [0], isAbsent })(place)
}

/** Agents that enrol, one after the other, and are given a cookie; the fault: two of them, of one name or of
 * two. */
function enrolments(place: Place, isFaulty: boolean): Site {
  const { index, name, truth, firstAgent, until } = place
  const config = {
    service: {
      name,
      profile: 'symantec-sems',
      ports: [POLL_PORT],
      servers: serverConfig(index, 1),
      enrolment: { paths: ['/omc/enroll'], singleSetCookie: true },
      identity: [{ httpHeader: 'X-Agent-Id' }],
    },
  }
  const own = readSetCookie('ovidCookie=1; path=/', 0)
  const added = ['ovidCookie=2; path=/', 'lb=2; path=/'].map((line) => readSetCookie(line, 0))
  const setCookies = (agent: number) => (isFaulty ? [own, added[agent % 2]!] : [own])
  const onContact = ({ agent, at, before }: Contact): void => {
    if (before >= 0 || !isFaulty) return
    const type = agent % 2 === 0 ? 'duplicate-set-cookie' : 'multiple-set-cookie'
    truth.expect(type, name, firstAgent + agent, at)
  }
  const options = { ...hourly, config, servers: 1, list: () => [0], onContact, startsWithin: until }
  return polling({ ...options, enrols: { target: '/omc/enroll', setCookies } })(place)
}

/** Agents that keep a connection, and what stands in between. */
const held =
  (fault: Partial<LastingOptions>, more: Partial<LastingOptions> = {}) =>
  (place: Place, isFaulty: boolean): Site => {
    const { index, name } = place
    const options = { ...more, ...(isFaulty ? fault : {}) }
    const isRelayed = more.isRelayed === true
    const config = {
      service: {
        name,
        profile: 'symantec-dlp',
        ports: [HOLD_PORT],
        servers: serverConfig(index, 2),
        ...(isRelayed ? { vips: [virtual(index)] } : {}),
        identity: [{ payloadPattern: 'agent=(\\w+)' }],
      },
      ...(isRelayed ? { devices: [device(place)] } : {}),
      ...(options.rebinds === undefined
        ? {}
        : { nat: [{ inside: `192.168.${index}.0/24`, outside: [`10.${index}.0.0/16`], mapping: 'pool' }] }),
    }
    const defaults = { servers: 2, port: HOLD_PORT, tap: 'agents', longestSilence: 70 * MINUTE } as const
    return lasting({ ...defaults, ...options, config })(place)
  }

const timer = (how: 'silent' | 'rst-on-next' | 'rst-at-expiry' | 'fin') => ({ timer: { after: HOUR, how } })
const MIDDAY: Micros = 12 * HOUR

export const DESIGNS: readonly Design[] = [
  { name: 'round-robin', build: balancedAnew((n) => lb.roundRobin(n), 2, true) },
  { name: 'least-connections', build: balancedAnew((n) => lb.leastConnections(n), 3, false) },
  { name: 'random', build: balancedAnew((n, { random }) => lb.random(n, random), 3, false) },
  { name: 'weights', build: weights, agentsMin: 80 },
  { name: 'sticky-expiry', build: forgetful },
  { name: 'cookie', build: cookies },
  { name: 'standby', build: standby, agentsMin: 80 },
  { name: 'source-hash', build: hashed },
  { name: 'sticky-maintenance', build: remembered },
  { name: 'cut-off', build: cutOff },
  { name: 'scheduled', build: scheduled },
  { name: 'any-server', build: anyServer },
  { name: 'lists', build: lists },
  { name: 'locations', build: locations },
  { name: 'translated', build: translated },
  { name: 'absent', build: absent },
  { name: 'enrolments', build: enrolments },
  {
    name: 'firewall-silent',
    leavesOpen: true,
    build: held(timer('silent'), { laptops: 0.3, restarts: 0.1 }),
  },
  {
    name: 'firewall-silent-behind',
    leavesOpen: true,
    build: held(timer('silent'), { tap: 'servers', restarts: 0.1 }),
  },
  { name: 'firewall-rst-next', build: held(timer('rst-on-next'), { restarts: 0.1 }) },
  {
    name: 'firewall-rst-expiry',
    leavesOpen: true,
    build: held(timer('rst-at-expiry'), { laptops: 0.3, restarts: 0.1 }),
  },
  { name: 'balancer-fin', build: held(timer('fin'), { isRelayed: true, tap: 'servers' }) },
  {
    name: 'balancer-fin-restarts',
    build: held(timer('fin'), { isRelayed: true, tap: 'servers', restarts: 0.1 }),
  },
  { name: 'power-off', leavesOpen: true, build: held({}, { tap: 'servers', crashes: 0.03 }) },
  { name: 'laptops-roam', leavesOpen: true, build: held({}, { tap: 'servers', laptops: 0.8 }) },
  { name: 'balancer-restart', build: held({ upheavals: [MIDDAY] }, { isRelayed: true, tap: 'servers' }) },
  { name: 'rebind', build: held({ rebinds: [MIDDAY] }, { tap: 'servers' }) },
]
