import { expect, test } from 'vitest'
import { withRoom } from '../../src/bytes/room.ts'

test('octets that come in pieces find room, twice what is needed, within limits', () => {
  const first = withRoom(null, 0, 3, 8, 20)
  first.set([1, 2, 3, 4, 5, 6, 7, 8])
  expect(first).toHaveLength(8)
  expect(withRoom(first, 3, 8, 8, 20)).toBe(first)
  const grown = withRoom(first, 3, 9, 8, 20)
  expect([...grown]).toEqual([1, 2, 3, ...Array<number>(15).fill(0)])
  expect(withRoom(grown, 18, 20, 8, 20)).toHaveLength(20)
})
