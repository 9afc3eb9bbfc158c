/** What every handler finds in its context, and what routes are built with. */
import type { LiveState } from '../model/view.ts'
import type { HttpBindings } from '@hono/node-server'
import type { Hono } from 'hono'
import type { Logger } from 'pino'
import type { Micros } from '../model/time.ts'
import type { Role } from '../model/view.ts'
import type { Store } from '../store/store.ts'
import type { EventHub } from './events/hub.ts'
import type { ApiLimits } from './limits.ts'
import type { Metrics } from './metrics.ts'
import type { Alerts, Carve, Jobs, Uploads } from './ports.ts'

/** Who asks. */
export interface Asker {
  /** Null: nobody. */
  readonly role: Role | null
  /** The token's name; `local` in open mode. */
  readonly name: string | null
  /** What a request that changes something must bring as X-CSRF-Token; null where no cookie was used. */
  readonly csrfToken: string | null
  /** Whether it still holds: asked again and again while a stream is open. */
  readonly holds: () => boolean
}

export interface ApiEnv {
  /** Absent where a request came without a socket, as in tests. */
  Bindings: Partial<HttpBindings>
  Variables: { requestId: string; asker: Asker }
}

export type ApiApp = Hono<ApiEnv>

export interface ApiOptions {
  readonly store: Store
  readonly version: string
  readonly jobs: Jobs
  /** How live captures stand, by collector. Absent: there are none. */
  readonly live?: () => ReadonlyMap<string, LiveState>
  readonly uploads: Uploads
  readonly carve: Carve
  readonly alerts: Alerts
  /** The folder of the built dashboards; null if there are none. */
  readonly dashboards: string | null
  readonly logger: Logger
  readonly auth: {
    /** The address is loopback: while the database has no token, everybody is admin. */
    readonly open: boolean
    /** Browsers reach the server by https: cookies are `Secure`, and HSTS is sent. */
    readonly https: boolean
  }
  readonly limits?: Partial<ApiLimits>
  readonly now: () => Micros
}

/** What routes work with: the options, and what the server made of them. */
export interface Api extends Omit<ApiOptions, 'limits'> {
  readonly limits: ApiLimits
  readonly hub: EventHub
  readonly metrics: Metrics
}

/** A file of routes: adds them to the app, which is mounted where `routes/index.ts` says. */
export type Routes = (app: ApiApp, api: Api) => void
