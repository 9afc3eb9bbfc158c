/**
 * Findings that stand while more is learned: what rests on a sample is judged when that suffices, and again
 * as it grows, because a capture that is live has no end to wait for. The first judgement raises; later ones
 * say the same with more numbers.
 *
 * A larger sample that does not bear it out takes it back, where chance may have made the smaller one: who
 * looks often enough is shown anything. What chance does not explain was so, and has changed since: it
 * stands.
 */
import type { Finding } from '../model/incident.ts'
import { takenBack } from './suspicions.ts'

/** A probability below which no number of looks explains it (by default, one in a million). */
const NO_CHANCE = 1e-6

interface Told {
  /** By which it is known again: later ones take the place of the first. */
  readonly identity: Pick<Finding, 'at' | 'tap' | 'connection' | 'agent'>
  /** The latest of it. */
  finding: Finding
  p: number
  isTakenBack: boolean
}

/** What is raised, by cause: one finding each. */
export class Standing {
  private readonly told = new Map<string, Told>()
  private readonly raise: (finding: Finding) => void

  constructor(raise: (finding: Finding) => void) {
    this.raise = raise
  }

  /** Raises a finding, or amends the one of its cause. `p`: the probability that chance alone shows it. */
  tell(finding: Finding, p: number): void {
    const { cause } = finding
    const known = this.told.get(cause)
    if (known === undefined) {
      const { at, tap, connection, agent } = finding
      this.told.set(cause, { identity: { at, tap, connection, agent }, finding, p, isTakenBack: false })
      return this.raise(finding)
    }
    known.finding = { ...finding, ...known.identity }
    known.p = p
    known.isTakenBack = false
    this.raise({ ...known.finding, amends: true })
  }

  /** The sample that it was raised on grew, and does not show it any more. */
  contradict(cause: string): void {
    const known = this.told.get(cause)
    if (known === undefined || known.isTakenBack || known.p < NO_CHANCE) return
    known.isTakenBack = true
    this.raise(takenBack(known.finding))
  }

  /** A new sample begins: what it shows is another occurrence. */
  forget(cause: string): void {
    this.told.delete(cause)
  }
}
