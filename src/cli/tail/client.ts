/**
 * The part of the API that `tail` uses, over fetch: the list of occurrences and the stream of events
 * (src/model/view.ts). What a server answers is looked at before it is believed.
 */
import type { LiveEvent, OccurrenceRow, Page, Problem } from '../../model/view.ts'
import { isoTime } from '../../model/time.ts'
import { failure, systemReason } from '../failure.ts'
import { SEVERITIES, type Wanted } from './plan.ts'

/** Rows of one answer: as many as it may have. */
const PAGE_ROWS = 500
/** An answer that has not begun by then does not come. */
const ANSWER_MS = 15_000
/** Of what a server says about an error. */
const PROBLEM_CHARACTERS_MAX = 300

export interface TailClient {
  occurrences(wanted: Wanted, cursor: string | null, signal: AbortSignal): Promise<Page<OccurrenceRow>>
  /** The octets of the event stream, from behind `lastId` on. */
  events(lastId: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>>
}

/** What a server says no with that another try may change: it is busy, restarting, or out of reach. */
export interface Unreachable extends Error {
  /** Seconds that the server asked to wait. */
  readonly afterSeconds: number | null
}

export const isUnreachable = (error: unknown): error is Unreachable =>
  error instanceof Error && error.name === 'Unreachable'

const unreachable = (message: string, afterSeconds: number | null = null): Unreachable =>
  Object.assign(new Error(message), { name: 'Unreachable', afterSeconds })

/** Throws failures, which no further try changes, and `Unreachable`. */
export function tailClient(server: URL, token: string | null): TailClient {
  const ask = async (path: string, headers: Record<string, string>, signal: AbortSignal) => {
    const answering = new AbortController()
    const timer = setTimeout(() => answering.abort(), ANSWER_MS)
    try {
      const response = await fetch(new URL(path, server), {
        headers: token === null ? headers : { ...headers, authorization: `Bearer ${token}` },
        redirect: 'manual',
        signal: AbortSignal.any([signal, answering.signal]),
      })
      if (response.status === 200) return response
      throw await refusal(response, server)
    } catch (error) {
      if (answering.signal.aborted) throw unreachable(`${server.origin} does not answer`)
      throw signal.aborted || (error as Error).name !== 'TypeError'
        ? error
        : unreachable(`cannot reach ${server.origin}: ${causeOf(error)}`)
    } finally {
      clearTimeout(timer)
    }
  }
  return {
    async occurrences(wanted, cursor, signal) {
      const headers = { accept: 'application/json' }
      const response = await ask(`api/v1/occurrences?${queryOf(wanted, cursor)}`, headers, signal)
      const page = (await response.json().catch(() => null)) as Page<OccurrenceRow> | null
      if (page === null || !Array.isArray(page.items) || !page.items.every(isOccurrence))
        throw stranger(server)
      return page
    },
    async events(lastId, signal) {
      // Packed events would wait until a packer's block is full.
      const headers = {
        accept: 'text/event-stream',
        'accept-encoding': 'identity',
        'cache-control': 'no-store',
      }
      const response = await ask(
        'api/v1/events',
        lastId === '' ? headers : { ...headers, 'last-event-id': lastId },
        signal,
      )
      const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') ?? false
      if (!isStream || response.body === null) throw stranger(server)
      return response.body
    },
  }
}

function queryOf({ severities, types, agent, service, since }: Wanted, cursor: string | null): string {
  const query = new URLSearchParams({ limit: String(PAGE_ROWS) })
  severities?.forEach((severity) => query.append('severity', severity))
  types?.forEach((type) => query.append('type', type))
  if (agent !== null) query.append('agent', agent)
  if (service !== null) query.append('service', service)
  if (since !== null) query.append('from', isoTime(since))
  if (cursor !== null) query.append('cursor', cursor)
  return query.toString()
}

const stranger = (server: URL): Error =>
  failure(`${server.href} does not answer as a Holdfast server does; is it one?`)

async function refusal(response: Response, server: URL): Promise<Error> {
  const { status } = response
  const said = await problemOf(response)
  const wait = Number(response.headers.get('retry-after') ?? NaN)
  if (status === 401)
    return failure(
      `${server.origin} wants a token that it knows: --token, or HOLDFAST_TOKEN in the environment`,
    )
  if (status === 403) return failure(`${server.origin} does not allow it: ${said}`)
  if (status === 429 || status >= 500)
    return unreachable(`${server.origin} cannot answer now: ${said}`, Number.isFinite(wait) ? wait : null)
  if (status === 404 || (status >= 300 && status < 400)) return stranger(server)
  return failure(`${server.origin} refuses: ${said}`)
}

async function problemOf(response: Response): Promise<string> {
  const text = await response.text().catch(() => '')
  try {
    const { detail, title, field } = JSON.parse(text) as Partial<Problem>
    const what = String(detail ?? title ?? response.status).slice(0, PROBLEM_CHARACTERS_MAX)
    return field === undefined ? what : `${field.slice(0, 64)}: ${what}`
  } catch {
    return `status ${response.status}`
  }
}

/** What stands behind `fetch failed`. */
function causeOf(error: unknown): string {
  const { cause } = error as Error
  if (!(cause instanceof Error)) return systemReason(error)
  const [first] = cause instanceof AggregateError ? (cause.errors as Error[]) : [cause]
  const { code = '', message } = (first ?? cause) as NodeJS.ErrnoException
  return CAUSES[code] ?? message
}

const CAUSES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused; is it running?',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the name of the host cannot be looked up',
  ECONNRESET: 'connection reset',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
  ETIMEDOUT: 'no answer',
  UND_ERR_CONNECT_TIMEOUT: 'no answer',
  UND_ERR_SOCKET: 'the connection was closed',
}

/** Has all that a line is made of. */
export function isOccurrence(value: unknown): value is OccurrenceRow {
  const row = (value ?? {}) as Partial<OccurrenceRow>
  const texts = [row.at, row.sentence, row.remedy, row.type, row.incident]
  return (
    typeof row.id === 'number' &&
    texts.every((text) => typeof text === 'string') &&
    SEVERITIES.some((severity) => severity === row.severity) &&
    (row.service === null || typeof row.service === 'string')
  )
}

/** The event that a stream's data says; null if it is none that is known. */
export function liveEvent(data: string): LiveEvent | null {
  try {
    const event = JSON.parse(data) as Partial<LiveEvent> | null
    if (event?.kind === 'occurrence') return isOccurrence(event.occurrence) ? (event as LiveEvent) : null
    return typeof event?.kind === 'string' ? (event as LiveEvent) : null
  } catch {
    return null
  }
}
