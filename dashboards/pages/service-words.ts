/** How the shares of a service's servers changed, in one sentence. Pure. */
import type { ServiceView } from '../../src/api/contract.ts'
import { listed, percent } from '../text.ts'

/** Points at either end that are looked at as one, where there are as many: one alone may be a moment between
 * two servers. No point is of both ends. */
const ENDS = 3
/** A change of less than this is none to speak of. */
const NOTABLE = 0.1
const NAMED = 4
/** Of two servers that traded, the one that gained is named. */
const TIE = 1e-6

export function sharesSentence({ shares: { servers, points } }: Pick<ServiceView, 'shares'>): string {
  const seen = points.filter(({ agents }) => agents.some((n) => n > 0))
  const ends = Math.max(1, Math.min(ENDS, Math.floor(seen.length / 2)))
  const before = sharesOf(seen.slice(0, ends), servers.length)
  const after = sharesOf(seen.slice(-ends), servers.length)
  const shares = servers
    .map((name, i) => ({ name, now: after[i] ?? 0, by: (after[i] ?? 0) - (before[i] ?? 0) }))
    .sort((a, b) => b.now - a.now)
  const attached = shares.filter(({ now }) => now > 0)
  const named = attached.slice(0, NAMED).map(({ name, now }) => `${name} ${percent(now)}`)
  const rest = attached.length - named.length
  const last = `At the end: ${listed(rest > 0 ? [...named, `${rest} more with the rest`] : named)}.`
  const moved = shares.reduce((a, b) => (Math.abs(b.by) > Math.abs(a.by) + TIE ? b : a), {
    name: '',
    now: 0,
    by: 0,
  })
  if (Math.abs(moved.by) < NOTABLE) return `${last} The shares hardly changed.`
  const direction = moved.by > 0 ? 'gained' : 'lost'
  return `${last} ${moved.name} ${direction} ${percent(Math.abs(moved.by))} of the agents since the beginning.`
}

function sharesOf(points: readonly { readonly agents: readonly number[] }[], servers: number): number[] {
  const sums = Array.from({ length: servers }, (_, s) =>
    points.reduce((sum, { agents }) => sum + (agents[s] ?? 0), 0),
  )
  const total = sums.reduce((a, b) => a + b, 0) || 1
  return sums.map((sum) => sum / total)
}
