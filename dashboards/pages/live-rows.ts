/** The rows of the tail: newest first, none twice, none that a later analysis took away. Pure. */
import type { OccurrenceRow, Page } from '../../src/api/contract.ts'

/** Rows that the page holds; beyond, the oldest go and can be fetched again. */
export const SHOWN_MAX = 1000

/** New rows before old ones, none twice. */
export function joined(
  rows: readonly OccurrenceRow[],
  old: readonly OccurrenceRow[],
): readonly OccurrenceRow[] {
  const known = new Set(old.map(({ id }) => id))
  const added = rows.filter(({ id }) => !known.has(id))
  return added.length === 0 ? old : [...added, ...old].slice(0, SHOWN_MAX)
}

/** When the latest of the rows happened: an analysis may tell now of what happened long ago. */
export const newestOf = (rows: readonly Pick<OccurrenceRow, 'at'>[]): string | null =>
  rows.reduce<string | null>((latest, { at }) => (latest === null || at > latest ? at : latest), null)

const BEFORE = 'before '

/** The list with new rows. If that takes away the oldest, older ones are asked for by the time of the last
 * that stays. */
export function withNew(list: Page<OccurrenceRow>, rows: readonly OccurrenceRow[]): Page<OccurrenceRow> {
  const items = joined(rows, list.items)
  const isCut = list.items.at(-1)?.id !== items.at(-1)?.id && list.items.length > 0
  return { ...list, items, next: isCut ? `${BEFORE}${items.at(-1)?.at ?? ''}` : list.next }
}

/** What asks for the rows behind a list: a cursor of the API, or a time up to which. */
export const behind = (next: string | null): { readonly cursor?: string | null; readonly to?: string } =>
  next?.startsWith(BEFORE) === true ? { to: next.slice(BEFORE.length) } : { cursor: next }

/** How far back a list reaches; empty: to the beginning. */
const reach = ({ items, next }: Page<OccurrenceRow>): string =>
  next === null ? '' : (items.at(-1)?.at ?? '')

/** Rows that the list, read again, has no more although it reaches as far back. */
export function goneFrom(
  rows: readonly OccurrenceRow[],
  latest: Page<OccurrenceRow>,
): ReadonlySet<OccurrenceRow['id']> {
  const there = new Set(latest.items.map(({ id }) => id))
  const from = reach(latest)
  return new Set(rows.filter(({ id, at }) => at > from && !there.has(id)).map(({ id }) => id))
}

/** The rows with what the list, read again, has in their place; older ones stay as they are. */
export function renewed(
  rows: readonly OccurrenceRow[],
  latest: Page<OccurrenceRow>,
): readonly OccurrenceRow[] {
  const oldest = rows.at(-1)
  if (oldest === undefined) return rows
  // Whoever asks for older ones goes on behind the oldest row.
  const inPlace = latest.items.filter(({ at }) => at >= oldest.at)
  const known = new Set(inPlace.map(({ id }) => id))
  const from = reach(latest)
  return [...inPlace, ...rows.filter(({ id, at }) => at <= from && !known.has(id))].slice(0, SHOWN_MAX)
}
