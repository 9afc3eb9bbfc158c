/** What only some connections need, kept beside their record: made when it is first needed, gone with the
 * row. */
import type { SynFacts } from '../model/connection.ts'
import type { Side } from '../model/packet.ts'
import type { SegmentConsumer } from '../model/stream.ts'
import type { Micros } from '../model/time.ts'

/** Octets of sequence space that were not captured (yet). */
export interface Hole {
  from: number
  to: number
  readonly since: Micros
}

/** How a side ended its half. */
export interface Ending {
  readonly at: Micros
  readonly packet: number
}

export class Cold {
  readonly syn: [SynFacts | null, SynFacts | null] = [null, null]
  synAt: Micros | null = null
  synAckAt: Micros | null = null
  synAttempts = 0
  stream: SegmentConsumer | null = null
  readonly holes: [Hole[], Hole[]] = [[], []]
  readonly missing: [number, number] = [0, 0]
  readonly fin: [Ending | null, Ending | null] = [null, null]
  readonly rst: [Ending | null, Ending | null] = [null, null]
  /** The silence before the packet that ended the connection. */
  idleBeforeEnd: Micros | null = null
  endedBy: Side | null = null
  /** Retransmissions and probes that the peer left unanswered: when and where they began. */
  readonly unanswered: [Ending | null, Ending | null] = [null, null]
  /** Nothing here is needed any more: the handshake is told, nobody reads, nothing is pending. */
  get isIdle(): boolean {
    return (
      this.stream === null &&
      this.endedBy === null &&
      this.latest === 0 &&
      this.synAttempts < 2 &&
      this.holes[0].length + this.holes[1].length === 0 &&
      this.missing[0] + this.missing[1] === 0 &&
      this.unanswered[0] === null &&
      this.unanswered[1] === null
    )
  }

  /** Highest time seen, where the capture's clock stepped back. */
  latest: Micros = 0
}

/** Holes remembered per half: beyond it the oldest counts as missing for good (a capture that loses this much
 * proves little). */
export const HOLES_MAX = 32
