/**
 * A firewall that tracks connections and forgets the idle ones: a SYN makes an entry, a reset ends it, and a
 * silence of `idle` ends it too, in one of three manners. What belongs to no entry is dropped, or refused in
 * the peer's name.
 */
import type { Micros } from '../../../src/model/time.ts'
import { ACK, FIN, flowKey, has, NO_BYTES, refusal, reverse, RST, sequenceLength, SYN } from '../packet.ts'
import type { Heading, Packet } from '../packet.ts'
import { routed } from './device.ts'
import type { Device, Position } from './device.ts'

export interface FirewallOptions {
  /** The silence after which an entry is forgotten. */
  readonly idle: Micros
  /**
   * `silently`: what comes later vanishes. `rst-on-next`: what comes later draws a reset in the peer's name,
   * from a sender without state. `rst-both`: both ends get a reset at expiry, what comes later vanishes.
   */
  readonly forgets: 'silently' | 'rst-on-next' | 'rst-both'
  /** The hop limit of the packets that it makes itself. */
  readonly hopLimit?: number
  /** The window of its resets: some vendors write the reason there. */
  readonly resetWindow?: number
  /** What its resets carry: some vendors write the reason there. */
  readonly resetText?: string
}

interface Entry {
  lastAt: Micros
  /** FINs seen: after both there is nothing left to reset. */
  fins: number
  /** The last packet of each direction: what a reset in its name is made from. */
  readonly last: Partial<Record<Heading, Packet>>
}

/** A FIN that is sent again. */
const isAgain = (last: Packet | undefined, packet: Packet): boolean =>
  last !== undefined && has(last, FIN) && last.sequence === packet.sequence

type Marks = Required<Pick<FirewallOptions, 'hopLimit' | 'resetWindow' | 'resetText'>>

function resetAfter(last: Packet, peer: Packet | undefined, marks: Marks): Packet {
  return {
    ...last,
    flags: RST | ACK,
    hopLimit: marks.hopLimit,
    window: marks.resetWindow,
    identification: 0,
    options: NO_BYTES,
    stamps: null,
    payload: Buffer.from(marks.resetText, 'latin1'),
    sequence: (last.sequence + sequenceLength(last)) >>> 0,
    acknowledgment: peer === undefined ? last.acknowledgment : (peer.sequence + sequenceLength(peer)) >>> 0,
  }
}

class Tracking {
  private readonly entries = new Map<string, Entry>()
  private readonly options: Required<FirewallOptions>
  private readonly position: Position

  constructor(options: FirewallOptions, position: Position) {
    this.options = { hopLimit: 64, resetWindow: 0, resetText: '', ...options }
    this.position = position
  }

  receive(packet: Packet, heading: Heading): void {
    const key = flowKey(packet),
      { time } = this.position
    let entry = this.entries.get(key)
    if (entry === undefined && has(packet, SYN) && !has(packet, ACK)) {
      entry = { lastAt: time.now, fins: 0, last: {} }
      this.entries.set(key, entry)
      this.watch(key, entry)
    }
    if (entry === undefined) return this.refuse(packet, heading)
    entry.lastAt = time.now
    if (has(packet, FIN) && !isAgain(entry.last[heading], packet)) entry.fins++
    entry.last[heading] = packet
    if (has(packet, RST)) this.entries.delete(key)
    this.position.forward(routed(packet), heading)
  }

  private watch(key: string, entry: Entry): void {
    const { time } = this.position
    time.timer(entry.lastAt + this.options.idle - time.now, () => {
      if (this.entries.get(key) !== entry) return
      if (time.now < entry.lastAt + this.options.idle) return this.watch(key, entry)
      this.entries.delete(key)
      if (this.options.forgets === 'rst-both' && entry.fins < 2) this.resetBoth(entry)
    })
  }

  private resetBoth({ last }: Entry): void {
    for (const heading of ['to-servers', 'to-agents'] as const) {
      const from = last[heading]
      if (from !== undefined)
        this.position.forward(resetAfter(from, last[reverse(heading)], this.options), heading)
    }
  }

  private refuse(packet: Packet, heading: Heading): void {
    if (this.options.forgets !== 'rst-on-next') return
    const answer = refusal(packet, this.options.hopLimit)
    if (answer === null) return
    const { resetWindow, resetText } = this.options
    const payload = Buffer.from(resetText, 'latin1')
    this.position.forward({ ...answer, window: resetWindow, payload }, reverse(heading))
  }
}

export function firewall(options: FirewallOptions): Device {
  return (position) => {
    const tracking = new Tracking(options, position)
    return (packet, heading) => tracking.receive(packet, heading)
  }
}
