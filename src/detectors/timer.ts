/**
 * The timer that severs idle connections, bracketed by what survived and what did not: an interval-censored
 * estimate.
 *
 * A silence that was survived is shorter than the timer; one that was not is at least as long. Where the
 * device closes at expiry, the silence before the close is the timer itself.
 */
import { DEVICE_TIMEOUTS } from '../model/devices.data.ts'
import type { TimerEstimate } from '../model/incident.ts'

export type Signature = 'silent' | 'rst-on-next' | 'rst-at-expiry' | 'fin'

/** Clocks of devices tick in seconds, and so do their timers: a documented value counts if it lies this close
 * to the interval. */
const TOLERANCE_SECONDS = 2
/** Gaps before a close at expiry spread by no more than this share when one timer made them. */
const SPREAD_MAX = 0.1
/** The longest interval between keep-alives that is safe, as a share of what was survived. */
const SAFE_SHARE = 0.8

/**
 * `survived` and `severed` are silences in seconds; of `severed`, one whose length is not known is Infinity.
 * `vague`: by how much the others may be shorter. The result's bounds are seconds too.
 */
export function estimateTimer(
  survived: readonly number[],
  severed: readonly number[],
  signature: Signature,
  vague = 0,
): TimerEstimate {
  const atExpiry = signature === 'fin' || signature === 'rst-at-expiry'
  const known = severed.filter(Number.isFinite)
  if (known.length === 0) return unbounded(survived, severed.length)
  const { shortest } = bestSplit(survived, known)
  const longest = Math.max(...known)
  const longestSurvived = Math.max(0, ...survived.filter((s) => s < shortest))
  const oneTimer = atExpiry && longest - shortest <= Math.max(1, SPREAD_MAX * shortest)
  const atLeast = oneTimer ? Math.max(longestSurvived, shortest - Math.max(1, vague)) : longestSurvived
  const lower = atLeast > 0 ? atLeast : null
  const upper = oneTimer ? longest : shortest
  return {
    lowerSeconds: lower === null ? null : outwards(lower, Math.floor),
    upperSeconds: outwards(upper, Math.ceil),
    survived: survived.length,
    severed: severed.length,
    candidates: lower === null ? [] : candidates(lower, upper, signature),
    safeKeepAliveSeconds: lower === null ? null : Math.floor(SAFE_SHARE * lower * 10) / 10,
  }
}

/** Which losses one timer explains best, in seconds. */
interface Split {
  /** The shortest of them; the shortest of all, if no timer explains any. */
  readonly shortest: number
  /** How many they are, less the silences that survived although they were longer. */
  readonly explained: number
}

/**
 * Where survived and severed silences contradict each other, the split that is wrong about the fewest (domain
 * knowledge 4.3): a host that failed, or another way around the device, is not the timer's doing. Of equals
 * the shortest. `severed` is never empty.
 */
export function bestSplit(survived: readonly number[], severed: readonly number[]): Split {
  const lost = severed.toSorted((a, b) => a - b)
  const lived = survived.toSorted((a, b) => a - b)
  let shorter = 0
  let best: Split = { shortest: lost[0]!, explained: 0 }
  for (const [early, timer] of lost.entries()) {
    while (shorter < lived.length && lived[shorter]! <= timer + TOLERANCE_SECONDS) shorter++
    const explained = lost.length - early - (lived.length - shorter)
    if (explained > best.explained) best = { shortest: timer, explained }
  }
  return best
}

/** How long the silences were that did not survive, nothing tells. */
export const unbounded = (survived: readonly number[], severed: number): TimerEstimate => ({
  lowerSeconds: null,
  upperSeconds: null,
  survived: survived.length,
  severed,
  candidates: [],
  safeKeepAliveSeconds: null,
})

/** Devices whose documented default lies in the interval and that behave so. */
function candidates(lower: number, upper: number, signature: Signature): string[] {
  return DEVICE_TIMEOUTS.filter((d) => {
    if (d.seconds < lower - TOLERANCE_SECONDS || d.seconds > upper + TOLERANCE_SECONDS) return false
    if (signature === 'fin') return d.atExpiry.includes('fin')
    if (signature === 'rst-at-expiry') return d.atExpiry.includes('rst')
    return d.atExpiry.includes('silent') && d.afterExpiry.includes(signature === 'silent' ? 'drop' : 'rst')
  }).map((d) =>
    d.source === 'recalled' ? `${d.device} (${d.seconds} s, unconfirmed)` : `${d.device} (${d.seconds} s)`,
  )
}

/** To hundredths, so that what bounds the interval lies in it. Ten thousandths are dust of binary
 * fractions. */
const outwards = (seconds: number, to: (hundredths: number) => number): number =>
  to(Math.round(seconds * 10_000) / 100) / 100
