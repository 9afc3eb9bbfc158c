/**
 * How long a relay remembers an agent: bracketed by the pauses after which agents still came to their server
 * and those after which they did not (the interval-censored estimate of a severing timer, applied to memory).
 *
 * After the memory is gone the agent may land on its old server by chance, one time in as many as there are
 * servers: a longer pause that was survived contradicts nothing. A move after a shorter one does.
 */
import { leadingChance } from '../../model/statistics.ts'

/** An agent came back: after how many seconds, and to the same server or another one. */
export interface Return {
  readonly seconds: number
  readonly stayed: boolean
}

export interface PersistenceEstimate {
  /** The longest pause below the shortest one that was not survived; null if none was survived below it. */
  readonly lowerSeconds: number | null
  readonly upperSeconds: number
  readonly stayed: number
  readonly moved: number
  /** Moves that came after shorter pauses than the estimate allows. */
  readonly contradictions: number
  /** The chance that moves gather at the long pauses like this if there is no memory at all. */
  readonly p: number
}

/** Moves that do not fit a single timer: more of them, and there is none. */
const CONTRADICTED_MAX = 0.1

/** Null without moves. Where data contradict each other, the split with the fewest errors counts. */
export function estimatePersistence(returns: readonly Return[]): PersistenceEstimate | null {
  const sorted = returns.toSorted((a, b) => a.seconds - b.seconds || Number(b.stayed) - Number(a.stayed))
  const moved = sorted.filter((r) => !r.stayed).length
  if (moved === 0) return null
  const { lead, contradictions } = split(sorted, moved)
  const before = sorted.slice(0, lead).filter((r) => r.stayed)
  const upper = sorted.slice(lead).find((r) => !r.stayed)!
  return {
    lowerSeconds: before.at(-1)?.seconds ?? null,
    upperSeconds: upper.seconds,
    stayed: sorted.length - moved,
    moved,
    contradictions,
    p: leadingChance(before.length, moved - contradictions, sorted.length - contradictions),
  }
}

/** Where memory ends: every pause before counts as remembered. Few moves may lie before, if that explains
 * more. */
function split(sorted: readonly Return[], moved: number): { lead: number; contradictions: number } {
  const allowed = Math.floor(CONTRADICTED_MAX * moved)
  let best = { lead: 0, contradictions: 0, gain: -1 }
  let stayed = 0
  let contradictions = 0
  for (const [i, { stayed: kept }] of sorted.entries()) {
    if (!kept) {
      // What is remembered before this move, less what has to be explained away.
      const gain = stayed - (sorted.length / Math.max(1, moved)) * contradictions
      if (gain > best.gain) best = { lead: i, contradictions, gain }
      if (++contradictions > allowed) break
    } else stayed++
  }
  return best
}

/** The better of two clocks that a memory may run on: since the last contact, or since the first. */
export interface PersistenceTimer extends PersistenceEstimate {
  readonly clock: 'last-contact' | 'first-contact'
}

/** A memory that ends by time is shown if moves gather at long pauses by less than this chance. */
export const MEMORY_P_MAX = 0.01

/** Null where no clock shows that there is a memory, or that it ends. */
export function persistenceTimer(
  sinceLast: readonly Return[],
  sinceFirst: readonly Return[],
): PersistenceTimer | null {
  const clocks = [
    { clock: 'last-contact', estimate: estimatePersistence(sinceLast) },
    { clock: 'first-contact', estimate: estimatePersistence(sinceFirst) },
  ] as const
  const shown = clocks.flatMap(({ clock, estimate }) =>
    estimate !== null && estimate.p < MEMORY_P_MAX ? [{ ...estimate, clock }] : [],
  )
  return shown.toSorted((a, b) => a.p - b.p)[0] ?? null
}
