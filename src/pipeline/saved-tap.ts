/**
 * What a checkpoint holds of a capture on its way through the lower half of the house, in two parts that are
 * restored without each other: the connections, which must not be lost, and what is passing.
 */
import { AddressTable } from '../bytes/address.ts'
import { restore, snapshot, type SnapshotOptions } from '../bytes/snapshot.ts'
import { Cold } from '../connections/cold.ts'
import type { Fragments } from '../connections/fragments.ts'
import type { Tracker } from '../connections/tracker.ts'
import { Waking } from '../connections/waking.ts'
import type { Micros } from '../model/time.ts'
import type { ReassemblyAccount } from '../streams/account.ts'
import type { PathTable } from '../wire/path.ts'
import type { Datagrams } from './datagrams.ts'
import type { BlindSpan, SavedRun } from './live-run.ts'
import type { UnreadReason } from '../model/unread.data.ts'

/** Connections, and all that tells of them: names of addresses and tunnels, clocks, timers, numbers. */
export interface LastingConnections {
  readonly trackers: readonly Tracker[]
  readonly paths: PathTable
  readonly streamNumbers: { next: number }
  readonly linkTypes: Set<number>
  readonly linkTypeOf: readonly number[]
  readonly blindSpans: readonly BlindSpan[]
  readonly counts: {
    frames: number
    octets: number
    truncated: number
    start: Micros
    end: Micros
    last: Micros
    ticked: Micros
    blindTime: Micros
  }
}

/** What is half received, and what was counted of what is not read. */
export interface Passing {
  readonly datagrams: readonly Datagrams[]
  readonly fragments: Fragments
  readonly account: ReassemblyAccount
  readonly reasons: number[]
  readonly kinds: number[]
  readonly unread: Map<UnreadReason, number>
}

/** Made anew: what says nothing of the past, or is configured. */
const SNAPSHOT: SnapshotOptions = {
  classes: { addresses: AddressTable, cold: Cold, waking: Waking },
  leave: new Set([
    'options',
    'servicePorts',
    'silenceMin',
    'limit',
    'reading',
    'duplicates',
    'endpoints',
    'synFacts',
    'doubts',
    'lacks',
    'tapIndex',
    'lookedAt',
  ]),
}

interface SavedConnections {
  /** The tracker of each interface; -1: none. */
  readonly faces: readonly number[]
  readonly state: unknown
}

/** The columns in it are the live ones. */
export const saveTap = (
  faces: readonly number[],
  connections: LastingConnections,
  passing: Passing,
): SavedRun => ({
  of: 'packets',
  connections: { faces, state: snapshot(connections, SNAPSHOT) } satisfies SavedConnections,
  passing: snapshot(passing, SNAPSHOT),
})

/** The tracker of each interface; -1: none. */
export const savedFaces = ({ connections }: SavedRun): readonly number[] =>
  (connections as SavedConnections).faces

/** In place: trackers and what else there is were made by `savedFaces`. */
export function loadTap(saved: SavedRun, connections: LastingConnections, passing: Passing): void {
  restore(connections, (saved.connections as SavedConnections).state, SNAPSHOT)
  if (saved.passing === null) return
  const { reasons, kinds } = passing
  const [reasonsKnown, kindsKnown] = [reasons.length, kinds.length]
  restore(passing, saved.passing, SNAPSHOT)
  // There may be more of them by now.
  while (reasons.length < reasonsKnown) reasons.push(0)
  while (kinds.length < kindsKnown) kinds.push(0)
}
