/**
 * Checkpoints of formats 1 to 3, which had one format for all that they hold: taken apart as those of later
 * ones are. What changed with them was told of nothing but what is half received (2) and of observations and
 * incidents (3); the columns of packets are as they were, those of flow records are since 3.
 */
import type { SavedLedger } from '../../incidents/ledger.ts'
import type { Checkpoint, Parted } from './checkpoint-parts.ts'

export const WHOLE_FORMATS: readonly number[] = [1, 2, 3]
const LATEST = 3
/** The format of a part that nobody reads. */
const UNREAD = 0

interface Whole extends Omit<Checkpoint, 'analysis'> {
  readonly analysis: {
    readonly run: { readonly faces: readonly number[]; readonly state: State }
    readonly ledger: SavedLedger
    readonly connections: number
  }
}

type State = Readonly<Record<string, unknown>>

export function inParts(body: unknown, format: number): Parted {
  const { analysis, ...its } = body as Whole
  const { run, ledger, connections } = analysis
  const { faces, state } = run
  const since3 = format === LATEST ? 1 : UNREAD
  const upper = { incidents: since3, journal: since3, passing: since3 }
  if (!('trackers' in state)) {
    const flows = { of: 'flows', connections: state, passing: null } as const
    return { ...its, analysis: { run: flows, ledger, connections }, formats: { ...upper, flows: since3 } }
  }
  const open = { faces, state: connectionsIn(state) }
  const packets = { of: 'packets', connections: open, passing: passingIn(state) } as const
  return { ...its, analysis: { run: packets, ledger, connections }, formats: { ...upper, packets: 1 } }
}

function connectionsIn({ trackers, counts, linkTypeOf, parts }: State): State {
  const { paths, streamNumbers, linkTypes, blindSpans } = parts as State
  return { trackers, paths, streamNumbers, linkTypes, linkTypeOf, blindSpans, counts }
}

function passingIn({ datagrams, parts }: State): State {
  const { fragments, account, reasons, kinds } = parts as State
  return { datagrams, fragments, account, reasons, kinds }
}
