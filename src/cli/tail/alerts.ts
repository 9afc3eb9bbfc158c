/**
 * Where alerts come out: each wanted one once, as a line for people or as a JSON object, handed over at once.
 */
import type { OccurrenceRow } from '../../model/view.ts'
import type { Destination } from '../output/destination.ts'
import { terminalJson } from '../output/ndjson.ts'
import { painter } from '../output/paint.ts'
import { alertLine } from './line.ts'
import type { TailFormat, Wanted } from './plan.ts'

/**
 * Alerts that are known to have been shown; the oldest are forgotten first, and could then be shown again.
 */
const SHOWN_MAX = 200_000

export interface Alerts {
  /** Shows it unless it was shown before or is not wanted; says whether it did. */
  show(row: OccurrenceRow): boolean
  /** The line of a wanted alert that was not shown yet, to be handed back to `showLine`; null for others. */
  line(row: OccurrenceRow): string | null
  showLine(id: number, line: string): void
  readonly shown: number
}

export interface AlertsOptions {
  readonly format: TailFormat
  readonly thisYear: number
}

export function alertsTo(
  destination: Destination,
  wanted: Wanted,
  { format, thisYear }: AlertsOptions,
): Alerts {
  const known = new Set<number>()
  let shown = 0
  const paint = painter(destination)
  const textOf = (row: OccurrenceRow): string => {
    if (format === 'text') return alertLine(row, paint, thisYear)
    const json = JSON.stringify(row)
    return destination.isTerminal ? terminalJson(json) : json
  }
  const line = (row: OccurrenceRow): string | null =>
    known.has(row.id) || !isWanted(row, wanted) ? null : textOf(row)
  const showLine = (id: number, text: string): void => {
    if (known.has(id)) return
    destination.write(`${text}\n`)
    shown++
    known.add(id)
    const [oldest] = known
    if (known.size > SHOWN_MAX && oldest !== undefined) known.delete(oldest)
  }
  return {
    show(row) {
      const text = line(row)
      if (text !== null) showLine(row.id, text)
      return text !== null
    },
    line,
    showLine,
    get shown() {
      return shown
    },
  }
}

/**
 * The same question that the list of the API answers, but for times: what becomes known now is shown, however
 * old the traffic is.
 */
function isWanted(row: OccurrenceRow, { severities, types, agent, service }: Wanted): boolean {
  return (
    (severities?.includes(row.severity) ?? true) &&
    (types?.includes(row.type) ?? true) &&
    (agent === null || row.agent?.id === agent) &&
    (service === null || row.service === service)
  )
}
