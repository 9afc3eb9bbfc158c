/**
 * The keys of a map, oldest first: for maps that forget their oldest entry when they are full.
 *
 * A map that is asked for its first key each time walks over all that was deleted before it, and an iterator
 * that is kept holds every table that the map ever had; so keys are looked up many at a time.
 */

/** Keys looked up at a time. */
const BATCH = 1 << 10

/** How much of what is full goes at once: every 64th entry, so that 98 % of the room is always used. */
const SHARE_SHIFT = 6

/** Takes off what was put in first, much of it at once: for maps that are saved as they are, and have nobody
 * who keeps their keys. */
export function forgetOldest(entries: Map<unknown, unknown>): void {
  let left = Math.max(1, entries.size >> SHARE_SHIFT)
  for (const key of entries.keys()) {
    if (left-- === 0) break
    entries.delete(key)
  }
}

export class Oldest<K> {
  private readonly map: ReadonlyMap<K, unknown>
  /** The oldest is the last. */
  private readonly batch: K[] = []

  constructor(map: ReadonlyMap<K, unknown>) {
    this.map = map
  }

  /** The next key; undefined if the map is empty. Its entry is to be deleted, and entered anew if it is
   * kept. */
  next(): K | undefined {
    for (;;) {
      if (this.batch.length === 0) this.refill()
      const key = this.batch.pop()
      if (key === undefined || this.map.has(key)) return key
    }
  }

  private refill(): void {
    for (const key of this.map.keys()) {
      this.batch.push(key)
      if (this.batch.length === BATCH) break
    }
    this.batch.reverse()
  }
}
