/**
 * Devices that do not have the measured timer: documented defaults near the interval, which the silences
 * rule out. What is below the interval was outlived; what is above it was never reached.
 */
import { DEVICE_TIMEOUTS } from '../../model/devices.data.ts'
import type { TimerEstimate } from '../../model/incident.ts'
import type { TimerView } from '../../model/view.ts'

const EXCLUDED_MAX = 4
/** How far from the interval a default is still worth a word, as a factor. */
const NEAR = 2
/** As in the estimate: timers tick in seconds. */
const TOLERANCE_SECONDS = 2

/** The nearest ones, in order of their values; none without both bounds. */
export function excludedDevices({ lowerSeconds: lower, upperSeconds: upper }: TimerEstimate) {
  if (lower === null || upper === null) return []
  const distance = (seconds: number): number => (seconds < lower ? lower / seconds : seconds / upper)
  const isOutside = (seconds: number): boolean =>
    seconds < lower - TOLERANCE_SECONDS || seconds > upper + TOLERANCE_SECONDS
  const bySeconds = new Map<number, string>()
  for (const { device, seconds, source } of DEVICE_TIMEOUTS) {
    const isWorthAWord = source !== 'recalled' && isOutside(seconds) && distance(seconds) <= NEAR
    if (isWorthAWord && !bySeconds.has(seconds)) bySeconds.set(seconds, device)
  }
  const nearest = [...bySeconds].sort(([a], [b]) => distance(a) - distance(b)).slice(0, EXCLUDED_MAX)
  return nearest
    .map(([seconds, device]) => ({ device, seconds }))
    .sort((a, b) => a.seconds - b.seconds) satisfies TimerView['excluded']
}
