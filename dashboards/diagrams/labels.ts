/** Labels that do not lie on one another. Widths are estimated: an SVG text has none before it is drawn.
 * Pure. */

/** Mean advance of a character, as a share of the type size: Inter and the system faces, and monospace. */
const ADVANCE = 0.56
const MONO_ADVANCE = 0.62

export const textWidth = (text: string, size = 11, isMono = false): number =>
  text.length * size * (isMono ? MONO_ADVANCE : ADVANCE)

/** Cut in the middle of nowhere is worse than a sign that it was cut. */
export const shortened = (text: string, characters: number): string =>
  text.length <= characters ? text : `${text.slice(0, Math.max(1, characters - 1))}…`

export interface LabelBox {
  readonly left: number
  readonly right: number
}

/** A row for each label, the first ones first: the topmost in which it touches no other; null where all rows
 * are taken. */
export function rowsOf(boxes: readonly LabelBox[], rows: number, gap = 8): (number | null)[] {
  const taken: LabelBox[][] = Array.from({ length: rows }, () => [])
  return boxes.map((box) => {
    const row = taken.findIndex((others) =>
      others.every((o) => box.right + gap <= o.left || o.right + gap <= box.left),
    )
    if (row < 0) return null
    taken[row]!.push(box)
    return row
  })
}

export interface Beside extends LabelBox {
  readonly anchor: 'start' | 'end'
}

/** A text beside a mark at `at`: on the wished side if there is room, else on the other if there is, else on
 * the side with more of it. */
export function beside(
  at: number,
  width: number,
  total: number,
  gap = 6,
  wished: 'start' | 'end' = 'start',
): Beside {
  const start: Beside = { left: at + gap, right: at + gap + width, anchor: 'start' }
  const end: Beside = { left: at - gap - width, right: at - gap, anchor: 'end' }
  const fitsStart = start.right <= total
  const fitsEnd = end.left >= 0
  if (fitsStart && fitsEnd) return wished === 'start' ? start : end
  if (fitsStart !== fitsEnd) return fitsStart ? start : end
  return at < total / 2 ? start : end
}

/** Tops of boxes of one height, as near to the wished ones as they go without touching, within 0 and `total`.
 * The wished tops are in rising order; where there is not room for all, they touch the end and go on. */
export function spread(wished: readonly number[], height: number, total: number): number[] {
  const tops = [...wished]
  for (let i = 0; i < tops.length; i++) {
    const least = i === 0 ? 0 : tops[i - 1]! + height
    if (tops[i]! < least) tops[i] = least
  }
  let most = total - height
  for (let i = tops.length - 1; i >= 0; i--) {
    if (tops[i]! > most) tops[i] = Math.max(i * height, most)
    most = tops[i]! - height
  }
  return tops
}

/** Marks that would lie on one another, as one: indices whose positions follow within `apart` of the
 * first. */
export function clusters(positions: readonly number[], apart: number): { at: number; indices: number[] }[] {
  const order = positions.map((_, i) => i).sort((a, b) => positions[a]! - positions[b]!)
  const groups: { at: number; indices: number[] }[] = []
  for (const i of order) {
    const last = groups.at(-1)
    if (last !== undefined && positions[i]! - last.at < apart) last.indices.push(i)
    else groups.push({ at: positions[i]!, indices: [i] })
  }
  return groups
}
