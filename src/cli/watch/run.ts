/**
 * `holdfast watch`: live collection without the web part. Alerts are printed as `tail` prints them, because
 * they are read from the database like there.
 *
 * Contract: alerts on standard output, and to the outputs that the configuration names; everything else on
 * standard error. Ends with exit code 0 when the source has ended, 130 and 143 when it is asked to end.
 * Without `--db` nothing is left behind.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EMPTY_DEPLOYMENT } from '../../model/deployment.ts'
import { openStore } from '../../store/store.ts'
import type { CollectionEnd } from '../collect/order.ts'
import { type CollectionThread, startCollection } from '../collect/thread.ts'
import { nameOfSource } from '../collect/source.ts'
import type { AlertSettings } from '../../alerts/settings.ts'
import { NO_ALERTS } from '../config/alert-settings.ts'
import { readConfig } from '../config/load.ts'
import { duration } from '../config/values.ts'
import { type Console, say } from '../console.ts'
import { EXIT, failure } from '../failure.ts'
import { stopSignal } from '../serve/stop-signal.ts'
import { asFailure } from '../stored.ts'
import { alertsTo } from '../tail/alerts.ts'
import { followDatabase } from '../tail/database.ts'
import { wallClock } from '../wall-clock.ts'
import { WATCH_DEFAULTS } from './defaults.data.ts'
import { dropNotes } from './drop-notes.ts'
import { sendAlerts } from './outputs.ts'
import type { WatchOptions } from './options.ts'
import { type WatchPlan, watchPlan } from './plan.ts'

/** After the last row was written, alerts of it are looked for this long: twice the time between two
 * looks. */
const LAST_LOOK_MS = 150

/** Exit code; throws failures. A reader that has gone is `OutputClosed`. */
export async function runWatch(options: WatchOptions, console: Console): Promise<number> {
  const { deployment, alerts } =
    options.config === undefined
      ? { deployment: EMPTY_DEPLOYMENT, alerts: NO_ALERTS }
      : readConfig(options.config)
  const plan = watchPlan(options, deployment, wallClock())
  const folder = plan.database === null ? mkdtempSync(join(tmpdir(), 'holdfast-watch-')) : null
  try {
    const database = plan.database ?? join(folder!, 'holdfast.db')
    // Made, or brought up to date, before anybody reads it.
    made(database)
    return await watch({ plan, database, alerts, console })
  } finally {
    if (folder !== null) rmSync(folder, { recursive: true, force: true })
  }
}

function made(database: string): void {
  try {
    openStore(database).close()
  } catch (error) {
    throw asFailure(error)
  }
}

interface Watching {
  readonly plan: WatchPlan
  readonly database: string
  /** Where alerts go besides. */
  readonly alerts: AlertSettings
  readonly console: Console
}

async function watch({ plan, database, alerts: settings, console }: Watching): Promise<number> {
  const { shown, source } = plan
  const ending = new AbortController()
  const stopped = stopSignal()
  const alerts = alertsTo(console.out, shown.wanted, {
    format: shown.format,
    thisYear: new Date().getUTCFullYear(),
  })
  const tell = (line: string): void => say(console, line)
  const outputs = sendAlerts({ database, kept: plan.database, settings, tell })
  const following = followDatabase(database, {
    alerts,
    wanted: { ...shown.wanted, latest: 0 },
    signal: ending.signal,
    now: wallClock,
    tell,
    note: () => undefined,
  })
  following.catch(() => undefined)
  const thread = startCollection(orderOf(plan, database), {
    began: () => void (console.error.isTerminal && tell(`watching ${nameOfSource(source)}`)),
    live: (state) => noteDrops(state),
    says: tell,
  })
  const noteDrops = dropNotes(tell)
  try {
    const signal = await Promise.race([stopped.signal, thread.end.then(() => null), following])
    const end = await over(thread, signal !== null)
    await new Promise((resolve) => setTimeout(resolve, LAST_LOOK_MS))
    if (end.state === 'failed') throw failure(end.error)
    return signal === null ? EXIT.success : signal === 'SIGINT' ? EXIT.interrupted : 143
  } finally {
    stopped.ignore()
    ending.abort()
    thread.stop()
    await thread.end
    await outputs?.end()
  }
}

function over(thread: CollectionThread, isAsked: boolean): Promise<CollectionEnd> {
  if (isAsked) thread.stop()
  return thread.end
}

const checkpointEvery = duration(WATCH_DEFAULTS.checkpointEvery)

const orderOf = (plan: WatchPlan, database: string) => ({
  database,
  collector: `watch ${plan.tap === '' ? nameOfSource(plan.source) : plan.tap}`,
  tap: plan.tap,
  source: plan.source,
  config: plan.config === null ? null : readFileSync(plan.config, 'utf8'),
  plainSecrets: plan.plainSecrets,
  resolveAfter: plan.resolveAfter,
  checkpointEvery: plan.database === null || 'wrong' in checkpointEvery ? null : checkpointEvery.value,
})
