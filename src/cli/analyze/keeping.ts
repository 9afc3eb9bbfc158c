/**
 * `analyze --db FILE`: the result is kept in a database as well, written by a thread beside the analysis.
 *
 * Contract: the captures stay where they are; their rows have a hash and no octets. An analysis that does not
 * come to its end leaves nothing. The packets that prove something are fetched in a second pass over the
 * files; of standard input there is none.
 */
import { readFileSync, statSync } from 'node:fs'
import type { Deployment } from '../../model/deployment.ts'
import type { RecordSink, SummaryRecord } from '../../model/record.ts'
import type { AnalysisInput } from '../../pipeline/monitor.ts'
import { addAnalysis, beginAnalysis, deleteAnalysis, endAnalysis } from '../../store/analyses.ts'
import { addCapture, identifyCapture } from '../../store/captures.ts'
import { claimAnalysis, clearAbandoned } from '../../store/claims.ts'
import { atomically, type Store } from '../../store/store.ts'
import { type WriterThread, writerThread } from '../../store/writer-thread.ts'
import { prove } from '../serve/proof.ts'
import { readerOf } from '../analysis-input.ts'
import { asFailure, openedStore } from '../stored.ts'
import { wallClock } from '../wall-clock.ts'
import type { Plan } from './plan.ts'

export interface Keeping {
  readonly sink: RecordSink
  /** All is there when it resolves. Throws a failure if the database refuses. */
  finish(summary: SummaryRecord): Promise<void>
  /** Nothing is left when it resolves. After `finish`, it does nothing. */
  abandon(): Promise<void>
}

interface Kept {
  readonly store: Store
  readonly analysis: number
  readonly inputs: readonly { readonly capture: number; readonly input: AnalysisInput }[]
  readonly thread: WriterThread
  /** Gives up what tells others that this process works on the analysis. */
  readonly release: () => void
  readonly plainSecrets: boolean
}

/** Opens the database and begins. Throws a failure. */
export function keepIn(
  path: string,
  plan: Plan,
  { devices }: Deployment,
  inputs: readonly AnalysisInput[],
): Keeping {
  const store = openedStore(path)
  try {
    const { plainSecrets } = plan
    clearAbandoned(store, wallClock())
    const begun = begin(store, plan, inputs)
    const thread = writerThread(path, begun.analysis, { devices, plainSecrets })
    const kept: Kept = { store, ...begun, thread, plainSecrets }
    return {
      sink: thread,
      finish: (summary) => finish(kept, summary),
      abandon: () => abandon(kept),
    }
  } catch (error) {
    store.close()
    throw asFailure(error)
  }
}

/** In one transaction: nobody sees it waiting and takes it up. */
function begin(store: Store, { config, from, to }: Plan, inputs: readonly AnalysisInput[]) {
  return atomically(store, () => {
    const at = wallClock()
    const added = inputs.map((input) => {
      const name = input.path === '-' ? 'standard input' : input.path
      const { id } = addCapture(store, { sha256: null, name, size: sizeOf(input.path), stored: null, at })
      return { capture: id, input }
    })
    const analysis = addAnalysis(store, {
      inputs: added.map(({ capture, input }) => ({ capture, tap: input.tap })),
      config: config === null ? null : readFileSync(config, 'utf8'),
      partial: from !== null || to !== null,
      at,
    })
    beginAnalysis(store, analysis, at)
    return { analysis, inputs: added, release: claimAnalysis(store, analysis) }
  })
}

const sizeOf = (path: string): number => {
  const stat = path === '-' ? undefined : statSync(path, { throwIfNoEntry: false })
  return stat?.isFile() === true ? stat.size : 0
}

async function finish(
  { store, analysis, inputs, thread, release, plainSecrets }: Kept,
  summary: SummaryRecord,
): Promise<void> {
  try {
    await thread.handled() // by then it does not write, and keeps nobody else from it
    const known: { capture: number; path: string }[] = []
    for (const { capture, input } of inputs) {
      const sha256 = await input.sha256
      const size = sizeOf(input.path) || readerOf(input).bytesRead
      const id = sha256 === null ? capture : identifyCapture(store, capture, { sha256, size })
      known.push({ capture: id, path: input.path })
    }
    // After the captures are known: the findings take the place of what was said of them before.
    await thread.finish()
    const files = known.filter(({ path }) => sizeOf(path) > 0)
    await prove(store, { analysis, inputs: files, plainSecrets }, { onProgress: () => undefined })
    endAnalysis(store, analysis, { state: 'done', error: null, summary, at: wallClock() })
    release()
    store.close()
  } catch (error) {
    throw asFailure(error)
  }
}

async function abandon({ store, analysis, thread, release }: Kept): Promise<void> {
  if (!store.db.open) return
  await thread.abandon()
  deleteAnalysis(store, analysis)
  release()
  store.close()
}
