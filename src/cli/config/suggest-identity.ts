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

/** Candidates, values of each, and clients of each that are kept; of further ones nothing is learned. What
 * has more values than that is no candidate any more. */
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

/** Names that were asked about, and what was found; those of one set of captures are few. */
const NAMES_MAX = 4096

/** Whether a field of that name may name an agent. Agents ask with the same names again and again. */
class Names {
  private readonly known = new Map<string, boolean>()
  private readonly others: RegExp

  constructor(others: RegExp) {
    this.others = others
  }

  mayName(name: string): boolean {
    let may = this.known.get(name)
    if (may !== undefined) return may
    may = NAME.test(name) && !this.others.test(name)
    if (this.known.size < NAMES_MAX) this.known.set(name, may)
    return may
  }
}

/** The fields that come to one listener at one tap, by name in lower case. */
interface Place {
  readonly listener: string
  readonly fields: Readonly<Record<IdentityKey, Map<string, Field>>>
}

class IdentitySurveyor implements IdentitySurvey {
  private readonly headers = new Names(NOT_NAMES)
  private readonly parameters = new Names(PASSING)
  private readonly cookies = new Names(SESSIONS)
  private readonly places = new Map<string, Place>()
  private readonly all: Field[] = []

  request(sighting: TrackedSighting, request: HttpRequest): void {
    const place = this.placeOf(sighting)
    if (place === null) return
    for (const { name, value } of request.headers.slice(0, FIELDS_MAX))
      if (this.headers.mayName(name)) this.note(place, sighting, 'httpHeader', name, value)
    for (const [name, value] of pairsOf(request.target))
      if (this.parameters.mayName(name)) this.note(place, sighting, 'urlParameter', name, value)
    for (const pair of headerValue(request, 'cookie')?.split(';', FIELDS_MAX) ?? []) {
      const equals = pair.indexOf('=')
      const name = pair.slice(0, equals).trim()
      if (equals > 0 && this.cookies.mayName(name))
        this.note(place, sighting, 'cookie', name, pair.slice(equals + 1).trim())
    }
  }

  candidates(listeners: ReadonlySet<string>, relays: ReadonlySet<string>): IdentityCandidate[] {
    const those = this.all.filter(({ listener }) => listeners.has(listener))
    return [...Map.groupBy(those, ({ key, name }) => `${key} ${name.toLowerCase()}`).values()]
      .flatMap((same) => candidateOf(same, relays) ?? [])
      .toSorted(
        (a, b) => Number(b.isStrong) - Number(a.isStrong) || RANK[a.key] - RANK[b.key] || b.agents - a.agents,
      )
  }

  private placeOf({ tap, responder }: TrackedSighting): Place | null {
    const listener = endpointText(responder)
    const id = `${tap} ${listener}`
    let place = this.places.get(id)
    if (place === undefined) {
      if (this.places.size >= CANDIDATES_MAX) return null
      place = { listener, fields: { httpHeader: new Map(), urlParameter: new Map(), cookie: new Map() } }
      this.places.set(id, place)
    }
    return place
  }

  private note(
    { listener, fields }: Place,
    sighting: TrackedSighting,
    key: IdentityKey,
    name: string,
    value: string,
  ): void {
    if (value.length < LENGTH_MIN || value.length > LENGTH_MAX) return
    const id = name.toLowerCase()
    let field = fields[key].get(id)
    if (field === undefined) {
      if (this.all.length >= CANDIDATES_MAX) return
      field = newField(key, name, listener)
      fields[key].set(id, field)
      this.all.push(field)
    }
    if (!field.overflowed) noteValue(field, sighting, value)
  }
}

export const identitySurvey = (): IdentitySurvey => new IdentitySurveyor()

const newField = (key: IdentityKey, name: string, listener: string): Field => ({
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
})

/** The parameters of a target, decoded as forms are (WHATWG URL, application/x-www-form-urlencoded). */
function pairsOf(target: string): readonly (readonly [string, string])[] {
  const query = target.indexOf('?')
  if (query < 0) return []
  const text = target.slice(query + 1)
  if (/[%+]/.test(text)) return [...new URLSearchParams(text)].slice(0, FIELDS_MAX)
  return text.split('&', FIELDS_MAX).map((pair) => {
    const equals = pair.indexOf('=')
    return equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)]
  })
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
