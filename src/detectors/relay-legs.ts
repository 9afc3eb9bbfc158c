/**
 * Who closed first behind a relay, by its other leg, and by those of further relays behind it: each leg
 * between two of them is the back of the one and the front of the next.
 */
import type { World } from '../model/event.ts'
import { type Finished, isEarlierEnd, type Reset, type Silence } from '../model/observation.ts'
import type { Path, Sighting } from '../model/party.ts'
import { seconds, type Micros } from '../model/time.ts'

/** Two legs of a relay end this close where one end is the other's cause; clocks of taps differ by less. */
const LEGS_APART: Micros = seconds(2)

/** A relay opened it: to another one, or to a server. */
export const isRelays = ({ leg, isBetweenRelays }: Sighting): boolean => leg === 'back' || isBetweenRelays

/**
 * The legs behind a relay whose agents' side ended so, nearest to the agents first; save those that were over
 * before: a relay that opens another connection when it needs one does not close for that.
 */
export function legsBehind({ sightings }: Path, { end }: Silence): Sighting[] {
  const wasOver = ({ ending }: Sighting): boolean =>
    [...(ending?.finished ?? []), ...(ending?.resets ?? [])].some(
      (by) => by !== null && by.time < end - LEGS_APART,
    )
  const behind = sightings.filter((s) => isRelays(s) && !wasOver(s))
  // One relay after the other opens its own: those to servers are the last.
  return behind.sort((a, b) => Number(a.leg === 'back') - Number(b.leg === 'back') || a.start - b.start)
}

interface FirstWord {
  /** `unclear`: one of several relays. `unseen`: no leg shows it; it is the relay, or who is behind it. */
  readonly by: 'server' | 'relay' | 'unclear' | 'unseen'
  /** The leg that shows it; of what is unseen, the last that does not. */
  readonly leg: Sighting
  readonly said: Finished | Reset | null
  /** The leg at whose responder's end the relay stands. */
  readonly before: Sighting
}

/** Who said the first word of the end that came to a front leg from its relay. */
export function firstWord(front: Sighting, legs: readonly Sighting[], world: World): FirstWord {
  let before = front
  for (const leg of legs) {
    const far = leg.ending?.finished[1] ?? leg.ending?.resets[1] ?? null
    const relay = leg.ending?.finished[0] ?? leg.ending?.resets[0] ?? null
    if (far !== null && !isEarlierEnd(relay, far)) {
      if (leg.leg !== 'front') return { by: 'server', leg, said: far, before }
      before = leg
      continue
    }
    if (relay === null) return { by: 'unseen', leg, said: null, before }
    // Between two relays a leg is missing: the farther one may have closed for the nearer.
    const isUnclear = world.areApart(before.responder.address, leg.originator.address)
    return { by: isUnclear ? 'unclear' : 'relay', leg, said: relay, before }
  }
  return { by: 'unseen', leg: before, said: null, before }
}
