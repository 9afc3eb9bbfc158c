/** A site whose agents keep one connection each for as long as they can, and are silent for most of the time.
 * Devices on the path lose patience with it, restart, or give it another address. */
import { MILLISECOND, SECOND, type Micros } from '../../src/model/time.ts'
import {
  agentName,
  between,
  DAY,
  homeAddress,
  HOUR,
  logBetween,
  MINUTE,
  officeAddress,
  type Place,
  relayAddress,
  serverAt,
  type Site,
  type SiteConfig,
  wakes,
} from './site.ts'
import { LINGER, type Line } from './wire.ts'

/** How a device ends what it takes for idle: silently, by RST at the next segment or at once, by FIN. */
export type Severing = 'silent' | 'rst-on-next' | 'rst-at-expiry' | 'fin'

export interface LastingOptions {
  readonly config: SiteConfig
  readonly servers: number
  readonly port: number
  /** The tap sees the agents' side of the firewall, or the servers' side. */
  readonly tap: 'agents' | 'servers'
  /** A load balancer stands between, and the tap behind it. */
  readonly isRelayed?: boolean
  readonly timer?: { readonly after: Micros; readonly how: Severing }
  readonly longestSilence: Micros
  readonly laptops?: number
  /** Each agent restarts so often, one time a day at most, and closes its connection before. */
  readonly restarts?: number
  /** ... and loses its power so often, and says nothing. */
  readonly crashes?: number
  /** A device or server ends all connections at these times; agents come back within so long. */
  readonly upheavals?: readonly Micros[]
  readonly returnWithin?: Micros
  /** Address translation gives open connections other ports at these times. */
  readonly rebinds?: readonly Micros[]
  readonly outer?: (agent: number) => string
}

const CONNECT = 0
const SAY = 1
const MINUTE_OVER = 2
const SPEAK = 3
const EXPIRE = 4
const ACCOUNT = 5
const UPHEAVAL = 6
const REBIND = 7
const RESTART = 8
const CRASH = 9
const GIVE_UP = 10

const POLICY_BYTES = 40_000
const GIVES_UP_AFTER: Micros = 20 * SECOND

export const lasting =
  (options: LastingOptions) =>
  (place: Place): Site =>
    new Lasting(options, place)

class Lasting implements Site {
  readonly config: SiteConfig
  private readonly o: LastingOptions
  private readonly place: Place
  private readonly lines: (Line | null)[]
  private readonly ending: (Line | null)[]
  private readonly addresses: string[] = []
  /** What the agent plans to do belongs to this connection; an older plan is void. */
  private readonly ports: Uint32Array
  private readonly expiries: Float64Array
  /** Since when the device has forgotten the connection; 0: it has not. */
  private readonly speaksAt: Float64Array
  /** Connections that their hosts left behind, until the end. */
  private readonly left: Line[] = []

  constructor(options: LastingOptions, place: Place) {
    this.o = options
    this.place = place
    this.config = options.config
    const { agents, random, timeline, index, until } = place
    this.lines = new Array<Line | null>(agents).fill(null)
    this.ending = new Array<Line | null>(agents).fill(null)
    this.ports = new Uint32Array(agents)
    this.expiries = new Float64Array(agents)
    this.speaksAt = new Float64Array(agents)
    for (let agent = 0; agent < agents; agent++) {
      timeline.add(between(random, 0, 10 * MINUTE), index, agent, CONNECT)
      this.addresses.push(officeAddress(index, agent))
      for (let at = 0; at < until; at += DAY)
        if (random.chance(options.restarts ?? 0))
          timeline.add(at + between(random, HOUR, DAY), index, agent, RESTART)
        else if (random.chance(options.crashes ?? 0))
          timeline.add(at + between(random, HOUR, DAY), index, agent, CRASH)
    }
    for (const at of options.upheavals ?? []) timeline.add(at, index, 0, UPHEAVAL)
    for (const at of options.rebinds ?? []) timeline.add(at, index, 0, REBIND)
  }

  step(party: number, step: number, at: Micros): void {
    switch (step) {
      case CONNECT:
        return this.connect(party, at)
      case SAY:
        return this.say(party, at)
      case MINUTE_OVER:
        return this.minuteOver(party, at)
      case SPEAK:
        return this.speak(party, at)
      case EXPIRE:
        return this.expire(party, at)
      case ACCOUNT:
        return this.account(party, at)
      case UPHEAVAL:
        return this.upheaval(at)
      case REBIND:
        return this.rebind(at)
      case RESTART:
        return this.restart(party, at)
      case CRASH:
        return this.crash(party, at)
      case GIVE_UP:
        return this.giveUp(party, at)
    }
  }

  end(at: Micros): void {
    for (const line of [...this.left, ...this.lines, ...this.ending])
      if (line !== null) this.place.wire.account(line, at)
  }

  private later(at: Micros, party: number, step: number): void {
    this.place.timeline.add(at, this.place.index, party, step)
  }

  private isLaptop(agent: number): boolean {
    return (agent * 2_654_435_761) % 1000 < 1000 * (this.o.laptops ?? 0)
  }

  private addressOf(agent: number): string {
    return this.o.outer?.(agent) ?? this.addresses[agent]!
  }

  private connect(agent: number, at: Micros): void {
    if (this.lines[agent] !== null) return
    const { index, wire } = this.place
    const { isRelayed = false, servers, port } = this.o
    const address = isRelayed ? relayAddress(index) : this.addressOf(agent)
    const from = { address, port: 20_000 + (this.ports[agent]!++ % 40_000) }
    this.lines[agent] = wire.open(from, serverAt(index, agent % servers, port), at)
    this.later(at + 20 * MILLISECOND, agent, SAY)
    this.later(at + MINUTE, agent, MINUTE_OVER)
  }

  private say(agent: number, at: Micros): void {
    const line = this.lines[agent]
    if (line === null || line === undefined || at - line.start !== 20 * MILLISECOND) return
    const { wire, firstAgent } = this.place
    wire.says(line, at, `agent=${agentName(firstAgent + agent)} hello`)
    wire.pass(line, 1, at + 100 * MILLISECOND, POLICY_BYTES)
    this.plan(agent, line.last)
  }

  private minuteOver(agent: number, at: Micros): void {
    const line = this.lines[agent]
    if (line !== null && line !== undefined && at - line.start === MINUTE) this.place.wire.minute(line)
  }

  /** When the agent speaks next, and whether a device loses patience before. */
  private plan(agent: number, last: Micros): void {
    const { random } = this.place
    const { timer, longestSilence } = this.o
    const wanted = last + logBetween(random, 70 * SECOND, longestSilence)
    const at = this.isLaptop(agent) ? Math.max(wanted, wakes(agent, wanted)) : wanted
    this.speaksAt[agent] = at
    this.expiries[agent] = 0
    if (timer !== undefined && at - last > timer.after) this.later(last + timer.after, agent, EXPIRE)
    this.later(at, agent, SPEAK)
  }

  private speak(agent: number, at: Micros): void {
    const line = this.lines[agent]
    if (line === null || line === undefined || this.speaksAt[agent] !== at) return
    // A laptop that slept may be elsewhere now: its old connection is of no use to it.
    if (this.isLaptop(agent) && at - line.last > 6 * HOUR && this.roam(agent))
      return this.leave(agent, line, at)
    if (this.expiries[agent] === 0) {
      this.place.wire.survive(line, at, 300)
      return this.plan(agent, line.last)
    }
    this.meetNobody(agent, line, at)
  }

  private roam(agent: number): boolean {
    const { index, random } = this.place
    const home = homeAddress(index, agent)
    const isHome = random.chance(0.5)
    const before = this.addresses[agent]
    this.addresses[agent] = isHome ? home : officeAddress(index, agent)
    return this.addresses[agent] !== before
  }

  private leave(agent: number, line: Line, at: Micros): void {
    this.left.push(line)
    this.lines[agent] = null
    this.later(at + between(this.place.random, SECOND, 5 * SECOND), agent, CONNECT)
  }

  /** The device has forgotten the connection: what the agent says on it reaches nobody. */
  private meetNobody(agent: number, line: Line, at: Micros): void {
    const { wire, random } = this.place
    const isSilent = this.o.timer!.how === 'silent'
    const back = at + (isSilent ? GIVES_UP_AFTER : 0) + between(random, SECOND, 3 * SECOND)
    this.later(back, agent, CONNECT)
    this.lines[agent] = null
    if (this.o.tap === 'servers') {
      this.left.push(line)
      // On the servers' side a host that slept would look the same.
      const { truth, name, firstAgent } = this.place
      truth.allow('severed-idle', name, firstAgent + agent, back)
      return truth.allow('reconnect-overhead', name, firstAgent + agent, back)
    }
    this.endAt(agent, line, at)
    // What nobody answers is told when the agent gives up.
    if (isSilent) return this.later(at + GIVES_UP_AFTER, agent, GIVE_UP)
    wire.refuse(line, at)
    this.severed(agent, at, back)
  }

  private giveUp(agent: number, at: Micros): void {
    const since = at - GIVES_UP_AFTER
    this.place.wire.vanish(this.ending[agent]!, since, GIVES_UP_AFTER)
    this.severed(agent, since, at + 3 * SECOND)
  }

  private severed(agent: number, at: Micros, back: Micros = at): void {
    const { truth, name, firstAgent } = this.place
    truth.expect('severed-idle', name, firstAgent + agent, at, back)
    truth.expect('reconnect-overhead', name, firstAgent + agent, back)
  }

  private endAt(agent: number, line: Line, at: Micros): void {
    this.ending[agent] = line
    this.later(at + LINGER, agent, ACCOUNT)
  }

  private expire(agent: number, at: Micros): void {
    const line = this.lines[agent]
    const timer = this.o.timer!
    if (line === null || line === undefined || line.last + timer.after !== at) return
    this.expiries[agent] = at
    if (timer.how === 'silent' || timer.how === 'rst-on-next') return
    const { wire, random } = this.place
    this.lines[agent] = null
    if (timer.how === 'fin') wire.close(line, at, 0)
    else wire.expire(line, at, this.o.tap === 'agents' ? 1 : 0)
    const isAsleep = this.isLaptop(agent) && wakes(agent, at) > at
    const back = Math.max(at, isAsleep ? wakes(agent, at) : at) + between(random, SECOND, 5 * SECOND)
    this.later(back, agent, CONNECT)
    this.endAt(agent, line, at)
    if (!isAsleep) return this.severed(agent, at, back)
    // Behind a load balancer, only the agent's return tells its timer from the agent's own close.
    const { truth, name, firstAgent } = this.place
    if (timer.how === 'fin') truth.allow('severed-idle', name, firstAgent + agent, at)
    else truth.expect('severed-idle', name, firstAgent + agent, at)
    truth.allow('reconnect-overhead', name, firstAgent + agent, back)
  }

  private account(agent: number, at: Micros): void {
    const line = this.ending[agent]
    this.ending[agent] = null
    if (line !== null && line !== undefined) this.place.wire.account(line, at)
  }

  private restart(agent: number, at: Micros): void {
    const line = this.lines[agent]
    if (line === null || line === undefined || (this.isLaptop(agent) && wakes(agent, at) > at)) return
    if (this.expiries[agent] !== 0 || this.ending[agent] !== null) return
    const { wire, random } = this.place
    wire.close(line, Math.max(at, line.last + 1), 0)
    this.lines[agent] = null
    this.endAt(agent, line, line.last)
    this.later(line.last + between(random, 20 * SECOND, 10 * MINUTE), agent, CONNECT)
  }

  /** The host is gone and comes back; its connection is never closed. */
  private crash(agent: number, at: Micros): void {
    const line = this.lines[agent]
    if (line === null || line === undefined || at <= line.last) return
    this.left.push(line)
    this.lines[agent] = null
    this.later(at + between(this.place.random, MINUTE, 10 * MINUTE), agent, CONNECT)
  }

  /** A device restarts: it resets whatever it held, and the agents come back. */
  private upheaval(at: Micros): void {
    const { wire, random, truth, name } = this.place
    const { isRelayed = false, returnWithin = 8 * SECOND } = this.o
    for (const [agent, line] of this.lines.entries()) {
      if (line === null || line.last > at || this.ending[agent] !== null) continue
      if (this.isLaptop(agent) && wakes(agent, at) > at) continue
      wire.expire(line, at, isRelayed ? 0 : 1, isRelayed ? 60 : 64)
      this.lines[agent] = null
      this.endAt(agent, line, at)
      this.later(at + between(random, SECOND, returnWithin), agent, CONNECT)
      truth.allow('reconnect-overhead', name, this.place.firstAgent + agent, at, at + returnWithin)
    }
    truth.expect('mass-disconnect', name, -1, at)
    truth.expect('reconnect-storm', name, -1, at, at + returnWithin)
  }

  /** Translation lost its table: open connections go on from other ports. */
  private rebind(at: Micros): void {
    const { wire, truth, name, firstAgent, random } = this.place
    for (const [agent, line] of this.lines.entries()) {
      if (line === null || at - line.last < 2 * SECOND || this.ending[agent] !== null) continue
      if (!random.chance(0.2)) continue
      const originator = { address: line.originator.address, port: line.originator.port + 2 }
      this.lines[agent] = wire.rebind(line, originator, at)
      this.left.push(line)
      truth.expect('nat-rebind', name, firstAgent + agent, at)
      this.plan(agent, at)
    }
  }
}
