/**
 * Who else was cut when a path ended: connections of the same device that ended within moments of it. One
 * restart, or one timer that many met at once, is not so many causes.
 */
import { isAgentSide } from '../../model/party.ts'
import type { Micros } from '../../model/time.ts'
import { closedByAgent, RECONNECT_WITHIN, TOGETHER } from './lost-paths.ts'
import type { TrackedPath, TrackedSighting } from '../sighting.ts'

/** How long ends are remembered: what became of a path is told when its agent had the time to return, twice
 * over. The oldest are forgotten, many at once. */
const RECENT_FOR: Micros = 2 * RECONNECT_WITHIN
const RECENT_ENDS_MAX = 1 << 14
const FORGOTTEN_AT_ONCE = 1 << 8
/** Others that are told with a path: the nearest in time. More of them say nothing new, and of ten thousand
 * that end together each would be told with all the others. */
export const TOGETHER_MAX = 1 << 8

export class RecentEnds {
  /** In order of time. */
  private readonly ends: { readonly sighting: TrackedSighting; readonly at: Micros }[] = []

  /** A connection ended, no earlier than those before it. */
  add(sighting: TrackedSighting, at: Micros): void {
    const { ends } = this
    const isLate = (ends[FORGOTTEN_AT_ONCE]?.at ?? Infinity) < at - RECENT_FOR
    if (isLate || ends.length >= RECENT_ENDS_MAX) ends.splice(0, FORGOTTEN_AT_ONCE)
    ends.push({ sighting, at })
  }

  /** Paths through the same relay or to the same server that were cut at the same time, the nearest first. */
  together(path: TrackedPath, at: Micros): TrackedSighting[] {
    const { ends } = this
    const others = new Map<TrackedPath, TrackedSighting>()
    let after = this.firstEndSince(at)
    let before = after - 1
    while (others.size < TOGETHER_MAX) {
      const sooner = at - (ends[before]?.at ?? -Infinity)
      const later = (ends[after]?.at ?? Infinity) - at
      if (Math.min(sooner, later) > TOGETHER) break
      const { sighting, at: theirs } = ends[later <= sooner ? after++ : before--]!
      if (sighting.path === path || others.has(sighting.path) || !wasCut(sighting, theirs)) continue
      if (path.sightings.some((s) => shareDevice(s, sighting))) others.set(sighting.path, sighting)
    }
    return [...others.values()]
  }

  /** Index of the first remembered end at or after a time: they are in order. */
  private firstEndSince(time: Micros): number {
    let low = 0
    let high = this.ends.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.ends[middle]!.at < time) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** A connection that had lasted, and that its device or server ended: agents that poll come and go all the
 * time. */
function wasCut(sighting: TrackedSighting, at: Micros): boolean {
  if (sighting.handshake === null || at - sighting.start < sighting.service.idleThreshold) return false
  const own = sighting.path.sightings.filter(isAgentSide)
  return !own.some(closedByAgent)
}

/** Both run through the same relay or reach the same server, seen at the same tap. */
function shareDevice(a: TrackedSighting, b: TrackedSighting): boolean {
  if (a.tap !== b.tap) return false
  const sameServer = a.responder.address === b.responder.address && a.responder.port === b.responder.port
  return sameServer || (a.leg === 'back' && b.leg === 'back' && a.originator.address === b.originator.address)
}
