/**
 * Healthy traffic of many kinds, drawn by a seed: agents of several products that come by chance, by the
 * clock or in bursts, or stay connected; that close, are killed or sleep; servers that close what is idle;
 * load balancers and translators that forget nothing too early; losses on the way, and taps that miss, double
 * or delay packets, or begin and end amid everything. Nobody does anything that the product, its
 * configuration or ordinary TCP does not foresee.
 */
import { SECOND, type Micros } from '../../src/model/time.ts'
import { certificate } from '../scenario/certificate.ts'
import type { Device } from '../scenario/devices/device.ts'
import { createRandom, type Random } from '../scenario/random.ts'
import {
  type Conversation,
  firewall,
  loadBalancer,
  nat,
  request,
  response,
  type Scenario,
  scenario,
  STORY_START,
} from '../scenario/scenario.ts'
import { SEALED, secures } from '../scenario/tls.ts'

export interface Healthy {
  readonly story: Scenario
  readonly config: unknown
  readonly taps: readonly string[]
  /** Exporters tell of it, instead of captures. */
  readonly isFlows: boolean
  /** What a capture has of it: from when until when. */
  readonly from: Micros
  readonly until: Micros
  /** In words, for whoever looks for what raised an alarm. */
  readonly what: string
}

/**
 * Share of packets that are lost on a link. RFC 6298 (appendix A) tells of handshakes of which two in a
 * hundred need a retransmission: as many as when each of their packets is lost once in a hundred times.
 * Networks of one site lose next to nothing.
 */
const LOSSES = [0, 0, 0.001, 0.01] as const

const MINUTE: Micros = 60 * SECOND
const HOUR: Micros = 60 * MINUTE
const VIP = '10.30.2.10'
const BALANCER = '10.30.3.1'
const OUTSIDE = '198.51.100.'

type Profile = 'symantec-dlp' | 'symantec-dlp-12.5' | 'symantec-sepm' | 'mcafee-epo' | 'generic'

/** A product as far as its agents behave by it. */
interface Product {
  readonly profile: Profile
  readonly port: number
  /** Ways in which its agents may come. */
  readonly habits: readonly Habit[]
  /** Agents stay with the server that they came to first. */
  readonly isSticky: boolean
  /** Says who it is, or shakes hands. */
  readonly greet: (c: Conversation, agent: number, world: World) => void
  readonly ask: (c: Conversation, agent: number, world: World) => void
}

type Habit = 'by chance' | 'by the clock' | 'in bursts' | 'stays'

interface Drawn {
  readonly random: Random
  readonly product: Product
  readonly servers: readonly string[]
  readonly agents: number
}

interface World {
  readonly s: Scenario
  readonly random: Random
  readonly product: Product
  readonly agenda: Agenda
  readonly servers: readonly string[]
  readonly span: Micros
  readonly interval: Micros
  readonly asleep: Set<string>
  readonly target: (agent: number) => string
}

const opaque = (random: Random, low: number, high: number): Uint8Array =>
  random.fill(new Uint8Array(random.between(low, high)))

const sealed = (c: Conversation, agent: number): void =>
  secures(c, { name: 'keys.example.com', chain: [CERTIFICATE], nonce: agent * 1000 + c.agent.end.local.port })
const CERTIFICATE = certificate({ name: 'keys.example.com', names: ['keys.example.com'], to: '2027-11-01' })

const asksSealed = (c: Conversation, _agent: number, { random }: World): void => {
  for (let n = random.between(1, 3); n > 0; n--) c.agent.sends(SEALED)
  for (let n = random.between(1, 12); n > 0; n--) c.server.sends(SEALED)
}

const http =
  (method: string, target: (agent: number, random: Random) => string) =>
  (c: Conversation, agent: number, { random }: World): void => {
    c.agent.sends(request(method, target(agent, random), { body: 'x'.repeat(random.between(0, 900)) }))
    c.server.sends(response({ body: 'y'.repeat(random.between(0, 2500)) }))
  }

const guid = (agent: number): string => `{0B5C2D1E-0000-4000-8000-${String(agent).padStart(12, '0')}}`
const hex = (random: Random): string =>
  Buffer.from(opaque(random, 20, 40))
    .toString('hex')
    .toUpperCase()
const nothing = (): void => {}

const PRODUCTS: readonly Product[] = [
  {
    profile: 'symantec-dlp',
    port: 8000,
    habits: ['stays'],
    isSticky: true,
    greet: (c, _agent, { random }) =>
      void c.agent.sends(opaque(random, 40, 200)).receives(opaque(random, 100, 3000)),
    ask: (c, _agent, { random }) =>
      void c.agent.sends(opaque(random, 20, 400)).receives(opaque(random, 10, 3000)),
  },
  {
    profile: 'symantec-dlp-12.5',
    port: 10_443,
    habits: ['by chance', 'by the clock', 'in bursts', 'stays'],
    isSticky: true,
    greet: sealed,
    ask: asksSealed,
  },
  {
    profile: 'symantec-sepm',
    port: 8014,
    habits: ['by chance', 'by the clock', 'stays'],
    isSticky: true,
    greet: nothing,
    ask: http('POST', (_agent, random) => `/secars/secars.dll?h=${hex(random)}`),
  },
  {
    profile: 'mcafee-epo',
    port: 80,
    habits: ['by chance', 'by the clock', 'in bursts'],
    isSticky: false,
    greet: nothing,
    ask: http('POST', (agent) => `/spipe/pkg?AgentGuid=${guid(agent)}&Source=Agent_3.0.0`),
  },
  {
    profile: 'generic',
    port: 443,
    habits: ['by chance', 'by the clock', 'in bursts', 'stays'],
    isSticky: false,
    greet: sealed,
    ask: asksSealed,
  },
  {
    profile: 'generic',
    port: 9100,
    habits: ['by chance', 'in bursts', 'stays'],
    isSticky: false,
    greet: nothing,
    ask: http('GET', (_agent, random) => `/page/${random.between(1, 40)}`),
  },
]

/** What happens when, in order of time. */
class Agenda {
  private readonly entries: { readonly at: Micros; readonly act: () => void }[] = []

  add(at: Micros, act: () => void): void {
    const { entries } = this
    let i = entries.length
    while (i > 0 && entries[i - 1]!.at < at) i--
    entries.splice(i, 0, { at, act })
  }

  play(s: Scenario, until: Micros): void {
    for (let next = this.entries.pop(); next !== undefined && next.at < until; next = this.entries.pop()) {
      if (next.at > s.now) s.wait(next.at - s.now)
      next.act()
    }
    if (s.now < until) s.wait(until - s.now)
  }
}

/** Whoever opened the connection gives up if nobody answered, however often it tried. */
function isAccepted({ agent, server }: Conversation): boolean {
  try {
    return agent.end.state === 'established' && server.end.state === 'established'
  } catch {
    return false
  }
}

const exponential = (random: Random, mean: Micros): Micros => -mean * Math.log((random.bits() + 1) / 2 ** 32)

const addressOf = (agent: number): string => `10.30.1.${10 + agent}`

/** One agent's life. */
class Agent {
  private readonly world: World
  private readonly number: number
  private readonly habit: Habit
  private readonly address: string
  /** How it ends what it began. */
  private readonly ending: 'closes' | 'aborts' | 'left to the server'
  private left = 0

  constructor(world: World, number: number, habit: Habit) {
    this.world = world
    this.number = number
    this.habit = habit
    this.address = addressOf(number)
    const isShort = habit !== 'stays'
    this.ending =
      isShort && world.random.chance(0.5)
        ? 'left to the server'
        : world.random.chance(0.9)
          ? 'closes'
          : 'aborts'
  }

  begin(): void {
    const { random, interval, span } = this.world
    const first = this.habit === 'stays' ? random.between(0, span / 4) : random.between(0, 2 * interval)
    this.later(first, () => this.comes())
  }

  private later(after: Micros, act: () => void): void {
    this.world.agenda.add(this.world.s.now + after, act)
  }

  private isUp(): boolean {
    return !this.world.asleep.has(this.address)
  }

  /** How long until it comes again. */
  private pause(): Micros {
    const { random, interval } = this.world
    if (this.habit === 'by the clock') return interval * (0.97 + random.between(0, 60) / 1000)
    if (this.habit === 'by chance') return 2 * SECOND + exponential(random, interval)
    if (this.left === 0) this.left = random.between(2, 8)
    return --this.left === 0 ? exponential(random, 5 * interval) : random.between(2, 20) * SECOND
  }

  private comes(): void {
    const { world } = this
    const { random, product, s } = world
    if (this.habit !== 'stays') this.later(this.pause(), () => this.comes())
    if (!this.isUp()) return this.habit === 'stays' ? this.later(MINUTE, () => this.comes()) : undefined
    const c = s.connect(this.address, world.target(this.number))
    if (!isAccepted(c)) return void c.agent.closes()
    product.greet(c, this.number, world)
    product.ask(c, this.number, world)
    if (this.habit === 'stays') return this.stays(c)
    this.goesOn(c, random.between(0, 3))
  }

  /** A few more questions, at leisure; then the end. */
  private goesOn(c: Conversation, times: number): void {
    const { world } = this
    const { random, product } = world
    // Servers that close what is idle for 30 s are given no such silence.
    if (times > 0)
      return this.later(random.between(200, 20_000) * 1000, () => {
        if (!this.isUp() || c.agent.end.state !== 'established') return
        product.ask(c, this.number, world)
        this.goesOn(c, times - 1)
      })
    if (this.ending === 'left to the server')
      return this.later(30 * SECOND, () => {
        if (c.server.end.state === 'established') c.server.closes()
      })
    this.later(random.between(10, 3000) * 1000, () => this.ends(c))
  }

  private ends({ agent }: Conversation): void {
    if (!this.isUp() || agent.end.state !== 'established') return
    if (this.ending === 'aborts') agent.aborts()
    else agent.closes()
  }

  /** Stays connected: now and then a question, and silences that nothing on the way cuts. */
  private stays(c: Conversation): void {
    const { world } = this
    const { random, product } = world
    if (this.number % 3 === 0) c.agent.keepsAlive((30 + (this.number % 5) * 10) * SECOND)
    const losesAsleep = random.chance(0.5)
    const again = (): void => {
      if (!this.isUp()) {
        if (losesAsleep) c.agent.forgets()
        return this.later(random.between(1, 60) * SECOND, again)
      }
      if (c.agent.end.state !== 'established') return this.comes()
      product.ask(c, this.number, world)
      this.later(SECOND + exponential(random, world.interval / 4), again)
    }
    this.later(exponential(random, world.interval / 4), again)
  }
}

type Way = 'straight' | 'firewall' | 'balancer' | 'translator'

/** What stands between agents and servers; what it forgets, it forgets long after the last agent went. */
function devicesOf(way: Way, { random, product, servers, agents }: Drawn): Device[] {
  switch (way) {
    case 'straight':
      return []
    case 'firewall':
      return [firewall({ idle: 24 * HOUR, forgets: 'silently' })]
    case 'translator': {
      const pairs = Array.from({ length: agents }, (_, i) => [addressOf(i), `${OUTSIDE}${10 + i}`] as const)
      return [nat({ map: Object.fromEntries(pairs) })]
    }
    case 'balancer': {
      const vip = { address: VIP, port: product.port }
      const pick = (_n: number, agent: string): string =>
        product.isSticky ? servers[hashOf(agent) % servers.length]! : random.pick(servers)
      return [loadBalancer({ vip, address: BALANCER, idle: 24 * HOUR, manner: 'fin', pick })]
    }
  }
}

const hashOf = (address: string): number => {
  const [, , , last] = address.split('.').map(Number)
  return ((last! * 2_654_435_761) >>> 16) & 0xffff
}

function configOf(
  { profile, port, isSticky }: Product,
  servers: readonly string[],
  hasBalancer: boolean,
): unknown {
  return {
    services: [
      {
        name: 'managed',
        ...(profile === 'generic' ? {} : { profile }),
        ...(isSticky ? {} : { persistence: 'random' }),
        ports: [port],
        ...(hasBalancer ? { vips: [VIP] } : {}),
        servers: servers.map((address, i) => ({ name: `server${i}`, addresses: [address] })),
      },
    ],
    ...(hasBalancer ? { devices: [{ role: 'load-balancer', name: 'lb', addresses: [BALANCER] }] } : {}),
  }
}

/** Laptops that sleep a while, and wake up with their connections; or, of those that stay connected, without
 * them: their system forgot them when it lost the network, and could not say so. */
function putToSleep({ s, random, agenda, asleep, span }: World, habits: readonly Habit[]): void {
  for (const agent of habits.keys()) {
    if (!random.chance(0.2)) continue
    const address = addressOf(agent)
    const from = random.between(span / 4, span / 2)
    agenda.add(STORY_START + from, () => {
      asleep.add(address)
      s.host(address).health = 'asleep'
    })
    agenda.add(STORY_START + from + random.between(MINUTE, span / 3), () => {
      asleep.delete(address)
      s.host(address).health = 'up'
    })
  }
}

/** Packets are lost on their way, and taps see some late, twice or not at all. */
function disturb({ s, random, agenda, span }: World): void {
  const taps = [...s.captures().keys()]
  for (let n = random.between(0, 40); n > 0; n--)
    agenda.add(STORY_START + random.between(0, span), () => {
      const link = s.tap(random.pick(taps))
      const what = random.between(0, 5)
      if (what === 0) link.loses()
      else if (what === 1) link.loses(1, 'before the tap')
      else if (what === 2) link.doubles(random.between(1, 3))
      else if (what === 3) link.delays(1, random.between(100, 3000))
      else link.misses(random.between(1, 3))
    })
}

/** Agents that stay with their server are given it by their address, others any. */
function targetOf(way: Way, { random, product: { port, isSticky }, servers }: Drawn): World['target'] {
  if (way === 'balancer') return () => `${VIP}:${port}`
  const of = (agent: number): string => servers[hashOf(addressOf(agent)) % servers.length]!
  return (agent) => `${isSticky ? of(agent) : random.pick(servers)}:${port}`
}

export function healthy(seed: number): Healthy {
  const random = createRandom(seed)
  const product = random.pick(PRODUCTS)
  const servers = Array.from({ length: random.between(1, 4) }, (_, i) => `10.30.3.${11 + i}`)
  const drawn: Drawn = { random, product, servers, agents: random.between(2, 24) }
  const way = random.pick(['straight', 'firewall', 'balancer', 'translator'] as const)
  const loss = random.pick(LOSSES)
  const s = scenario({ seed, loss, taps: { server: { clockAhead: random.between(-400, 400) } } })
  s.behind(...devicesOf(way, drawn))
  for (const server of servers) s.host(server, { side: 'servers' })
  const interval = random.between(20, 900) * SECOND
  const span = Math.min(6 * HOUR, interval * random.between(4, 20))
  const agenda = new Agenda()
  const asleep = new Set<string>()
  const world: World = { ...drawn, s, agenda, span, interval, asleep, target: targetOf(way, drawn) }
  const habits: Habit[] = []
  for (let agent = 0; agent < drawn.agents; agent++) {
    const habit = random.chance(0.8) && habits.length > 0 ? habits[0]! : random.pick(product.habits)
    habits.push(habit)
    new Agent(world, agent, habit).begin()
  }
  putToSleep(world, habits)
  disturb(world)
  agenda.play(s, STORY_START + span)
  const taps = [...s.captures().keys()]
  const seen = random.chance(0.5) ? taps : [random.pick(taps)]
  const isConfigured = random.chance(0.5)
  return {
    story: s,
    config: isConfigured ? configOf(product, servers, way === 'balancer') : undefined,
    taps: seen,
    isFlows: random.chance(0.15),
    from: STORY_START + (random.chance(0.5) ? random.between(0, span / 2) : 0),
    until: STORY_START + span - (random.chance(0.5) ? random.between(0, span / 3) : 0),
    what: [
      `${product.profile}:${product.port}, ${drawn.agents} agents (${[...new Set(habits)].join(', ')})`,
      `${servers.length} servers, ${way}, every ${interval / SECOND} s for ${span / SECOND} s`,
      `${isConfigured ? 'configured' : 'not configured'}, ${seen.join('+')}, ${loss * 100} % lost`,
    ].join(', '),
  }
}
