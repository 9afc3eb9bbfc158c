import { expect, test } from 'vitest'
import { forgetOldest, Oldest } from '../../src/model/oldest.ts'

test('hands out keys in order of entry, those that were entered anew at their new place', () => {
  const map = new Map([1, 2, 3].map((n) => [n, n]))
  const oldest = new Oldest(map)
  expect(oldest.next()).toBe(1)
  map.delete(1)
  map.set(1, 1)
  map.delete(2)
  expect(oldest.next()).toBe(3)
  map.delete(3)
  expect(oldest.next()).toBe(1)
})

test('knows entries that came later, and an empty map', () => {
  const map = new Map<number, number>()
  const oldest = new Oldest(map)
  expect(oldest.next()).toBe(undefined)
  for (let i = 0; i < 5000; i++) {
    map.set(i, i)
    if (map.size > 2000) {
      const key = oldest.next()!
      expect(key).toBe(i - 2000)
      map.delete(key)
    }
  }
})

test.each([
  [0, 0],
  [1, 1],
  [127, 1],
  [640, 10],
])('of %i entries that are full, the first %i go at once', (size, gone) => {
  const map = new Map(Array.from({ length: size }, (_, i) => [i, i]))
  forgetOldest(map)
  expect([map.size, map.has(gone - 1), map.has(gone)]).toEqual([size - gone, false, size > gone])
})
