/**
 * The API, typed by its contract: one function per request. An answer that is not 2xx becomes an `ApiError`
 * with the server's own sentence (RFC 9457); an unanswered one says so. Every read takes a signal, so that
 * leaving a page ends its requests.
 */
import type {
  AlertOutputRow,
  AlertTest,
  AgentRow,
  AgentView,
  AnalysisRequest,
  AnalysisRow,
  CaptureRow,
  ConnectionRow,
  ConnectionView,
  Counts,
  DeliveryRow,
  IncidentRow,
  IncidentView,
  OccurrenceRow,
  OccurrenceView,
  Overview,
  Page,
  Problem,
  RequirementRow,
  ResendAnswer,
  ResendRequest,
  ServiceRow,
  ServiceView,
  SessionView,
  StateRequest,
  TapRow,
} from '../src/api/contract.ts'
import { patched, pathPart } from './router.ts'
import type { QueryPatch } from './router.ts'
import { forgetSession, session } from './session.ts'

export const BASE = '/api/v1'

/** What the server refused, or that it did not answer. `field` names the parameter at fault. */
export class ApiError extends Error {
  readonly status: number
  readonly field: string | null

  constructor(message: string, status: number, field: string | null = null) {
    super(message)
    this.name = 'ApiError'
    this.status = status
    this.field = field
  }
}

/** The address of a request, for links to raw JSON and downloads as well. */
export function address(path: string, query: QueryPatch = {}): string {
  const search = patched(new URLSearchParams(), query).toString()
  return search === '' ? `${BASE}${path}` : `${BASE}${path}?${search}`
}

interface Send {
  readonly query?: QueryPatch | undefined
  readonly signal?: AbortSignal | undefined
  readonly body?: unknown
}

async function request<T>(method: string, path: string, { query, signal, body }: Send = {}): Promise<T> {
  const answer = await fetch(address(path, query), {
    method,
    headers: headersOf(method, body),
    credentials: 'same-origin',
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  }).catch((error: unknown) => {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new ApiError('The server does not answer.', 0)
  })
  if (!answer.ok) throw await errorOf(answer)
  return (answer.status === 204 ? null : await answer.json()) as T
}

function headersOf(method: string, body: unknown): Record<string, string> {
  const token = session.value?.csrfToken
  return {
    accept: 'application/json',
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(method === 'GET' || token == null ? {} : { 'x-csrf-token': token }),
  }
}

async function errorOf(answer: Response): Promise<ApiError> {
  const text = await answer.text().catch(() => '')
  const error = errorFrom(answer.status, text)
  if (error.status === 401) forgetSession()
  return error
}

/** The error that an answer's status and body tell. */
export function errorFrom(status: number, body: string): ApiError {
  try {
    const problem = JSON.parse(body) as Partial<Problem>
    const sentence = problem.detail ?? problem.title
    if (typeof sentence === 'string') return new ApiError(sentence, status, problem.field ?? null)
  } catch {
    // Not from the API: a proxy in between, or a body that was cut.
  }
  return new ApiError(`The server answered ${status}.`, status)
}

const get = <T>(path: string, query?: QueryPatch, signal?: AbortSignal): Promise<T> =>
  request<T>('GET', path, { query, signal })

type Many<T> = (query?: QueryPatch, signal?: AbortSignal) => Promise<Page<T>>
type One<T> = (id: string | number, signal?: AbortSignal) => Promise<T>

const many =
  <T>(path: string): Many<T> =>
  (query, signal) =>
    get<Page<T>>(path, query, signal)

const one =
  <T>(path: string): One<T> =>
  (id, signal) =>
    get<T>(`${path}/${pathPart(id)}`, {}, signal)

export const overview = (since: string | null, signal?: AbortSignal): Promise<Overview> =>
  get('/overview', { since }, signal)
export const counts = (signal?: AbortSignal): Promise<Counts> => get('/counts', {}, signal)
export const taps = (signal?: AbortSignal): Promise<readonly TapRow[]> => get('/taps', {}, signal)

export const incidents = many<IncidentRow>('/incidents')
export const incident = one<IncidentView>('/incidents')
export const incidentOccurrences = (
  id: string,
  query?: QueryPatch,
  signal?: AbortSignal,
): Promise<Page<OccurrenceRow>> => get(`/incidents/${pathPart(id)}/occurrences`, query, signal)
/** The pcapng of the packets that prove an incident: an address to link, not a request. */
export const incidentPackets = (id: string): string => address(`/incidents/${pathPart(id)}/packets`)
export const setState = (id: string, body: StateRequest): Promise<IncidentView> =>
  request('POST', `/incidents/${pathPart(id)}/state`, { body })

export const occurrences = many<OccurrenceRow>('/occurrences')
export const occurrence = one<OccurrenceView>('/occurrences')

export const agents = many<AgentRow>('/agents')
export const agent = (id: string, query?: QueryPatch, signal?: AbortSignal): Promise<AgentView> =>
  get(`/agents/${pathPart(id)}`, query, signal)
export const services = many<ServiceRow>('/services')
export const service = (name: string, query?: QueryPatch, signal?: AbortSignal): Promise<ServiceView> =>
  get(`/services/${pathPart(name)}`, query, signal)
export const requirements = many<RequirementRow>('/requirements')

export const connections = many<ConnectionRow>('/connections')
export const connection = one<ConnectionView>('/connections')
export const connectionPackets = (id: string | number): string => address(`/connections/${id}/packets`)

export const captures = many<CaptureRow>('/captures')
export const deleteCapture = (id: number): Promise<unknown> => request('DELETE', `/captures/${id}`)
/** Where an upload is PUT to. */
export const uploadAddress = (name: string): string => address('/captures', { name })

export const analyses = many<AnalysisRow>('/analyses')
export const startAnalysis = (body: AnalysisRequest): Promise<AnalysisRow> =>
  request('POST', '/analyses', { body })
export const cancelAnalysis = (id: number): Promise<AnalysisRow> => request('POST', `/analyses/${id}/cancel`)

export const alertOutputs = many<AlertOutputRow>('/alerts/outputs')
export const deliveries = many<DeliveryRow>('/alerts/deliveries')
export const testOutput = (name: string): Promise<AlertTest> =>
  request('POST', `/alerts/outputs/${pathPart(name)}/test`)
export const resend = (body: ResendRequest): Promise<ResendAnswer> =>
  request('POST', '/alerts/deliveries/resend', { body })

export const readSession = (signal?: AbortSignal): Promise<SessionView> => get('/session', {}, signal)
export const logIn = (token: string): Promise<SessionView> => request('POST', '/session', { body: { token } })
export const logOut = (): Promise<unknown> => request('DELETE', '/session')
