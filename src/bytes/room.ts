/** Room for octets that come in pieces and are put together. */

/**
 * An array that begins with the first `used` octets of `held`, with room for `needed`: `held` itself if it is
 * large enough, else one of twice what is needed, of `first` to `max` octets. Nobody needs more than `max`.
 */
export function withRoom(
  held: Uint8Array | null,
  used: number,
  needed: number,
  first: number,
  max: number,
): Uint8Array {
  if (held !== null && held.length >= needed) return held
  const grown = new Uint8Array(Math.min(max, Math.max(first, 2 * needed)))
  if (held !== null) grown.set(held.subarray(0, used))
  return grown
}
