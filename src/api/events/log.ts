/**
 * The latest events, rendered once for all streams. Who asks for older ones is answered from the database's
 * own list of changes; who is further behind than `BEHIND_MAX` has missed them, which costs less than
 * catching up: the lists say the same.
 */
import { changesAfter, lastChange } from '../../store/changes.ts'
import type { Store } from '../../store/store.ts'
import type { Render, RenderedEvent } from './rendering.ts'

/** Changes that are still told one by one; beyond, `lost`. */
export const BEHIND_MAX = 5_000
/** Events and octets held; the oldest go first. */
const EVENTS_MAX = 2_000
const OCTETS_MAX = 8 * 1024 * 1024
/** Changes rendered at a time: other requests are answered between two batches. */
const BATCH = 100

export interface Stretch {
  readonly events: readonly RenderedEvent[]
  /** Whoever has sent them all has told every change up to this number. */
  readonly upTo: number
}

export interface EventLog {
  /** The number of the latest change that is in the log. */
  last(): number
  /** What comes after a place; null if part of it is lost. */
  after(place: number): Stretch | null
  /** Takes in one batch of what is new in the database. False if there is nothing more. */
  takeIn(): boolean
  /** Forgets all events, and begins with what comes from now on. */
  beginNow(): void
}

export function eventLog(store: Store, render: Render): EventLog {
  // every change in (from, last] that is still worth telling is among the events
  let events: RenderedEvent[] = []
  let from = lastChange(store)
  let last = from
  let octets = 0

  const beginNow = (): void => {
    events = []
    octets = 0
    from = last = lastChange(store)
  }
  const trim = (): void => {
    let dropped = 0
    while (events.length - dropped > EVENTS_MAX || octets > OCTETS_MAX) {
      const oldest = events[dropped++]
      if (oldest === undefined) break
      octets -= oldest.frame.byteLength
      from = oldest.id
    }
    events.splice(0, dropped)
  }
  return {
    last: () => last,
    beginNow,
    after(place) {
      if (place >= from)
        return place > last ? null : { events: events.slice(firstAfter(events, place)), upTo: last }
      if (last - place > BEHIND_MAX) return null
      const changes = changesAfter(store, place, BATCH).filter(({ id }) => id <= from)
      return { events: render(changes), upTo: changes.at(-1)?.id ?? from }
    },
    takeIn() {
      if (lastChange(store) - last > BEHIND_MAX) beginNow()
      const changes = changesAfter(store, last, BATCH)
      const rendered = render(changes)
      for (const { frame } of rendered) octets += frame.byteLength
      events.push(...rendered)
      last = changes.at(-1)?.id ?? last
      trim()
      return changes.length === BATCH
    },
  }
}

/** Where the events after a number begin. */
function firstAfter(events: readonly RenderedEvent[], id: number): number {
  let low = 0
  let high = events.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((events[middle]?.id ?? 0) <= id) low = middle + 1
    else high = middle
  }
  return low
}
