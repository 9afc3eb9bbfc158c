import { describe, expect, test } from 'vitest'
import { Cadence, MISTAKE_MAX, mistakeAt } from '../../../src/sessions/agents/cadence.ts'
import { type Micros, seconds } from '../../../src/model/time.ts'
import { createRandom } from '../../scenario/random.ts'

const APART = seconds(2)
const cadence = new Cadence()
const random = createRandom(5)
const share = (): number => (random.bits() + 1) / 2 ** 32
const many = (n: number, draw: () => number): Micros[] => Array.from({ length: n }, () => seconds(draw()))

describe('intervals drawn by chance look like a cadence no more often than is said', () => {
  const exponential = (mean: number): number => -mean * Math.log(share())
  test.each([
    ['of a Poisson process', () => APART / 1e6 + exponential(150)],
    ['in bursts', () => APART / 1e6 + exponential(share() < 0.7 ? 5 : 2000)],
    ['spread evenly from nothing', () => 2 + 120 * share()],
    ['with a heavy tail', () => 2 + 10 * (share() ** -0.8 - 1)],
  ])('%s', (_what, draw) => {
    for (const n of [6, 12, 24]) {
      const chances = Array.from({ length: 4000 }, () => cadence.chanceOf(many(n, draw), APART))
      for (const level of [0.05, 0.01, 0.001])
        expect(chances.filter((p) => p <= level).length / chances.length).toBeLessThanOrEqual(level * 1.2)
    }
  })

  test('also near an interval that is known from elsewhere, whichever', () => {
    for (const near of [20, 60, 100]) {
      const chances = Array.from({ length: 4000 }, () =>
        cadence.chanceNear(
          seconds(near),
          many(12, () => 2 + 120 * share()),
          APART,
        ),
      )
      expect(chances.filter((p) => p <= 0.01).length).toBeLessThanOrEqual(0.012 * 4000)
    }
  })
})

describe('a cadence is no work of chance', () => {
  const around = (interval: number, spread: number) => () => interval * (1 - spread + 2 * spread * share())
  test.each([
    ['six of a clock', 6, around(900, 0.001), 1e-11],
    ['a dozen that differ by 5 %', 12, around(900, 0.05), 1e-9],
    ['four dozen spread from 300 to 600 s', 48, around(450, 1 / 3), 1e-11],
  ])('%s', (_what, n, draw, most) => {
    expect(cadence.chanceOf(many(n, draw), APART)).toBeLessThan(most)
  })

  test('a night and a weekend among them', () => {
    const intervals = [...many(10, around(900, 0.01)), seconds(50_000), seconds(200_000)]
    expect(cadence.chanceOf(intervals, APART)).toBeLessThan(1e-10)
    expect(cadence.middleOf(intervals)).toBeCloseTo(seconds(900), -7)
  })

  test('known from elsewhere, fewer do', () => {
    const intervals = many(8, around(900, 0.05))
    const near = cadence.chanceNear(seconds(900), intervals, APART)
    expect(near).toBeLessThan(cadence.chanceOf(intervals, APART) / 5)
    expect(cadence.chanceNear(seconds(300), intervals, APART)).toBe(1)
    expect(cadence.chanceNear(seconds(1), intervals, APART)).toBe(1)
  })
})

test('too few have no middle', () => {
  expect(cadence.middleOf(many(5, () => 900))).toBeNull()
  expect(cadence.middleOf([60, 60, 60, 60, 61, 5000, 9000].map(seconds))).toBe(seconds(60))
})

test('what all judgements together may use is used up, and no more', () => {
  let sum = 0
  for (let n = 1; n <= 1e6; n++) sum += mistakeAt(n)
  expect(sum).toBeGreaterThan(0.8 * MISTAKE_MAX)
  // What is left from then on is less than the integral of the terms: ln 2 / log2(n).
  expect(sum + (MISTAKE_MAX * Math.LN2) / Math.log2(1e6)).toBeLessThan(MISTAKE_MAX)
})
