/**
 * DNS over TCP (RFC 1035 §4.2.2, RFC 7766): messages behind two octets of length, answers in any order. A
 * gap inside a message costs that message; one that hides a length costs the rest of its side.
 */
import { withRoom } from '../../bytes/room.ts'
import type { Observation } from '../../model/observation.ts'
import type { Side } from '../../model/packet.ts'
import { CONTINUE, DETACH, SKIP_REST } from '../../model/stream.ts'
import type { StreamConsumer, StreamContext } from '../../model/stream.ts'
import type { Micros } from '../../model/time.ts'
import { readMessage } from './message.ts'
import type { DnsMessage } from './message.ts'
import { Pairing } from './pairing.ts'

/** Octets of a message: what its length can say. Room is made for what came, not for what is announced. */
export const MESSAGE_BYTES_MAX = 0xffff
const HELD_FIRST = 512
/** Queries of a stream that are remembered (see pairing.ts): RFC 7766 §6.2.1.1 has no limit, servers have. */
export const STREAM_QUERIES_MAX = 256
/** Messages of a side that are none, before the stream is left. */
const STRANGE_MAX = 4

class Framing {
  held: Uint8Array | null = null
  heldBytes = 0
  /** Octets of a message that is lost and are still to pass. */
  lost = 0
  isOver = false

  /** Octets that the message at the front of what is held has with its length; 2 while that is not known. */
  get needed(): number {
    return this.heldBytes < 2 ? 2 : 2 + ((this.held![0]! << 8) | this.held![1]!)
  }

  hold(bytes: Uint8Array, at: number, end: number): void {
    const size = this.heldBytes + end - at
    this.held = withRoom(this.held, this.heldBytes, size, HELD_FIRST, 2 + MESSAGE_BYTES_MAX)
    this.held.set(bytes.subarray(at, end), this.heldBytes)
    this.heldBytes = size
  }

  drop(): void {
    this.held = null
    this.heldBytes = 0
  }
}

export const openDns = (context: StreamContext): StreamConsumer & { readonly heldBytes: number } =>
  new DnsParser(context)

class DnsParser implements StreamConsumer {
  private readonly context: StreamContext
  private readonly pairing: Pairing
  private readonly sides: readonly [Framing, Framing] = [new Framing(), new Framing()]
  private strange = 0
  private time: Micros = 0
  /** A side was ended: who is asked will not answer any more. */
  private isEnded = false

  constructor(context: StreamContext) {
    this.context = context
    const { tap, connection } = context
    const channel = { tap, transport: 'tcp', connection, emit: (o: Observation) => context.emit(o) } as const
    this.pairing = new Pairing(channel, STREAM_QUERIES_MAX)
  }

  /** At most a message and its length a side. */
  get heldBytes(): number {
    return this.sides[0].heldBytes + this.sides[1].heldBytes
  }

  data(side: Side, bytes: Uint8Array, start: number, end: number, time: Micros, packet: number): number {
    if (time > this.time) this.time = time
    const own = this.sides[side]
    if (own.isOver) return SKIP_REST
    const passed = Math.min(own.lost, end - start)
    own.lost -= passed
    let at = start + passed
    while (at < end) {
      if (own.heldBytes === 0 && end - at >= 2) {
        const next = at + 2 + ((bytes[at]! << 8) | bytes[at + 1]!)
        if (next <= end) {
          this.message(bytes, at + 2, next, packet)
          at = next
          continue
        }
      }
      const stop = Math.min(end, at + own.needed - own.heldBytes)
      own.hold(bytes, at, stop)
      at = stop
      if (own.heldBytes >= 2 && own.heldBytes === own.needed) {
        this.message(own.held!, 2, own.heldBytes, packet)
        own.drop()
      }
    }
    return this.strange > STRANGE_MAX ? DETACH : CONTINUE
  }

  gap(side: Side, length: number, _time: Micros, _packet: number): number {
    const own = this.sides[side]
    if (own.isOver) return SKIP_REST
    const missing = own.lost > 0 || own.heldBytes < 2 ? own.lost : own.needed - own.heldBytes
    own.drop()
    own.lost = missing - length
    if (own.lost >= 0) return CONTINUE
    own.isOver = true
    own.lost = 0
    this.context.count?.('dns-place-lost')
    return SKIP_REST
  }

  end(_side: Side, time: Micros, _packet: number): void {
    if (time > this.time) this.time = time
    this.isEnded = true
  }

  close(time: Micros): void {
    if (time > this.time) this.time = time
    const { isEnded } = this
    this.pairing.tick(isEnded ? Infinity : this.time, this.time)
  }

  private message(bytes: Uint8Array, start: number, end: number, packet: number): void {
    const message = readMessage(bytes, start, end)
    if (message === null) {
      this.strange++
      this.context.count?.('dns-malformed')
    } else this.pair(message, packet)
  }

  /** Responses come from the responder, whichever side is said to be it: a query has none. */
  private pair(message: DnsMessage, packet: number): void {
    const { originator, responder } = this.context
    if (message.malformed) this.context.count?.('dns-malformed')
    if (message.isResponse) this.pairing.response(message, originator, responder, this.time, packet)
    else this.pairing.query(message, originator, responder, this.time, packet)
  }
}
