/** Seeded random numbers (mulberry32): the same seed gives the same capture, the same fuzz case. */
export interface Random {
  /** An integer of 32 bits. */
  bits(): number
  /** An integer in `low`..`high`, both included. */
  between(low: number, high: number): number
  /** True `share` of the time, 0..1. */
  chance(share: number): boolean
  pick<T>(from: readonly T[]): T
  fill(bytes: Uint8Array, start?: number, end?: number): Uint8Array
}

export function createRandom(seed: number): Random {
  let state = seed >>> 0
  const bits = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return (t ^ (t >>> 14)) >>> 0
  }
  const between = (low: number, high: number): number =>
    low + Math.floor((bits() / 2 ** 32) * (high - low + 1))
  return {
    bits,
    between,
    chance: (share) => bits() / 2 ** 32 < share,
    pick: (from) => from[between(0, from.length - 1)]!,
    fill(bytes, start = 0, end = bytes.length) {
      for (let at = start; at < end; at++) bytes[at] = bits()
      return bytes
    },
  }
}
