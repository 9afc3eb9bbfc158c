/**
 * Octets that came before their turn: a list in the order of their sequence numbers, without overlaps. The
 * hole arithmetic of reassembly, free of connections and consumers. Of octets that come twice, the first copy
 * is kept (RFC 9293 §3.10.7.4 trims a segment to what is new).
 */
import type { Micros } from '../model/time.ts'

/**
 * A stretch of octets that waits. `bytes` is null for octets that were on the wire and were cut off by the
 * snap length.
 */
export interface HeldStretch extends HeldFacts {
  readonly sequence: number
  readonly length: number
  readonly bytes: Uint8Array | null
}

/** What is remembered of the packet that octets came in. */
export interface HeldFacts {
  readonly time: Micros
  readonly packet: number
  /** The other side's octets before this sequence number come first; null: it waits for nothing of it. */
  readonly after: number | null
}

/**
 * What a stretch costs besides its octets: the object, the typed array and its backing store (about 250
 * octets in V8).
 */
export const STRETCH_OVERHEAD = 256

/** a - b on the sequence circle: positive if `a` is the later one (RFC 9293 §3.4). */
export const distance = (a: number, b: number): number => (a - b) | 0

/** What a stretch counts for in the limits of held octets. */
export const cost = (stretch: HeldStretch): number => (stretch.bytes?.length ?? 0) + STRETCH_OVERHEAD

const endOf = (stretch: HeldStretch): number => (stretch.sequence + stretch.length) >>> 0

/**
 * Where to begin: the first stretch that ends after `sequence`. From the back, because late octets usually
 * follow the held ones.
 */
function firstAfter(held: readonly HeldStretch[], sequence: number): number {
  let at = held.length
  while (at > 0 && distance(endOf(held[at - 1]!), sequence) > 0) at--
  return at
}

/**
 * Holds what is new of `length` octets from `sequence` on, copied from `bytes` at `start` (null: they were
 * not captured). Returns what that cost.
 */
export function hold(
  held: HeldStretch[],
  sequence: number,
  length: number,
  bytes: Uint8Array | null,
  start: number,
  facts: HeldFacts,
): number {
  let spent = 0
  let from = 0
  let at = firstAfter(held, sequence)
  while (from < length) {
    const next = held[at]
    const to = next === undefined ? length : Math.min(length, distance(next.sequence, sequence))
    if (to > from) {
      // Not `slice`: given a Buffer, that would be a view of the borrowed octets.
      const copy = bytes === null ? null : new Uint8Array(bytes.subarray(start + from, start + to))
      const stretch = { sequence: (sequence + from) >>> 0, length: to - from, bytes: copy, ...facts }
      held.splice(at++, 0, stretch)
      spent += cost(stretch)
    }
    if (next === undefined) break
    from = distance(endOf(next), sequence)
    at++
  }
  return spent
}
