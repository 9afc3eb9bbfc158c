/** How much of what is full goes at once: every 64th entry, so that 98 % of the room is always used. */
const SHARE_SHIFT = 6

/**
 * Takes off what was put in first, and answers how many entries that were: at least one, unless there is
 * none. Not one by one: a map keeps the places of entries that were deleted, and each iterator walks over
 * them. With 262,144 entries, of which the first makes room for a new one again and again, that took 260 µs
 * for each (measured, Node 24).
 */
export function forgetOldest(entries: Map<unknown, unknown>): number {
  const count = Math.min(entries.size, Math.max(1, entries.size >> SHARE_SHIFT))
  let left = count
  for (const key of entries.keys()) {
    if (left-- === 0) break
    entries.delete(key)
  }
  return count
}
