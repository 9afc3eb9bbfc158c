/** The silences that connections survived, by service and leg: what a timer on the way lets live. */
import type { ConnectionSummary } from '../../model/connection.ts'
import type { Leg } from '../../model/party.ts'
import { isRecordReference } from '../../model/record-reference.ts'
import { SECOND, type Micros } from '../../model/time.ts'
import type { TrackedSighting } from '../sighting.ts'

/** Connections per service and leg whose longest survived silence is kept: the first ones; more say
 * nothing new. */
const KEPT = 2048

interface Survived {
  /** Of each connection the longest silence that counts as idle, in seconds; and of all the longest pause
   * that does not, at `pauseAt`. */
  readonly seconds: number[]
  /** -1: there was none. */
  pauseAt: number
}

export class Survivals {
  private readonly byService = new Map<string, Map<Leg, Survived>>()

  /** A connection is over. One that was not lost went on after each of its pauses. */
  note({ service, leg, ending, startPacket }: TrackedSighting, summary: ConnectionSummary): void {
    const { longestSurvived, maxIdle } = summary
    if (longestSurvived > 0) {
      const known = this.at(service.name, leg)
      if (known.seconds.length < KEPT) known.seconds.push(longestSurvived / SECOND)
      return
    }
    // Between flow records nobody knows what passed.
    const wasLost = ending?.silence != null
    if (wasLost || !isPause(maxIdle, service.idleThreshold) || isRecordReference(startPacket)) return
    const known = this.at(service.name, leg)
    if (known.pauseAt < 0) known.pauseAt = known.seconds.push(0) - 1
    known.seconds[known.pauseAt] = Math.max(known.seconds[known.pauseAt]!, maxIdle / SECOND)
  }

  /** Silences that connections of a service on one kind of leg survived, in seconds, the longest pause among
   * them: it is shorter than a timer that let it pass. */
  of(service: string, leg: Leg): readonly number[] {
    return this.byService.get(service)?.get(leg)?.seconds ?? []
  }

  private at(service: string, leg: Leg): Survived {
    let byLeg = this.byService.get(service)
    if (byLeg === undefined) this.byService.set(service, (byLeg = new Map()))
    let known = byLeg.get(leg)
    if (known === undefined) byLeg.set(leg, (known = { seconds: [], pauseAt: -1 }))
    return known
  }
}

/** Shorter than what counts as idle, and longer than what retransmission timers make (RFC 6298: 1 s and
 * more). */
const isPause = (longest: Micros, idleThreshold: Micros): boolean =>
  longest >= SECOND && longest < idleThreshold
