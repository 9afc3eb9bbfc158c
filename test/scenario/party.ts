/**
 * One side of a connection as a story speaks of it: every word acts, and lasts until its packets have
 * arrived.
 */
import type { Micros } from '../../src/model/time.ts'
import type { TcpEnd } from './endpoint.ts'

/** Where a party lives. */
export interface Stage {
  /** Packets are lost now and then. */
  readonly isLossy: boolean
  /** `isDone`: what is lost is sent again until then. */
  settle(isDone?: () => boolean): void
}

const octets = (data: string | Uint8Array): Uint8Array =>
  typeof data === 'string' ? new Uint8Array(Buffer.from(data, 'latin1')) : data

export class Party {
  private readonly stage: Stage
  private readonly resolve: () => TcpEnd
  private readonly otherSide: () => Party

  constructor(stage: Stage, resolve: () => TcpEnd, otherSide: () => Party) {
    this.stage = stage
    this.resolve = resolve
    this.otherSide = otherSide
  }

  /** The end itself; throws if nobody accepted the connection. */
  get end(): TcpEnd {
    return this.resolve()
  }

  /** All that arrived here, as Latin-1 text. */
  get received(): string {
    return Buffer.concat(this.end.received).toString('latin1')
  }

  sends(data: string | Uint8Array): this {
    const sent = octets(data)
    if (!this.stage.isLossy) return this.does((end) => end.send(sent))
    const heard = (): number => this.otherSide().end.receivedOctets
    const all = heard() + sent.length
    this.end.send(sent)
    this.stage.settle(() => heard() >= all)
    return this
  }

  /** The other side sends it. */
  receives(data: string | Uint8Array): this {
    this.otherSide().sends(data)
    return this
  }

  /** FIN; the other side closes too, unless its host is told not to. */
  closes(): this {
    return this.does((end) => end.close())
  }

  /** A live socket's reset. */
  resets(): this {
    return this.does((end) => end.abort())
  }

  /** The same, as one says it of an agent that is killed. */
  aborts(): this {
    return this.resets()
  }

  /** Loses the connection's state without a word: what still comes draws a reset. */
  forgets(): this {
    return this.does((end) => end.forget())
  }

  /** One keep-alive probe. */
  keepAlive(): this {
    return this.does((end) => end.keepAlive())
  }

  /** Probes after each silence of `every` from now on; 0 stops. */
  keepsAlive(every: Micros): this {
    return this.does((end) => end.keepAliveEvery(every))
  }

  /** Sends its oldest unacknowledged segment again, or its last one, needlessly. */
  retransmits(): this {
    return this.does((end) => end.retransmit())
  }

  private does(what: (end: TcpEnd) => void): this {
    what(this.end)
    this.stage.settle()
    return this
  }
}
