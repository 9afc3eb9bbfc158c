/** How many occurrences a minute there were up to now, or up to the newest that is stored. */
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import type { ServiceRow } from '../../src/api/contract.ts'
import * as api from '../api.ts'
import { useLive, useLoad, useSettled } from '../load.ts'
import { SeverityBars } from '../parts/trend.tsx'
import { query } from '../router.ts'
import { count, counted, listSpan } from '../text.ts'
import { SEVERITIES } from '../words.data.ts'

const MINUTE_MS = 60_000
const STEPS = 48 // the API counts a service's occurrences in as many steps of whatever time is asked for

/** Filters that the counts of services know nothing of. */
const OTHERS = ['agent', 'type', 'server', 'capture', 'text', 'from', 'to', 'since']

export interface RateWindow {
  readonly from: string
  readonly to: string
  /** The last minute is the present one. */
  readonly isNow: boolean
}

/** Whole minutes: up to the present one, or the newest row's if that is not among them. */
export function windowOf(newest: string, now: number): RateWindow {
  const end = (ms: number): number => (Math.floor(ms / MINUTE_MS) + 1) * MINUTE_MS
  const last = new Date(newest).getTime()
  const isNow = last >= end(now) - STEPS * MINUTE_MS
  const to = end(isNow ? now : last)
  // Without its last instant the time holds no other minute.
  const [from, until] = [to - STEPS * MINUTE_MS, to - 1]
  return { from: new Date(from).toISOString(), to: new Date(until).toISOString(), isNow }
}

type Trend = ServiceRow['trend']

/** The sum over services, of what the filters let through. */
export function rateOf(
  rows: readonly Pick<ServiceRow, 'name' | 'trend'>[],
  { services, severities }: { readonly services: readonly string[]; readonly severities: readonly string[] },
): Trend {
  const shown = rows.filter(({ name }) => services.length === 0 || services.includes(name))
  const sum = (severity: keyof Trend): number[] => {
    const isShown = severities.length === 0 || severities.includes(severity)
    return Array.from({ length: STEPS }, (_, step) =>
      isShown ? shown.reduce((n, { trend }) => n + (trend[severity][step] ?? 0), 0) : 0,
    )
  }
  return { critical: sum('critical'), warning: sum('warning'), info: sum('info') }
}

/** Nothing where filters are set that it cannot follow, or nothing happened. `newest`: of the list's rows. */
export function Rate({ newest }: { newest: string }): JSX.Element | null {
  const loaded = useLoad('occurrences a minute', async (signal) => {
    const window = windowOf(newest, Date.now())
    const { items } = await api.services({ from: window.from, to: window.to }, signal)
    return { window, items }
  })
  const countSoon = useSettled(loaded.reload)
  useLive(({ kind }) => {
    if (kind === 'occurrence' || kind === 'incident' || kind === 'lost') countSoon()
  })
  useEffect(() => {
    const minutes = setInterval(loaded.reload, MINUTE_MS)
    return () => clearInterval(minutes)
  }, [])
  const asked = query.value
  if (loaded.data === null || OTHERS.some((name) => asked.has(name))) return null
  const { window, items } = loaded.data
  const filter = { services: asked.getAll('service'), severities: asked.getAll('severity') }
  return <Chart window={window} trend={rateOf(items, filter)} />
}

function Chart({ window, trend }: { window: RateWindow; trend: Trend }): JSX.Element | null {
  const sums = trend.critical.map((_, step) => SEVERITIES.reduce((n, one) => n + (trend[one][step] ?? 0), 0))
  const total = sums.reduce((a, b) => a + b, 0)
  if (total === 0) return null
  const last = window.isNow ? `now ${count(sums.at(-1) ?? 0)}` : `at most ${count(Math.max(...sums))}`
  const words = `occurrences a minute, ${listSpan(window.from, window.to)}, ${last}`
  return (
    <div class="rate">
      <div role="img" aria-label={`${counted(total, 'occurrence')}: ${words}`}>
        <SeverityBars trend={trend} />
      </div>
      <p class="note">{words}</p>
    </div>
  )
}
