/**
 * Sets of integers as spans [from, to), written one after the other: from, to, from, to, ..., ascending and
 * apart.
 */

/** Whether all of [from, to) is in the set. */
export function covers(spans: readonly number[], from: number, to: number): boolean {
  for (let i = 0; i < spans.length; i += 2) if (spans[i]! <= from && to <= spans[i + 1]!) return true
  return false
}

/** Whether any of [from, to) is in the set. */
export function meets(spans: readonly number[], from: number, to: number): boolean {
  for (let i = 0; i < spans.length; i += 2) if (spans[i]! < to && from < spans[i + 1]!) return true
  return false
}

/** Whether the set is exactly [0, length). */
export const isWhole = (spans: readonly number[], length: number): boolean =>
  spans.length === 2 && spans[0] === 0 && spans[1] === length

/** The parts of [from, to) that are not in the set, ascending. */
export function uncovered(spans: readonly number[], from: number, to: number): [from: number, to: number][] {
  const parts: [number, number][] = []
  let start = from
  for (let i = 0; i < spans.length && start < to; i += 2) {
    if (spans[i + 1]! <= start) continue
    if (spans[i]! > start) parts.push([start, Math.min(spans[i]!, to)])
    start = Math.max(start, spans[i + 1]!)
  }
  if (start < to) parts.push([start, to])
  return parts
}

/** The set with [from, to) added; spans that touch become one. */
export function join(spans: readonly number[], from: number, to: number): number[] {
  const before: number[] = []
  const after: number[] = []
  let start = from
  let end = to
  for (let i = 0; i < spans.length; i += 2) {
    if (spans[i + 1]! < from) before.push(spans[i]!, spans[i + 1]!)
    else if (spans[i]! > to) after.push(spans[i]!, spans[i + 1]!)
    else {
      start = Math.min(start, spans[i]!)
      end = Math.max(end, spans[i + 1]!)
    }
  }
  return [...before, start, end, ...after]
}
