/**
 * Ctrl-C and a polite kill end the work with one line and no half-written file; a second one ends it at once.
 */
import { EXIT } from '../failure.ts'

/** By the convention of shells: 128 and the signal's number. */
const EXIT_CODES = { SIGINT: EXIT.interrupted, SIGTERM: 143 } as const
type Signal = keyof typeof EXIT_CODES
const SIGNALS = Object.keys(EXIT_CODES) as Signal[]

export interface Interruption {
  /** Fails at the first signal, and never answers otherwise. */
  readonly signalled: Promise<never>
  /** Signals have their usual effect again. */
  ignore(): void
}

export function interruption(): Interruption {
  const { promise, reject } = Promise.withResolvers<never>()
  // A signal may come before anybody waits for it.
  promise.catch(() => undefined)
  const onSignal = (signal: Signal): void => {
    const exitCode = EXIT_CODES[signal]
    reject(Object.assign(new Error('interrupted; the analysis is not complete'), { exitCode }))
    // Without a listener the next one has its usual effect.
  }
  for (const signal of SIGNALS) process.once(signal, onSignal)
  return {
    signalled: promise,
    ignore: () => SIGNALS.forEach((signal) => process.removeListener(signal, onSignal)),
  }
}
