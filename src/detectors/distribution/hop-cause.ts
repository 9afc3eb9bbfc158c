/** Why a load balancer moved an agent, as far as its other choices show: it hands agents round, or its memory
 * of them ends. */
import type { Assignment } from '../../model/event.ts'
import { toSeconds, type Micros } from '../../model/time.ts'
import { returnsOf } from './algorithms.ts'
import { choicesOf } from './choices.ts'
import { persistenceTimer } from './persistence.ts'
import { turnTaking } from './turn-taking.ts'

/** The latest choices that are looked at: what a relay did long ago says little of what it does now. */
const LATEST = 256
/** Moves of one relay for which they are looked at each time; later only once for so many. */
const EACH_UNTIL = 64
/** Relays and services that are remembered; of further ones nothing is said. */
const RELAYS_MAX = 1024

type Cause = 'round-robin' | 'persistence-expired'

interface Known {
  moves: number
  isRoundRobin: boolean
  /** Pauses since the last contact, in seconds, after which the relay may have forgotten an agent. */
  forgetsAfter: number
}

/** What is known of relays by now; looked at anew now and then. */
export class HopCauses {
  private readonly relays = new Map<string, Known>()

  /** `away`: since the agent's last contact. Null where the choices made by then show neither. */
  causeOf(relay: string, assignments: () => readonly Assignment[], away: Micros): Cause | null {
    let known = this.relays.get(relay)
    if (known === undefined) {
      if (this.relays.size >= RELAYS_MAX) return null
      this.relays.set(relay, (known = { moves: 0, isRoundRobin: false, forgetsAfter: Infinity }))
    }
    if (known.moves < EACH_UNTIL || known.moves % EACH_UNTIL === 0) look(known, assignments())
    known.moves++
    if (known.isRoundRobin) return 'round-robin'
    return toSeconds(away) >= known.forgetsAfter ? 'persistence-expired' : null
  }
}

function look(known: Known, assignments: readonly Assignment[]): void {
  const { servers, list } = choicesOf(assignments.slice(-LATEST))
  known.isRoundRobin = turnTaking(list, servers.length).isRoundRobin
  const timer = persistenceTimer(returnsOf(list, 'sinceLast'), returnsOf(list, 'sinceFirst'))
  known.forgetsAfter = timer?.clock === 'last-contact' ? (timer.lowerSeconds ?? Infinity) : Infinity
}
