/** `/healthz` and `/metrics`: for monitors. Health is told to anybody, so it holds nothing that is secret:
 * of the database's path only the file's name. */
import { statSync } from 'node:fs'
import { basename } from 'node:path'
import type { Health } from '../../model/view.ts'
import type { Store } from '../../store/store.ts'
import { describe } from '../describing.ts'
import type { Api, ApiApp } from '../environment.ts'
import { healthView } from '../schemas/operation.ts'

/** Octets of the database and of the commits that wait beside it. */
export const databaseBytes = ({ path }: Pick<Store, 'path'>): number =>
  [path, `${path}-wal`].reduce(
    (octets, file) => octets + (statSync(file, { throwIfNoEntry: false })?.size ?? 0),
    0,
  )

/** Not under /api/v1: monitors expect these names. */
export function health(app: ApiApp, api: Api): void {
  const begin = performance.now()
  const { store, jobs, version, metrics } = api
  app.get(
    '/healthz',
    describe({
      tag: 'server',
      summary: 'Whether the server works',
      answer: healthView,
      isPublic: true,
      also: { '503': 'The database cannot be read' },
    }),
    (c) => {
      const schema = schemaOf(store)
      const answer: Health = {
        status: schema === null ? 'degraded' : 'ok',
        version,
        uptimeSeconds: Math.round((performance.now() - begin) / 1000),
        database: { path: basename(store.path), sizeBytes: databaseBytes(store), schema: schema ?? 0 },
        jobs: { running: jobs.running(), queued: jobs.queued() },
      }
      c.header('Cache-Control', 'no-store')
      return c.json(answer, schema === null ? 503 : 200)
    },
  )
  app.get(
    '/metrics',
    describe({ tag: 'server', summary: 'Figures for Prometheus', answer: metrics.contentType }),
    async (c) => {
      c.header('Cache-Control', 'no-store')
      return c.body(await metrics.text(), 200, { 'Content-Type': metrics.contentType })
    },
  )
}

/** The version of the schema, read from the file; null if it cannot be. */
function schemaOf({ db }: Store): number | null {
  try {
    db.prepare('SELECT 1 FROM incident LIMIT 1').get()
    return db.pragma('user_version', { simple: true }) as number
  } catch {
    return null
  }
}
