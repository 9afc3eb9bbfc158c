import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cursorText, cut, sortKeyOf } from '../../../src/store/queries/cursor.ts'
import { QueryError } from '../../../src/store/queries/filter.ts'

const whole = fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER })

test('a cursor says where its page ended, to its own list only', () => {
  fc.assert(
    fc.property(whole, whole, (first, id) => {
      const text = cursorText('incidents', [first, id])
      expect(text).toMatch(/^[\w-]+$/)
      expect(sortKeyOf('incidents', text)).toEqual([first, id])
      expect(() => sortKeyOf('agents', text)).toThrow(QueryError)
    }),
  )
})

test('without a cursor the list begins at its beginning', () => {
  expect([null, undefined, ''].map((cursor) => sortKeyOf('agents', cursor))).toEqual([null, null, null])
})

const forged = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

test.each([
  'nonsense',
  '!!!',
  'x'.repeat(10_000),
  forged({ list: 'agents' }),
  forged(['agents']),
  forged(['agents', 1]),
  forged(['agents', 1, 2, 3]),
  forged(['agents', 1.5, 2]),
  forged(['agents', '1', 2]),
  forged(['agents', null, 2]),
  forged(['agents', 1e300, 2]),
])('%s is refused', (cursor) => {
  expect(() => sortKeyOf('agents', cursor)).toThrow(expect.objectContaining({ field: 'cursor' }))
})

test('no text makes anything but a sort key or a refusal', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        expect(text === '' ? null : sortKeyOf('agents', text)).toBeNull()
      } catch (error) {
        expect(error).toBeInstanceOf(QueryError)
      }
    }),
  )
})

test('a page that holds all has no next one', () => {
  const key = (n: number) => [n, n] as const
  expect(cut('agents', [3, 2, 1], 3, key)).toEqual({ shown: [3, 2, 1], next: null })
  expect(cut('agents', [3, 2, 1], 2, key)).toEqual({ shown: [3, 2], next: cursorText('agents', [2, 2]) })
})
