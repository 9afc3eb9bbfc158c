/**
 * Alerts that are there already. Lists are given newest first and shown oldest first, so what is to be shown
 * is held until its end is reached: as lines, and not more than LINES_MAX of them.
 */
import type { OccurrenceRow, Page } from '../../model/view.ts'
import { count } from '../output/quantities.ts'
import type { Alerts } from './alerts.ts'
import type { Wanted } from './plan.ts'

/** About 30 MB of text. Of more alerts the latest are shown, and that there are more is told. */
export const LINES_MAX = 100_000

/** One page of a list, newest first; null is its beginning. */
export type PageOf = (cursor: string | null) => Promise<Page<OccurrenceRow>>

export interface Backlog {
  readonly shown: number
  /** More than could be held. */
  readonly isCut: boolean
  /** The earliest of what was shown; null if nothing was. */
  readonly earliest: string | null
}

export async function showBacklog(
  pageOf: PageOf,
  alerts: Alerts,
  { latest }: Pick<Wanted, 'latest'>,
  linesMax = LINES_MAX,
): Promise<Backlog> {
  const most = Math.min(latest ?? linesMax, linesMax)
  const held: { id: number; line: string }[] = []
  let earliest: string | null = null
  let cursor: string | null = null
  let isCut = false
  do {
    const page: Page<OccurrenceRow> = await pageOf(cursor)
    for (const row of page.items) {
      const line = alerts.line(row)
      if (line === null) continue
      isCut ||= held.length >= most
      if (isCut) break
      held.push({ id: row.id, line })
      earliest = row.at
    }
    cursor = page.next
  } while (cursor !== null && held.length < most)
  for (const { id, line } of held.toReversed()) alerts.showLine(id, line)
  return { shown: held.length, isCut: latest === null && (isCut || cursor !== null), earliest }
}

/** What is told of alerts that were too many. */
export const cutText = ({ shown, earliest }: Backlog): string =>
  `${count(shown)} alerts are shown, the latest ones; there are more before ${earliest ?? 'them'} (--since, --severity)`
