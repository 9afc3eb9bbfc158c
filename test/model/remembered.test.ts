import { expect, test } from 'vitest'
import { Remembered } from '../../src/model/remembered.ts'

test('for one too many, the oldest is forgotten; what is set again is the newest', () => {
  const remembered = new Remembered<string, number>(3)
  for (const [i, key] of ['a', 'b', 'c', 'a', 'd'].entries()) remembered.set(key, i)
  expect(['a', 'b', 'c', 'd'].map((key) => remembered.get(key))).toEqual([3, undefined, 2, 4])
  expect([remembered.size, remembered.has('b'), remembered.has('c')]).toEqual([3, false, true])
  expect([remembered.delete('c'), remembered.delete('c'), remembered.size]).toEqual([true, false, 2])
  remembered.set('e', 5)
  expect(remembered.has('a')).toBe(true)
})
