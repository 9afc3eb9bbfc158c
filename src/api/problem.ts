/**
 * Errors as `application/problem+json` (RFC 9457). What went wrong with a request is told in full, with the
 * field at fault; what went wrong inside the server is told to the log alone, and the client is given the
 * request's number.
 */
import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { Logger } from 'pino'
import { QueryError } from '../store/queries/filter.ts'
import type { ApiEnv } from './environment.ts'
import { Refusal } from './ports.ts'
import type { RefusalReason } from './ports.ts'

const TITLES = {
  400: 'Bad request',
  401: 'Not logged in',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Method not allowed',
  408: 'Too slow',
  409: 'Conflict',
  413: 'Too large',
  415: 'Unsupported media type',
  421: 'Misdirected request',
  422: 'Unusable content',
  429: 'Too many requests',
  500: 'Server error',
  503: 'Busy',
  507: 'No space left',
} as const
export type ProblemStatus = keyof typeof TITLES

const STATUS_OF: Readonly<Record<RefusalReason, ProblemStatus>> = {
  'not-found': 404,
  conflict: 409,
  'too-large': 413,
  unusable: 422,
  incomplete: 400,
  'no-space': 507,
  busy: 503,
}

/** Seconds after which a client that was sent away may ask again. */
const RETRY_SECONDS = 5

/** A request that is answered with a problem. The sentence is shown to the client. */
export class RequestProblem extends Error {
  override readonly name = 'RequestProblem'
  readonly status: ProblemStatus
  readonly field: string | undefined

  constructor(status: ProblemStatus, sentence: string, field?: string) {
    super(sentence)
    this.status = status
    this.field = field
  }
}

export const notFound = (what: string, field = 'id'): RequestProblem =>
  new RequestProblem(404, `There is no such ${what}.`, field)

/** The value, or a 404 that names what is missing. */
export function found<T>(value: T | null | undefined, what: string): T {
  if (value == null) throw notFound(what)
  return value
}

/** A problem as an answer. */
export function problemAnswer(c: Context, status: ProblemStatus, detail: string, field?: string): Response {
  if (status === 401) c.header('WWW-Authenticate', 'Bearer realm="holdfast"')
  if (status === 503) c.header('Retry-After', String(RETRY_SECONDS))
  c.header('Cache-Control', 'no-store')
  const body = {
    type: 'about:blank',
    title: TITLES[status],
    status,
    detail,
    ...(field === undefined ? {} : { field }),
  }
  return c.body(JSON.stringify(body), status as ContentfulStatusCode, {
    'Content-Type': 'application/problem+json',
  })
}

const isKnownStatus = (status: number): status is ProblemStatus => status in TITLES

/** SQLite's code of an error, if it is one of SQLite's. */
function sqliteCode(error: unknown): string | null {
  const code = error instanceof Error && 'code' in error ? error.code : null
  return typeof code === 'string' && code.startsWith('SQLITE_') ? code : null
}

/** What an error of any kind answers. */
export function answerError(error: unknown, c: Context<ApiEnv>, logger: Logger): Response {
  if (error instanceof RequestProblem) return problemAnswer(c, error.status, error.message, error.field)
  if (error instanceof Refusal) return problemAnswer(c, STATUS_OF[error.reason], error.message, error.field)
  if (error instanceof QueryError) return problemAnswer(c, 400, error.message, error.field)
  if (error instanceof HTTPException && error.status < 500 && isKnownStatus(error.status))
    return problemAnswer(
      c,
      error.status,
      error.message === '' ? `${TITLES[error.status]}.` : `${error.message}.`,
    )
  if (sqliteCode(error)?.startsWith('SQLITE_BUSY') === true)
    return problemAnswer(c, 503, 'The database is busy; ask again in a moment.')
  if (sqliteCode(error)?.startsWith('SQLITE_FULL') === true)
    return problemAnswer(c, 507, 'The disk of the database is full.')
  const request = c.get('requestId')
  logger.error({ err: error, request }, 'a request failed')
  return problemAnswer(c, 500, `The server failed; its log tells why under request ${request}.`)
}
