/**
 * Stands between the pipeline and the output: keeps the clock, notes what could not be read, and lets a
 * reader leave.
 */
import type { AnalysisRecord, RecordKind, RecordSink } from '../../model/record.ts'
import { inputName } from '../input-name.ts'
import { isOutputClosed } from '../output/destination.ts'
import type { OutputSink } from '../output/sink.ts'

export interface AccountOptions {
  elapsedSeconds(): number
  /** The analysis goes on when nobody reads its output any more; otherwise that ends it. */
  readonly goesOnUnread: boolean
}

export interface Accountant {
  readonly sink: RecordSink
  /** Captures that could not be read to their end, one sentence each. */
  readonly faults: readonly string[]
  finish(): void
}

const OWN_KINDS: readonly RecordKind[] = ['capture']

export function accountant(output: OutputSink, { elapsedSeconds, goesOnUnread }: AccountOptions): Accountant {
  const faults: string[] = []
  let isUnread = false
  const unlessUnread = (step: () => void): void => {
    if (isUnread) return
    try {
      step()
    } catch (error) {
      if (!isOutputClosed(error) || !goesOnUnread) throw error
      isUnread = true
    }
  }
  const write = (record: AnalysisRecord): void => {
    if (record.kind === 'capture' && record.quality.readError !== null) {
      faults.push(`${inputName(record.path)} was not read to its end: ${record.quality.readError}`)
    }
    if (!output.kinds.has(record.kind)) return
    // Time is the capture's everywhere below; how long the analysis took is known here.
    unlessUnread(() =>
      output.write(record.kind === 'summary' ? { ...record, elapsedSeconds: elapsedSeconds() } : record),
    )
  }
  return {
    sink: { kinds: new Set([...output.kinds, ...OWN_KINDS]), write },
    faults,
    finish: () => unlessUnread(() => output.finish()),
  }
}
