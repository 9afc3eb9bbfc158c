/** Rows that follow what happens keep their places. */
import { expect, test } from 'vitest'
import { inHeldOrder } from '../../dashboards/parts/list.tsx'

const held = (rows: string, order: string): string =>
  inHeldOrder([...rows], [...order], (row) => row).join('')

test('rows stay where they were shown first, further ones come last, gone ones leave no place', () => {
  expect(held('cba', '')).toBe('cba')
  expect(held('cba', 'abc')).toBe('abc')
  expect(held('dcbxa', 'abc')).toBe('abcdx')
  expect(held('ca', 'abc')).toBe('ac')
})
