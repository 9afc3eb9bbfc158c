/** Prints columns: the first to the left, the others to the right; a dash where there is nothing to say. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = heads.map((head, i) => Math.max(head.length, ...rows.map((row) => row[i]?.length ?? 0)))
  const padded = (cell: string, i: number, width: number): string =>
    i === 0 ? cell.padEnd(width) : cell.padStart(width)
  const line = (cells: readonly string[]): string =>
    `  ${widths.map((width, i) => padded(cells[i] ?? '', i, width)).join('  ')}`
  return [line(heads), ...rows.map(line)].join('\n')
}

const scales = [
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
] as const

/** 1427436 -> `1.43 M`, with the unit behind it. */
export function scaled(value: number | null, unit: string): string {
  if (value === null) return '-'
  const [by, prefix] = scales.find(([scale]) => value >= scale) ?? [1, '']
  return `${(value / by).toPrecision(3)} ${prefix}${unit}`.trimEnd()
}
