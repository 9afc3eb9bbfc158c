/** Lists in a sentence. */
import { count } from './count.ts'

/** `a`, `a and b`, `a, b and c`. */
export function listed(items: readonly string[]): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`
}

/**
 * The first `most` items, and how many there are besides: `a, b and 4 more`. `total` counts those that are
 * not at hand, too.
 */
export function firstFew(items: readonly string[], most: number, total = items.length): string {
  const shown = items.slice(0, most)
  const rest = total - shown.length
  return rest > 0 ? `${shown.join(', ')} and ${count(rest)} more` : listed(shown)
}
