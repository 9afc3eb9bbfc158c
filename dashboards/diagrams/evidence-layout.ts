/** The evidence sheet as bars from a common zero, and how much an item is worth in words. Pure. */
import type { IncidentView } from '../../src/api/contract.ts'

export type Item = IncidentView['attribution'][number]

export interface Bar {
  /** Shares of the width. */
  readonly from: number
  readonly width: number
  readonly side: 'for' | 'against' | 'neither'
}

/** The least mark of an item that weighs nothing. */
const SLIVER = 0.006

/** Bars of all items on one scale; zero stands where both sides have room, in the middle if both have
 * items. */
export function layBars(items: readonly Item[]): { zero: number; bars: Bar[] } {
  const most = Math.max(0, ...items.map(({ weight }) => weight))
  const least = Math.min(0, ...items.map(({ weight }) => weight))
  const span = most - least || 1
  // The shorter side keeps a quarter: bars never start at the edge.
  const zero = Math.min(0.75, Math.max(0.25, -least / span))
  const scale = Math.min(most > 0 ? (1 - zero) / most : Infinity, least < 0 ? zero / -least : Infinity)
  const bars = items.map(({ weight }): Bar => {
    if (weight === 0) return { from: zero - SLIVER / 2, width: SLIVER, side: 'neither' }
    const width = Math.abs(weight) * scale
    return weight > 0 ? { from: zero, width, side: 'for' } : { from: zero - width, width, side: 'against' }
  })
  return { zero, bars }
}

/** Weights as the attribution gives them: 5 settles it, 3 is strong, 2 medium, less is weak. */
export function strength(weight: number): 'decisive' | 'strong' | 'medium' | 'weak' | 'neutral' {
  const size = Math.abs(weight)
  if (size === 0) return 'neutral'
  if (size >= 5) return 'decisive'
  if (size >= 3) return 'strong'
  return size >= 2 ? 'medium' : 'weak'
}

/** What speaks for it first, then what settles nothing, then what speaks against it. */
export const byWeight = (items: readonly Item[]): Item[] => [...items].sort((a, b) => b.weight - a.weight)
