/**
 * ETags of what clients ask for again and again (RFC 9110 §8.8). A tag is made of the database's version and
 * the question, so that an unchanged answer costs two look-ups and not the queries. Any commit makes a new
 * version: by another connection (`data_version`) or by this one (`total_changes`).
 * https://www.sqlite.org/pragma.html#pragma_data_version
 */
import type { MiddlewareHandler } from 'hono'
import { createHash, randomBytes } from 'node:crypto'
import { lastChange } from '../store/changes.ts'
import type { Store } from '../store/store.ts'
import type { ApiEnv } from './environment.ts'

/** What every version of this run begins with: counters of another run mean nothing here. */
const newRun = (): string => randomBytes(6).toString('base64url')

/** Tells versions of the database apart. */
export function versionsOf(store: Store): () => string {
  const run = newRun()
  const changes = store.db.prepare('SELECT total_changes()').pluck()
  return () => {
    const foreign = store.db.pragma('data_version', { simple: true }) as number
    return `${run}.${lastChange(store)}.${foreign}.${changes.get() as number}`
  }
}

const tagOf = (version: string, question: string): string =>
  `W/"${createHash('sha256').update(version).update(' ').update(question).digest('base64url').slice(0, 27)}"`

const isAmong = (tag: string, candidates: string): boolean =>
  candidates.split(',').some((candidate) => candidate.trim() === tag)

/** Answers 304 to who has the current version already. `isSettled`: nothing but the database speaks in the
 * answer. */
export function tagged(
  version: () => string,
  isSettled: (path: string) => boolean,
): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const { method, path } = c.req
    if (method !== 'GET' && method !== 'HEAD') return next()
    c.header('Cache-Control', 'private, no-cache')
    c.header('Vary', 'Authorization, Cookie', { append: true })
    if (!isSettled(path)) return next()
    const tag = tagOf(version(), c.req.url)
    const known = c.req.header('if-none-match')
    if (known !== undefined && isAmong(tag, known)) return c.body(null, 304, { ETag: tag })
    await next()
    if (c.res.status === 200) c.header('ETag', tag)
  }
}
