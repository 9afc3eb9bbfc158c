/** What `holdfast report` was asked to do, checked. */
import { usageFailure } from '../failure.ts'
import { wordOf } from '../nearest.ts'
import { refuseOverwriting } from '../output/overwriting.ts'
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
  refuseOverwriting(output, [db])
  return {
    db,
    capture: capture === undefined ? null : numberOf(capture),
    format: wordOf('--format', format, REPORT_FORMATS),
    output,
  }
}

function numberOf(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text)
  throw usageFailure(`--capture ${text} is no number of a capture`)
}
