/**
 * Goes on where the process before ended: with all that its checkpoint and its journal hold, or with as much
 * of it as is of use. Connections that are open are what must not be lost.
 */
import type { LiveAnalysis } from '../../pipeline/live.ts'
import type { Checkpoint, Part } from './checkpoint-parts.ts'
import type { Keeping } from './keeping.ts'
import type { SourceSpec } from './source.ts'

export interface Resumed {
  readonly analysis: LiveAnalysis
  /** What is learned anew, and why, as people read it; null: nothing is. */
  readonly anew: string | null
}

/** What each part is to people. */
const NAMES: Readonly<Record<Part, string>> = {
  packets: 'open connections',
  flows: 'open connections',
  passing: 'what was half received',
  incidents: 'the account of incidents so far',
  journal: 'who is who, and what was learned of it',
}

/** `make` makes an analysis without a past. Null where not even connections can be restored. */
export function resumed(make: () => LiveAnalysis, kept: Keeping, before: Checkpoint): Resumed | null {
  const { lost } = kept
  const other = lost.length === 0 ? null : anew(lost, 'another version of Holdfast kept it otherwise')
  try {
    return { analysis: loaded(make(), before, kept.entries()), anew: other }
  } catch {
    kept.renounce()
  }
  try {
    const analysis = loaded(make(), before, null)
    return { analysis, anew: anew([...new Set([...lost, 'journal' as const])], 'its journal cannot be read') }
  } catch {
    kept.renounce()
    return null
  }
}

function loaded(
  analysis: LiveAnalysis,
  before: Checkpoint,
  entries: Parameters<LiveAnalysis['load']>[1],
): LiveAnalysis {
  analysis.load(before.analysis, entries)
  return analysis
}

const anew = (parts: readonly Part[], why: string): string =>
  `${parts.map((part) => NAMES[part]).join('; ')}: learned anew, as ${why}`

/** It collected what is collected now: packets, or flow records. */
export const isOfKind = ({ analysis }: Checkpoint, { kind }: SourceSpec): boolean =>
  analysis.run.of === (kind === 'flows' ? 'flows' : 'packets')
