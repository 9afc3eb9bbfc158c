/**
 * One end of a TCP connection that behaves as a real one does (RFC 9293, RFC 5681, RFC 6298 in small):
 * handshake with options, acknowledgments delayed 40 ms or given at every second segment, retransmission with
 * doubling timeouts and after three duplicate acknowledgments, keep-alive probes, closing from either side,
 * giving up.
 */
import type { Endpoint } from '../../src/model/packet.ts'
import { milliseconds } from '../../src/model/time.ts'
import type { Micros } from '../../src/model/time.ts'
import { ACK, distance, FIN, has, NO_BYTES, PSH, RST, sequenceLength, SYN } from './packet.ts'
import type { Packet, Stamps } from './packet.ts'
import type { Stack } from './stack.ts'
import type { Timeline } from './timeline.ts'

const SEGMENT_MAX = 1448 // octets: 1460 less the timestamps option, for all stacks alike
const WINDOW_SEGMENTS = 10 // on their way at once (RFC 6928); it does not grow
const DELAYED_ACK: Micros = milliseconds(40) // Linux; RFC 9293 3.8.6.3 allows 500 ms
const FIRST_TIMEOUT: Micros = milliseconds(300) // Windows' minimum; RFC 6298 would have 1 s
const RETRIES_MAX = 5 // TcpMaxDataRetransmissions of Windows
const PROBES_MAX = 10,
  PROBE_INTERVAL: Micros = milliseconds(1000) // Windows: unanswered keep-alives before the reset

export type Ending = 'fin' | 'rst' | 'gave-up'

/** What an end tells whoever owns it. */
export interface Owner {
  established?(): void
  data?(octets: Uint8Array): void
  /** `fin`: the other side sends no more; `rst`: it reset; `gave-up`: it never answered. */
  ending?(how: Ending): void
  transmit(packet: Packet): void
}

interface Sent {
  readonly packet: Packet
}

type State = 'closed' | 'syn-sent' | 'syn-received' | 'established' | 'dead'

export class TcpEnd {
  readonly local: Endpoint
  readonly remote: Endpoint
  state: State = 'closed'
  /** Everything that arrived, in order and in pieces. */
  readonly received: Uint8Array[] = []
  /** Octets of it. */
  receivedOctets = 0
  private readonly stack: Stack
  private readonly time: Timeline
  private readonly owner: Owner
  private sendNext: number
  private sendUnacked: number
  private receiveNext = 0
  private unsent: Uint8Array[] = []
  private inFlight: Sent[] = []
  private lastSent: Packet | null = null
  private readonly early = new Map<number, Packet>()
  private unackedSegments = 0
  private duplicateAcks = 0
  private retries = 0
  private peerStamp = 0
  private stamped = false
  private wantsToClose = false
  private finSent = false
  private finReceived = false
  private readonly probing = { every: 0, unanswered: 0 }
  private cancelAck = (): void => {}
  private cancelTimeout = (): void => {}
  private cancelProbe = (): void => {}

  constructor(stack: Stack, time: Timeline, local: Endpoint, remote: Endpoint, owner: Owner) {
    this.stack = stack
    this.time = time
    this.local = local
    this.remote = remote
    this.owner = owner
    this.sendNext = this.sendUnacked = stack.initialSequence()
  }

  /** Both sides are through, or one is gone. */
  get over(): boolean {
    return this.state === 'dead' || (this.finSent && this.finReceived && this.inFlight.length === 0)
  }

  open(): void {
    this.state = 'syn-sent'
    this.stamped = this.stack.timestamps
    this.transmit(SYN, NO_BYTES)
  }

  /** Answers a SYN. */
  accept(syn: Packet): void {
    this.state = 'syn-received'
    this.receiveNext = (syn.sequence + 1) >>> 0
    this.stamped = this.stack.timestamps && syn.stamps !== null
    this.peerStamp = syn.stamps?.[0] ?? 0
    this.transmit(SYN | ACK, NO_BYTES)
  }

  send(octets: Uint8Array): void {
    for (let at = 0; at < octets.length; at += SEGMENT_MAX)
      this.unsent.push(octets.slice(at, at + SEGMENT_MAX))
    this.pump()
  }

  close(): void {
    this.wantsToClose = true
    this.pump()
  }

  /** A live socket's reset: RST and ACK, its own next sequence number. */
  abort(window = 0): void {
    if (this.state === 'dead') return
    this.die()
    this.emit(RST | ACK, NO_BYTES, this.sendNext, window)
  }

  /** The state is gone without a word: what still comes is answered as by a stranger. */
  forget(): void {
    this.die()
  }

  /** One keep-alive probe: no octets, one sequence number back (RFC 9293 3.8.4). */
  keepAlive(): void {
    this.emit(ACK, NO_BYTES, (this.sendNext - 1) >>> 0)
  }

  /** Probes whenever the connection was silent for `every`; ten unanswered in a row reset it. 0 stops. */
  keepAliveEvery(every: Micros): void {
    this.probing.every = every
    this.restProbe()
  }

  /** Sends the oldest unacknowledged segment again, or else the last one, needlessly. */
  retransmit(): void {
    const again = this.inFlight[0]?.packet ?? this.lastSent
    if (again === null || this.state === 'dead') return
    this.emit(again.flags | (this.state === 'syn-sent' ? 0 : ACK), again.payload, again.sequence)
  }

  receive(packet: Packet): void {
    if (this.state === 'dead') return
    this.peerStamp = packet.stamps?.[0] ?? this.peerStamp
    this.restProbe()
    if (has(packet, RST)) return this.finish('rst')
    if (this.state === 'syn-sent') return this.receiveAnswer(packet)
    // Our answer was lost, or our ACK.
    if (has(packet, SYN)) return this.state === 'syn-received' ? this.retransmit() : this.acknowledge()
    if (has(packet, ACK)) this.receiveAck(packet)
    if (sequenceLength(packet) > 0) this.receiveData(packet)
    else if (distance(packet.sequence, this.receiveNext) === -1) this.acknowledge() // a keep-alive probe
    this.pump()
  }

  private receiveAnswer(packet: Packet): void {
    if (!has(packet, SYN) || !has(packet, ACK)) return
    this.receiveNext = (packet.sequence + 1) >>> 0
    this.stamped &&= packet.stamps !== null
    this.receiveAck(packet)
    this.state = 'established'
    this.acknowledge()
    this.owner.established?.()
    this.pump()
  }

  private receiveAck(packet: Packet): void {
    const { acknowledgment } = packet
    const gained = distance(acknowledgment, this.sendUnacked)
    if (gained < 0 || distance(acknowledgment, this.sendNext) > 0) return
    if (gained > 0) {
      this.sendUnacked = acknowledgment
      this.inFlight = this.inFlight.filter(
        ({ packet: p }) => distance((p.sequence + sequenceLength(p)) >>> 0, acknowledgment) > 0,
      )
      this.retries = this.duplicateAcks = 0
      this.restTimeout()
    } else if (this.inFlight.length > 0 && sequenceLength(packet) === 0 && ++this.duplicateAcks === 3)
      this.retransmit()
    if (this.state !== 'syn-received' || gained === 0) return
    this.state = 'established'
    this.owner.established?.()
  }

  private receiveData(packet: Packet): void {
    const ahead = distance(packet.sequence, this.receiveNext)
    if (ahead !== 0) {
      if (ahead > 0) this.early.set(packet.sequence, packet)
      return this.acknowledge() // a duplicate of something, or something is missing: say at once where we are
    }
    const heldBefore = this.early.size
    for (let next: Packet | undefined = packet; next !== undefined; next = this.early.get(this.receiveNext)) {
      this.early.delete(next.sequence)
      this.take(next)
    }
    if (this.finReceived || heldBefore > 0 || ++this.unackedSegments >= 2) this.acknowledge()
    else this.delayAck()
    if (this.finReceived) this.owner.ending?.('fin')
  }

  private take(packet: Packet): void {
    this.receiveNext = (packet.sequence + sequenceLength(packet)) >>> 0
    if (has(packet, FIN)) this.finReceived = true
    if (packet.payload.length === 0) return
    this.received.push(packet.payload)
    this.receivedOctets += packet.payload.length
    this.owner.data?.(packet.payload)
  }

  /** Sends what may be sent now. */
  private pump(): void {
    if (this.state !== 'established') return
    while (this.unsent.length > 0 && this.inFlight.length < WINDOW_SEGMENTS) {
      const octets = this.unsent.shift()!
      this.transmit(this.unsent.length === 0 ? PSH | ACK : ACK, octets)
    }
    if (!this.wantsToClose || this.finSent || this.unsent.length > 0) return
    this.finSent = true
    this.transmit(FIN | ACK, NO_BYTES)
  }

  /** A segment that must be acknowledged. */
  private transmit(flags: number, payload: Uint8Array): void {
    const packet = this.emit(flags, payload, this.sendNext)
    this.sendNext = (this.sendNext + sequenceLength(packet)) >>> 0
    this.inFlight.push({ packet })
    this.lastSent = packet
    if (this.inFlight.length === 1) this.restTimeout()
  }

  private acknowledge(): void {
    this.emit(ACK, NO_BYTES, this.sendNext)
  }

  private delayAck(): void {
    this.cancelAck()
    this.cancelAck = this.time.timer(DELAYED_ACK, () => this.acknowledge())
  }

  private emit(flags: number, payload: Uint8Array, sequence: number, resetWindow = 0): Packet {
    const acknowledges = (flags & ACK) !== 0
    if (acknowledges) {
      this.cancelAck()
      this.unackedSegments = 0
    }
    const stamps = this.stamps(flags)
    const packet: Packet = {
      source: this.local,
      destination: this.remote,
      sequence,
      acknowledgment: acknowledges ? this.receiveNext : 0,
      flags,
      window: (flags & RST) !== 0 ? resetWindow : this.stack.window((flags & SYN) !== 0),
      options: this.stack.options((flags & SYN) !== 0, stamps),
      stamps,
      payload,
      hopLimit: this.stack.hopLimit,
      identification: this.stack.identification(this.local.port),
    }
    this.owner.transmit(packet)
    this.restProbe()
    return packet
  }

  private stamps(flags: number): Stamps | null {
    if (!this.stamped || (flags & RST) !== 0) return null
    return [Math.floor(this.time.now / 1000) >>> 0, (flags & ACK) === 0 ? 0 : this.peerStamp]
  }

  private restTimeout(): void {
    this.cancelTimeout()
    if (this.inFlight.length === 0 || this.state === 'dead') return
    this.cancelTimeout = this.time.timer(FIRST_TIMEOUT * 2 ** this.retries, () => this.timedOut())
  }

  private timedOut(): void {
    if (this.inFlight.length === 0 || this.state === 'dead') return
    if (this.retries === RETRIES_MAX) return this.finish('gave-up')
    this.retries++
    this.retransmit()
    this.restTimeout()
  }

  /** Anything sent or heard puts the next probe off; between unanswered probes there is a second. */
  private restProbe(): void {
    this.cancelProbe()
    if (this.probing.every === 0 || this.state !== 'established') return
    this.probing.unanswered = 0
    this.cancelProbe = this.time.timer(this.probing.every, () => this.probe())
  }

  private probe(): void {
    if (this.state !== 'established') return
    const unanswered = this.probing.unanswered
    if (unanswered === PROBES_MAX) {
      this.abort()
      return this.finish('gave-up')
    }
    this.keepAlive() // rests the probe, which is undone here
    this.cancelProbe()
    this.probing.unanswered = unanswered + 1
    this.cancelProbe = this.time.timer(PROBE_INTERVAL, () => this.probe())
  }

  private finish(how: Ending): void {
    this.die()
    this.owner.ending?.(how)
  }

  private die(): void {
    this.state = 'dead'
    this.inFlight = []
    this.unsent = []
    this.cancelAck()
    this.cancelTimeout()
    this.cancelProbe()
  }
}
