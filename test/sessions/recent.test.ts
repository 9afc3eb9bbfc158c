import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Recent } from '../../src/sessions/recent.ts'

test('the median of the latest, as sorting them gives it', () => {
  const values = fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 40 })
  fc.assert(
    fc.property(values, fc.integer({ min: 1, max: 12 }), (list, most) => {
      const recent = new Recent(most)
      for (const [i, value] of list.entries()) {
        recent.add(value)
        const latest = list.slice(Math.max(0, i + 1 - most), i + 1).toSorted((a, b) => a - b)
        expect(recent.median()).toBe(latest[latest.length >> 1])
      }
    }),
  )
  expect(new Recent(3).median()).toBeNull()
})
