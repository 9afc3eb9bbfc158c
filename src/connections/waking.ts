/** A silence that was broken and whose outcome is awaited: pooled, because most silences are answered within
 * a round trip. */
import type { SilenceBreaker } from '../model/observation.ts'
import type { Side } from '../model/packet.ts'
import type { Micros } from '../model/time.ts'
import type { TapSilence } from './tap-clock.ts'
import { Sparse } from './sparse.ts'

export class Waking {
  /** The last packet before the silence: time, number, sender. */
  start: Micros = -1.5
  startPacket = 0
  startSide: Side = 0
  /** The packet that broke it. */
  end: Micros = -1.5
  endPacket = 0
  brokenBy: Side = 0
  breaker: SilenceBreaker = 'data'
  /** Last packet of each side before the silence; -Infinity: none. */
  lastFromOriginator: Micros = -1.5
  lastFromResponder: Micros = -1.5
  keepAlivesBefore = 0
  inFlight = 0
  retransmissions = 0
  lastRetransmission: number | null = null
  lastRetransmissionAt: Micros | null = null
  /** It was given up and told as unanswered; an answer may still come. */
  givenUp = false
  /** The silence of the tap that it is; null if others were seen meanwhile. */
  tapSilence: TapSilence | null = null
  /** Nothing shows that the connection was silent for all that time. */
  doubtful = false
  /** Octets broke it that nobody had asked for: their sender may be taking its leave. */
  isUnasked = false
  /** Where the other side's octets went on then, and the first packet of it since: it has received them. 0:
   * none. */
  peerNext = 0
  heardAt: Micros = -1.5
  heardPacket = 0
}

/** Spare objects kept: connections that wake within one round trip of each other. */
const SPARE_MAX = 1024

export class Wakings {
  private readonly byRow = new Sparse<Waking>()
  private readonly spare: Waking[] = []

  of(row: number): Waking | undefined {
    return this.byRow.get(row)
  }

  /** A fresh one for a row that has none. */
  begin(row: number): Waking {
    const waking = this.spare.pop() ?? new Waking()
    waking.retransmissions = 0
    waking.lastRetransmission = null
    waking.lastRetransmissionAt = null
    waking.givenUp = false
    waking.tapSilence = null
    waking.doubtful = false
    waking.isUnasked = false
    waking.heardPacket = 0
    this.byRow.set(row, waking)
    return waking
  }

  end(row: number): void {
    const waking = this.byRow.get(row)
    if (waking === undefined) return
    this.byRow.delete(row)
    if (this.spare.length < SPARE_MAX) this.spare.push(waking)
  }
}
