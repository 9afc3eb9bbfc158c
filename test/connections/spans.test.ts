import fc from 'fast-check'
import { expect, test } from 'vitest'
import { covers, isWhole, join, meets, uncovered } from '../../src/connections/spans.ts'

const LENGTH = 24
const range = fc
  .tuple(fc.nat(LENGTH - 1), fc.integer({ min: 1, max: 8 }))
  .map(([from, length]) => [from, from + length] as const)

test('the operations agree with sets of integers', () => {
  fc.assert(
    fc.property(fc.array(range, { maxLength: 8 }), range, (added, [from, to]) => {
      const members = new Set<number>()
      let spans: number[] = []
      for (const [a, b] of added) {
        spans = join(spans, a, b)
        for (let i = a; i < b; i++) members.add(i)
      }
      const asked = Array.from({ length: to - from }, (_, i) => from + i)
      expect(covers(spans, from, to)).toBe(asked.every((i) => members.has(i)))
      expect(meets(spans, from, to)).toBe(asked.some((i) => members.has(i)))
      const missing = uncovered(spans, from, to).flatMap(([a, b]) =>
        Array.from({ length: b - a }, (_, i) => a + i),
      )
      expect(missing).toEqual(asked.filter((i) => !members.has(i)))
      // ascending and apart
      for (let i = 2; i < spans.length; i++) expect(spans[i]!).toBeGreaterThan(spans[i - 1]!)
    }),
    { numRuns: 500 },
  )
})

test('whole is one span from 0 to the length, and nothing else', () => {
  expect([
    isWhole([0, 8], 8),
    isWhole([0, 8], 9),
    isWhole([1, 8], 8),
    isWhole([0, 4, 6, 8], 8),
    isWhole([], -1),
  ]).toEqual([true, false, false, false, false])
})
