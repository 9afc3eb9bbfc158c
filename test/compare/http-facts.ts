/**
 * What a capture shows of HTTP, connection by connection: as Holdfast tells it, and out of tshark's fields.
 */
import { headerValue } from '../../src/model/http.ts'
import type { ObservationOf } from '../../src/model/observation.ts'
import type { CaptureFile } from './captures.ts'
import { observationsOf } from './observations.ts'
import { rowsOf, type Row } from './tshark.ts'

/** Of one connection, each in the order of the wire. */
export interface HttpFacts {
  readonly methods: string[]
  readonly targets: string[]
  readonly hosts: string[]
  readonly statuses: string[]
  readonly setCookies: string[]
}
export type Fact = keyof HttpFacts

/** Facts by Wireshark's number of the stream. */
export type ByStream = ReadonlyMap<number, HttpFacts>

const none = (): HttpFacts => ({ methods: [], targets: [], hosts: [], statuses: [], setCookies: [] })

type HttpObservation = ObservationOf<'http-request' | 'http-transaction'>

/** What Holdfast says of a capture. */
export async function holdfastHttp(file: Pick<CaptureFile, 'path' | 'keys'>): Promise<ByStream> {
  const observations = await observationsOf(file, 'connection-closed', 'http-request', 'http-transaction')
  const streams = new Map<number, number>()
  for (const o of observations)
    if (o.kind === 'connection-closed' && o.summary.stream !== null)
      streams.set(o.summary.connection, o.summary.stream)
  const found = new Map<number, HttpFacts>()
  for (const o of observations) {
    if (o.kind === 'connection-closed') continue
    const stream = streams.get(o.connection)
    if (stream === undefined) continue
    const facts = found.get(stream) ?? none()
    found.set(stream, facts)
    take(facts, o)
  }
  return found
}

function take(facts: HttpFacts, o: HttpObservation): void {
  if (o.kind === 'http-request' || o.pushed === true) {
    const { request } = o
    const host = headerValue(request!, 'host')
    facts.methods.push(request!.method)
    facts.targets.push(request!.target)
    if (host !== null && host !== '') facts.hosts.push(host)
  }
  if (o.kind === 'http-request' || o.response === null) return
  facts.statuses.push(String(o.response.status))
  for (const response of [...o.interim, o.response])
    facts.setCookies.push(...response.setCookies.map(({ line }) => line))
}

export const HTTP_FIELDS = [
  'tcp.stream',
  'http.request.method',
  'http.request.uri',
  'http.host',
  'http.response.code',
  'http.set_cookie',
  'http2.headers.method',
  'http2.headers.path',
  'http2.headers.authority',
  'http2.headers.status',
  'http2.headers.set_cookie',
] as const

/**
 * tshark tells a response with the end of its body, and so not those whose end is missing. Told not to wait
 * for bodies, it tells those, and takes some heads behind bodies for a continuation.
 */
const AT_HEADS = ['http.desegment_body:FALSE']
export const HTTP_FILTER = 'tcp && !icmp && !icmpv6 && (http || http2)'
export type HttpRow = Row<(typeof HTTP_FIELDS)[number]>

/** What tshark says when it does not wait for bodies. */
export const tsharkHttpAtHeads = ({ path, keys }: CaptureFile): ByStream =>
  tsharkHttp(rowsOf(path, HTTP_FILTER, HTTP_FIELDS, keys, AT_HEADS))

/** What rows of tshark say. */
export function tsharkHttp(rows: readonly HttpRow[]): ByStream {
  const found = new Map<number, HttpFacts>()
  for (const row of rows) {
    const stream = Number(row['tcp.stream'].at(-1))
    const facts = found.get(stream) ?? none()
    takeRow(facts, row)
    if (Object.values(facts).some((values: string[]) => values.length > 0)) found.set(stream, facts)
  }
  return found
}

function takeRow(facts: HttpFacts, row: HttpRow): void {
  facts.methods.push(...row['http.request.method'], ...row['http2.headers.method'])
  facts.targets.push(...row['http.request.uri'], ...row['http2.headers.path'])
  facts.hosts.push(...row['http.host'], ...row['http2.headers.authority'])
  const statuses = [...row['http.response.code'], ...row['http2.headers.status']]
  facts.statuses.push(...statuses.filter((status) => !status.startsWith('1') || status === '101'))
  facts.setCookies.push(...row['http.set_cookie'], ...row['http2.headers.set_cookie'])
}
