/** A machine with one address: its connections by port, what it does with strangers, and whether it is up. */
import type { Endpoint } from '../../src/model/packet.ts'
import { TcpEnd } from './endpoint.ts'
import type { Owner } from './endpoint.ts'
import { ACK, has, isSame, refusal, SYN } from './packet.ts'
import type { Packet } from './packet.ts'
import type { Stack } from './stack.ts'
import type { Timeline } from './timeline.ts'

const FIRST_EPHEMERAL_PORT = 49_152 // RFC 6335 6

/** `refusing`: the machine answers, nothing listens. `silent`: no answer at all. `asleep`: nothing leaves it
 * either. */
export type Health = 'up' | 'refusing' | 'silent' | 'asleep'

export interface HostEvents {
  /** Puts a packet on the line. */
  send(packet: Packet): void
  /** A connection was accepted. */
  accepted(end: TcpEnd): void
}

export class Host {
  readonly address: string
  health: Health = 'up'
  /** A host whose peer closes closes as well, at once; false leaves the connection half closed. */
  closesToo = true
  private readonly stack: Stack
  private readonly time: Timeline
  private readonly events: HostEvents
  private readonly ends: TcpEnd[] = []
  private nextPort = FIRST_EPHEMERAL_PORT

  constructor(address: string, stack: Stack, time: Timeline, events: HostEvents) {
    this.address = address
    this.stack = stack
    this.time = time
    this.events = events
  }

  /** Opens a connection from `port`, or from the next free one. */
  connect(remote: Endpoint, port: number = this.nextPort++): TcpEnd {
    const end = this.createEnd({ address: this.address, port }, remote)
    end.open()
    return end
  }

  receive(packet: Packet): void {
    if (this.health === 'silent' || this.health === 'asleep') return
    const end = this.ends.findLast(
      (e) => isSame(e.local, packet.destination) && isSame(e.remote, packet.source),
    )
    const opens = has(packet, SYN) && !has(packet, ACK)
    if (end !== undefined && end.state !== 'dead' && !(opens && end.over)) return end.receive(packet)
    if (opens && this.health === 'up') {
      const accepted = this.createEnd(packet.destination, packet.source)
      accepted.accept(packet)
      return this.events.accepted(accepted)
    }
    const answer = refusal(packet, this.stack.hopLimit)
    if (answer !== null) this.events.send(answer)
  }

  /** A restart: every connection is forgotten without a word. */
  restarts(): void {
    for (const end of this.ends) end.forget()
  }

  private createEnd(local: Endpoint, remote: Endpoint): TcpEnd {
    const owner: Owner = {
      transmit: (packet) => {
        if (this.health !== 'asleep') this.events.send(packet)
      },
      ending: (how) => {
        if (how === 'fin' && this.closesToo) end.close()
      },
    }
    const end = new TcpEnd(this.stack, this.time, local, remote, owner)
    this.ends.push(end)
    return end
  }
}
