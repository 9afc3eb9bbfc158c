/**
 * Findings that stand while more is learned: a spread is judged when the sample suffices, and again with each
 * doubling, because a capture that is live has no end to wait for. The first judgement raises; later ones say
 * the same with more numbers. One that says less takes nothing back: what was told was true of its sample.
 */
import type { Finding } from '../../model/incident.ts'
import type { Micros } from '../../model/time.ts'

/** What is raised, by cause: one finding each, the first. */
export class Standing {
  private readonly since = new Map<string, Micros>()
  private readonly raise: (finding: Finding) => void

  constructor(raise: (finding: Finding) => void) {
    this.raise = raise
  }

  /** Raises a finding, or amends the one of its cause. */
  tell(finding: Finding): void {
    const at = this.since.get(finding.cause)
    if (at !== undefined) return this.raise({ ...finding, at, amends: true })
    this.since.set(finding.cause, finding.at)
    this.raise(finding)
  }

  /** A new sample begins: what it shows is another occurrence. */
  forget(cause: string): void {
    this.since.delete(cause)
  }
}
