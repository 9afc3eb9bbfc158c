/** Lines of values with one octet between them, and which of the columns are wanted. */
import { ABSENT, type Fields } from './fields.ts'

const SPACE = 0x20

/** What a header says: for each column the number of the field that it holds; `ABSENT`: nobody wants it. */
export type Columns = readonly number[]

/** The columns of a header up to the last that is wanted. Of columns of one field the first counts. */
export function columnsOf(header: readonly string[], fieldOf: (name: string) => number | undefined): Columns {
  const seen = new Set<number>()
  const columns = header.map((name) => {
    const field = fieldOf(name.trim())
    if (field === undefined || seen.has(field)) return ABSENT
    seen.add(field)
    return field
  })
  while (columns.at(-1) === ABSENT) columns.pop()
  return columns
}

/**
 * Notes where the wanted values of b[from..to) stand, without the spaces around them. False if the line has
 * fewer columns.
 */
export function split(
  b: Uint8Array,
  from: number,
  to: number,
  separator: number,
  columns: Columns,
  fields: Fields,
): boolean {
  let start = from
  const last = columns.length - 1
  for (let column = 0; ; column++) {
    let end = start
    while (end < to && b[end] !== separator) end++
    const field = columns[column]!
    if (field !== ABSENT) note(b, start, end, field, fields)
    if (column === last) return true
    if (end === to) return false
    start = end + 1
  }
}

function note(b: Uint8Array, from: number, to: number, field: number, fields: Fields): void {
  let start = from
  let end = to
  while (start < end && b[start] === SPACE) start++
  while (end > start && b[end - 1] === SPACE) end--
  fields.from[field] = start
  fields.to[field] = end
}
