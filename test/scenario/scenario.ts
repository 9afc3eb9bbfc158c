/**
 * Stories of agents and servers, told in words and recorded as real captures: every tap of the path gets a
 * pcap of the same events, so that a test runs the whole analysis, from the capture reader to the incident.
 * Time is virtual and begins at 2026-11-21T02:00:00Z; the same story gives the same octets.
 *
 *   const s = scenario().behind(firewall({ idle: seconds(300), forgets: 'rst-on-next' }))
 *   const { agent, server } = s.connect('10.0.0.5', '192.0.2.10:10443') // SYN, SYN/ACK, ACK
 *   agent.sends('heartbeat')
 *   server.sends('ok') //                            acknowledges on the way
 *   s.wait(seconds(301)) //                          the firewall forgets
 *   agent.sends('heartbeat') //                      draws a reset in the server's name
 *   s.tap('client').misses(2) //                     the tap fails to record the next SYN and SYN/ACK
 *   s.connect('10.0.0.5', '192.0.2.10:10443')
 *   s.captures().get('client') //                    a pcap; there is 'server', too
 *   s.save('/tmp/story') //                          for a look with other tools
 *
 * A word lasts until its packets have arrived; delayed acknowledgments, retransmissions and idle timers
 * happen as time passes (`wait`). The path has one link more than devices; its taps are `client`, `server`,
 * and `middle` between two.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Endpoint } from '../../src/model/packet.ts'
import { milliseconds } from '../../src/model/time.ts'
import type { Micros } from '../../src/model/time.ts'
import type { Device } from './devices/device.ts'
import type { TcpEnd } from './endpoint.ts'
import type { LinkOptions } from './frame-writer.ts'
import { Host } from './host.ts'
import { Link } from './line.ts'
import type { Heading, Packet } from './packet.ts'
import { Party } from './party.ts'
import { createRandom } from './random.ts'
import { createStack } from './stack.ts'
import type { StackOptions } from './stack.ts'
import { Timeline } from './timeline.ts'

export { firewall } from './devices/firewall.ts'
export { forwarder } from './devices/forwarder.ts'
export { loadBalancer } from './devices/load-balancer.ts'
export { nat } from './devices/nat.ts'
export { request, response } from './http.ts'

export const STORY_START: Micros = Date.UTC(2026, 10, 21, 2) * 1000

const FIRST_LATENCY: Micros = milliseconds(4),
  LATENCY: Micros = milliseconds(1)
const DEVICE_DELAY: Micros = 20
/** Longer than any end tries. */
const PATIENCE: Micros = milliseconds(20_000)
const LOOK_AGAIN: Micros = milliseconds(50)

export interface TapOptions {
  /** What the tap's clock is ahead of the others'. */
  readonly clockAhead?: Micros
  /** Link type, VLAN tags and the like of its frames. */
  readonly frame?: LinkOptions
  /** From one end of its link to the other. */
  readonly latency?: Micros
  /** The hardware address of whoever is on the agents' end of its link for a packet; null: the usual one. */
  readonly near?: (packet: Packet) => Uint8Array | null
}

export interface ScenarioOptions {
  readonly seed?: number
  readonly start?: Micros
  /** By tap name. */
  readonly taps?: Readonly<Record<string, TapOptions>>
  /**
   * Probability for each packet to be lost on its way over each link. Words then last until what they send
   * has arrived, sent again as often as that takes, and as long as its sender tries.
   */
  readonly loss?: number
}

export interface HostOptions extends StackOptions {
  /** Which end of the path it is on; agents' unless it was met as a server. */
  readonly side?: 'agents' | 'servers'
  /** Routers between it and the first link. */
  readonly hops?: number
  /** False: it stays half open when the other side closes. */
  readonly closesToo?: boolean
}

interface Resident {
  readonly host: Host
  readonly side: 'agents' | 'servers'
  readonly hardware: Uint8Array
}

export interface Conversation {
  /** Whoever opened the connection. */
  readonly agent: Party
  /** Whoever accepted it, behind all devices. */
  readonly server: Party
}

/** `192.0.2.10:10443` or `[2001:db8::1]:443`. */
export function endpointOf(text: string): Endpoint {
  const match = /^(?:\[([0-9a-f:.]+)\]|([\d.]+)):(\d+)$/i.exec(text)
  if (match === null) throw new Error(`${text} is no address:port`)
  return { address: match[1] ?? match[2]!, port: Number(match[3]) }
}

/** A locally administered hardware address. */
const hardwareAddress = (kind: number, n: number): Uint8Array =>
  new Uint8Array([2, kind, 0, n >> 16, n >> 8, n])

function tapName(i: number, links: number): string {
  if (i === 0) return 'client'
  if (i === links - 1) return 'server'
  return links === 3 ? 'middle' : `middle-${i}`
}

export class Scenario {
  private readonly options: ScenarioOptions
  private readonly time: Timeline
  private readonly random
  private readonly devices: Device[] = []
  private readonly residents = new Map<string, Resident>()
  private links: Link[] = []
  private accepted: TcpEnd | null = null

  constructor(options: ScenarioOptions = {}) {
    this.options = options
    this.time = new Timeline(options.start ?? STORY_START)
    this.random = createRandom(options.seed ?? 1)
  }

  get now(): Micros {
    return this.time.now
  }

  /** Puts devices between agents and servers, the agents' first. Before anything is sent. */
  behind(...devices: readonly Device[]): this {
    if (this.links.length > 0) throw new Error('the path is fixed once something was sent')
    this.devices.push(...devices)
    return this
  }

  /**
   * A host, made when it is first named: Windows among the agents, Linux among the servers, unless told
   * otherwise.
   */
  host(address: string, options: HostOptions = {}): Host {
    return this.resident(address, options.side ?? 'agents', options).host
  }

  /** Opens a connection. Devices decide where it ends; `port` is the originator's. */
  connect(from: string, to: string, { port }: { port?: number } = {}): Conversation {
    this.layLine()
    this.accepted = null
    const end = this.host(from).connect(endpointOf(to), port)
    this.settle(() => end.state === 'established' && this.accepted?.state === 'established')
    const { accepted } = this
    const agent: Party = new Party(
      this,
      () => end,
      () => server,
    )
    const server: Party = new Party(
      this,
      () => {
        if (accepted === null) throw new Error(`nobody accepted the connection from ${from} to ${to}`)
        return accepted
      },
      () => agent,
    )
    return { agent, server }
  }

  wait(span: Micros): void {
    this.layLine()
    this.time.runUntil(this.time.now + span)
  }

  get isLossy(): boolean {
    return (this.options.loss ?? 0) > 0
  }

  /** Lets everything arrive that is on its way; where packets are lost, until `isDone`, if that is given. */
  settle(isDone: () => boolean = () => true): void {
    this.time.settle()
    if (!this.isLossy) return
    for (const until = this.time.now + PATIENCE; !isDone() && this.time.now < until; this.time.settle())
      this.time.runUntil(this.time.now + LOOK_AGAIN)
  }

  tap(name: string): Link {
    this.layLine()
    const link = this.links.find((l) => l.name === name)
    if (link === undefined)
      throw new Error(`no tap ${name}; there are ${this.links.map((l) => l.name).join(', ')}`)
    return link
  }

  /** One pcap for each tap, as of now. */
  captures(): Map<string, Uint8Array> {
    this.layLine()
    return new Map(this.links.map((link) => [link.name, link.capture()]))
  }

  /** Writes them to TAP.pcap in a folder, for a look with other tools; answers their paths. */
  save(folder: string): string[] {
    mkdirSync(folder, { recursive: true })
    return [...this.captures()].map(([name, capture]) => {
      const path = join(folder, `${name}.pcap`)
      writeFileSync(path, capture)
      return path
    })
  }

  private resident(address: string, side: 'agents' | 'servers', options: HostOptions = {}): Resident {
    const known = this.residents.get(address)
    if (known !== undefined) return known
    const system = options.system ?? (side === 'agents' ? 'windows' : 'linux')
    const stack = createStack(this.random, { ...options, system })
    const hops = options.hops ?? 0
    const host = new Host(address, stack, this.time, {
      send: (packet) => this.leave({ ...packet, hopLimit: packet.hopLimit - hops }, side),
      accepted: (end) => {
        this.accepted = end
      },
    })
    host.closesToo = options.closesToo ?? true
    const resident: Resident = {
      host,
      side,
      hardware: hardwareAddress(hops === 0 ? 1 : 3, this.residents.size + 1),
    }
    this.residents.set(address, resident)
    return resident
  }

  private leave(packet: Packet, side: 'agents' | 'servers'): void {
    if (side === 'agents') this.links[0]!.carry(packet, 'to-servers')
    else this.links.at(-1)!.carry(packet, 'to-agents')
  }

  /** Links, and devices between them, made at the first word that needs them. */
  private layLine(): void {
    if (this.links.length > 0) return
    const count = this.devices.length + 1
    this.links = Array.from({ length: count }, (_, i) => this.createLink(i, count))
    this.links.forEach((link, i) => {
      if (this.isLossy) link.drops(this.options.loss!, this.random)
      link.arrive = (packet, heading) => this.arrive(i, packet, heading)
    })
    this.handlers = this.devices.map((device, i) =>
      device({
        time: this.time,
        random: this.random,
        forward: (packet, heading) =>
          this.time.transit(DEVICE_DELAY, () =>
            this.links[heading === 'to-servers' ? i + 1 : i]!.carry(packet, heading),
          ),
      }),
    )
  }

  private handlers: ReturnType<Device>[] = []

  private createLink(i: number, count: number): Link {
    const name = tapName(i, count),
      { clockAhead = 0, frame = {}, latency, near } = this.options.taps?.[name] ?? {}
    const hostAt = (packet: Packet, side: 'agents' | 'servers'): Uint8Array => {
      const here = [packet.source, packet.destination].map(({ address }) => this.residents.get(address))
      return here.find((resident) => resident?.side === side)?.hardware ?? hardwareAddress(4, 0)
    }
    const hardware = (packet: Packet, end: 'agents' | 'servers'): Uint8Array => {
      const stated = end === 'agents' ? (near?.(packet) ?? null) : null
      if (stated !== null) return stated
      if (end === 'agents') return i === 0 ? hostAt(packet, end) : hardwareAddress(2, 2 * i)
      return i === count - 1 ? hostAt(packet, end) : hardwareAddress(2, 2 * i + 1)
    }
    return new Link(
      { name, latency: latency ?? (i === 0 ? FIRST_LATENCY : LATENCY), clockAhead, frame, hardware },
      this.time,
    )
  }

  private arrive(link: number, packet: Packet, heading: Heading): void {
    const device = this.handlers[heading === 'to-servers' ? link : link - 1]
    if (device !== undefined) return device(packet, heading)
    const side = heading === 'to-servers' ? 'servers' : 'agents'
    this.resident(packet.destination.address, side).host.receive(packet)
  }
}

export const scenario = (options: ScenarioOptions = {}): Scenario => new Scenario(options)
