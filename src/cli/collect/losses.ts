/**
 * When packets or records were lost, so that what rests on their absence can say so: a silence in which some
 * were lost may have been none.
 */
import type { Finding } from '../../model/incident.ts'
import { seconds, type Micros } from '../../model/time.ts'

/** Moments that are told apart; of further ones the two oldest become one. */
const MOMENTS_MAX = 1_024

/**
 * Packets of the shortest connection in which something is said: SYN, SYN and ACK, a request with the ACK, an
 * answer with FIN, FIN, ACK (RFC 9293 3.5, 3.6). Where fewer were lost, none is missing as a whole.
 */
const CONNECTION_PACKETS_MIN = 6
/** tcpdump is asked every 2 s how many the kernel dropped, and what it says is looked at every second. */
const TOLD_LATE: Micros = seconds(3)

interface Loss {
  /** It was lost after this moment, when nothing more was missing than before, ... */
  readonly from: Micros
  /** ... and by this one. */
  readonly to: Micros
  readonly count: number
}

export class Losses {
  private readonly losses: Loss[] = []
  private total: number
  private at: Micros = -Infinity
  /** What was lost since somebody asked for it. */
  private fresh: Loss | null = null

  /** So many were lost before it began. */
  constructor(total = 0) {
    this.total = total
  }

  /** By `now`, so many were lost in all. */
  note(now: Micros, total: number): void {
    if (total > this.total) {
      const loss = { from: this.at, to: now, count: total - this.total }
      this.add(loss)
      const { fresh } = this
      this.fresh = fresh === null ? loss : { from: fresh.from, to: now, count: fresh.count + loss.count }
    }
    this.total = Math.max(this.total, total)
    this.at = now
  }

  /** What was lost between two moments, or may have been. */
  within(from: Micros, to: Micros): number {
    return this.losses.reduce((n, loss) => (loss.from <= to && loss.to >= from ? n + loss.count : n), 0)
  }

  /** The time since the last call in which whole connections may have been lost; null: there was none. */
  takeBlindTime(): { readonly start: Micros; readonly end: Micros } | null {
    const { fresh } = this
    this.fresh = null
    if (fresh === null || fresh.count < CONNECTION_PACKETS_MIN || fresh.to === -Infinity) return null
    const { from, to } = fresh
    return { start: (from === -Infinity ? to : from) - TOLD_LATE, end: to }
  }

  /** The finding, with what was lost in the time that it tells of. */
  named(finding: Finding): Finding {
    const begun = Math.min(finding.at, ...finding.evidence.map(({ at }) => at))
    const lostMeanwhile = this.within(begun, finding.at)
    return lostMeanwhile === 0 ? finding : { ...finding, details: { ...finding.details, lostMeanwhile } }
  }

  private add(loss: Loss): void {
    if (this.losses.length === MOMENTS_MAX) {
      const [first, second] = this.losses.splice(0, 2)
      this.losses.unshift({ from: first!.from, to: second!.to, count: first!.count + second!.count })
    }
    this.losses.push(loss)
  }
}
