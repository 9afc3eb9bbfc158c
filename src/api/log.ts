/** The account of requests: a line in the log for each (pino), and a count. No header, query string or
 * body is logged, so that no secret is. */
import type { MiddlewareHandler } from 'hono'
import { routePath } from 'hono/route'
import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import type { ApiEnv } from './environment.ts'
import { addressOf } from './doors/rates.ts'
import type { Metrics } from './metrics.ts'

/** Paths that monitors ask for all the time. */
const QUIET: ReadonlySet<string> = new Set(['/healthz', '/metrics'])

const levelOf = (status: number, path: string): 'warn' | 'debug' | 'info' => {
  if (status >= 500) return 'warn'
  return QUIET.has(path) ? 'debug' : 'info'
}

/** Gives each request a number, writes a line when its answer begins, and counts it. The query string is
 * left out: people search for names in it. */
export function accountOf(logger: Logger, metrics: Metrics): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const begin = performance.now()
    const id = randomUUID()
    c.set('requestId', id)
    c.header('X-Request-Id', id)
    await next()
    const { method, path } = c.req
    const { status } = c.res
    const seconds = (performance.now() - begin) / 1000
    metrics.answered({ method, route: routePath(c, -1), status, seconds })
    logger[levelOf(status, path)](
      {
        request: id,
        method,
        path,
        status,
        milliseconds: Math.round(seconds * 1000),
        address: addressOf(c),
        by: c.get('asker')?.name ?? null,
      },
      'answered',
    )
  }
}
