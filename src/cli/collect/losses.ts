/**
 * When packets or records were lost, so that what rests on their absence can say so: a silence in which some
 * were lost may have been none.
 */
import type { Finding } from '../../model/incident.ts'
import type { Micros } from '../../model/time.ts'

/** Moments that are told apart; of further ones the two oldest become one. */
const MOMENTS_MAX = 1_024

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

  /** So many were lost before it began. */
  constructor(total = 0) {
    this.total = total
  }

  /** By `now`, so many were lost in all. */
  note(now: Micros, total: number): void {
    if (total > this.total) this.add({ from: this.at, to: now, count: total - this.total })
    this.total = Math.max(this.total, total)
    this.at = now
  }

  /** What was lost between two moments, or may have been. */
  within(from: Micros, to: Micros): number {
    return this.losses.reduce((n, loss) => (loss.from <= to && loss.to >= from ? n + loss.count : n), 0)
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
