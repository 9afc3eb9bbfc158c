/**
 * Statistics of small samples: exact binomial tails, chi-square, runs, entropy. Pure functions
 * of numbers; tested against R and SciPy.
 *
 * Sources: NIST DLMF §8.2 and §8.11 (incomplete gamma), Lanczos (1964) for the gamma function, Wald and
 * Wolfowitz (1940) for runs, in the form for several kinds of Mood (1940).
 */

/** Coefficients of Lanczos' approximation with g = 7, n = 9 (Godfrey): 15 digits. */
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
] as const
const LANCZOS_G = 7

/** Terms of a series or fraction at most: they converge in far fewer for the samples that are told here. */
const TERMS_MAX = 10_000
const PRECISION = 1e-15

/** The logarithm of the gamma function, for x > 0. */
export function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x)
  const shifted = x - 1
  const sum = LANCZOS.reduce((a, c, i) => (i === 0 ? c : a + c / (shifted + i)), 0)
  const t = shifted + LANCZOS_G + 0.5
  return 0.5 * Math.log(2 * Math.PI) + (shifted + 0.5) * Math.log(t) - t + Math.log(sum)
}

/** The logarithm of n over k. */
export const logChoose = (n: number, k: number): number =>
  logFactorial(n) - logFactorial(k) - logFactorial(n - k)

/** Logarithms of the factorials of small samples: the same few are asked for with every tail. */
const LOG_FACTORIALS = new Float64Array(64)
for (let n = 2; n < LOG_FACTORIALS.length; n++) LOG_FACTORIALS[n] = LOG_FACTORIALS[n - 1]! + Math.log(n)

const logFactorial = (n: number): number => LOG_FACTORIALS[n] ?? logGamma(n + 1)

/** P(X >= k) for X binomial with n tries of probability p: exact. */
export function binomialTail(k: number, n: number, p: number): number {
  if (k <= 0) return 1
  if (k > n || p <= 0) return 0
  if (p >= 1) return 1
  // From where the terms only become smaller: the first ones of the longer tail may be too small for a
  // number.
  return k > n * p ? tailFrom(k, n, p) : 1 - tailFrom(n - k + 1, n, 1 - p)
}

/** The same where k is above the mean. */
function tailFrom(k: number, n: number, p: number): number {
  let term = Math.exp(logChoose(n, k) + k * Math.log(p) + (n - k) * Math.log1p(-p))
  let sum = term
  for (let i = k; i < n && term >= sum * PRECISION; i++) {
    term *= ((n - i) / (i + 1)) * (p / (1 - p))
    sum += term
  }
  return Math.min(1, sum)
}

/** The probability of so many successes, or of as rare a number on that side, doubled for the other side. */
export const binomialBeyond = (k: number, n: number, p: number): number =>
  Math.min(1, 2 * Math.min(binomialTail(k, n, p), binomialTail(n - k, n, 1 - p)))

/** Tries of which the exact distribution is computed, in as many steps squared; of more, the normal one is
 * as good. */
const EXACT_MAX = 512

/** P(X >= k) for the number of successes of tries that each have a probability of their own. */
export function poissonBinomialTail(k: number, probabilities: readonly number[]): number {
  const n = probabilities.length
  if (n > EXACT_MAX) return normalTail(k, probabilities)
  const ways = new Float64Array(n + 1)
  ways[0] = 1
  for (const [i, p] of probabilities.entries())
    for (let j = i + 1; j >= 0; j--) ways[j] = ways[j]! * (1 - p) + (j > 0 ? ways[j - 1]! * p : 0)
  let sum = 0
  for (let i = Math.max(0, k); i <= n; i++) sum += ways[i]!
  return Math.min(1, sum)
}

/** The same by the normal distribution, corrected for being discrete. */
function normalTail(k: number, probabilities: readonly number[]): number {
  const mean = probabilities.reduce((a, p) => a + p, 0)
  const deviation = Math.sqrt(probabilities.reduce((a, p) => a + p * (1 - p), 0))
  if (deviation === 0) return k <= mean ? 1 : 0
  const z = (k - 0.5 - mean) / deviation
  const beyond = normalBeyond(z) / 2
  return z > 0 ? beyond : 1 - beyond
}

/** The share of the gamma distribution of shape `a` above x: Q(a, x). */
export function gammaAbove(a: number, x: number): number {
  if (x <= 0) return 1
  return x < a + 1 ? 1 - gammaSeries(a, x) : gammaFraction(a, x)
}

/** P(a, x) by its series (DLMF 8.11.4). */
function gammaSeries(a: number, x: number): number {
  let term = 1 / a
  let sum = term
  for (let n = 1; n < TERMS_MAX && term > sum * PRECISION; n++) {
    term *= x / (a + n)
    sum += term
  }
  return sum * Math.exp(a * Math.log(x) - x - logGamma(a))
}

/** Q(a, x) by its continued fraction (DLMF 8.9.2), evaluated from the front (Lentz). */
function gammaFraction(a: number, x: number): number {
  let b = x + 1 - a
  let c = 1 / Number.MIN_VALUE ** 0.5
  let d = 1 / b
  let fraction = d
  for (let i = 1; i < TERMS_MAX; i++) {
    const term = -i * (i - a)
    b += 2
    d = 1 / (term * d + b)
    c = b + term / c
    fraction *= c * d
    if (Math.abs(c * d - 1) < PRECISION) break
  }
  return fraction * Math.exp(a * Math.log(x) - x - logGamma(a))
}

/** The share of the chi-square distribution above x. */
export const chiSquareAbove = (x: number, df: number): number => gammaAbove(df / 2, x / 2)

/** The share of the normal distribution beyond z on either side. */
export const normalBeyond = (z: number): number => gammaAbove(0.5, (z * z) / 2)

export interface Fit {
  readonly statistic: number
  /** Counts this far from what was expected, or farther, by chance. */
  readonly p: number
}

/** Pearson's test of counts against shares, which need not add up to 1. */
export function chiSquare(counts: readonly number[], shares: readonly number[]): Fit {
  const expected = expectedOf(counts, shares)
  const statistic = counts.reduce((sum, count, i) => sum + (count - expected[i]!) ** 2 / expected[i]!, 0)
  return { statistic, p: chiSquareAbove(statistic, counts.length - 1) }
}

export function expectedOf(counts: readonly number[], shares: readonly number[]): readonly number[] {
  const n = counts.reduce((a, b) => a + b, 0)
  const whole = shares.reduce((a, b) => a + b, 0)
  return shares.map((share) => (n * share) / whole)
}

export interface Runs {
  /** Standard deviations above what was expected: positive where kinds alternate more than by chance. */
  readonly z: number
  /** Two-sided. */
  readonly p: number
}

/** Runs of equal kinds in a sequence of small whole numbers; null where nothing can be told. */
export function runsTest(sequence: readonly number[]): Runs | null {
  const n = sequence.length
  const counts = new Map<number, number>()
  let runs = 0
  for (const [i, kind] of sequence.entries()) {
    counts.set(kind, (counts.get(kind) ?? 0) + 1)
    if (i === 0 || kind !== sequence[i - 1]) runs++
  }
  if (n < 2 || counts.size < 2) return null
  const power = (exponent: number): number => [...counts.values()].reduce((a, c) => a + c ** exponent, 0)
  const squares = power(2)
  const expected = (n * (n + 1) - squares) / n
  const variance = (squares * (squares + n * (n + 1)) - 2 * n * power(3) - n ** 3) / (n * n * (n - 1))
  if (variance <= 0) return null
  const z = (runs - expected) / Math.sqrt(variance)
  return { z, p: normalBeyond(z) }
}

/** Entropy in bits of counts. */
export function entropy(counts: readonly number[]): number {
  const n = counts.reduce((a, b) => a + b, 0)
  return counts.reduce((h, c) => (c === 0 ? h : h - (c / n) * Math.log2(c / n)), 0)
}

/** The chance that of `total` things in random order, `marked` of them marked, the first `lead` are not. */
export function leadingChance(lead: number, marked: number, total: number): number {
  if (lead + marked > total) return 0
  return Math.exp(logChoose(total - lead, marked) - logChoose(total, marked))
}

/** The most of them whose values lie within `span`, in order of value; of equals the first. */
export function densest<T>(all: readonly T[], valueOf: (one: T) => number, span: number): readonly T[] {
  const sorted = all.toSorted((a, b) => valueOf(a) - valueOf(b))
  let best = { from: 0, to: 0 }
  for (let from = 0, to = 0; to < sorted.length; to++) {
    while (valueOf(sorted[to]!) - valueOf(sorted[from]!) > span) from++
    if (to + 1 - from > best.to - best.from) best = { from, to: to + 1 }
  }
  return sorted.slice(best.from, best.to)
}
