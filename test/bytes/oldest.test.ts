import { expect, test } from 'vitest'
import { forgetOldest } from '../../src/bytes/oldest.ts'

const numbered = (size: number) => new Map(Array.from({ length: size }, (_, i) => [i, i]))

test('in the order in which they were put in; what is put in again is new', () => {
  const map = numbered(4)
  map.delete(0)
  map.set(0, 0)
  map.set(1, 100)
  expect([forgetOldest(map), [...map.keys()]]).toEqual([1, [2, 3, 0]])
})

test.each([
  [0, 0],
  [1, 1],
  [127, 1],
  [640, 10],
])('of %i entries %i', (size, count) => {
  const map = numbered(size)
  expect([forgetOldest(map), map.size, map.has(count), map.has(count - 1)]).toEqual([
    count,
    size - count,
    size > count,
    false,
  ])
})

test('takes no longer the more were forgotten before', () => {
  const most = 1 << 16
  const map = numbered(most)
  const began = process.threadCpuUsage().user
  for (let i = most; i < 4 * most; i++) {
    if (map.size >= most) forgetOldest(map)
    map.set(i, i)
  }
  // Microseconds of the processor; one by one it takes ten seconds and more.
  expect(process.threadCpuUsage().user - began).toBeLessThan(3_000_000)
})
