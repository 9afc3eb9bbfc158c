/** How the attached agents divide among servers, stacked to the whole. Pure: shares of width and height. */
import type { ServiceView } from '../../src/api/contract.ts'
import { textWidth } from './labels.ts'
import { shareOf } from './scale.ts'

export interface Layer {
  readonly name: string
  /** Servers behind it: more than one for `others`. */
  readonly servers: number
  /** Agents at each point. */
  readonly agents: readonly number[]
  /** Where its name stands: where the layer is thick enough for all of it; null if it is nowhere. */
  readonly label: { readonly x: number; readonly y: number } | null
  /** Outlines of the closed areas, as `x,y` pairs of shares: one for each stretch with anybody attached. */
  readonly areas: readonly (readonly (readonly [number, number])[])[]
}

export const LAYERS_MAX = 5
const LABEL_LEAST = 0.075 // of the height: 14 px
/** Characters of a name that are written. */
export const NAME_MAX = 28

/** The largest servers and `others`: their indices in the series, from the bottom up in order of name. */
export function largest(totals: readonly number[], most: number): { own: number[]; rest: number[] } {
  const order = totals.map((_, i) => i).sort((a, b) => totals[b]! - totals[a]! || a - b)
  const keep = totals.length > most ? most - 1 : most
  return { own: order.slice(0, keep).sort((a, b) => a - b), rest: order.slice(keep) }
}

/** `width` in pixels: a name stands only where all of it lies inside its layer. */
export function layShares(series: ServiceView['shares'], from: string, to: string, width = 640): Layer[] {
  const { servers, points } = series
  const range = { from: Date.parse(from), to: Date.parse(to) }
  const xs = points.map(({ at }) => shareOf(Date.parse(at), range))
  const totals = servers.map((_, s) => points.reduce((sum, { agents }) => sum + (agents[s] ?? 0), 0))
  const { own, rest } = largest(totals, LAYERS_MAX)
  const members = [...own.map((s) => [s]), ...(rest.length > 0 ? [rest] : [])]
  const sums = points.map(({ agents }) => agents.reduce((sum, n) => sum + n, 0))
  const base = points.map(() => 0)
  return members.map((indices) => {
    const agents = points.map((point) => indices.reduce((sum, s) => sum + (point.agents[s] ?? 0), 0))
    const lower = base.map((n, i) => (sums[i]! > 0 ? n / sums[i]! : 0))
    for (const [i, n] of agents.entries()) base[i]! += n
    const upper = base.map((n, i) => (sums[i]! > 0 ? n / sums[i]! : 0))
    const name = indices.length === 1 ? servers[indices[0]!]! : `${indices.length} others`
    const room = (textWidth(name.slice(0, NAME_MAX), 12) + 18) / width
    return {
      name,
      servers: indices.length,
      agents,
      label: labelOf(xs, lower, upper, room),
      areas: areasOf(xs, lower, upper, sums),
    }
  })
}

function labelOf(
  xs: readonly number[],
  lower: readonly number[],
  upper: readonly number[],
  room: number,
): Layer['label'] {
  let best: { x: number; y: number; height: number } | null = null
  for (const [i, x] of xs.entries()) {
    if (x + room > 1) break
    const under = xs.map((_, n) => n).filter((n) => xs[n]! >= x && xs[n]! <= x + room)
    const bottom = Math.max(...under.map((n) => lower[n]!))
    const top = Math.min(...under.map((n) => upper[n]!))
    if (top - bottom < LABEL_LEAST) continue
    // A name at the left is read first: a later place has to be clearly better.
    if (best === null || top - bottom > best.height * 1.6)
      best = { x: xs[i]!, y: 1 - (top + bottom) / 2, height: top - bottom }
  }
  return best === null ? null : { x: best.x, y: best.y }
}

/** Times in which nobody was attached have no shares: the picture has a hole there. */
function areasOf(
  xs: readonly number[],
  lower: readonly number[],
  upper: readonly number[],
  sums: readonly number[],
): Layer['areas'] {
  const stretches: number[][] = []
  for (const [i, sum] of sums.entries()) {
    if (sum === 0) continue
    if (i > 0 && sums[i - 1]! > 0) stretches.at(-1)!.push(i)
    else stretches.push([i])
  }
  const half = xs.length > 1 ? (xs[1]! - xs[0]!) / 2 : 0.5
  return stretches.map((stretch) => {
    const at =
      stretch.length === 1 ? [xs[stretch[0]!]! - half, xs[stretch[0]!]! + half] : stretch.map((i) => xs[i]!)
    const indices = stretch.length === 1 ? [stretch[0]!, stretch[0]!] : stretch
    const top = indices.map((i, n) => [at[n]!, 1 - upper[i]!] as const)
    const bottom = indices.map((i, n) => [at[n]!, 1 - lower[i]!] as const)
    return [...top, ...bottom.toReversed()]
  })
}
