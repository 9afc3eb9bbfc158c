/** What `holdfast tail` was asked to do, checked: wrong usage is told before anything is opened. */
import { INCIDENT_TYPES, type IncidentType, type Severity } from '../../model/incident.ts'
import type { Micros } from '../../model/time.ts'
import { momentOf } from '../analyze/time-text.ts'
import { duration } from '../config/values.ts'
import { usageFailure } from '../failure.ts'
import { wordOf } from '../nearest.ts'
import type { TailOptions } from './options.ts'

export const TAIL_FORMATS = ['text', 'ndjson'] as const
export type TailFormat = (typeof TAIL_FORMATS)[number]
/** The worst first. */
export const SEVERITIES: readonly Severity[] = ['critical', 'warning', 'info']

const SERVER_DEFAULT = 'http://127.0.0.1:8480'
/** What `tail` shows of a file, too, before it follows. */
const LATEST_DEFAULT = 10

export interface TailPlan {
  readonly source: { readonly server: URL } | { readonly db: string }
  /** Sent as a bearer token; null: none. */
  readonly token: string | null
  readonly wanted: Wanted
  readonly follow: boolean
  readonly format: TailFormat
}

/** Which alerts are shown. Null: whatever it is. */
export interface Wanted {
  /** All that are at least as bad. */
  readonly severities: readonly Severity[] | null
  readonly types: readonly IncidentType[] | null
  readonly agent: string | null
  readonly service: string | null
  /** Traffic before it is not shown, unless it becomes known only now. */
  readonly since: Micros | null
  /** At most so many of those that are there already, the latest ones. */
  readonly latest: number | null
}

export interface Surroundings {
  readonly now: Micros
  readonly token: string | undefined
}

/** Throws a usage failure for what cannot be meant. */
export function tailPlan(options: TailOptions, { now, token }: Surroundings): TailPlan {
  if (options.server !== undefined && options.db !== undefined)
    throw usageFailure('--server and --db exclude each other: alerts come from one place')
  if (options.db !== undefined && options.token !== undefined)
    throw usageFailure('--token is for a server; a database file asks for none')
  const { since, follow = false } = options
  return {
    source: options.db === undefined ? { server: serverUrl(options.server) } : { db: options.db },
    token: tokenOf(options.token ?? token),
    wanted: {
      severities: options.severity === undefined ? null : atLeast(options.severity),
      types: options.type === undefined ? null : typesOf(options.type),
      agent: options.agent ?? null,
      service: options.service ?? null,
      since: since === undefined ? null : beginning(since, now),
      latest: since === undefined && follow ? LATEST_DEFAULT : null,
    },
    follow,
    format: wordOf('--format', options.format ?? 'text', TAIL_FORMATS),
  }
}

/** `warning` -> critical, warning. */
function atLeast(word: string): readonly Severity[] | null {
  const at = SEVERITIES.indexOf(wordOf('--severity', word, SEVERITIES))
  return at === SEVERITIES.length - 1 ? null : SEVERITIES.slice(0, at + 1)
}

const typesOf = (list: string): readonly IncidentType[] => [
  ...new Set(list.split(',').map((word) => wordOf('--type', word.trim(), INCIDENT_TYPES))),
]

function beginning(text: string, now: Micros): Micros {
  const back = duration(text)
  if ('value' in back) return now - back.value
  const moment = momentOf(text)
  // A bare number may be meant either way, and 1970 is nobody's beginning: it is refused.
  if ('at' in moment && !/^\d{1,8}$/.test(text)) return moment.at
  throw usageFailure(
    `--since ${text} is neither a time back (90s, 15m, 1h, 7d) nor a moment (2026-11-21T02:08:06Z, or seconds since 1970)`,
  )
}

function serverUrl(text = SERVER_DEFAULT): URL {
  const url = URL.parse(text)
  if (url === null || !['http:', 'https:'].includes(url.protocol))
    throw usageFailure(`--server ${text} is no address of a server; write it as in ${SERVER_DEFAULT}`)
  if (url.username !== '' || url.password !== '')
    throw usageFailure('--server takes no user or password; servers want a token (--token, HOLDFAST_TOKEN)')
  url.search = ''
  url.hash = ''
  if (!url.pathname.endsWith('/')) url.pathname += '/'
  return url
}

/** What an HTTP header can carry (RFC 6750 section 2.1). */
const TOKEN = /^[\w.~+/-]+=*$/

function tokenOf(text: string | undefined): string | null {
  const token = text?.trim() ?? ''
  if (token === '') return null
  if (!TOKEN.test(token)) throw usageFailure('the token has characters that no token has')
  return token
}
