/**
 * How far a packet has come, by its hop limit (TTL): stacks start at 64, 128 or 255 (RFC 1700 recommended 64;
 * Windows starts at 128; routers, Solaris and many appliances at 255), and every router takes one off.
 *
 * Two packets from as far away can come from one host even if they started differently: some stacks give a
 * RST another start than data. Two from different distances cannot, unless the route changed.
 */
const STARTS = [64, 128, 255] as const

/** Routers passed since the nearest start above; 0: the sender is on this segment. */
export function hopsTravelled(hopLimit: number): number {
  const start = STARTS.find((s) => hopLimit <= s) ?? 255
  return start - hopLimit
}

/** Nobody has routed it: whoever captured it sees what its sender sees. */
export const isOfThisSegment = (hopLimit: number | null): boolean =>
  hopLimit !== null && hopsTravelled(hopLimit) === 0
