/** Numbers that look random and are the same in every run (mulberry32, by Tommy Ettinger, public domain). */
export interface Random {
  /** 0 up to, not including, 1. */
  next(): number
  /** 0 up to, not including, `n`. */
  below(n: number): number
  pick<T>(values: readonly T[]): T
  /** The place of one of the weights, as often as it weighs. */
  weighted(weights: readonly number[]): number
}

export function random(seed: number): Random {
  let state = seed | 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  const below = (n: number): number => Math.floor(next() * n)
  return {
    next,
    below,
    pick: (values) => values[below(values.length)]!,
    weighted(weights) {
      let left = next() * weights.reduce((sum, weight) => sum + weight, 0)
      for (const [place, weight] of weights.entries()) if ((left -= weight) < 0) return place
      return weights.length - 1
    },
  }
}
