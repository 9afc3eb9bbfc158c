/**
 * What is being read, for the rail: asked for now and then while there is something to tell and somebody
 * looks, since rates change without any event.
 */
import { signal } from '@preact/signals'
import type { TapRow } from '../src/api/contract.ts'
import * as api from './api.ts'
import { startReading } from './reading.ts'
import { count, decimal, seconds } from './text.ts'

const ASK_EVERY_MS = 3_000
/** What is older than this does not show what happens now. */
const LATE_SECONDS = 10

export const taps = signal<readonly TapRow[]>([])

const NOTHING = { data: null, readAt: 0 }

/** Reads them, and again and again while any is there or `goesOn` says so; `look` begins again. */
export function startTaps(goesOn: () => boolean): { readonly look: () => void; readonly end: () => void } {
  const pending: { timer: ReturnType<typeof setTimeout> | undefined } = { timer: undefined }
  const ask = (): void => {
    pending.timer = undefined
    if (document.hidden) later()
    else reading.reload()
  }
  const later = (): void => {
    pending.timer ??= setTimeout(ask, ASK_EVERY_MS)
  }
  const reading = startReading<readonly TapRow[]>(api.taps, NOTHING, ({ data, isLoading }) => {
    // While the server does not answer, what it said last stays, and it is asked again.
    if (data !== null) taps.value = data
    if (!isLoading && (taps.value.length > 0 || goesOn())) later()
  })
  return {
    look() {
      if (pending.timer === undefined) reading.reload()
    },
    end() {
      clearTimeout(pending.timer)
      reading.end()
    },
  }
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
