/** A sparse column holds what a map would. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Sparse } from '../../src/connections/sparse.ts'

const rows = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 1 << 20 }))

test('any order of settings and deletions', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(rows, fc.option(fc.nat())), { maxLength: 60 }), (steps) => {
      const sparse = new Sparse<number>()
      const map = new Map<number, number>()
      for (const [row, value] of steps) {
        if (value === null) {
          sparse.delete(row)
          map.delete(row)
        } else {
          sparse.set(row, value)
          map.set(row, value)
        }
        for (const [known] of steps) expect(sparse.get(known)).toBe(map.get(known))
      }
    }),
  )
})

test('a block that was given up and is used again holds nothing of before', () => {
  const sparse = new Sparse<string>()
  sparse.set(7, 'first')
  sparse.delete(7)
  sparse.delete(7)
  sparse.set(2_048, 'second')
  expect([sparse.get(7), sparse.get(2_048), sparse.get(2_048 + 7), sparse.get(1 << 22)]).toEqual([
    undefined,
    'second',
    undefined,
    undefined,
  ])
})
