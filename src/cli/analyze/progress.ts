/**
 * A bar on standard error, for people who wait. Its library is loaded only when the wait is long enough to
 * notice.
 */
import type { SingleBar } from 'cli-progress'

/** No bar before this. */
const PATIENCE_MS = 500

export interface Progress {
  /** `fraction` is 0 to 1, or NaN if nobody knows how much there is. */
  update(fraction: number, packets: number): void
  stop(): void
}

export const NO_PROGRESS: Progress = { update: () => undefined, stop: () => undefined }

export function progressBar(): Progress {
  const started = performance.now()
  let bar: SingleBar | null = null
  let isLoading = false
  let isStopped = false
  const load = async (isKnown: boolean): Promise<void> => {
    isLoading = true
    const { SingleBar: Bar, Presets } = await import('cli-progress')
    if (isStopped) return
    const format = isKnown
      ? ' {bar} {percentage} % | {packets} packets | {eta_formatted} left'
      : ' {packets} packets'
    bar = new Bar(
      { format, stream: process.stderr, clearOnComplete: true, hideCursor: true, fps: 5 },
      Presets.shades_classic,
    )
    bar.start(100, 0, { packets: 0 })
  }
  return {
    update(fraction, packets) {
      if (bar !== null) bar.update(Number.isNaN(fraction) ? 0 : Math.floor(fraction * 100), { packets })
      else if (!isLoading && performance.now() - started > PATIENCE_MS) void load(!Number.isNaN(fraction))
    },
    stop() {
      isStopped = true
      bar?.stop()
    },
  }
}
