/** Axes: round steps and the values at which they are marked. */

/** The round step (1, 2 or 5 times a power of ten, at least 1) that is not below `rough`. */
export function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, rough)))
  const step = [1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10
  return Math.max(1, step * power)
}

/** `from`, `from + step`, ... up to and with `to`. */
export function ticks(from: number, to: number, step: number): number[] {
  return Array.from(
    { length: Math.max(0, Math.floor((to - from) / step + 1e-9) + 1) },
    (_, n) => from + n * step,
  )
}
