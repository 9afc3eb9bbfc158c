/**
 * What a checkpoint holds, in parts that are read without each other: a version that keeps one of them
 * otherwise takes the others.
 */
import type { CaptureInterface } from '../../model/capture.ts'
import type { Micros } from '../../model/time.ts'
import type { SavedAnalysis } from '../../pipeline/live.ts'
import type { JournalEnd } from './journal.ts'

/** What is kept apart: connections of packets or of flow records; what is half received; incidents so far;
 * observations. */
export type Part = 'packets' | 'flows' | 'passing' | 'incidents' | 'journal'

/**
 * The formats of each part that are read; the last one is written. A test compares the shapes. Who changes
 * one adds a number, and takes away those before it that are not read any more.
 */
export const FORMATS: Readonly<Record<Part, readonly [number, ...number[]]>> = {
  packets: [1, 2, 3],
  flows: [1],
  passing: [3],
  incidents: [1, 2, 3],
  journal: [1, 2, 3, 4, 5],
}

/** How far the source was read. */
export interface SavedReader {
  /** Of the next frame. */
  readonly number: number
  readonly interfaces: readonly CaptureInterface[]
  /** Of the source, which alone knows it; null where nothing can be read again. */
  readonly position: unknown
}

export interface Checkpoint {
  readonly analysis: SavedAnalysis
  readonly journal: JournalEnd
  /** Of the database. */
  readonly collection: number
  readonly reader: SavedReader
  readonly day: number | null
  /** By the wall's clock. */
  readonly at: Micros
}

/** As it is written. */
export interface Parted extends Checkpoint {
  readonly formats: Readonly<Partial<Record<Part, number>>>
}
