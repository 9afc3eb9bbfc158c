/**
 * Losses that only the servers' side shows: an agent came back while its old connection was open, or after a
 * relay had closed it, or after nobody had answered the server. A timer on the way looks like this, and so
 * does a host that slept, lost its network, or an agent that was started anew.
 *
 * One of them decides nothing, nor do many of different lengths. That three agents or more were silent for
 * one and the same time, to the tolerance of a timer, does: hosts do not sleep by the clock of each other
 * (domain knowledge 4.1, L: a gap that repeats within 2 s on three connections or more).
 */
import type { Finding } from '../model/incident.ts'
import { relayAddress, type Sighting } from '../model/party.ts'
import { densest } from '../model/statistics.ts'
import { wasUnanswered } from './unanswered.ts'

/** Seconds between silences that one timer may have made: 2 s to either side. */
const SAME_TIMER_SECONDS = 4
const AGENTS_MIN = 3
/** The latest losses of a cause that are looked at, and the causes that are: of further ones none is
 * decided. */
const KEPT_MAX = 64
const CAUSES_MAX = 1024

/** What would decide it. */
const NEEDS =
  'a capture on the agents’ side of the same time: whether they spoke and met nobody, closed, or were asleep'

interface Suspicion {
  readonly found: Finding
  readonly silence: number
  /** Whose connection to the server it was; null: an agent's own. */
  readonly relay: string | null
  readonly isByOwnClock: boolean
  isDecided: boolean
}

export class Suspicions {
  private readonly byCause = new Map<string, Suspicion[]>()
  private readonly raise: (finding: Finding) => void

  constructor(raise: (finding: Finding) => void) {
    this.raise = raise
  }

  /** Raises what was found, after a silence in seconds, as undecided; or as it is, and those before it that
   * are of one length with it, where so many decide it. */
  add(found: Finding, silence: number, lost: Sighting): void {
    const known = this.byCause.get(found.cause) ?? []
    if (known.length === 0 && this.byCause.size >= CAUSES_MAX) return this.raise(undecided(found))
    this.byCause.set(found.cause, known)
    const relay = lost.leg === 'back' ? relayAddress(lost) : null
    const latest: Suspicion = { found, silence, relay, isByOwnClock: isByOwnClock(lost), isDecided: false }
    known.push(latest)
    if (known.length > KEPT_MAX) known.shift()
    const alike = alikeAmong(known.filter((one) => !one.isByOwnClock))
    if (!alike.includes(latest)) return this.raise(undecided(found))
    for (const one of alike) {
      if (one.isDecided) continue
      one.isDecided = true
      this.raise(one === latest ? found : { ...one.found, amends: true })
    }
  }

  /** The relay shares its connections to the servers of the service: none of those was an agent's to lose. */
  takeBack(service: string, relay: string): void {
    for (const [cause, known] of this.byCause) {
      const isTheirs = (one: Suspicion): boolean => one.relay === relay && one.found.service === service
      const rest = known.filter((one) => !isTheirs(one))
      if (rest.length === known.length) continue
      for (const { found } of known.filter(isTheirs)) this.raise(takenBack(found))
      this.byCause.set(cause, rest)
    }
  }
}

/** Who probes at intervals meets silence by its own clock, and so does who waits for an answer no longer than
 * it is set to: what is of one length there is so by that. */
function isByOwnClock(lost: Sighting): boolean {
  const silence = lost.ending?.silence ?? null
  return silence !== null && (silence.breaker === 'keep-alive' || wasUnanswered(lost, silence))
}

/** A finding that proves nothing, and what would. */
export const undecided = (found: Finding, needs = NEEDS): Finding => ({
  ...found,
  severity: 'info',
  confidence: Math.min(0.5, found.confidence),
  needs,
})

/** What was told, and more observations do not bear out. */
export const takenBack = (found: Finding): Finding => ({
  ...found,
  severity: 'info',
  confidence: 0,
  amends: true,
  withdrawn: true,
})

/** Those of one length, if they are most of all and of agents enough; none otherwise. */
function alikeAmong(all: readonly Suspicion[]): readonly Suspicion[] {
  const most = densest(all, ({ silence }) => silence, SAME_TIMER_SECONDS)
  const agents = new Set(most.map(({ found }) => found.agent?.id ?? `${found.tap}|${found.connection}`))
  return 2 * most.length > all.length && agents.size >= AGENTS_MIN ? most : []
}
