/** One input through the whole analysis, in this process: what came of it, or an error that must not be. */
import { openInput } from '../../collectors/index.ts'
import { isInputError } from '../../collectors/byte-source.ts'
import { analysisInput } from '../../src/cli/analysis-input.ts'
import { EMPTY_DEPLOYMENT } from '../../src/model/deployment.ts'
import type { AnalysisRecord, RecordKind, RecordSink } from '../../src/model/record.ts'
import { analyze } from '../../src/pipeline/monitor.ts'
import { memorySource } from '../collectors/reading.ts'

const EVERY_KIND: ReadonlySet<RecordKind> = new Set<RecordKind>([
  'capture',
  'agent',
  'server',
  'connection',
  'session',
  'incident',
  'occurrence',
  'summary',
])

export type Outcome =
  /** The input is no capture; `message` is for the person who named it. */
  | { readonly refused: string }
  | {
      readonly records: readonly AnalysisRecord[]
      readonly packets: number
      readonly readError: string | null
    }

/** The path of the first number in a record that is none. */
function nonsense(value: unknown, path: string): string | null {
  if (typeof value === 'number') return Number.isFinite(value) ? null : `${path} is ${value}`
  if (value === undefined) return `${path} is undefined`
  if (typeof value !== 'object' || value === null) return null
  for (const [key, inner] of Object.entries(value)) {
    const found = nonsense(inner, `${path}.${key}`)
    if (found !== null) return found
  }
  return null
}

/**
 * Throws on whatever must not happen: exceptions, messages that explain nothing, records that cannot be
 * written.
 */
export async function analyse(bytes: Uint8Array): Promise<Outcome> {
  const records: AnalysisRecord[] = []
  const sink: RecordSink = { kinds: EVERY_KIND, write: (record) => void records.push(record) }
  let opened
  try {
    opened = await openInput(memorySource(bytes), { path: 'case' })
  } catch (error) {
    if (!isInputError(error) || !/^case .+$/.test(error.message)) throw error
    return { refused: error.message }
  }
  const options = {
    deployment: EMPTY_DEPLOYMENT,
    secrets: null,
    from: null,
    to: null,
    onProgress: null,
    connectionsMax: 4096,
    // What is foreseen is posted; nobody opens it.
    startHelper: () => ({ stop: () => {} }),
  }
  const input = analysisInput(opened, { tap: '', path: 'case', sha256: null, secrets: [] })
  await analyze([input], options, [sink])
  for (const record of records) {
    const found = nonsense(record, record.kind)
    if (found !== null) throw new Error(`a record that cannot be written: ${found}`)
  }
  const capture = records.find((record) => record.kind === 'capture')
  if (capture === undefined) throw new Error('no record of the capture')
  return { records, packets: capture.packets, readError: capture.quality.readError }
}
