/** Ctrl-C and a polite kill ask the server to stop; a second one ends it at once. */
const SIGNALS = ['SIGINT', 'SIGTERM'] as const
type StopSignal = (typeof SIGNALS)[number]

export interface Stopping {
  /** Resolves at the first signal. */
  readonly signal: Promise<StopSignal>
  /** Signals have their usual effect again. */
  ignore(): void
}

export function stopSignal(): Stopping {
  const { promise, resolve } = Promise.withResolvers<StopSignal>()
  const onSignal = (signal: StopSignal): void => resolve(signal)
  for (const signal of SIGNALS) process.once(signal, onSignal)
  return {
    signal: promise,
    ignore: () => SIGNALS.forEach((signal) => process.removeListener(signal, onSignal)),
  }
}
