/** Reference numbers of SciPy 1.17: `stats.binom.sf`, `chi2.sf`, `chisquare`, ... */
import { describe, expect, test } from 'vitest'
import * as S from '../../src/model/statistics.ts'

const near = (value: number, wanted: number): void => expect(Math.abs(value / wanted - 1)).toBeLessThan(1e-9)

test('the gamma function', () => {
  near(S.logGamma(0.3), 1.0957979948180756)
  near(S.logGamma(10.5), 13.940625219403763)
  near(S.logGamma(1e4), 82099.71749644238)
  near(Math.exp(S.logChoose(20, 7)), 77520)
})

test('binomial tails', () => {
  near(S.binomialTail(33, 35, 1 / 3), 4.898909268442721e-14)
  near(S.binomialTail(19, 19, 0.5), 2 ** -19)
  near(S.binomialTail(12, 20, 0.5), 0.2517223358154297)
  near(S.binomialTail(600, 1000, 0.55), 0.0007933693696643445)
  expect([S.binomialTail(0, 5, 0.2), S.binomialTail(6, 5, 0.2), S.binomialTail(2, 5, 1)]).toEqual([1, 0, 1])
  expect(S.binomialTail(2, 5, 0)).toBe(0)
  // Far below the mean the first terms are too small for a number; together they are nearly all.
  near(S.binomialTail(1, 1661, 0.5), 1)
  near(S.binomialTail(800, 1661, 0.5), 0.9359167834593688)
  near(S.binomialTail(3, 2000, 0.01), 0.9999995803550724)
})

test('either binomial tail, doubled', () => {
  near(S.binomialBeyond(6, 30, 1 / 101), 2 * 4.560844310200393e-7)
  near(S.binomialBeyond(1, 44, 0.1), 2 * 0.0571088974208209)
  expect(S.binomialBeyond(10, 20, 0.5)).toBe(1)
})

test('tries of different probabilities', () => {
  near(S.poissonBinomialTail(3, [0.1, 0.5, 0.9, 0.3]), 0.1815)
  const many = [...Array<number>(10).fill(0.5), ...Array<number>(15).fill(0.25)]
  near(S.poissonBinomialTail(18, many), 0.0001090636505978182)
  expect(S.poissonBinomialTail(0, [])).toBe(1)
  // Above 512 tries by the normal distribution: here it may be compared with the binomial one.
  const half = Array<number>(1000).fill(0.5)
  expect(S.poissonBinomialTail(540, half)).toBeCloseTo(S.binomialTail(540, 1000, 0.5), 3)
  expect(S.poissonBinomialTail(480, half)).toBeCloseTo(S.binomialTail(480, 1000, 0.5), 3)
  expect(S.poissonBinomialTail(600, Array<number>(600).fill(1))).toBe(1)
})

test('the chi-square distribution, on both sides', () => {
  near(S.chiSquareAbove(3.84, 1), 0.05004352124870519)
  near(S.chiSquareAbove(100, 30), 1.8568023365102314e-9)
  near(1 - S.chiSquareAbove(5, 30), 6.915313866992873e-8)
  near(S.chiSquareAbove(81, 1), 2.257176811907684e-19)
  expect(S.chiSquareAbove(0, 3)).toBe(1)
})

test('the normal distribution', () => {
  near(S.normalBeyond(1.96), 0.04999579029644087)
  near(S.normalBeyond(-8), 1.244192114854348e-15)
})

test('counts against shares, by Pearson', () => {
  const far = S.chiSquare([20, 20], [10, 1])
  near(far.statistic, 81)
  near(far.p, 2.257176811907684e-19)
  const even = S.chiSquare([16, 18, 16, 14, 12, 12], [1, 1, 1, 1, 1, 1])
  near(even.statistic, 2)
  near(even.p, 0.8491450360846096)
})

describe('runs', () => {
  test('of two kinds', () => {
    const strict = S.runsTest([0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1])!
    near(strict.z, 4.135214625627066)
    near(strict.p, 3.546230491468838e-5)
    near(S.runsTest([0, 0, 0, 1, 1, 1, 1, 0, 0, 1, 0, 1])!.p, 0.5448268505172666)
  })

  test('tell nothing of one kind, or of nothing', () => {
    expect([S.runsTest([]), S.runsTest([1]), S.runsTest([1, 1, 1])]).toEqual([null, null, null])
  })
})

test('entropy', () => {
  near(S.entropy([3, 3, 2]), 1.561278124459133)
  expect(S.entropy([5, 0])).toBe(0)
})

test('marks that come last', () => {
  near(S.leadingChance(8, 5, 20), 0.05108359133126936)
  expect(S.leadingChance(16, 5, 20)).toBe(0)
})

test('the densest part of a row: the first of equals, whatever the order', () => {
  const densest = (values: readonly number[], span: number) => S.densest(values, (value) => value, span)
  expect(densest([9, 1, 5, 2, 8], 1)).toEqual([1, 2])
  expect(densest([9, 1, 5, 2, 8, 7], 2)).toEqual([7, 8, 9])
  expect(densest([3, 3, 3], 0)).toEqual([3, 3, 3])
  expect(densest([], 1)).toEqual([])
})
