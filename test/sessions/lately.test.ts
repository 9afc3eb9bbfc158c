import { expect, test } from 'vitest'
import { seconds } from '../../src/model/time.ts'
import { ENTRIES_MAX, Lately, TURN } from '../../src/sessions/lately.ts'

test('what was noted is there for a turn at least, and gone after two', () => {
  const lately = new Lately<string, number>()
  lately.put('first', 1, seconds(1))
  lately.put('first', 2, seconds(2))
  expect(lately.get('first')).toBe(2)
  lately.put('late in the turn', 3, seconds(1) + TURN - 1)
  lately.put('next turn', 4, seconds(1) + TURN)
  expect(lately.get('first')).toBe(2)
  lately.put('the one after', 5, seconds(1) + 2 * TURN)
  expect(lately.get('first')).toBeNull()
  expect(lately.get('late in the turn')).toBeNull()
  expect(lately.get('next turn')).toBe(4)
})

test('a value that is noted again is the latest', () => {
  const lately = new Lately<string, number>()
  lately.put('key', 1, 0)
  lately.put('key', 2, TURN)
  expect(lately.get('key')).toBe(2)
})

test('a clock that jumps back loses nothing', () => {
  const lately = new Lately<string, number>()
  lately.put('key', 1, seconds(3600))
  lately.put('other', 2, 0)
  expect([lately.get('key'), lately.get('other')]).toEqual([1, 2])
})

test('too many at once: the oldest go', () => {
  const lately = new Lately<number, number>()
  for (let i = 0; i < 2 * ENTRIES_MAX; i++) lately.put(i, i, 0)
  const kept = Array.from({ length: 2 * ENTRIES_MAX }, (_, i) => lately.get(i)).filter((v) => v !== null)
  expect(kept).toHaveLength(ENTRIES_MAX)
  expect(kept.at(-1)).toBe(2 * ENTRIES_MAX - 1)
})
