/**
 * Delivers what waits for one output, one alert after the other, until it is delivered or given up. It keeps
 * nothing itself: rows say what waits, so that the next process goes on where this one stopped.
 *
 * Contract: at least once. An alert that was delivered when the process died before it could note it is
 * delivered again, under the same key.
 */
import type { Micros } from '../model/time.ts'
import {
  type DueDelivery,
  dueDelivery,
  endDelivery,
  hurryDeliveries,
  postponeDelivery,
} from '../store/deliveries.ts'
import type { Store } from '../store/store.ts'
import { waitAfter } from './backoff.ts'
import { failed, type Outcome, type Output } from './outputs/output.ts'
import type { AlertRecord } from './record.ts'

export interface Courier {
  /** Looks for work, unless it is at work. */
  wake(): void
  /** Ends what is under way, which is tried again by the next process. */
  stop(): Promise<void>
}

export interface CourierParts {
  readonly store: Store
  readonly name: string
  readonly output: Output
  readonly retryFor: Micros
  now(): Micros
  /** In [0, 1). */
  random(): number
  onAttempt(became: 'delivered' | 'postponed' | 'dead'): void
  onError(error: unknown): void
}

export function courier(parts: CourierParts): Courier {
  const ending = new AbortController()
  let round: Promise<void> | null = null
  const work = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      const due = dueDelivery(parts.store, parts.name, parts.now())
      if (due === null) return
      const outcome = await attempted(parts.output, due, ending.signal)
      if (ending.signal.aborted && !outcome.isDelivered) return
      parts.onAttempt(settle(parts, due, outcome))
    }
  }
  return {
    wake() {
      round ??= work()
        .catch((error: unknown) => parts.onError(error))
        .finally(() => (round = null))
    },
    async stop() {
      ending.abort()
      await round
    },
  }
}

async function attempted(output: Output, { key, body }: DueDelivery, signal: AbortSignal): Promise<Outcome> {
  try {
    return await output.deliver({ key, record: JSON.parse(body) as AlertRecord }, signal)
  } catch (error) {
    return failed(`internal error: ${(error as Error).message}`)
  }
}

/** Writes down what became of an attempt. */
function settle(
  { store, name, now, random, retryFor }: CourierParts,
  { id, attempts, since }: DueDelivery,
  outcome: Outcome,
): 'delivered' | 'postponed' | 'dead' {
  const at = now()
  const { answer } = outcome
  if (outcome.isDelivered) {
    endDelivery(store, { id, state: 'delivered', answer, at })
    hurryDeliveries(store, name, at)
    return 'delivered'
  }
  const next = at + waitAfter(attempts + 1, outcome.retryAfterSeconds, random())
  if (outcome.isFinal || next > since + retryFor) {
    endDelivery(store, { id, state: 'dead', answer, at })
    return 'dead'
  }
  postponeDelivery(store, { id, answer, next, wasReached: outcome.wasReached })
  return 'postponed'
}
