/**
 * One alert as one line for people: when, how bad, what happened to whom by which box after how long, what to
 * do, and where to read on. Whatever comes from traffic is made harmless.
 */
import { clock, day } from '../../model/time.ts'
import type { Severity } from '../../model/incident.ts'
import type { OccurrenceRow } from '../../model/view.ts'
import { harmless } from '../output/harmless.ts'
import type { Paint, Style } from '../output/page.ts'

/** Shape, word and colour say the same: filled diamond, hollow triangle, hollow circle. */
const SIGNS: Readonly<Record<Severity, { sign: string; style: Style }>> = {
  critical: { sign: '\u25c6', style: 'red' },
  warning: { sign: '\u25b3', style: 'yellow' },
  info: { sign: '\u25cb', style: 'cyan' },
}
const WORD_COLUMNS = 'critical'.length

/** `thisYear` is not repeated on every line; another year is told. No line end. */
export function alertLine(row: OccurrenceRow, paint: Paint, thisYear: number): string {
  const { sign, style } = SIGNS[row.severity]
  const parts = [
    paint(['dim'], timeText(row.at, thisYear)),
    paint(['bold', style], `${sign} ${row.severity.padEnd(WORD_COLUMNS)}`),
    harmless(row.sentence),
  ]
  if (row.remedy !== '') parts.push(`${paint(['bold'], 'Do:')} ${harmless(row.remedy)}`)
  const where = [row.type, ...(row.service === null ? [] : [`at ${row.service}`]), row.incident]
  parts.push(paint(['dim'], harmless(where.join(' '))))
  return parts.join('  ')
}

/** `21 Nov 02:08:06 UTC` */
function timeText(at: string, thisYear: number): string {
  const ms = Date.parse(at)
  if (Number.isNaN(ms)) return harmless(at)
  const date = day(ms * 1000)
  const isThisYear = new Date(ms).getUTCFullYear() === thisYear
  return `${(isThisYear ? date.slice(0, -5) : date).padStart(6)} ${clock(ms * 1000, false)} UTC`
}
