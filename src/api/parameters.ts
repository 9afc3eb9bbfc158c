/**
 * What clients may ask for: parameters of lists and details, checked by zod before any query sees them. A
 * parameter that is not known is an error, so that a misspelt filter does not answer everything. What is
 * wrong is told with the name of the field (RFC 9457).
 */
import type { Context } from 'hono'
import { validator } from 'hono-openapi'
import { z } from 'zod'
import { SECOND } from '../model/time.ts'
import type { Micros } from '../model/time.ts'
import { FILTER_VALUES_MAX, PAGE_ROWS_MAX, TEXT_LENGTH_MAX } from '../store/queries/filter.ts'
import type { Filter } from '../store/queries/filter.ts'
import type { ApiEnv } from './environment.ts'
import { RequestProblem, notFound } from './problem.ts'
import { deliveryState } from './schemas/alerts.ts'
import { endReason, incidentState, incidentType, jobState, severity } from './schemas/values.ts'

const PAGE_DEFAULT = 50
const NAME_MAX = 512
const CURSOR_MAX = 512

/** In a query string a `+` that nobody escaped arrives as a space. */
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:[.,](\d{1,9}))?)?(?:Z|[ +-]\d\d:\d\d)$/

/** Microseconds of an ISO 8601 time with its zone; null if it is none. */
export function instantOf(text: string): Micros | null {
  const match = INSTANT.exec(text)
  if (match === null) return null
  const fraction = match[1] ?? ''
  const whole = Date.parse(text.replace(/[.,]\d+/, '').replace(' ', '+'))
  if (Number.isNaN(whole)) return null
  return whole * 1000 + Math.trunc(Number(fraction.padEnd(6, '0').slice(0, 6)) * (SECOND / 1_000_000))
}

const asList = (value: unknown): unknown => (value === undefined || Array.isArray(value) ? value : [value])

/** A parameter that may be given several times; any of its values matches. */
const repeatable = <T extends z.ZodType>(item: T) =>
  z.preprocess(asList, z.array(item).max(FILTER_VALUES_MAX)).optional()

const between = (least: number, most: number): string => `must have ${least} to ${most} characters`
const name = z.string().min(1, between(1, NAME_MAX)).max(NAME_MAX, between(1, NAME_MAX))
const instant = z
  .string()
  .refine((text) => instantOf(text) !== null, 'must be an ISO 8601 time with its zone: 2026-11-21T02:08:06Z')
  .optional()
const text = z
  .string('must be given once')
  .min(1, between(1, TEXT_LENGTH_MAX))
  .max(TEXT_LENGTH_MAX, between(1, TEXT_LENGTH_MAX))
  .optional()
const LIMIT = `must be a whole number from 1 to ${PAGE_ROWS_MAX}`

const paging = {
  cursor: z.string().min(1).max(CURSOR_MAX).optional().meta({ description: '`next` of the page before' }),
  limit: z.coerce.number(LIMIT).int(LIMIT).min(1, LIMIT).max(PAGE_ROWS_MAX, LIMIT).default(PAGE_DEFAULT),
}
const span = {
  from: instant.meta({ description: 'what lasts into this time or later' }),
  to: instant.meta({ description: 'what began at this time or before' }),
}
const parties = { service: repeatable(name), agent: repeatable(name), server: repeatable(name) }
const capture = repeatable(z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER))

export const incidentQuery = z.strictObject({
  state: repeatable(incidentState),
  severity: repeatable(severity),
  type: repeatable(incidentType),
  ...parties,
  capture,
  ...span,
  since: instant.meta({ description: 'of incidents that were first stored after this time' }),
  text,
  ...paging,
})
export const occurrencesOfQuery = z.strictObject({ ...paging })
export const agentQuery = z.strictObject({
  text,
  service: repeatable(name),
  server: repeatable(name),
  ...paging,
})
export const connectionQuery = z.strictObject({
  ...parties,
  capture,
  endReason: repeatable(endReason),
  ...span,
  ...paging,
})
export const serverQuery = z.strictObject({ service: repeatable(name), ...paging })
export const requirementQuery = z.strictObject({ service: repeatable(name) })
export const spanQuery = z.strictObject({ ...span })
export const pageQuery = z.strictObject({ ...paging })
export const analysisQuery = z.strictObject({ state: repeatable(jobState), ...paging })
export const deliveryQuery = z.strictObject({
  state: repeatable(deliveryState),
  output: repeatable(name),
  ...paging,
})
export const overviewQuery = z.strictObject({ since: instant.meta({ description: 'the last visit' }) })
export const eventQuery = z.strictObject({
  after: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional().meta({
    description: 'the id of the last event seen; `Last-Event-ID` goes before it',
  }),
})
export const uploadQuery = z.strictObject({
  // a label for people, never a path: printable, and short enough for one line
  name: z
    .string()
    .min(1)
    .max(255)
    .regex(/^[^\p{C}\p{Zl}\p{Zp}]+$/u, 'must be printable text on one line'),
})

/** `from` and `to` in microseconds, where given. */
export function spanOf(query: { readonly from?: string | undefined; readonly to?: string | undefined }): {
  from?: Micros
  to?: Micros
} {
  const from = query.from === undefined ? null : instantOf(query.from)
  const to = query.to === undefined ? null : instantOf(query.to)
  if (from !== null && to !== null && to < from)
    throw new RequestProblem(400, 'The time `to` is before `from`.', 'to')
  return { ...(from === null ? {} : { from }), ...(to === null ? {} : { to }) }
}

/** The filters of incidents and occurrences, as the queries take them. */
export function incidentFilterOf({
  cursor: _cursor,
  limit: _limit,
  from,
  to,
  since,
  ...filter
}: z.output<typeof incidentQuery>): Filter {
  const added = since === undefined ? {} : { since: instantOf(since) ?? 0 }
  return { ...filter, ...spanOf({ from, to }), ...added }
}

/** A list that is told whole. */
export const wholeList = <T>(items: readonly T[]) => ({ items, next: null, total: items.length })

/** A page of a list, as the queries take it. */
export const pageOf = (query: { readonly cursor?: string | undefined; readonly limit: number }) => ({
  cursor: query.cursor ?? null,
  limit: query.limit,
})

interface Issue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
  readonly keys?: readonly string[]
  /** What may stand there, where it is one of a few words. */
  readonly values?: readonly unknown[]
  /** The kind that it has to be of. */
  readonly expected?: string
  /** Of what there is too little or too much, and how much there may be. */
  readonly origin?: string
  readonly minimum?: number | bigint
  readonly maximum?: number | bigint
}

/** The name of what is at fault: a parameter, or the way to a member. */
function fieldOf(issue: Issue, isBody: boolean): string | undefined {
  const steps = (issue.path ?? []).map((step) => String(typeof step === 'object' ? step.key : step))
  const unknown = issue.keys?.[0]
  if (unknown !== undefined) steps.push(unknown)
  return isBody ? steps.join('.') || undefined : steps[0]
}

function refuse(issues: readonly Issue[], isBody: boolean): never {
  const [first] = issues
  const field = first === undefined ? undefined : fieldOf(first, isBody)
  throw new RequestProblem(
    isBody ? 422 : 400,
    sentenceOf(first, field, isBody ? 'member' : 'parameter'),
    field,
  )
}

function sentenceOf(issue: Issue | undefined, field: string | undefined, word: string): string {
  const what = messageOf(issue)
  if (field === undefined) return `The ${word === 'member' ? 'body' : 'query'} ${what}.`
  return issue?.keys === undefined ? `The ${word} ${field}: ${what}.` : `There is no ${word} ${field} here.`
}

function messageOf(issue: Issue | undefined): string {
  const { message = 'is not valid', values, expected = '' } = issue ?? {}
  if (values !== undefined) return `must be one of ${values.join(', ')}`
  if (message.endsWith('received undefined')) return 'is missing'
  // Words of the library's own; where a schema has others, they say more.
  if (message.startsWith('Invalid input')) return `must be ${KINDS[expected] ?? 'something else'}`
  return /^Too (?:small|big)/.test(message) ? amountOf(issue ?? {}) : message
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
}

const UNITS: Readonly<Record<string, string>> = { string: ' characters', array: ' members' }

function amountOf({ origin = '', minimum, maximum }: Partial<Issue>): string {
  const unit = UNITS[origin]
  const bound = minimum === undefined ? `at most ${maximum}` : `at least ${minimum}`
  if (unit === undefined) return `must be ${bound}`
  return minimum === 1 ? 'must not be empty' : `must have ${bound}${unit}`
}

/** Checks the query string. */
export const query = <T extends z.ZodType>(schema: T) =>
  validator('query', schema, (result) => {
    if (!result.success) refuse(result.error, false)
  })

/** Checks a JSON body. */
export const body = <T extends z.ZodType>(schema: T) =>
  validator('json', schema, (result) => {
    if (!result.success) refuse(result.error, true)
  })

const NUMBER = /^[1-9]\d{0,14}$/

/** The number in the path; a 404 if it is none. */
export function numberOf(c: Context<ApiEnv>, what: string): number {
  const id = c.req.param('id') ?? ''
  if (!NUMBER.test(id)) throw notFound(what)
  return Number(id)
}

/** The number of an incident in the path, which is `HF-` and a number. */
export function incidentOf(c: Context<ApiEnv>): number {
  const id = c.req.param('id') ?? ''
  if (!id.startsWith('HF-') || !NUMBER.test(id.slice(3))) throw notFound('incident')
  return Number(id.slice(3))
}

/** `.` and `..` are taken out of a path (WHATWG URL, §4.4), so clients write a `~` before them; it goes. */
const TILDE_AND_DOTS = /^~+\.{1,2}$/

/** The name in the path. */
export function nameOf(c: Context<ApiEnv>, what: string): string {
  const id = c.req.param('id') ?? ''
  if (id === '' || id.length > NAME_MAX) throw notFound(what)
  return TILDE_AND_DOTS.test(id) ? id.slice(1) : id
}
