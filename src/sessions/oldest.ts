/**
 * The keys of a map in order of entry, each handed out once: for maps that forget their oldest entry when
 * they are full. A map that is asked for its first key anew each time walks over all that was deleted before
 * it; an iterator that stays where it is does not.
 */
export class Oldest<K> {
  private readonly map: ReadonlyMap<K, unknown>
  private keys: Iterator<K>

  constructor(map: ReadonlyMap<K, unknown>) {
    this.map = map
    this.keys = map.keys()
  }

  /** The next key; undefined if the map is empty. Whoever keeps it enters it anew, or it is not seen
   * again. */
  next(): K | undefined {
    const { done, value } = this.keys.next()
    if (done !== true) return value
    this.keys = this.map.keys()
    return this.keys.next().value
  }
}
