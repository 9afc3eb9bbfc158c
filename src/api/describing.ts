/** What the OpenAPI document says of a route besides its parameters: one call for each route. */
import { describeRoute, resolver } from 'hono-openapi'
import type { z } from 'zod'
import type { ProblemStatus } from './problem.ts'
import { problem } from './schemas/values.ts'

export type Tag =
  | 'overview'
  | 'incidents'
  | 'occurrences'
  | 'agents'
  | 'services'
  | 'connections'
  | 'captures'
  | 'analyses'
  | 'conformance'
  | 'alerts'
  | 'live'
  | 'session'
  | 'server'

interface Description {
  readonly tag: Tag
  /** What it answers, in a few words. */
  readonly summary: string
  readonly description?: string
  /** The shape of a successful answer, or its media type where it is not JSON. */
  readonly answer: z.ZodType | string
  /** 200, or 201 where something is made; 204 without an answer. */
  readonly status?: 200 | 201 | 204
  /** Problems besides those that every route may answer. */
  readonly problems?: readonly ProblemStatus[]
  /** Anybody may ask. */
  readonly isPublic?: boolean
  /** The media type of a body that is not JSON. */
  readonly body?: string
  /** Other successes, in words. */
  readonly also?: Readonly<Record<string, string>>
}

const problemContent = { 'application/problem+json': { schema: resolver(problem) } }

const PROBLEM_WORDS: Readonly<Record<ProblemStatus, string>> = {
  400: 'A parameter is wrong: `field` names it',
  401: 'Nobody is logged in, or the token does not hold',
  403: 'The role does not suffice, or another site asks',
  404: 'There is no such thing',
  405: 'The address takes other methods: `Allow` names them',
  408: 'The body came too slowly',
  409: 'Not in its present state',
  413: 'Too many octets',
  415: 'Another media type is expected',
  421: 'The server does not answer to this name',
  422: 'A member of the body is wrong: `field` names it',
  429: 'Too many requests: `Retry-After` tells when to come again',
  500: 'The server failed',
  503: 'Busy: `Retry-After` tells when to come again',
  507: 'The disk is full',
}

/** What any route may answer, and what those of the API may: there, who asks is looked at first. */
const OF_ALL: readonly ProblemStatus[] = [421, 500]
const OF_API: readonly ProblemStatus[] = [400, 401, 403, 429, 503, 507]

/** Describes a route. Pictures of the same schema are one component of the document. */
export function describe(of: Description) {
  const { tag, summary, answer, status = 200, problems = [], isPublic = false } = of
  const content =
    typeof answer === 'string' ? { [answer]: {} } : { 'application/json': { schema: resolver(answer) } }
  const common: readonly ProblemStatus[] = tag === 'server' && isPublic ? OF_ALL : [...OF_ALL, ...OF_API]
  return describeRoute({
    tags: [tag],
    summary,
    ...(of.description === undefined ? {} : { description: of.description }),
    ...(isPublic ? { security: [] } : {}),
    ...(of.body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { [of.body]: { schema: { type: 'string', format: 'binary' } } },
          },
        }),
    responses: {
      [status]: status === 204 ? { description: 'Done' } : { description: 'Success', content },
      ...Object.fromEntries(
        Object.entries(of.also ?? {}).map(([code, words]) => [code, { description: words, content }]),
      ),
      ...Object.fromEntries(
        [...new Set([...common, ...problems])]
          .sort((a, b) => a - b)
          .map((code) => [code, { description: PROBLEM_WORDS[code], content: problemContent }]),
      ),
    },
  })
}
