/**
 * Alerts of what is watched, sent to the outputs of its configuration as `serve` sends them.
 *
 * Contract: one process at a time sends the alerts of a database. What could not be delivered by the end
 * waits in the database for whoever sends next.
 */
import { startAlerts } from '../../alerts/engine.ts'
import { missingSecret } from '../../alerts/secret.ts'
import type { AlertSettings } from '../../alerts/settings.ts'
import { listDeliveries } from '../../store/queries/deliveries.ts'
import { openStore } from '../../store/store.ts'
import { failure } from '../failure.ts'
import { counted } from '../output/quantities.ts'
import { alertsLock } from '../alert/lock.ts'
import { wallClock } from '../wall-clock.ts'

/** At the end, what is being delivered has so long. */
const LAST_MS_MAX = 10_000

export interface WatchedOutputs {
  /** Resolves when what can be delivered was. */
  end(): Promise<void>
}

export interface WatchedAlerts {
  readonly database: string
  /** Null: it is thrown away. */
  readonly kept: string | null
  readonly settings: AlertSettings
  tell(line: string): void
}

/** Null without outputs, or where somebody else sends. Throws a failure for secrets that are missing. */
export function sendAlerts({ database, kept, settings, tell }: WatchedAlerts): WatchedOutputs | null {
  if (settings.outputs.length === 0) return null
  for (const output of settings.outputs) {
    const missing = missingSecret(output, process.env)
    if (missing !== null) throw failure(`the output ${output.name} cannot be used: ${missing}`)
  }
  const unlock = alertsLock(database)
  if (unlock === null) {
    tell(`another process sends the alerts of ${database}: these are sent by it`)
    return null
  }
  const store = openStore(database)
  const engine = startAlerts({
    store,
    settings,
    environment: process.env,
    now: wallClock,
    random: Math.random,
    onError: (error) => tell(`alerts could not be looked after: ${(error as Error).message}`),
    onFailure: (output, became) =>
      tell(`an alert was not delivered to ${output}${became === 'dead' ? ', and is given up' : ''}`),
  })
  return {
    async end() {
      try {
        await engine.settle(LAST_MS_MAX)
        await engine.stop()
        const { total } = listDeliveries(store, { state: ['waiting'] }, { cursor: null, limit: 1 })
        if (kept === null && total !== null && total > 0)
          tell(`${counted(total, 'alert')} could not be delivered, and nobody tries again without --db`)
      } finally {
        store.close()
        unlock()
      }
    },
  }
}
