/** The sink of `--format text`: collects, and writes the report when the analysis is over. */
import { collect, emptyCollection, REPORT_KINDS } from './collected.ts'
import type { Destination } from './destination.ts'
import { painter } from './paint.ts'
import { type ReportOptions, reportText } from './report.ts'
import type { OutputSink } from './sink.ts'

export function textSink(destination: Destination, options: Omit<ReportOptions, 'paint'>): OutputSink {
  const collected = emptyCollection()
  const paint = painter(destination)
  return {
    kinds: REPORT_KINDS,
    write: (record) => collect(collected, record),
    finish: () => destination.write(reportText(collected, { ...options, paint })),
  }
}
