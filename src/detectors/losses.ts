/**
 * Connections of which only the agent's return tells that they were lost: by a timer on the path, or because
 * its host lost power, or the agent itself was restarted. A timer takes those that are silent for so long;
 * hosts fail now and then, whatever the silence.
 *
 * Where silences of one length were both survived and lost, domain knowledge (4.3) takes the split with the
 * fewest errors. A timer at the length of a loss is wrong about each connection that survived such a silence;
 * no timer is wrong about each that was lost after one. So a timer is the reason as long as more were lost
 * than survived: no share has to be assumed, and with nothing survived one loss is enough.
 */
import type { World } from '../model/event.ts'
import type { Sighting } from '../model/party.ts'
import { toSeconds } from '../model/time.ts'

/** Losses that are counted per service and leg: the first ones, as many as survivals are (endings.ts). */
const COUNTED_MAX = 2048

export class Losses {
  private readonly all = new Map<string, number[]>()

  /** Counts a loss after a silence in seconds, and says whether a timer explains it as far as is known by
   * now. */
  isByTimer({ service, leg }: Sighting, silence: number, world: World): boolean {
    const key = `${service.name}|${leg}`
    const lost = this.all.get(key) ?? []
    this.all.set(key, lost)
    if (lost.length < COUNTED_MAX) lost.push(silence)
    const survived = atLeast(world.survived(service.name, leg), silence)
    const alike = atLeast(lost, silence)
    return alike > survived
  }
}

/** The silence after which a return alone tells of a loss, in seconds; null where the capture shows more of
 * it. */
export function silenceBeforeReturn(lost: Sighting, next: Sighting): number | null {
  const silence = lost.ending?.silence ?? null
  if (silence === null) {
    const last = lost.ending?.summary?.halves[0].lastPacketAt ?? null
    return last === null ? null : toSeconds(next.start - last)
  }
  const isRelayed = lost.leg === 'back' && lost.path.sightings.every(({ leg }) => leg === 'back')
  const isByRelay = (silence.outcome === 'closed' || silence.outcome === 'aborted') && silence.brokenBy === 0
  return isRelayed && isByRelay ? toSeconds(silence.end - silence.start) : null
}

/** Another tap shows the connection as well, and so what the agent said that was lost between them: a host of
 * which neither shows anything was silent itself, asleep or off. */
export const isSeenElsewhere = ({ tap, path }: Sighting): boolean => path.sightings.some((s) => s.tap !== tap)

function atLeast(values: readonly number[], least: number): number {
  let count = 0
  // By index: an iterator would make an object of each number, of thousands for each loss.
  for (let i = 0; i < values.length; i++) if ((values[i] ?? 0) >= least) count++
  return count
}
