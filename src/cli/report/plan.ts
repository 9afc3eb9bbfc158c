/** What `holdfast report` was asked to do, checked. */
import { statSync } from 'node:fs'
import { usageFailure } from '../failure.ts'
import { suggestion } from '../nearest.ts'
import { REPORT_FORMATS, type ReportFormat } from './formats.ts'
import type { ReportOptions } from './options.ts'

export interface ReportPlan {
  readonly db: string
  readonly capture: number | null
  readonly format: ReportFormat
  readonly output: string
}

/** Throws a usage failure for what cannot be meant. */
export function reportPlan({ db, capture, format, output }: ReportOptions): ReportPlan {
  if (output !== '-' && isSameFile(db, output))
    throw usageFailure(`--output ${output} would replace the database that is read`)
  return { db, capture: capture === undefined ? null : numberOf(capture), format: formatOf(format), output }
}

function numberOf(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text)
  throw usageFailure(`--capture ${text} is no number of a capture`)
}

function formatOf(word: string): ReportFormat {
  const known = REPORT_FORMATS.find((format) => format === word)
  if (known !== undefined) return known
  throw usageFailure(
    `--format ${word} is not known; it is one of ${REPORT_FORMATS.join(', ')}${suggestion(word, REPORT_FORMATS)}`,
  )
}

function isSameFile(one: string, other: string): boolean {
  const [a, b] = [one, other].map((path) => statSync(path, { throwIfNoEntry: false }))
  return a !== undefined && b !== undefined && a.dev === b.dev && a.ino === b.ino
}
