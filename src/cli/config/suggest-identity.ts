/**
 * What agents say of themselves in their requests: header fields, URL parameters and cookies whose values
 * differ from agent to agent and stay the same for each.
 *
 * Values are compared, never told. What holds a session or a credential is left out by its name: it is as
 * unique, and names nobody.
 */
import { headerValue, type HttpRequest } from '../../model/http.ts'
import { endpointText } from '../../model/packet.ts'
import type { TrackedSighting } from '../../sessions/sighting.ts'

/** Candidates, values of each, and clients of each that are kept; of further ones nothing is learned. */
const CANDIDATES_MAX = 1024
const VALUES_MAX = 2048
/** An identifier that is shorter or longer is no name. */
const LENGTH_MIN = 4
const LENGTH_MAX = 128
/** Fields of one request that are looked at. */
const FIELDS_MAX = 48

/** What can stand in a configuration as it is. */
const NAME = /^[\x21-\x7e]{1,128}$/

export type IdentityKey = 'httpHeader' | 'urlParameter' | 'cookie'

export interface IdentityCandidate {
  readonly key: IdentityKey
  readonly name: string
  /** Values, each of which names somebody. */
  readonly agents: number
  readonly clients: number
  /** Values that came on several connections. */
  readonly recurring: number
  /** Enough agents, and enough of them seen again, to rely on it. */
  readonly isStrong: boolean
}

export interface IdentitySurvey {
  request(sighting: TrackedSighting, request: HttpRequest): void
  /** For the listeners of a service (`address:port`); `relays` speak for many. The best first. */
  candidates(listeners: ReadonlySet<string>, relays: ReadonlySet<string>): IdentityCandidate[]
}

interface Value {
  readonly clients: Set<string>
  connection: number
  isAgain: boolean
}

interface Field {
  readonly key: IdentityKey
  readonly name: string
  readonly listener: string
  readonly values: Map<string, Value>
  readonly byClient: Map<string, Set<string>>
  /** The last connection with it, and its value there. */
  connection: number
  value: string
  requests: number
  /** Connections on which it changed. */
  changes: number
  overflowed: boolean
}

/** Field names of HTTP that name no agent (RFC 9110, RFC 6265), or differ in each request. */
const NOT_NAMES =
  /^(?:host|user-agent|accept.*|content-.*|connection|cookie2?|date|referer|origin|authorization|proxy-.*|if-.*|range|cache-control|pragma|via|forwarded|x-forwarded-.*|x-real-ip|te|trailer|transfer-encoding|upgrade.*|expect|dnt|sec-.*|priority|traceparent|tracestate|x-request-id|x-correlation-id|.*(?:token|secret|signature|nonce|csrf|xsrf).*)$/i
/** Cookies that hold a session, or a load balancer's choice. */
const SESSIONS = /sess|sid$|token|csrf|xsrf|auth|bigip|awsalb|serverid|route|sticky|^ns_/i
/** Parameters that hold times, counters and credentials. */
const PASSING =
  /^(?:t|ts|time.*|date|seq.*|nonce|rand.*|_|v|version|sig.*|token|key|password|session.*|sid)$/i

const RANK: Readonly<Record<IdentityKey, number>> = { httpHeader: 0, urlParameter: 1, cookie: 2 }

export function identitySurvey(): IdentitySurvey {
  const fields = new Map<string, Field>()
  const note = (sighting: TrackedSighting, key: IdentityKey, name: string, value: string): void => {
    if (value.length < LENGTH_MIN || value.length > LENGTH_MAX || !NAME.test(name)) return
    const listener = endpointText(sighting.responder)
    const id = `${sighting.tap} ${listener} ${key} ${name.toLowerCase()}`
    let field = fields.get(id)
    if (field === undefined) {
      if (fields.size >= CANDIDATES_MAX) return
      field = {
        key,
        name,
        listener,
        values: new Map(),
        byClient: new Map(),
        connection: -1,
        value: '',
        requests: 0,
        changes: 0,
        overflowed: false,
      }
      fields.set(id, field)
    }
    noteValue(field, sighting, value)
  }
  return {
    request(sighting, request) {
      for (const { name, value } of request.headers.slice(0, FIELDS_MAX))
        if (!NOT_NAMES.test(name)) note(sighting, 'httpHeader', name, value)
      const query = request.target.indexOf('?')
      if (query >= 0) {
        const pairs = [...new URLSearchParams(request.target.slice(query + 1))].slice(0, FIELDS_MAX)
        for (const [name, value] of pairs)
          if (!PASSING.test(name)) note(sighting, 'urlParameter', name, value)
      }
      for (const pair of headerValue(request, 'cookie')?.split(';').slice(0, FIELDS_MAX) ?? []) {
        const equals = pair.indexOf('=')
        const name = pair.slice(0, equals).trim()
        if (equals > 0 && !SESSIONS.test(name)) note(sighting, 'cookie', name, pair.slice(equals + 1).trim())
      }
    },
    candidates(listeners, relays) {
      const those = [...fields.values()].filter(({ listener }) => listeners.has(listener))
      return [...Map.groupBy(those, ({ key, name }) => `${key} ${name.toLowerCase()}`).values()]
        .flatMap((same) => candidateOf(same, relays) ?? [])
        .toSorted(
          (a, b) =>
            Number(b.isStrong) - Number(a.isStrong) || RANK[a.key] - RANK[b.key] || b.agents - a.agents,
        )
    },
  }
}

function noteValue(field: Field, { connection, originator }: TrackedSighting, text: string): void {
  field.requests++
  if (field.connection === connection && field.value !== text) field.changes++
  let value = field.values.get(text)
  if (value === undefined) {
    if (field.values.size >= VALUES_MAX) return void (field.overflowed = true)
    field.values.set(text, (value = { clients: new Set(), connection, isAgain: false }))
  }
  value.isAgain ||= value.connection !== connection
  value.clients.add(originator.address)
  field.connection = connection
  field.value = text
  const known = field.byClient.get(originator.address)
  if (known !== undefined) known.add(text)
  else if (field.byClient.size < VALUES_MAX) field.byClient.set(originator.address, new Set([text]))
}

/** So few may have a value in common, or more than one: agents move, hosts are reinstalled. */
const EXCEPTIONS = 0.1
/** Two agents may differ by chance in anything; from three on it is what tells them apart. */
const STRONG_AGENTS = 3

/** Null: it tells nobody apart, or changes. */
function candidateOf(fields: readonly Field[], relays: ReadonlySet<string>): IdentityCandidate | null {
  const { key, name } = fields[0]!
  const values = new Map<string, boolean>()
  const [owners, perClient] = [new Map<string, Set<string>>(), new Map<string, Set<string>>()]
  let [requests, changes] = [0, 0]
  for (const field of fields) {
    requests += field.requests
    changes += field.changes
    for (const [text, { clients, isAgain }] of field.values) {
      values.set(text, (values.get(text) ?? false) || isAgain)
      merge(owners, text, clients, relays)
    }
    for (const [client, texts] of field.byClient)
      if (!relays.has(client)) merge(perClient, client, texts, relays)
  }
  const recurring = [...values.values()].filter(Boolean).length
  const shared = [...owners.values()].filter(({ size }) => size > 1).length
  const several = [...perClient.values()].filter(({ size }) => size > 1).length
  const isApart = shared <= EXCEPTIONS * values.size && changes <= EXCEPTIONS * requests
  const isStable = several <= EXCEPTIONS * perClient.size && requests > values.size
  if (values.size < 2 || fields.some(({ overflowed }) => overflowed) || !isApart || !isStable) return null
  const isStrong = values.size >= STRONG_AGENTS && 2 * recurring >= values.size
  return { key, name, agents: values.size, clients: perClient.size, recurring, isStrong }
}

function merge(
  into: Map<string, Set<string>>,
  key: string,
  texts: ReadonlySet<string>,
  relays: ReadonlySet<string>,
): void {
  const known = into.get(key) ?? new Set<string>()
  for (const text of texts) if (!relays.has(text)) known.add(text)
  into.set(key, known)
}
