/**
 * Why a header could not be read, spelt out where a person asks; the hot path only counts. The shape is the
 * vocabulary's `Fault` (src/model/fault.ts), written again because the wire layer imports bytes only.
 */
export interface Fault {
  readonly layer: string
  /** Offset of the offending field in the bytes that were given. */
  readonly at: number
  readonly message: string
}

/** A header that ends before it is whole. */
export const cutShort = (layer: string, at: number, needed: number, had: number): Fault => ({
  layer,
  at,
  message: `header needs ${needed} octets, ${Math.max(0, had)} are there`,
})
