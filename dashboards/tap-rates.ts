/**
 * What is being read, for the rail: asked for now and then while there is something to tell and somebody
 * looks, since rates change without any event.
 */
import { signal } from '@preact/signals'
import type { TapRow } from '../src/api/contract.ts'
import * as api from './api.ts'
import { count, decimal, seconds } from './text.ts'

const ASK_EVERY_MS = 3_000
/** What is older than this does not show what happens now. */
const LATE_SECONDS = 10

export const taps = signal<readonly TapRow[]>([])

const pending: { timer: ReturnType<typeof setTimeout> | undefined } = { timer: undefined }

/** Reads them, and again and again for as long as `goesOn` or any is there. */
export async function readTaps(goesOn: () => boolean): Promise<void> {
  const isFirst = taps.value.length === 0
  // While the server does not answer, what it said last stays, and it is asked again.
  if (isFirst || !document.hidden) taps.value = await api.taps().catch(() => taps.value)
  clearTimeout(pending.timer)
  if (taps.value.length === 0 && !goesOn()) return
  pending.timer = setTimeout(() => void readTaps(goesOn), ASK_EVERY_MS)
}

/** How a tap does, in two words: what is wrong with it, or else its rate. `all`: the whole of it. */
export function tapWords({ packetsPerSecond, drops, lagSeconds, stopped }: TapRow): {
  readonly words: string
  readonly isBad: boolean
  readonly all: string
} {
  const rate = packetsPerSecond === null ? [] : [`${rateText(packetsPerSecond)}/s`]
  const bad = [
    ...(stopped === null ? [] : ['stopped']),
    ...((lagSeconds ?? 0) > LATE_SECONDS ? [`late ${seconds(lagSeconds ?? 0, 0)}`] : []),
    ...((drops ?? 0) > 0 ? [`${count(drops ?? 0)} lost`] : []),
  ]
  const why = stopped === null ? [] : [stopped]
  const words = bad[0] ?? rate[0] ?? '…'
  return { words, isBad: bad.length > 0, all: [...rate, ...bad, ...why].join(', ') }
}

/** `312`, `41.2 k`, `1.3 M`. */
const rateText = (n: number): string => (n < 10_000 || n >= 1e6 ? count(n) : `${decimal(n / 1000, 1)}\u00a0k`)
