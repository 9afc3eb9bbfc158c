/**
 * The server: the API under /api/v1, its description, health and metrics, and the dashboards. Making it opens
 * no socket; `listen` does, `stop` ends it.
 *
 * The order of the doors is the order of `app.use` below: who is called, from where, how often, who asks, may
 * he, and is the body one that can be read.
 */
import type { LiveState } from '../model/view.ts'
import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'
import { compress } from 'hono/compress'
import { every } from 'hono/combine'
import type { MiddlewareHandler } from 'hono'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { documentation } from './documentation.ts'
import { guard, identify, openMode } from './doors/asker.ts'
import { jsonBodies } from './doors/bodies.ts'
import { secureAnswers } from './doors/headers.ts'
import { loopbackNames, sameOrigin } from './doors/host.ts'
import { knownMethods } from './doors/methods.ts'
import { addressOf, perAddress } from './doors/rates.ts'
import type { Api, ApiApp, ApiEnv, ApiOptions } from './environment.ts'
import { eventHub } from './events/hub.ts'
import { renderer } from './events/rendering.ts'
import { DEFAULT_LIMITS } from './limits.ts'
import { accountOf } from './log.ts'
import { createMetrics } from './metrics.ts'
import { answerError, problemAnswer } from './problem.ts'
import { databaseBytes, health } from './routes/health.ts'
import { ROUTES } from './routes/index.ts'
import { readStaticFiles, staticAnswer } from './static-files.ts'
import { tagged, versionsOf } from './versions.ts'

export interface ApiServer {
  readonly app: ApiApp
  /** Resolves once connections are taken. Rejects if the address cannot be had. */
  listen(at: { readonly host: string; readonly port: number }): Promise<AddressInfo>
  /** Ends event streams, lets requests finish for `graceSeconds`, and closes. */
  stop(): Promise<void>
}

const BASE = '/api/v1'
/** Answers smaller than this are sent as they are. */
const COMPRESSED_MIN = 2_048
/** How long requests may still take when the server stops. */
const GRACE_MS = 3_000
const LOOK_MS = 20
/** How often Node looks for requests whose headers take too long. */
const CHECK_MS = 5_000

/** Throws if the dashboards' folder cannot be read. */
export function createApi(options: ApiOptions): ApiServer {
  const api = apiOf(options)
  const app: ApiApp = new Hono<ApiEnv>()
  const files = options.dashboards === null ? null : readStaticFiles(options.dashboards)
  useDoors(app, api)
  health(app, api)
  const resources: ApiApp = new Hono<ApiEnv>()
  for (const add of ROUTES) add(resources, api)
  app.route(BASE, resources)
  documentation(app, api.version, (path) => path.startsWith(BASE) && !isUntagged(path))
  app.notFound((c) => {
    const file = files === null ? null : staticAnswer(c, files)
    return file ?? problemAnswer(c, 404, 'There is nothing at this address.')
  })
  app.onError((error, c) => answerError(error, c, api.logger))
  return { app, ...listening(app, api) }
}

function apiOf(options: ApiOptions): Api {
  const { store, jobs, alerts, logger, now } = options
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const metrics = createMetrics()
  const onError = (error: unknown): void => logger.error({ err: error }, 'an event could not be told')
  const hub = eventHub({
    store,
    render: renderer(store, jobs, onError),
    streamsMax: limits.streams,
    heartbeatSeconds: limits.heartbeatSeconds,
    now,
    onCut: () => metrics.cutStreams.inc(),
    onError,
  })
  metrics.watch({
    streams: hub.streams,
    running: () => jobs.running(),
    queued: () => jobs.queued(),
    databaseBytes: () => databaseBytes(store),
    alerts,
    live: options.live ?? (() => NO_COLLECTORS),
  })
  return { ...options, limits, hub, metrics }
}

const NO_COLLECTORS: ReadonlyMap<string, LiveState> = new Map()

/** Paths of the API that anybody may ask for: who asks is what they are about, or they hold no data. */
const PUBLIC: ReadonlySet<string> = new Set([`${BASE}/session`, `${BASE}/openapi.json`])
const LOOPBACK = /^(?:127\.|::1$|::ffff:127\.)/

function useDoors(app: ApiApp, api: Api): void {
  const { limits, auth, logger, metrics, jobs, store } = api
  const isOpen = openMode(api)
  const inApi = (use: MiddlewareHandler<ApiEnv>, holds: (method: string, path: string) => boolean) =>
    app.use(
      `${BASE}/*`,
      unless(use, (method, path) => !holds(method, path)),
    )
  const isUpload = (method: string, path: string): boolean => method === 'PUT' && path === `${BASE}/captures`
  const takesKeylog = (path: string): boolean => path === `${BASE}/analyses`

  app.use(accountOf(logger, metrics), secureAnswers(auth.https), loopbackNames(isOpen))
  app.use('/api/*', sameOrigin(isOpen))
  for (const path of ['/api/*', '/metrics'])
    app.use(path, perAddress({ perMinute: limits.requestsPerMinute, skip: isOpen }))
  app.use('/metrics', identify(api), guard)
  app.use(`${BASE}/*`, identify(api))
  inApi(guard, (_, path) => !PUBLIC.has(path))
  app.use(`${BASE}/*`, knownMethods(app))
  const large = every(...jsonBodies(limits.analysisBodyBytes, limits.bodySeconds))
  const small = every(...jsonBodies(limits.bodyBytes, limits.bodySeconds))
  inApi(large, (_, path) => takesKeylog(path))
  inApi(small, (method, path) => !takesKeylog(path) && !isUpload(method, path))
  // what is left of a running job is known to its runner, not to the database that versions are made of
  const isSettled = (path: string): boolean =>
    jobs.running() === 0 || !(path.startsWith(`${BASE}/analyses`) || path === `${BASE}/overview`)
  inApi(tagged(versionsOf(store), isSettled), (_, path) => !isUntagged(path))
  // nothing is packed for a neighbour on the same machine: it would cost more than it saves
  const packed = compress({ threshold: COMPRESSED_MIN })
  app.use(`${BASE}/*`, (c, next) =>
    LOOPBACK.test(addressOf(c)) || PUBLIC.has(c.req.path) ? next() : packed(c, next),
  )
}

const isUntagged = (path: string): boolean =>
  PUBLIC.has(path) || path === `${BASE}/events` || path.endsWith('/packets')

const unless = (
  use: MiddlewareHandler<ApiEnv>,
  skips: (method: string, path: string) => boolean,
): MiddlewareHandler<ApiEnv> => {
  return async (c, next) => (skips(c.req.method, c.req.path) ? next() : use(c, next))
}

function listening(app: ApiApp, api: Api): Pick<ApiServer, 'listen' | 'stop'> {
  const { limits, hub, metrics } = api
  const serverOptions = { connectionsCheckingInterval: Math.min(CHECK_MS, limits.headerSeconds * 1000) }
  const server = createAdaptorServer({ fetch: app.fetch, serverOptions }) as Server
  server.headersTimeout = limits.headerSeconds * 1000
  // an upload may take hours: its pace is watched instead, and other bodies have a time of their own
  server.requestTimeout = 0
  server.timeout = limits.idleSeconds * 1000
  server.maxConnections = limits.connections
  return {
    listen: ({ host, port }) =>
      new Promise((resolve, reject) => {
        server.once('error', reject)
        server.listen(port, host, () => {
          server.off('error', reject)
          metrics.withProcess()
          resolve(server.address() as AddressInfo)
        })
      }),
    stop: () =>
      new Promise((resolve) => {
        hub.stop()
        const late = setTimeout(() => server.closeAllConnections(), GRACE_MS)
        // a connection that is kept alive becomes idle only when its answer has gone out
        const idle = setInterval(() => server.closeIdleConnections(), LOOK_MS)
        server.close(() => {
          clearTimeout(late)
          clearInterval(idle)
          resolve()
        })
      }),
  }
}
