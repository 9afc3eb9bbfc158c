/** What only some connections need, kept beside their record: made when it is first needed, gone with the
 * row. */
import type { SynFacts } from '../model/connection.ts'
import type { Side } from '../model/packet.ts'
import type { Micros } from '../model/time.ts'
import type { TapSilence } from './tap-clock.ts'

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

/** A silence that was survived if no other connection shares it. */
export interface LoneSilence {
  readonly length: Micros
  readonly of: TapSilence
}

/** Something of each side: originator, responder. Replaced, not written to, so that all that have nothing
 * share one. */
type Pair<T> = readonly [T, T]

/** `pair` with `value` for `side`. */
export const withSide = <T>(pair: Pair<T>, side: Side, value: T): Pair<T> =>
  side === 0 ? [value, pair[1]] : [pair[0], value]

export const NEITHER: Pair<null> = [null, null]
const NO_HOLES: Pair<Hole[]> = [[], []]
const NOTHING_MISSING: Pair<number> = [0, 0]

export class Cold {
  syn: Pair<SynFacts | null> = NEITHER
  synAt: Micros | null = null
  synAckAt: Micros | null = null
  synAttempts = 0
  /** The number of the MAC address that the SYN/ACK was sent to; 0 if there is none. */
  answeredTo = 0
  /** To be read; `ownHoles` is to be written to. */
  holes: Pair<Hole[]> = NO_HOLES
  /** Octets in holes that were given up. */
  missing: Pair<number> = NOTHING_MISSING
  fin: Pair<Ending | null> = NEITHER
  rst: Pair<Ending | null> = NEITHER
  /** The silence before the packet that ended the connection. */
  idleBeforeEnd: Micros | null = null
  endedBy: Side | null = null
  /** Retransmissions and probes that the peer left unanswered: when and where they began. */
  unanswered: Pair<Ending | null> = NEITHER
  /** Highest time seen, where the capture's clock stepped back. */
  latest: Micros = 0
  /** The longest silence that was the tap's as well, and was answered. */
  lone: LoneSilence | null = null

  /** Nothing here is needed any more: the handshake is told, nothing is pending. */
  get isIdle(): boolean {
    return (
      this.endedBy === null &&
      this.latest === 0 &&
      this.lone === null &&
      this.synAttempts < 2 &&
      this.holes[0].length + this.holes[1].length === 0 &&
      this.missing[0] + this.missing[1] === 0 &&
      this.unanswered[0] === null &&
      this.unanswered[1] === null
    )
  }

  /** Octets of a side that were not captured. One alone is a FIN's number rather than an octet, or what a
   * keep-alive pretends to send again. */
  unseen(side: Side): number {
    return this.holes[side].reduce((sum, { from, to }) => sum + lengthOf(from, to), this.missing[side])
  }

  ownHoles(side: Side): Hole[] {
    if (this.holes === NO_HOLES) this.holes = [[], []]
    return this.holes[side]
  }
}

const lengthOf = (from: number, to: number): number => {
  const length = (to - from) | 0
  return length === 1 ? 0 : length
}

/** Holes remembered per half: beyond it the oldest counts as missing for good (a capture that loses this much
 * proves little). */
export const HOLES_MAX = 32
