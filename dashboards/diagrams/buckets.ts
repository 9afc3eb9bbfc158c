/** Many values as few marks: columns of rings and crosses, and lanes of intervals. Pure. */
import { type Range, shareOf } from './scale.ts'

/** How many values fall into each of so many equal columns; those outside are not counted. */
export function columnsOf(values: readonly number[], range: Range, columns: number): number[] {
  const counts = Array.from({ length: columns }, () => 0)
  for (const value of values) {
    if (value < range.from || value > range.to) continue
    const column = Math.min(columns - 1, Math.floor(shareOf(value, range) * columns))
    counts[column]!++
  }
  return counts
}

/** Marks of each column, when a mark stands for `each` values: the least whole number with which the highest
 * column fits. Whatever is there keeps at least one mark. */
export function stacked(counts: readonly number[], most: number): { each: number; marks: number[] } {
  const each = Math.max(1, Math.ceil(Math.max(0, ...counts) / most))
  return { each, marks: counts.map((count) => Math.ceil(count / each)) }
}

/** So many marks as a block, row by row, centred on its place: offsets in pixels. Never more than `most`. */
export function block(count: number, perRow: number, pitch: { x: number; y: number }, most: number) {
  const drawn = Math.min(count, most)
  const wide = Math.min(drawn, perRow)
  return Array.from({ length: drawn }, (_, i) => ({
    dx: ((i % perRow) - (wide - 1) / 2) * pitch.x,
    dy: Math.floor(i / perRow) * pitch.y,
  }))
}

/** A lane for each interval so that none lies on another of its lane; null beyond the last lane. Intervals in
 * order of their start. */
export function lanesOf(intervals: readonly Range[], lanes: number): (number | null)[] {
  const ends: number[] = []
  return intervals.map(({ from, to }) => {
    let lane = ends.findIndex((end) => end <= from)
    if (lane < 0) lane = ends.length
    if (lane >= lanes) return null
    ends[lane] = to
    return lane
  })
}

/** Intervals on one line, those that touch or nearly do as one: what cannot be told apart is drawn once. */
export function merged(intervals: readonly Range[], apart: number): Range[] {
  const all: { from: number; to: number }[] = []
  for (const { from, to } of [...intervals].sort((a, b) => a.from - b.from)) {
    const last = all.at(-1)
    if (last !== undefined && from - last.to <= apart) last.to = Math.max(last.to, to)
    else all.push({ from, to })
  }
  return all
}
