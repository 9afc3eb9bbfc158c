/** A site whose agents check in: a connection each time, a request, an answer. A load balancer chooses the
 * server, or the agents do by a list. */
import { cookieFacts } from '../../src/protocols/cookies/facts.ts'
import { readSetCookie } from '../../src/protocols/cookies/set-cookie.ts'
import type { CookieFacts, SetCookie } from '../../src/model/cookie.ts'
import type { HttpRequest } from '../../src/model/http.ts'
import { MILLISECOND, SECOND, type Micros } from '../../src/model/time.ts'
import type { Moment, Pick } from './balancers.ts'
import {
  agentName,
  between,
  DAY,
  homeAddress,
  isOut,
  MINUTE,
  officeAddress,
  type Outage,
  type Place,
  relayAddress,
  serverAt,
  type Site,
  type SiteConfig,
  wakes,
} from './site.ts'
import { LINGER, type Line } from './wire.ts'

export interface PollingOptions {
  readonly config: SiteConfig
  readonly servers: number
  readonly port: number
  readonly interval: Micros
  /** Share of an interval by which each one differs. */
  readonly jitter?: number
  /** All agents come for the first time within so long; an interval, unless stated. */
  readonly startsWithin?: Micros
  /** How long a connection lasts. */
  readonly lasts?: readonly [Micros, Micros]
  /** Agents keep to the hours of their first contact, whether they slept or not; otherwise they come at
   * once. */
  readonly isScheduled?: boolean
  /** The way of one agent to a server is broken at a time. */
  readonly isCutOff?: (agent: number, server: number, at: Micros) => boolean
  /** Share of the hosts that sleep at night. */
  readonly laptops?: number
  readonly outages?: readonly Outage[]
  /** The load balancer's way; absent: agents go by their list. */
  readonly pick?: Pick
  /** Server numbers in order of preference, for agents that choose. */
  readonly list?: (agent: number) => readonly number[]
  /** Agents that stay where they failed over to; and that never try another server. */
  readonly neverReturns?: (agent: number) => boolean
  readonly neverLeaves?: (agent: number) => boolean
  /** The outer address of an agent at a time; absent: it has its own. */
  readonly outer?: (agent: number, at: Micros) => string
  /** The agent does not come at a time, though its host is up, and is busy with something else. */
  readonly isAbsent?: (agent: number, at: Micros) => boolean
  /** Cookies of the load balancer: `returned` by its clients, or not. */
  readonly cookie?: 'returned' | 'not returned'
  /** What an agent asks for at first, and is answered; later ones ask for their policy. */
  readonly enrols?: { readonly target: string; readonly setCookies: (agent: number) => readonly SetCookie[] }
  /** Told of each contact. */
  readonly onContact?: (contact: Contact) => void
}

export interface Contact {
  readonly agent: number
  readonly at: Micros
  readonly server: number
  /** The server before, -1 for none, and the time of the contact there. */
  readonly before: number
  readonly lastAt: Micros
  /** A try that failed came right before. */
  readonly hasFailed: boolean
}

const CHECK_IN = 0
const ASK = 1
const ANSWER = 2
const CLOSE = 3
const ACCOUNT = 4
const HEALTH_CHECK = 5
const HEALTH_ACCOUNT = 6
const BUSY = 7
const BUSY_ACCOUNT = 8

const HEALTH_EVERY: Micros = 30 * SECOND
const NAME_HEADER = 'X-Agent-Id'
const BUSY_PORT = 8443

export const polling =
  (options: PollingOptions) =>
  (place: Place): Site =>
    new Polling(options, place)

class Polling implements Site {
  readonly config: SiteConfig
  private readonly o: PollingOptions
  private readonly place: Place
  private readonly lines: (Line | null)[]
  private readonly ending: (Line | null)[]
  private readonly requests: (HttpRequest | null)[]
  private readonly current: Int8Array
  private readonly before: Int8Array
  private readonly lastAt: Float64Array
  private readonly visits: Uint32Array
  private readonly open: number[]
  private readonly down: boolean[]
  private readonly checks: (Line | null)[]
  private readonly busy: (Line | null)[]
  private readonly facts: CookieFacts[]
  private readonly setCookies: SetCookie[]

  constructor(options: PollingOptions, place: Place) {
    this.o = options
    this.place = place
    this.config = options.config
    const { agents, random, timeline, index } = place
    this.lines = new Array<Line | null>(agents).fill(null)
    this.ending = new Array<Line | null>(agents).fill(null)
    this.requests = new Array<HttpRequest | null>(agents).fill(null)
    this.busy = new Array<Line | null>(agents).fill(null)
    this.current = new Int8Array(agents).fill(-1)
    this.before = new Int8Array(agents).fill(-1)
    this.lastAt = new Float64Array(agents)
    this.visits = new Uint32Array(agents)
    this.open = new Array<number>(options.servers).fill(0)
    this.down = new Array<boolean>(options.servers).fill(false)
    this.checks = new Array<Line | null>(options.servers).fill(null)
    const values = Array.from({ length: options.servers }, (_, i) => f5Value(index, i, options.port))
    this.facts = values.map((value) => cookieFacts('BIGipServerpool', value))
    this.setCookies = values.map((value) => readSetCookie(`BIGipServerpool=${value}; path=/`, 0))
    for (let agent = 0; agent < agents; agent++) {
      timeline.add(between(random, 0, options.startsWithin ?? options.interval), index, agent, CHECK_IN)
      if (options.isAbsent !== undefined) timeline.add(between(random, 0, 20 * MINUTE), index, agent, BUSY)
    }
    if (options.pick !== undefined)
      for (let s = 0; s < options.servers; s++) timeline.add(s * SECOND, index, s, HEALTH_CHECK)
  }

  step(party: number, step: number, at: Micros): void {
    switch (step) {
      case CHECK_IN:
        return this.checkIn(party, at)
      case ASK:
        return this.ask(party, at)
      case ANSWER:
        return this.answer(party, at)
      case CLOSE:
        return this.close(party, at)
      case ACCOUNT:
        return this.account(this.ending, party, at)
      case HEALTH_CHECK:
        return this.healthCheck(party, at)
      case HEALTH_ACCOUNT:
        return this.account(this.checks, party, at)
      case BUSY:
        return this.beBusy(party, at)
      case BUSY_ACCOUNT:
        return this.account(this.busy, party, at)
    }
  }

  end(at: Micros): void {
    for (const line of [...this.lines, ...this.ending, ...this.checks, ...this.busy])
      if (line !== null) this.place.wire.account(line, at)
  }

  private later(at: Micros, party: number, step: number): void {
    this.place.timeline.add(at, this.place.index, party, step)
  }

  private isLaptop(agent: number): boolean {
    return (agent * 2_654_435_761) % 1000 < 1000 * (this.o.laptops ?? 0)
  }

  private checkIn(agent: number, at: Micros): void {
    const { random } = this.place
    const up = this.isLaptop(agent) ? wakes(agent, at) : at
    const { interval, jitter = 0.05, isScheduled = false } = this.o
    if (up > at) {
      const next = isScheduled ? at + Math.ceil((up - at) / interval) * interval : up
      return this.later(next + between(random, SECOND, isScheduled ? MINUTE : 2 * MINUTE), agent, CHECK_IN)
    }
    this.later(at + interval * between(random, 1 - jitter, 1 + jitter), agent, CHECK_IN)
    if (this.o.isAbsent?.(agent, at) === true) return
    const before = this.current[agent]!
    const reached = this.o.pick === undefined ? this.byList(agent, at) : this.byBalancer(agent, at)
    if (reached === null) return
    const { server, delay, hasFailed } = reached
    const from = this.o.pick === undefined ? this.addressOf(agent, at) : relayAddress(this.place.index)
    const line = this.place.wire.open(
      { address: from, port: 20_000 + (this.visits[agent]!++ % 40_000) },
      serverAt(this.place.index, server, this.o.port),
      at + delay,
    )
    this.lines[agent] = line
    this.open[server]!++
    this.before[agent] = before
    this.current[agent] = server
    this.o.onContact?.({ agent, at: at + delay, server, before, lastAt: this.lastAt[agent]!, hasFailed })
    this.lastAt[agent] = at + delay
    this.later(at + delay + 10 * MILLISECOND, agent, ASK)
  }

  private addressOf(agent: number, at: Micros): string {
    const { index } = this.place
    if (this.o.outer !== undefined) return this.o.outer(agent, at)
    const isHome = this.isLaptop(agent) && Math.floor((at - 5 * 3_600_000_000) / DAY) % 3 === agent % 3
    return isHome ? homeAddress(index, agent) : officeAddress(index, agent)
  }

  /** The load balancer tries the server that it picks; one that refuses is down for it until a health check
   * succeeds. */
  private byBalancer(agent: number, at: Micros) {
    const { outages = [], pick, port, cookie } = this.o
    const { wire, index } = this.place
    let delay = 0
    for (;;) {
      const moment: Moment = {
        agent,
        at,
        open: this.open,
        isUp: (server) => !this.down[server],
        cookie: cookie === 'returned' ? this.current[agent]! : -1,
      }
      const server = pick!(moment)
      const outage = isOut(outages, server, at)
      if (outage === undefined) return { server, delay, hasFailed: delay > 0 }
      if (this.down[server]) return null
      this.down[server] = true
      wire.fail(
        { address: relayAddress(index), port: 61_000 },
        serverAt(index, server, port),
        at,
        outage.manner,
      )
      delay += 5 * MILLISECOND
    }
  }

  /** The agent tries the servers of its list in order. */
  private byList(agent: number, at: Micros) {
    const { outages = [], port, list, neverReturns, neverLeaves } = this.o
    const { wire, index } = this.place
    const current = this.current[agent]!
    const own = list!(agent)
    const isStuck =
      neverReturns?.(agent) === true && current >= 0 && isOut(outages, current, at) === undefined
    const tries = isStuck ? [current] : neverLeaves?.(agent) === true ? own.slice(0, 1) : own
    let hasFailed = false
    for (const server of tries) {
      const isCutOff = this.o.isCutOff?.(agent, server, at) === true
      const outage = isOut(outages, server, at) ?? (isCutOff ? { manner: 'unanswered' as const } : undefined)
      if (outage === undefined) return { server, delay: hasFailed ? 200 * MILLISECOND : 0, hasFailed }
      hasFailed = true
      wire.fail(
        { address: this.addressOf(agent, at), port: 20_000 + (this.visits[agent]!++ % 40_000) },
        serverAt(index, server, port),
        at,
        outage.manner,
      )
    }
    return null
  }

  private ask(agent: number, at: Micros): void {
    const line = this.lines[agent]!
    const { firstAgent, wire } = this.place
    const name = agentName(firstAgent + agent)
    const before = this.before[agent]!
    const cookies = this.o.cookie === 'returned' && before >= 0 ? [this.facts[before]!] : []
    const target = before < 0 ? (this.o.enrols?.target ?? '/agent') : '/agent'
    this.requests[agent] = wire.request(line, at, target, [{ name: NAME_HEADER, value: name }], cookies)
    this.later(at + 50 * MILLISECOND, agent, ANSWER)
  }

  private answer(agent: number, at: Micros): void {
    const line = this.lines[agent]!
    const isFirst = this.before[agent]! < 0
    const own = isFirst ? (this.o.enrols?.setCookies(agent) ?? []) : []
    const given = this.o.cookie === undefined ? own : [this.setCookies[this.current[agent]!]!]
    this.place.wire.answer(line, at, this.requests[agent]!, given)
    this.requests[agent] = null
    const [least, most] = this.o.lasts ?? [10 * MILLISECOND, 10 * MILLISECOND]
    this.later(at + between(this.place.random, least, most), agent, CLOSE)
  }

  private close(agent: number, at: Micros): void {
    const line = this.lines[agent]!
    this.place.wire.close(line, at, 0)
    this.open[this.current[agent]!]!--
    this.lines[agent] = null
    this.ending[agent] = line
    this.later(at + LINGER, agent, ACCOUNT)
  }

  private account(lines: (Line | null)[], party: number, at: Micros): void {
    this.place.wire.account(lines[party]!, at)
    lines[party] = null
  }

  /** A connection that carries nothing: is the server there? */
  private healthCheck(server: number, at: Micros): void {
    const { wire, index } = this.place
    const { outages = [], port } = this.o
    this.later(at + HEALTH_EVERY, server, HEALTH_CHECK)
    const from = { address: relayAddress(index), port: 62_000 + server }
    const outage = isOut(outages, server, at)
    this.down[server] = outage !== undefined
    if (outage !== undefined) return wire.fail(from, serverAt(index, server, port), at, outage.manner)
    const line = wire.open(from, serverAt(index, server, port), at)
    wire.close(line, at + 5 * MILLISECOND, 0)
    if (this.checks[server] === null) {
      this.checks[server] = line
      this.later(at + 20 * SECOND, server, HEALTH_ACCOUNT)
    }
  }

  /** The host talks to something else that passes the tap. */
  private beBusy(agent: number, at: Micros): void {
    const up = this.isLaptop(agent) ? wakes(agent, at) : at
    this.later(up + between(this.place.random, 15 * MINUTE, 25 * MINUTE), agent, BUSY)
    if (up > at || this.busy[agent] !== null) return
    const { wire, index } = this.place
    const from = { address: this.addressOf(agent, at), port: 10_000 + (agent % 9000) }
    const line = wire.open(from, serverAt(index, 200, BUSY_PORT), at)
    wire.close(line, at + 5 * MILLISECOND, 0)
    this.busy[agent] = line
    this.later(at + LINGER, agent, BUSY_ACCOUNT)
  }
}

/** What an F5 sets for a server (article K6917): the address with its octets turned round, and the port
 * likewise. */
function f5Value(site: number, server: number, port: number): string {
  const { address } = serverAt(site, server, port)
  const number = address.split('.').reduceRight((sum, octet) => sum * 256 + Number(octet), 0)
  return `${number}.${((port & 255) << 8) | (port >> 8)}.0000`
}
