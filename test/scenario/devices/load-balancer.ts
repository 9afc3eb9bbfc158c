/**
 * A load balancer that ends connections: one TCP connection with the agent, another with the server that it
 * picks, octets copied between them. Idle too long, it closes or resets both, the server's first. It may put
 * a cookie of its own into HTTP responses.
 */
import type { Endpoint } from '../../../src/model/packet.ts'
import type { Micros } from '../../../src/model/time.ts'
import { TcpEnd } from '../endpoint.ts'
import type { Ending } from '../endpoint.ts'
import { withCookie } from '../http.ts'
import { ACK, has, isSame, refusal, reverse, SYN } from '../packet.ts'
import type { Heading, Packet } from '../packet.ts'
import { createStack } from '../stack.ts'
import type { Stack } from '../stack.ts'
import { routed } from './device.ts'
import type { Device, Position } from './device.ts'

export interface LoadBalancerOptions {
  readonly vip: Endpoint
  /** Its own address towards the servers. */
  readonly address: string
  /** The silence on both sides after which it ends a connection. */
  readonly idle: Micros
  /** `forget` says nothing: the next segment from either end draws a reset. */
  readonly manner: 'fin' | 'rst' | 'forget'
  /** It ends a connection in its manner when it is that old, however busy it is; absent: never. */
  readonly maxAge?: Micros
  /** So long after the story's beginning it restarts: every connection that it has ends in its manner. */
  readonly restartsAfter?: Micros
  /** The server of the n-th connection, counted from 0. */
  readonly pick: (n: number, agent: string) => string
  /** The port on which it asks the servers; absent: the one that it was asked on. */
  readonly serverPort?: number
  /** A Set-Cookie value put into every HTTP response of this server; null puts none. */
  readonly injects?: (server: string) => string | null
  /** What it makes of octets that pass, by direction and agent; absent: nothing. */
  readonly rewrites?: (octets: Uint8Array, heading: Heading, agent: Endpoint) => Uint8Array
  /** Its address towards the server of its n-th connection, which may be the agent's; absent: `address` for
   * all. */
  readonly addressOf?: (n: number, agent: string) => string
  readonly hopLimit?: number
  /** The window of its resets: some vendors write the reason there. */
  readonly resetWindow?: number
  /** ... and another one into those that it passes on; `resetWindow` if absent. */
  readonly passedOnWindow?: number
}

const COPYING: Micros = 50 // from one socket to the other

const FIRST_PORT = 10_000 // of its own connections

/** The two connections that carry one agent's octets. */
class Relay {
  readonly front: TcpEnd
  back: TcpEnd | null = null
  private readonly proxy: Proxy
  private readonly waiting: Uint8Array[] = []
  private server = ''
  private lastAt: Micros
  private cancel = (): void => {}

  constructor(proxy: Proxy, syn: Packet) {
    this.proxy = proxy
    this.lastAt = proxy.position.time.now
    this.front = new TcpEnd(proxy.stack, proxy.position.time, syn.destination, syn.source, {
      transmit: (packet) => this.transmit(packet, 'to-agents'),
      established: () => this.openBack(),
      data: (octets) => this.copy(this.rewritten(octets, 'to-servers'), () => this.back),
      ending: (how) => this.ended(how, this.back),
    })
    this.front.accept(syn)
    this.watch()
    const { maxAge } = proxy.options
    if (maxAge !== undefined) proxy.position.time.timer(maxAge, () => this.expire())
  }

  touch(): void {
    this.lastAt = this.proxy.position.time.now
  }

  private transmit(packet: Packet, heading: Heading): void {
    this.touch()
    this.proxy.position.forward(packet, heading)
  }

  private openBack(): void {
    this.server = this.proxy.pickFor(this.front.remote)
    const { stack, position, options } = this.proxy
    const local = this.proxy.nextLocal(this.front.remote),
      remote = { address: this.server, port: options.serverPort ?? this.front.local.port }
    this.back = new TcpEnd(stack, position.time, local, remote, {
      transmit: (packet) => this.transmit(packet, 'to-servers'),
      established: () => {
        for (const octets of this.waiting.splice(0)) this.back?.send(octets)
      },
      data: (octets) => {
        const cookie = options.injects?.(this.server) ?? null
        const passed = cookie === null ? octets : withCookie(octets, cookie)
        this.copy(this.rewritten(passed, 'to-agents'), () => this.front)
      },
      ending: (how) => this.ended(how, this.front),
    })
    this.back.open()
  }

  private rewritten(octets: Uint8Array, heading: Heading): Uint8Array {
    return this.proxy.options.rewrites?.(octets, heading, this.front.remote) ?? octets
  }

  private copy(octets: Uint8Array, target: () => TcpEnd | null): void {
    this.proxy.position.time.transit(COPYING, () => {
      const end = target()
      if (end === null || end.state !== 'established') this.waiting.push(octets)
      else end.send(octets)
    })
  }

  /** What one side did, the other is told in kind. */
  private ended(how: Ending, other: TcpEnd | null): void {
    this.proxy.position.time.transit(COPYING, () => {
      if (how === 'fin') other?.close()
      else {
        const { passedOnWindow, resetWindow } = this.proxy.options
        other?.abort(passedOnWindow ?? resetWindow)
      }
      if (this.front.over && (this.back?.over ?? true)) this.cancel()
    })
  }

  private watch(): void {
    const { time } = this.proxy.position,
      { idle } = this.proxy.options
    this.cancel = time.timer(this.lastAt + idle - time.now, () => {
      if (time.now < this.lastAt + idle) return this.watch()
      this.expire()
    })
  }

  expire(): void {
    const { manner, resetWindow } = this.proxy.options
    for (const end of [this.back, this.front]) {
      if (end === null || end.over) continue
      if (manner === 'fin') end.close()
      else if (manner === 'rst') end.abort(resetWindow)
      else end.forget()
    }
  }
}

class Proxy {
  readonly options: LoadBalancerOptions
  readonly position: Position
  readonly stack: Stack
  private readonly relays: Relay[] = []
  private readonly addresses = new Set<string>()
  private opened = 0
  private nextPort = FIRST_PORT

  constructor(options: LoadBalancerOptions, position: Position) {
    this.options = options
    this.addresses.add(options.address)
    this.position = position
    this.stack = createStack(position.random, { system: 'linux', hopLimit: options.hopLimit ?? 255 })
    if (options.restartsAfter !== undefined)
      position.time.timer(options.restartsAfter, () => this.relays.forEach((relay) => relay.expire()))
  }

  pickFor(agent: Endpoint): string {
    return this.options.pick(this.opened++, agent.address)
  }

  nextLocal(agent: Endpoint): Endpoint {
    const { address, addressOf } = this.options
    const own = addressOf?.(this.nextPort - FIRST_PORT, agent.address) ?? address
    this.addresses.add(own)
    return { address: own, port: this.nextPort++ }
  }

  receive(packet: Packet, heading: Heading): void {
    const { vip } = this.options
    const ours =
      heading === 'to-servers'
        ? isSame(packet.destination, vip)
        : this.addresses.has(packet.destination.address)
    if (!ours) return this.position.forward(routed(packet), heading)
    const opens = heading === 'to-servers' && has(packet, SYN) && !has(packet, ACK)
    const end = this.endFor(packet)
    if (end !== undefined && !(opens && end.over)) return end.receive(packet)
    if (opens) return void this.relays.push(new Relay(this, packet))
    const answer = refusal(packet, this.stack.hopLimit)
    if (answer !== null) this.position.forward(answer, reverse(heading))
  }

  private endFor(packet: Packet): TcpEnd | undefined {
    const takes = (end: TcpEnd | null): end is TcpEnd =>
      end !== null &&
      end.state !== 'dead' &&
      isSame(end.local, packet.destination) &&
      isSame(end.remote, packet.source)
    const relay = this.relays.findLast(({ front, back }) => takes(front) || takes(back))
    relay?.touch()
    return relay === undefined ? undefined : takes(relay.front) ? relay.front : (relay.back ?? undefined)
  }
}

export function loadBalancer(options: LoadBalancerOptions): Device {
  return (position) => {
    const proxy = new Proxy(options, position)
    return (packet, heading) => proxy.receive(packet, heading)
  }
}
