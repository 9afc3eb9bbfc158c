/**
 * A sink that keeps an analysis in the database, in the thread that analyses. See `analysis-rows.ts` for
 * what is written when, and `writer-thread.ts` for the same in a thread of its own.
 */
import type { AnalysisRecord, RecordKind, RecordSink } from '../model/record.ts'
import { analysisRows, type AnalysisRowsOptions } from './analysis-rows.ts'
import { batchEncoder } from './connection-batch.ts'
import type { Store } from './store.ts'

export interface AnalysisWriter extends RecordSink {
  /** Publishes the findings: all is committed when it returns. */
  finish(): void
  /** Nothing more is written; `endAnalysis` or `beginAnalysis` take away what was. */
  abandon(): void
}

export const STORED_KINDS: ReadonlySet<RecordKind> = new Set<RecordKind>([
  'capture',
  'agent',
  'server',
  'connection',
  'session',
  'incident',
  'occurrence',
  'requirement',
  'summary',
])

/**
 * For an analysis that runs (`beginAnalysis`). Throws `StoreError` if there is no such analysis, and what
 * SQLite says if the disk is full.
 */
export function analysisWriter(store: Store, analysis: number, options: AnalysisRowsOptions): AnalysisWriter {
  const rows = analysisRows(store, analysis, options)
  const encoder = batchEncoder((batch) => rows.batch(batch))
  return {
    kinds: STORED_KINDS,
    write(record: AnalysisRecord) {
      if (record.kind === 'connection') encoder.add(record)
      else rows.records([record])
    },
    finish() {
      encoder.flush()
      rows.finish()
    },
    abandon: () => rows.abandon(),
  }
}
