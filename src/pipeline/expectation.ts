/** How many connections a source may hold, by what was read of it so far: what a table makes room for. */

/** What is read ahead counts as read already. */
const MARGIN = 2

/**
 * No more connections than frames, or flow records: `read` of them in the part `progress` (0 to 1) of the
 * source. A stream, whose progress is NaN, does not say.
 */
export function expectation(read: number, progress: number): { readonly connectionsExpected?: number } {
  const expected = (MARGIN * read) / progress
  return Number.isFinite(expected) ? { connectionsExpected: Math.ceil(expected) } : {}
}
