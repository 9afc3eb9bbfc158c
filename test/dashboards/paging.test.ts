/** Lists in pages: read again they stay as long as they were, and a late page leaves no hole. */
import { expect, test } from 'vitest'
import { rowsOf, withOlder } from '../../dashboards/paging.ts'

const page = (ids: readonly number[], next: string | null, total: number | null = null) => ({
  items: ids.map((id) => ({ id })),
  next,
  total,
})

test('a list that is read again stays as long as it was, within what one answer holds', () => {
  expect(rowsOf(null, 50)).toBe(50)
  expect(rowsOf(page([1, 2], null), 50)).toBe(50)
  expect(rowsOf(page([...Array(150).keys()], 'c'), 50)).toBe(150)
  expect(rowsOf(page([...Array(900).keys()], 'c'), 50)).toBe(500)
})

test('an older page is joined, none twice', () => {
  expect(withOlder(page([9, 8], 'at 8', 5), 'at 8', page([8, 7, 6], 'at 6'))).toEqual(
    page([9, 8, 7, 6], 'at 6', 5),
  )
})

test('a page that was asked for behind another end is left out: a hole would follow', () => {
  const list = page([9, 8], 'at 8')
  expect(withOlder(list, 'at 5', page([4, 3], null))).toBe(list)
})
