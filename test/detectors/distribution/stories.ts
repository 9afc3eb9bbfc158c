/** Agents that come and go behind a load balancer that chooses in one way or another, and names that name
 * servers answer. */
import { seconds } from '../../../src/model/time.ts'
import type { Micros } from '../../../src/model/time.ts'
import { address, ASKED, message, question, record, RESPONSE, u16 } from '../../protocols/dns/craft.ts'
import { loadBalancer, request, response, scenario } from '../../scenario/scenario.ts'
import type { Scenario } from '../../scenario/scenario.ts'

const [ONE, TWO, THREE] = ['10.10.3.11', '10.10.3.12', '10.10.3.13'] as const
export const SERVERS: readonly string[] = [ONE, TWO, THREE]
const VIP = '10.10.2.10'
export const BALANCER = '10.10.3.1'
const BALANCER_TOO = '10.10.3.2'
const NAME_SERVER = '10.10.4.53'
export const FQDN = 'dlp.example.com'

/** A service of two servers, or three, that agents must stay with. */
export const held = (more: object = {}, servers: readonly object[] = [{}, {}]): object => ({
  services: [
    {
      name: 'dlp',
      profile: 'symantec-dlp',
      fqdn: FQDN,
      ports: [8000],
      vips: [VIP],
      persistence: 'sticky',
      servers: servers.map((server, i) => ({
        name: `dlp${i + 1}`,
        addresses: [SERVERS[i]],
        ...server,
      })),
      identity: [{ payloadPattern: 'agent=(\\w+)' }, { httpHeader: 'X-Agent-Id' }],
      ...more,
    },
  ],
  devices: [{ role: 'load-balancer', name: 'lb1', addresses: [BALANCER] }],
})

type Pick = (n: number, agent: string, now: Micros) => string

/** The same, behind a load balancer that is stated with both of its addresses. */
export const heldByBoth = () => ({
  ...held(),
  devices: [{ role: 'load-balancer', name: 'lb1', addresses: [BALANCER, BALANCER_TOO] }],
})

/** It opens two connections from the one of them, two from the other. */
export const byBoth = (n: number): string => (n % 4 < 2 ? BALANCER : BALANCER_TOO)

/** A load balancer that chooses so. */
export function balanced(pick: Pick, more: Partial<Parameters<typeof loadBalancer>[0]> = {}): Scenario {
  const s: Scenario = scenario()
  return s.behind(
    loadBalancer({
      vip: { address: VIP, port: 8000 },
      address: BALANCER,
      idle: seconds(3600),
      manner: 'fin',
      pick: (n, agent) => pick(n, agent, s.now),
      ...more,
    }),
  )
}

export const addressOf = (agent: number): string => `10.10.1.${agent + 1}`

/** An agent comes, says its name and goes, a second later. */
export function comes(s: Scenario, agent: number, to = `${VIP}:8000`): void {
  const { agent: party } = s.connect(addressOf(agent), to)
  party.sends(`agent=N${agent} hello from the endpoint`).receives('policies')
  party.closes()
  s.wait(seconds(1))
}

/** ... and stays. */
export function stays(s: Scenario, agent: number, to = `${VIP}:8000`): void {
  s.connect(addressOf(agent), to).agent.sends(`agent=N${agent} hello from the endpoint`).receives('policies')
  s.wait(seconds(1))
}

export const inTurn =
  (servers: number): Pick =>
  (n) =>
    SERVERS[n % servers]!

/** Agents in an order without a pattern, all of them several times. */
export const manyTimes = (times: number, agents: number): number[] =>
  Array.from({ length: times }, (_, i) => (i * i + 3 * (i >> 2) + i) % agents)

export function handedRound(servers = 2, times = 40): Scenario {
  const s = balanced(inTurn(servers))
  for (const agent of manyTimes(times, 5)) comes(s, agent)
  return s
}

/** So many agents, each once. */
export function onceEach(pick: Pick, agents = 44, more: Parameters<typeof balanced>[1] = {}): Scenario {
  const s = balanced(pick, more)
  for (let agent = 0; agent < agents; agent++) comes(s, agent)
  return s
}

/** The load balancer remembers agents for so long after their last connection began. */
export function forgetful(remembers: Micros): Scenario {
  const known = new Map<string, { server: number; at: Micros }>()
  const s = balanced((_n, agent, now) => {
    const before = known.get(agent)
    const isKnown = before !== undefined && now - before.at <= remembers
    const server = isKnown ? before.server : ((before?.server ?? agent.length) + 1) % 2
    known.set(agent, { server, at: now })
    return SERVERS[server]!
  })
  for (let round = 0; round < 4; round++) {
    for (const agent of [1, 2, 3]) comes(s, agent)
    s.wait(seconds(60))
  }
  s.wait(seconds(600))
  for (const agent of [1, 2, 3]) comes(s, agent)
  return s
}

/** What an F5 would set for a server: article K6917. */
const POOL = { [ONE]: '184748554.16415.0000', [TWO]: '201525770.16415.0000' } as Record<string, string>

/** One request on a connection of its own, as an agent with a name. */
export function asks(s: Scenario, agent: number, cookie?: string): void {
  const { agent: party } = s.connect(addressOf(agent), `${VIP}:8000`)
  const headers = { 'X-Agent-Id': `N${agent}` }
  party
    .sends(request('GET', '/policy', { headers, ...(cookie === undefined ? {} : { cookie }) }))
    .receives(response({ body: 'policy' }))
  party.closes()
  s.wait(seconds(1))
}

/** Each request comes with the cookie of the first server; the load balancer goes by `pick`. */
export function withCookie(pick: Pick, times = 6, more: Parameters<typeof balanced>[1] = {}): Scenario {
  const s = balanced(pick, more)
  for (let i = 0; i < times; i++) asks(s, 1, `BIGipServerpool=${POOL[ONE]}`)
  return s
}

/** The load balancer sets its cookie in every answer; the agent returns it from the n-th request on. */
export function given(returnedFrom = Infinity, cookie = `BIGipServerpool=${POOL[ONE]}; path=/`): Scenario {
  const s = balanced(() => ONE, { injects: () => cookie })
  for (let i = 0; i < 5; i++) asks(s, 1, i >= returnedFrom ? cookie.split(';')[0]! : undefined)
  return s
}

/** Somebody asks a name server, which answers with these addresses in this order. */
export function resolves(s: Scenario, addresses: readonly string[], agent = 1, of = FQDN): void {
  const framed = (text: string): string => u16(text.length) + text
  const questions = [question(of)]
  const answers = addresses.map((quad) => record(ASKED, 1, 60, address(quad)))
  const { agent: party } = s.connect(addressOf(agent), `${NAME_SERVER}:53`)
  party
    .sends(framed(message({ questions })))
    .receives(framed(message({ flags: RESPONSE, questions, answers })))
  party.closes()
  s.wait(seconds(30))
}

/** One after the other, each asked by one client. */
export function answered(...answers: readonly (readonly string[])[]): Scenario {
  const s = scenario()
  for (const addresses of answers) resolves(s, addresses)
  return s
}

export const DISTRIBUTION_STORIES = {
  'round-robin': { config: held(), play: () => handedRound() },
  'not-active-standby': {
    config: held({ persistence: 'ordered' }, [{ priority: 1 }, { priority: 2 }]),
    play: () => onceEach(inTurn(2)),
  },
  imbalance: { config: held(), play: () => onceEach((n) => SERVERS[n % 11 === 0 ? 1 : 0]!) },
  'weight-mismatch': {
    config: held({ persistence: 'weighted' }, [{ weight: 10 }, { weight: 1 }]),
    play: () => onceEach(inTurn(2)),
  },
  'dns-round-robin': {
    config: held(),
    play: () => answered([ONE, TWO], [TWO, ONE], [ONE, TWO]),
  },
  'dns-change': { config: held(), play: () => answered([ONE], [ONE], [TWO]) },
  'persistence-expired-early': {
    config: held({ persistenceDuration: '24h' }),
    play: () => forgetful(seconds(300)),
  },
  'persistence-cookie-ignored': { config: held(), play: () => withCookie(inTurn(2)) },
  'persistence-cookie-lost': { config: held(), play: () => given() },
} as const
