/** What a live analysis does with its source, be it packets or flow records. */
import type { FlowTap } from './flow-tap.ts'
import type { CaptureQuality } from '../model/quality.ts'
import type { CaptureRecord } from '../model/record.ts'
import type { Observation } from '../model/observation.ts'
import type { Micros } from '../model/time.ts'

/** Nothing was captured between two frames. */
export interface BlindSpan {
  readonly start: Micros
  readonly end: Micros
  readonly why: string
}

/** Times without a capture that are remembered one by one; all are counted. */
export const BLIND_SPANS_MAX = 64

export interface SavedRun {
  readonly of: 'packets' | 'flows'
  /** Connections, and all that tells of them. */
  readonly connections: unknown
  /** What is half received, and counts of what is not read; null: none, they begin anew. */
  readonly passing: unknown
}

export interface LiveRun {
  /** Its flow records; null: it has none. */
  readonly flows: FlowTap | null
  /** Flow records are all that it holds of connections. */
  readonly isOfFlows: boolean
  /** How far time has come in what was processed; -Infinity before anything was. */
  readonly now: Micros
  /** Packets or messages. */
  readonly framesRead: number
  /** Connections that are open, or were until a moment ago. */
  readonly openConnections: number
  /** Times of which nothing was captured: the latest ones. */
  readonly blind: readonly BlindSpan[]
  readonly blindFor: Micros
  /** Time has come to `now` without anything. Answers how far it is known what happened. */
  idle(now: Micros): Micros
  /** Nobody listened between what came so far and what comes next: why, as people read it. */
  interrupted(why: string): void
  /** Streams are numbered from there on, if they have not come as far. */
  streamsFrom(number: number): void
  /** All of it, for a checkpoint; the columns in it are the live ones. */
  save(): SavedRun
  /** Into one that was just made, of the same kind. */
  load(saved: SavedRun): void
  /** The connections that it holds, as they were told when they opened, in order of time. */
  retold(): Iterable<Observation>
  /** Nothing more comes: what is open is accounted for. */
  finish(): void
  record(sha256: string | null): CaptureRecord
  quality(): CaptureQuality
}
