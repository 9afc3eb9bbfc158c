import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Observation } from '../../src/model/observation.ts'
import { ObservationMerge, RUN } from '../../src/pipeline/merge.ts'

const at = (time: number, tap: string): Observation => ({ kind: 'capture-ended', time, tap })

/** A source tells `told` (times that never go back) in portions; between two, its frontier moves to the next
 * time. */
const source = fc.array(fc.nat(20), { maxLength: 12 }).chain((times) =>
  fc.record({
    times: fc.constant(times.toSorted((a, b) => a - b)),
    cuts: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 12, maxLength: 12 }),
  }),
)

interface Portion {
  readonly times: number[]
  readonly frontier: number
}

function portionsOf({ times, cuts }: { times: readonly number[]; cuts: readonly number[] }): Portion[] {
  const portions: Portion[] = []
  for (let next = 0, i = 0; next < times.length; i++) {
    const end = next + cuts[i]!
    portions.push({ times: times.slice(next, end), frontier: times[end] ?? Infinity })
    next = end
  }
  return portions.length === 0 ? [{ times: [], frontier: Infinity }] : portions
}

test('all taps in one order of time, nothing lost, nothing early, however they are read', () => {
  fc.assert(
    fc.property(
      fc.array(source, { minLength: 2, maxLength: 4 }),
      fc.array(fc.nat(), { maxLength: 60 }),
      (sources, turns) => {
        const delivered: Observation[] = []
        const merge = new ObservationMerge(sources.length, (o) => void delivered.push(o))
        const inlets = sources.map((_, i) => merge.inlet(i))
        const waiting = sources.map(portionsOf)
        const frontiers = sources.map(() => -Infinity)
        for (let turn = 0; waiting.some((portions) => portions.length > 0); turn++) {
          const open = waiting.flatMap((portions, i) => (portions.length > 0 ? [i] : []))
          const i = open[(turns[turn] ?? 0) % open.length]!
          const { times, frontier } = waiting[i]!.shift()!
          times.forEach((time, n) => inlets[i]!(at(time, `${i} ${n}`)))
          frontiers[i] = frontier
          merge.advance(i, frontier)
          const until = Math.min(...frontiers)
          expect(delivered.every((o) => o.time < until || until === Infinity)).toBe(true)
        }
        const expected = sources
          .flatMap(({ times }, i) => times.map((time) => ({ time, i })))
          .sort((a, b) => a.time - b.time || a.i - b.i)
        expect(delivered.map((o) => [o.time, Number(o.tap.split(' ')[0])])).toEqual(
          expected.map(({ time, i }) => [time, i]),
        )
      },
    ),
  )
})

test('of one tap, observations of one time keep their order', () => {
  const delivered: Observation[] = []
  const merge = new ObservationMerge(2, (o) => void delivered.push(o))
  for (const n of [1, 2, 3]) merge.inlet(1)(at(5, `${n}`))
  merge.inlet(0)(at(4, 'other'))
  merge.advance(1, Infinity)
  expect(delivered).toEqual([])
  merge.advance(0, Infinity)
  expect(delivered.map((o) => o.tap)).toEqual(['other', '1', '2', '3'])
})

test('what one source tells is delivered in its order, some together, and none later than its batch', () => {
  const told = fc.array(fc.nat(2 * RUN + 2), { minLength: 1, maxLength: 6 })
  fc.assert(
    fc.property(told, fc.boolean(), (batches, settles) => {
      const delivered: string[] = []
      const merge = new ObservationMerge(1, (o) => void delivered.push(o.tap))
      const inlet = merge.inlet(0)
      let next = 0
      for (const size of batches) {
        const before = next
        for (; next < before + size; next++) inlet(at(5, `${next}`))
        const waiting = next - delivered.length
        expect(waiting).toBe(size % RUN)
        if (settles) merge.settle()
        else merge.advance(0, 6)
        expect(delivered).toEqual(Array.from({ length: next }, (_, i) => `${i}`))
      }
    }),
  )
})

test('of several sources, settling releases nothing before its time', () => {
  const delivered: Observation[] = []
  const merge = new ObservationMerge(2, (o) => void delivered.push(o))
  merge.inlet(0)(at(5, ''))
  merge.settle()
  expect(delivered).toEqual([])
})

test('a frontier never goes back: a capture out of order holds nobody up', () => {
  const delivered: Observation[] = []
  const merge = new ObservationMerge(2, (o) => void delivered.push(o))
  merge.inlet(0)(at(1, ''))
  merge.advance(0, 10)
  merge.advance(0, 0)
  merge.advance(1, 10)
  expect(delivered).toHaveLength(1)
})

test('captures may end with any number of connections', () => {
  let delivered = 0
  const merge = new ObservationMerge(2, () => void delivered++)
  const inlet = merge.inlet(0)
  for (let i = 0; i < 300_000; i++) inlet(at(7, ''))
  merge.advance(0, Infinity)
  merge.advance(1, Infinity)
  expect(delivered).toBe(300_000)
})
