/**
 * Alerts that leave the house, put together: one planner that follows the database, and a courier for each
 * output. It runs beside analyses, never in their way: they commit, and it reads what was committed.
 */
import { isoTime, type Micros } from '../model/time.ts'
import type { AlertOutputRow, AlertTest } from '../model/view.ts'
import { watchChanges } from '../store/changes.ts'
import { abandonDeliveries, dueDelivery, hurryDeliveries, resendDeliveries } from '../store/deliveries.ts'
import { outputStanding } from '../store/queries/deliveries.ts'
import type { Store } from '../store/store.ts'
import { type Courier, courier } from './courier.ts'
import { outputTo } from './outputs/index.ts'
import type { Output, World } from './outputs/output.ts'
import { planner } from './planner.ts'
import { testRecord } from './record.ts'
import type { AlertSettings } from './settings.ts'

/** Every how many milliseconds it looks for what is due by the clock, or was sent again from elsewhere. */
const TICK_MS = 1000
/** ... and for what is left, when it is asked to settle. */
const SETTLING_MS = 50

/** What became of attempts since the start, by output. */
export interface OutputCounts {
  delivered: number
  postponed: number
  dead: number
}

export interface AlertEngine {
  outputs(): AlertOutputRow[]
  /** Null if there is no such output. */
  test(output: string): Promise<AlertTest | null>
  /** Dead letters wait again. Answers how many. */
  resend(of: { readonly id?: number; readonly output?: string }): number
  counts(): {
    readonly outputs: ReadonlyMap<string, Readonly<OutputCounts>>
    readonly suppressed: number
    readonly crowdedOut: number
  }
  /** Resolves when all that is due was tried, or so much time has passed. */
  settle(milliseconds: number): Promise<void>
  stop(): Promise<void>
}

export interface EngineParts extends World {
  readonly store: Store
  readonly settings: AlertSettings
  random(): number
  onError(error: unknown): void
  /** Given up, or put off. */
  onFailure(output: string, became: 'postponed' | 'dead'): void
}

interface Channel {
  readonly name: string
  readonly type: AlertOutputRow['type']
  readonly output: Output
  readonly courier: Courier
  readonly counts: OutputCounts
}

/** Begins at once. */
export function startAlerts(parts: EngineParts): AlertEngine {
  const { store, settings, now, onError } = parts
  const channels = settings.outputs.map((one) => channelOf(parts, one))
  const totals = { suppressed: 0, crowdedOut: 0 }
  const plan = planner({ store, settings, now })
  let isLooking = false
  let isStopped = false
  const names = settings.outputs.map(({ name }) => name)
  abandonDeliveries(store, names, now())
  for (const name of names) hurryDeliveries(store, name, now())

  const look = (): void => {
    isLooking = false
    // The last one may have been asked for before the end, and its turn comes after.
    if (isStopped) return
    try {
      const { hasMore, told, suppressed, crowdedOut } = plan.look()
      totals.suppressed += suppressed
      totals.crowdedOut += crowdedOut
      if (told > 0) wake()
      // Requests are answered between two batches.
      if (hasMore) soon()
    } catch (error) {
      onError(error)
    }
  }
  const soon = (): void => {
    if (isLooking) return
    isLooking = true
    setImmediate(look)
  }
  const wake = (): void => {
    for (const { courier: one } of channels) one.wake()
  }
  const stopWatching = watchChanges(store, soon)
  const ticks = setInterval(() => (soon(), wake()), TICK_MS)
  ticks.unref()
  soon()

  return {
    outputs: () => channels.map((channel) => outputRow(store, channel)),
    async test(name) {
      const channel = channels.find((one) => one.name === name)
      return channel === undefined ? null : tested(channel.output, settings, now())
    },
    resend(of) {
      const count = resendDeliveries(store, { ...of, at: now() })
      wake()
      return count
    },
    counts: () => ({ outputs: new Map(channels.map(({ name, counts }) => [name, counts])), ...totals }),
    async settle(milliseconds) {
      for (const until = performance.now() + milliseconds; performance.now() < until;) {
        look()
        wake()
        if (!isLooking && names.every((name) => dueDelivery(store, name, now()) === null)) return
        await new Promise((resolve) => setTimeout(resolve, SETTLING_MS))
      }
    },
    async stop() {
      stopWatching()
      clearInterval(ticks)
      isStopped = true
      await Promise.all(channels.map(({ courier: one }) => one.stop()))
    },
  }
}

function channelOf(parts: EngineParts, { name, target }: AlertSettings['outputs'][number]): Channel {
  const { store, settings, onError, onFailure } = parts
  const output = outputTo(target, parts)
  const counts: OutputCounts = { delivered: 0, postponed: 0, dead: 0 }
  const onAttempt = (became: keyof OutputCounts): void => {
    counts[became]++
    if (became !== 'delivered') onFailure(name, became)
  }
  const { retryFor } = settings
  const { now, random } = parts
  const made = courier({ store, name, output, retryFor, now, random, onAttempt, onError })
  return { name, type: target.type, output, courier: made, counts }
}

function outputRow(store: Store, { name, type, output }: Channel): AlertOutputRow {
  return { name, type, target: output.target, ...outputStanding(store, name) }
}

/** Sends a marked alert now, past routes, quiet hours and the queue. */
export async function tested(
  output: Output,
  { link }: Pick<AlertSettings, 'link'>,
  at: Micros,
): Promise<AlertTest> {
  const key = `hf_test_${at}`
  const { isDelivered, answer } = await output.deliver(
    { key, record: testRecord(at, link) },
    new AbortController().signal,
  )
  return { at: isoTime(at), target: output.target, isDelivered, answer }
}
