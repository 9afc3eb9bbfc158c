/** Live captures as taps: how fast their packets come, and what was lost. */
import type { LiveState, TapRow } from '../../model/view.ts'
import { prepared, type Store } from '../store.ts'

/** Collectors are few; the list is short whatever the database says. */
const TAPS_MAX = 100

// The latest analysis of each collector; one that has not said anything yet is not told.
const LIVE = `
  SELECT i.capture, c.name, i.tap, a.live FROM analysis a
    JOIN analysis_input i ON i.analysis = a.id JOIN capture c ON c.id = i.capture
  WHERE a.state = 'running' AND a.collector IS NOT NULL AND a.live IS NOT NULL
  ORDER BY a.collector, i.ordinal LIMIT ${TAPS_MAX}`

interface StoredTap {
  readonly capture: number
  readonly name: string
  readonly tap: string
  readonly live: string
}

export const liveTaps = (store: Store): TapRow[] =>
  prepared<StoredTap>(store, LIVE)
    .all()
    .map(({ capture, name, tap, live }) => {
      const { packetsPerSecond, kernelDrops, interfaceDrops, flows, lagSeconds, stopped } = JSON.parse(
        live,
      ) as LiveState
      const isUntold = kernelDrops === null && interfaceDrops === null
      const here = (kernelDrops ?? 0) + (interfaceDrops ?? 0)
      // What was dropped here, exporters number as well, as a rule.
      const drops = isUntold ? null : Math.max(here, flows?.lost ?? 0)
      const rate = flows?.recordsPerSecond ?? packetsPerSecond
      return { capture, name, tap, isLive: true, packetsPerSecond: rate, drops, lagSeconds, stopped }
    })
