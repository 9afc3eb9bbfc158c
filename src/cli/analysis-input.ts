/** What was opened, as what is analysed: packets, or flow records. */
import { flowDatagrams } from '../../collectors/flows/datagrams.ts'
import { inOrder } from '../../collectors/in-order.ts'
import type { OpenedInput } from '../../collectors/index.ts'
import type { CaptureReader } from '../model/capture.ts'
import type { FlowReader } from '../model/flow-record.ts'
import type { Tap } from '../model/packet.ts'
import type { AnalysisInput } from '../pipeline/monitor.ts'
import type { Beginning } from './beginnings.ts'

interface Known {
  readonly tap: Tap
  readonly path: string
  readonly sha256: Promise<string> | null
  /** Key logs that stand in a capture. */
  readonly secrets: readonly string[]
  /** What its first packets show of a capture. */
  readonly beginning?: Beginning | undefined
}

/** A capture is searched for exports of flows as well. */
export function analysisInput(opened: OpenedInput, { secrets, beginning, ...known }: Known): AnalysisInput {
  if (opened.reader === null) {
    const { records, beside, answers } = opened
    return { ...known, records, beside, answers }
  }
  // Cards that are captured together hand over what they received in turns.
  const reader = beginning?.pairs === undefined ? opened.reader : inOrder(opened.reader)
  return { ...known, ...beginning, reader, secrets, exports: flowDatagrams }
}

/** What both kinds of readers know of their file. */
export const readerOf = (input: AnalysisInput): CaptureReader | FlowReader =>
  'reader' in input ? input.reader : input.records
