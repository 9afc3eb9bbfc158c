/** What was opened, as what is analysed: packets, or flow records. */
import { flowDatagrams } from '../../collectors/flows/datagrams.ts'
import type { OpenedInput } from '../../collectors/index.ts'
import type { CaptureReader } from '../model/capture.ts'
import type { FlowReader } from '../model/flow-record.ts'
import type { Tap } from '../model/packet.ts'
import type { Micros } from '../model/time.ts'
import type { AnalysisInput } from '../pipeline/monitor.ts'

interface Known {
  readonly tap: Tap
  readonly path: string
  readonly sha256: Promise<string> | null
  /** Key logs that stand in a capture. */
  readonly secrets: readonly string[]
  /** What a capture's clock is ahead of the one by which it is judged. */
  readonly clockAhead?: Micros | undefined
}

/** A capture is searched for exports of flows as well. */
export function analysisInput(opened: OpenedInput, { secrets, clockAhead, ...known }: Known): AnalysisInput {
  if (opened.reader === null) {
    const { records, beside, answers } = opened
    return { ...known, records, beside, answers }
  }
  return { ...known, reader: opened.reader, secrets, clockAhead, exports: flowDatagrams }
}

/** What both kinds of readers know of their file. */
export const readerOf = (input: AnalysisInput): CaptureReader | FlowReader =>
  'reader' in input ? input.reader : input.records
