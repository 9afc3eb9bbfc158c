/**
 * `holdfast serve`: puts the store, the API, the uploads and the jobs together, and takes them apart again.
 *
 * Contract: one line on standard output says where to go, once connections are taken; all else is the log, on
 * standard error. SIGINT and SIGTERM end it with everything closed and exit code 0: a running job is left for
 * the next start. What others can reach, through a proxy or without one, needs a token in the database.
 */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { AddressInfo } from 'node:net'
import type { Logger } from 'pino'
import manifest from '../../../package.json' with { type: 'json' }
import { type ApiServer, createApi } from '../../api/server.ts'
import { forgetCapture, keptCaptures } from '../../store/captures.ts'
import type { Store } from '../../store/store.ts'
import { hasTokens } from '../../store/tokens.ts'
import { carving } from '../carve/carving.ts'
import { type AlertEngine, startAlerts } from '../../alerts/engine.ts'
import { missingSecret } from '../../alerts/secret.ts'
import { alertsLock } from '../alert/lock.ts'
import type { AlertSettings } from '../../alerts/settings.ts'
import { NO_ALERTS } from '../config/alert-settings.ts'

import { type Console, say } from '../console.ts'
import { EXIT, failure, systemReason } from '../failure.ts'
import { openedStore } from '../stored.ts'
import { collectorsOf } from '../collect/collectors.ts'
import { parseConfig, readConfig } from '../config/load.ts'
import { wallClock } from '../wall-clock.ts'
import { type Collectors, runCollectors } from './collectors.ts'
import { type CaptureFolder, openFolder } from './folder.ts'
import { type JobQueue, jobs } from './jobs.ts'
import { serverLog } from './log.ts'
import { type ServeOptions, type ServePlan, servePlan } from './plan.ts'
import { keepRetention } from './retention.ts'
import { stopSignal } from './stop-signal.ts'
import { uploads } from './uploads.ts'

/** Serves until it is told to stop. Throws failures. */
export async function runServe(options: ServeOptions, console: Console): Promise<number> {
  const plan = servePlan(options)
  const { text: config, alerts } = configOf(plan.config)
  const onMigration = (): void => say(console, `bringing ${plan.database} up to date: this may take minutes`)
  const store = openedStore(plan.database, { onMigration })
  try {
    refuseOpenDoors(plan, store)
    const unlock = lockOf(plan.database, alerts)
    const folder = openFolder(`${resolve(plan.database)}-captures`)
    try {
      await serve({
        plan,
        config,
        alerts,
        store,
        folder,
        console,
        logger: await serverLog(console.error.isTerminal),
      })
      return EXIT.success
    } finally {
      folder.unlock()
      unlock()
    }
  } finally {
    store.close()
  }
}

interface Parts {
  readonly plan: ServePlan
  readonly config: string | null
  readonly alerts: AlertSettings
  readonly store: Store
  readonly folder: CaptureFolder
  readonly console: Console
  readonly logger: Logger
}

async function serve(parts: Parts): Promise<void> {
  const { plan, config, store, folder, console, logger } = parts
  reconcile(parts)
  const queue = jobs({ store, folder, config, plainSecrets: plan.plainSecrets, logger, now: wallClock })
  const engine = alertsOf(parts)
  const collectors = runCollectors({
    store,
    collectors: collectorsIn(config),
    config,
    plainSecrets: plan.plainSecrets,
    logger,
    now: wallClock,
  })
  const api = apiOf(parts, queue, engine, collectors)
  const stopped = stopSignal()
  const stopRetention = keepRetention({ plan, store, folder, logger })
  try {
    const address = await listen(api, plan)
    queue.resume()
    console.out.write(`Holdfast ${manifest.version} is at ${urlOf(plan, address)}\n`)
    logger.info({ database: plan.database, signal: await stopped.signal }, 'stopping')
  } finally {
    stopped.ignore()
    await stopRetention()
    await api.stop()
    await Promise.all([queue.stop(), collectors.stop()])
    await engine.stop()
  }
}

function alertsOf({ store, alerts: settings, logger }: Parts): AlertEngine {
  return startAlerts({
    store,
    settings,
    environment: process.env,
    now: wallClock,
    random: Math.random,
    onError: (error) => logger.error({ err: error }, 'alerts could not be looked after'),
    onFailure: (output, became) => logger.warn({ output, became }, 'an alert was not delivered'),
  })
}

/** Of a text that was checked. */
function collectorsIn(config: string | null): ReturnType<typeof collectorsOf> {
  const loaded = config === null ? null : parseConfig(config)
  return loaded === null || !('deployment' in loaded)
    ? []
    : collectorsOf(loaded.collectors, loaded.deployment)
}

function apiOf(
  { plan, store, folder, logger }: Parts,
  queue: JobQueue,
  alerts: AlertEngine,
  { states }: Collectors,
): ApiServer {
  const isRead = (capture: number): boolean => queue.reads(capture)
  return createApi({
    store,
    version: manifest.version,
    jobs: queue,
    live: () => states,
    uploads: uploads({ store, folder, sizeMax: plan.uploadMax, now: wallClock, isRead }),
    carve: carving(store, (stored) => folder.pathOf(stored)),
    alerts,
    dashboards: dashboardsFolder(logger),
    logger,
    auth: { open: plan.isPrivate, https: plan.isHttps },
    now: wallClock,
  })
}

/** Read at the start, and checked: a job is not the place to learn of a mistake in it. */
function configOf(path: string | null): { readonly text: string | null; readonly alerts: AlertSettings } {
  if (path === null) return { text: null, alerts: NO_ALERTS }
  const { alerts } = readConfig(path)
  for (const output of alerts.outputs) {
    const missing = missingSecret(output, process.env)
    if (missing !== null) throw failure(`${path}: the output ${output.name} cannot be used: ${missing}`)
  }
  return { text: readFileSync(path, 'utf8'), alerts }
}

/** Of alerts that somebody else sends already, each would be sent twice. */
function lockOf(database: string, { outputs }: AlertSettings): () => void {
  const unlock = outputs.length === 0 ? () => undefined : alertsLock(database)
  if (unlock !== null) return unlock
  throw failure(`another process sends the alerts of ${database}: end it, or leave the outputs to it`)
}

function refuseOpenDoors({ isPrivate, isHttps, host, database }: ServePlan, store: Store): void {
  if (isPrivate || hasTokens(store)) return
  const who = isHttps ? '--https says that a proxy brings others here' : `${host} can be reached by others`
  throw failure(
    `${who} and ${database} has no token: make one with 'holdfast token add NAME --role admin --db ${database}'`,
  )
}

/** The folder and the rows agree again, whatever the last process died of. */
function reconcile({ store, folder, logger }: Parts): void {
  const kept = keptCaptures(store)
  for (const { id, name, stored } of kept) {
    if (stored !== null && folder.holds(stored)) continue
    logger.warn({ capture: id, name }, 'the file of a capture has gone')
    forgetCapture(store, id, wallClock())
  }
  const known = new Set(kept.map(({ stored }) => stored))
  const removed = folder.tidy((stored) => known.has(stored))
  if (removed > 0) logger.info({ files: removed }, 'removed what unfinished uploads had left')
}

/** Made beside the bundle; a run from the sources has none. */
function dashboardsFolder(logger: Logger): string | null {
  const folder = fileURLToPath(new URL('./dashboards/', import.meta.url))
  if (existsSync(`${folder}index.html`)) return dirname(`${folder}index.html`)
  logger.warn('the dashboards are not built: only the API is served')
  return null
}

async function listen(api: ApiServer, { host, port }: ServePlan): Promise<AddressInfo> {
  try {
    return await api.listen({ host, port })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const inUse = code === 'EADDRINUSE' ? 'something listens there already' : systemReason(error)
    throw failure(`cannot listen at ${host}:${port}: ${inUse}`)
  }
}

function urlOf({ host }: ServePlan, { port }: AddressInfo): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}
