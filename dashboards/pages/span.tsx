/** The time that a page shows: three spans that end where it ends now, in the address. */
import type { JSX } from 'preact'
import { href, patched, query } from '../router.ts'
import type { QueryPatch, Route } from '../router.ts'

const HOUR = 3_600_000

export const SPANS = [
  { name: '6 h', ms: 6 * HOUR },
  { name: '24 h', ms: 24 * HOUR },
  { name: '7 d', ms: 168 * HOUR },
] as const

/** What the address asks for; nothing asks for the last 24 h that were seen. */
export const spanQuery = (asked: URLSearchParams): QueryPatch => ({
  from: asked.get('from'),
  to: asked.get('to'),
})

/** Which of the spans this is, within a minute; null for another one. */
export function spanOf(from: string, to: string): string | null {
  const ms = Date.parse(to) - Date.parse(from)
  return SPANS.find((span) => Math.abs(span.ms - ms) <= 60_000)?.name ?? null
}

export function SpanChips({ route, from, to }: { route: Route; from: string; to: string }): JSX.Element {
  // Nothing asks for the last 24 h that were seen, however few there are.
  const current = query.value.has('from') || query.value.has('to') ? spanOf(from, to) : '24 h'
  const link = (ms: number): string => {
    const rest = Object.fromEntries(patched(query.value, { from: null, to: null }))
    return href(route, { ...rest, from: new Date(Date.parse(to) - ms).toISOString(), to })
  }
  return (
    <nav class="chips" aria-label="Time shown">
      {SPANS.map(({ name, ms }) => (
        <a
          key={name}
          class="chip"
          href={link(ms)}
          {...(name === current ? { 'aria-current': 'true' as const } : {})}
        >
          {name}
        </a>
      ))}
    </nav>
  )
}
