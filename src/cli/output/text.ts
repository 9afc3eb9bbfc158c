/** The sink of `--format text`: collects, and writes the report when the analysis is over. */
import { styleText } from 'node:util'
import { collect, emptyCollection, REPORT_KINDS } from './collected.ts'
import type { Destination } from './destination.ts'
import type { Paint } from './page.ts'
import { type ReportOptions, reportText } from './report.ts'
import type { OutputSink } from './sink.ts'

/** Colour only on a terminal, and as NO_COLOR and FORCE_COLOR say. */
export function textSink(destination: Destination, options: Omit<ReportOptions, 'paint'>): OutputSink {
  const collected = emptyCollection()
  const paint: Paint = (styles, text) =>
    destination.isTerminal && styles.length > 0 ? styleText([...styles], text) : text
  return {
    kinds: REPORT_KINDS,
    write: (record) => collect(collected, record),
    finish: () => destination.write(reportText(collected, { ...options, paint })),
  }
}
