/**
 * Where a page ended, as text that means nothing to whoever hands it back: base64url of a JSON array, the
 * list's name first, then the sort key of the page's last row. A cursor of another list, or one that nobody
 * was given, is refused with a `QueryError` of the field `cursor`; a row that goes or moves between two
 * pages does no harm, because a cursor names a place in the order and not a row.
 */
import { QueryError } from './filter.ts'

/** Characters of a cursor at most: each is a name and two numbers. */
const CURSOR_LENGTH_MAX = 128

/** The sort key that ends a page: time or count first, then the number of the row. */
export type SortKey = readonly [first: number, id: number]

export function cursorText(list: string, [first, id]: SortKey): string {
  return Buffer.from(JSON.stringify([list, first, id])).toString('base64url')
}

/** The sort key after which the page begins; null for the first page. */
export function sortKeyOf(list: string, cursor: string | null | undefined): SortKey | null {
  if (cursor === null || cursor === undefined || cursor === '') return null
  const [name, first, id, ...more] = parsed(cursor)
  if (name !== list || more.length > 0 || !isNumber(first) || !isNumber(id))
    throw new QueryError(
      'cursor',
      'The cursor is not one that this list gave out: take `next` of the page before.',
    )
  return [first, id]
}

const isNumber = (value: unknown): value is number => Number.isSafeInteger(value)

function parsed(cursor: string): unknown[] {
  if (cursor.length > CURSOR_LENGTH_MAX || !/^[\w-]+$/.test(cursor)) return []
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    return Array.isArray(value) ? value : []
  } catch {
    return []
  }
}

/** Cuts rows that were asked one more than fit into a page, and says where it ended. */
export function cut<Row>(
  list: string,
  rows: readonly Row[],
  limit: number,
  key: (row: Row) => SortKey,
): { readonly shown: readonly Row[]; readonly next: string | null } {
  const last = rows[limit - 1]
  if (rows.length <= limit || last === undefined) return { shown: rows, next: null }
  return { shown: rows.slice(0, limit), next: cursorText(list, key(last)) }
}
