/**
 * The wire between agents and servers: links with devices between them, and a tap on each link. A tap records
 * what passes it; the link may lose, delay or double what has passed or not yet passed the tap.
 */
import { milliseconds } from '../../src/model/time.ts'
import type { Micros } from '../../src/model/time.ts'
import { LINK_TYPE, writeTcp } from './frame-writer.ts'
import type { LinkOptions } from './frame-writer.ts'
import type { Packet } from './packet.ts'
import type { Heading } from './packet.ts'
import { joined, pcapHeader, pcapRecord } from './pcap-writer.ts'
import type { PcapRecord } from './pcap-writer.ts'
import type { Random } from './random.ts'
import type { Timeline } from './timeline.ts'

/** From the agents' end of a link to its tap: cable. */
const TO_TAP: Micros = 100
const ETHERNET_MIN = 60
const FRAME_MAX = 70_000

export interface LinkSettings {
  readonly name: string
  /** From one end to the other. */
  readonly latency: Micros
  /** What the clock of the tap is ahead of true time. */
  readonly clockAhead: Micros
  readonly frame: LinkOptions
  /** The hardware address of whoever is on this end of the link for a packet. */
  readonly hardware: (packet: Packet, end: 'agents' | 'servers') => Uint8Array
}

interface Seen {
  readonly time: Micros
  readonly packet: Packet
  readonly heading: Heading
}

export class Link {
  readonly name: string
  /** Set by the scenario: who gets what arrives at each end. */
  arrive: (packet: Packet, heading: Heading) => void = () => {}
  private readonly settings: LinkSettings
  private latency: Micros
  private readonly time: Timeline
  private readonly seen: Seen[] = []
  private isElsewhere: (packet: Packet) => boolean = () => false
  private drop: () => 'lost' | 'lostUnseen' | null = () => null
  private readonly pending = { missed: 0, doubled: 0, lost: 0, lostUnseen: 0, delayed: 0, delay: 0 }

  constructor(settings: LinkSettings, time: Timeline) {
    this.name = settings.name
    this.settings = settings
    this.latency = settings.latency
    this.time = time
  }

  /** The tap fails to record the next `packets`; they travel on. */
  misses(packets = 1): void {
    this.pending.missed += packets
  }

  /** The tap does not see these packets: they travel another way. */
  overlooks(isElsewhere: (packet: Packet) => boolean): void {
    this.isElsewhere = isElsewhere
  }

  /** The tap records the next `packets` twice, as a mirror of two ports does. */
  doubles(packets = 1): void {
    this.pending.doubled += packets
  }

  /** The next `packets` are lost on the link, after the tap has seen them, or before. */
  loses(packets = 1, where: 'after the tap' | 'before the tap' = 'after the tap'): void {
    this.pending[where === 'after the tap' ? 'lost' : 'lostUnseen'] += packets
  }

  /** Each packet is lost with this probability, after the tap has seen it or before. */
  drops(rate: number, random: Random): void {
    this.drop = () => (random.chance(rate) ? random.pick(['lost', 'lostUnseen'] as const) : null)
  }

  /** The next `packets` are held up by `delay` before the tap, so that later ones overtake them. */
  delays(packets = 1, delay: Micros = milliseconds(1)): void {
    this.pending.delayed += packets
    this.pending.delay = delay
  }

  /** The way from one end to the other takes so long from now on. */
  slows(latency: Micros): void {
    this.latency = latency
  }

  /** Puts a packet on the link. */
  carry(packet: Packet, heading: Heading): void {
    const { latency } = this
    const toTap = heading === 'to-servers' ? TO_TAP : latency - TO_TAP
    const held = this.take('delayed') ? this.pending.delay : 0
    const dropped = this.drop()
    if (this.take('lostUnseen') || dropped === 'lostUnseen') return
    const lost = this.take('lost') || dropped === 'lost'
    this.time.transit(toTap + held, () => {
      this.record(packet, heading)
      if (!lost) this.time.transit(latency - toTap, () => this.arrive(packet, heading))
    })
  }

  /** What the tap recorded, as a classic pcap file with microseconds. */
  capture(): Uint8Array {
    const linkType = LINK_TYPE[this.settings.frame.link ?? 'ethernet']
    const records = this.seen.map((seen) => pcapRecord(this.frame(seen)))
    return joined([pcapHeader({ snapLength: 262_144, linkType }), ...records])
  }

  get packets(): readonly Packet[] {
    return this.seen.map(({ packet }) => packet)
  }

  private take(what: 'missed' | 'doubled' | 'lost' | 'lostUnseen' | 'delayed'): boolean {
    if (this.pending[what] === 0) return false
    this.pending[what]--
    return true
  }

  private record(packet: Packet, heading: Heading): void {
    if (this.isElsewhere(packet) || this.take('missed')) return
    const seen: Seen = { time: this.time.now + this.settings.clockAhead, packet, heading }
    this.seen.push(seen)
    if (this.take('doubled')) this.seen.push({ ...seen, time: seen.time + 2 })
  }

  private frame({ time, packet, heading }: Seen): PcapRecord {
    const { hardware, frame } = this.settings
    const agents = hardware(packet, 'agents'),
      servers = hardware(packet, 'servers')
    const toServers = heading === 'to-servers'
    const end = writeTcp(scratch, 0, {
      padTo: (frame.link ?? 'ethernet') === 'ethernet' ? ETHERNET_MIN : 0,
      ...frame,
      sourceMac: toServers ? agents : servers,
      destinationMac: toServers ? servers : agents,
      source: packet.source.address,
      destination: packet.destination.address,
      sourcePort: packet.source.port,
      destinationPort: packet.destination.port,
      hopLimit: packet.hopLimit,
      identification: packet.identification,
      dontFragment: true,
      sequence: packet.sequence,
      acknowledgment: packet.acknowledgment,
      flags: packet.flags,
      window: packet.window,
      options: { raw: packet.options },
      payload: packet.payload,
    })
    const seconds = Math.floor(time / 1e6)
    return { seconds, fraction: time - seconds * 1e6, bytes: scratch.slice(0, end) }
  }
}

const scratch = new Uint8Array(FRAME_MAX)
