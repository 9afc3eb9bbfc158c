/**
 * What a first configuration is made from: who listens where and under which names, who relays to whom, which
 * addresses are translated, what recurs and how often. A follower of an analysis that has no configuration.
 *
 * Counts and addresses only, in bounded memory; what is beyond a limit is not in the suggestion, which is a
 * beginning and no inventory.
 */
import type { ConnectionSummary } from '../../model/connection.ts'
import { forwardedNodes, headerValue, type HttpRequest } from '../../model/http.ts'
import type { Opening, ProxyHeader } from '../../model/observation.ts'
import { type Endpoint, endpointText } from '../../model/packet.ts'
import type { IdentifiedBy } from '../../model/record.ts'
import { type Micros, seconds } from '../../model/time.ts'
import type { ProfileName } from '../../model/deployment.ts'
import type { Follower } from '../../sessions/follower.ts'
import type { TrackedSighting } from '../../sessions/sighting.ts'
import { type IdentitySurvey, identitySurvey } from './suggest-identity.ts'
import { type OneSidedPool, OneSidedRelays } from '../analyze/one-sided-relays.ts'
import { type RhythmSurvey, rhythmSurvey } from './suggest-rhythm.ts'

/** Endpoints that are looked at; connections to further ones are not. */
const ENDPOINTS_MAX = 4096
/** Client addresses, names and agents kept of each endpoint. */
export const CLIENTS_MAX = 2048
const NAMES_MAX = 32
/** Pairs of relay and server, and of addresses before and after a translation. */
const LEGS_MAX = 4096
/** First octets that are remembered while another tap may see them too, and for how long. */
const OPENINGS_MAX = 1 << 12
const OPENING_WITHIN: Micros = seconds(2)
/** Shorter first octets are said by everybody. */
const OPENING_MIN = 16

/** Who listens at one address and port. */
export interface ListenerFacts {
  readonly endpoint: Endpoint
  readonly text: string
  service: string
  profile: ProfileName
  connections: number
  /** Some began while it was watched, so that it is known who called whom. */
  isCertain: boolean
  readonly clients: Set<string>
  readonly taps: Set<string>
  /** What clients call it, by where that was seen and on how many connections. */
  readonly names: Map<string, Map<NameSource, number>>
  readonly identifiedBy: Set<IdentifiedBy>
  /** Requests to it were read without any key. */
  isInClear: boolean
}

/** Its agents speak nothing but TLS (articles 173958 and 207657). */
const TLS_ONLY: ProfileName = 'symantec-dlp-12.5'

export type NameSource = 'SNI' | 'Host' | 'DNS'

/** A relay's address on the servers' side, the endpoint that clients call, and the server that it asked. */
export interface RelayedFacts {
  readonly vip: Endpoint
  readonly relay: string
  readonly server: Endpoint
  /** Connections that show it, by what joins the two sides. */
  readonly seen: Map<string, number>
}

export interface TranslatedFacts {
  readonly inside: string
  readonly outside: string
  connections: number
}

export interface SurveyFacts {
  readonly listeners: ReadonlyMap<string, ListenerFacts>
  readonly relayed: readonly RelayedFacts[]
  readonly translated: readonly TranslatedFacts[]
  /** Relays that show themselves on their servers' side alone. */
  readonly oneSided: readonly OneSidedPool[]
  /** Addresses that sent a PROXY header without being seen in front. */
  readonly originators: ReadonlySet<string>
  readonly identity: IdentitySurvey
  readonly rhythm: RhythmSurvey
}

export interface Survey extends Follower {
  facts(): SurveyFacts
}

export const survey = (): Survey => new Surveyor().follower

class Surveyor {
  private readonly listeners = new Map<string, ListenerFacts>()
  private readonly relayed = new Map<string, RelayedFacts>()
  private readonly translated = new Map<string, TranslatedFacts>()
  private readonly originators = new Set<string>()
  private readonly joinedWith = new WeakMap<TrackedSighting, TrackedSighting[]>()
  private readonly openings = new Map<string, TrackedSighting[]>()
  private readonly identity = identitySurvey()
  private readonly rhythm = rhythmSurvey()
  private readonly oneSided = new OneSidedRelays()

  readonly follower: Survey = {
    observe: {
      'connection-opened': this.oneSided.observe['connection-opened'],
      'proxy-header': (o, sighting) => this.proxied(o, sighting),
      opening: (o, sighting) => this.opening(o, sighting),
      'http-request': (o, sighting) => {
        this.oneSided.observe['http-request'](o, sighting)
        if (sighting === null || o.requestFrom !== 0 || !isLookedAt(sighting)) return
        this.asked(sighting, o.request)
        this.requested(sighting, o.request)
      },
    },
    closed: (sighting, summary) => this.closed(sighting, summary),
    facts: () => ({
      listeners: this.listeners,
      relayed: [...this.relayed.values()],
      translated: [...this.translated.values()],
      oneSided: this.oneSided.pools(),
      originators: this.originators,
      identity: this.identity,
      rhythm: this.rhythm,
    }),
  }

  private closed(sighting: TrackedSighting, summary: ConnectionSummary): void {
    this.oneSided.closed(sighting, summary)
    if (sighting.leg === 'internal' || sighting.leg === 'probe') return
    const { originator, path } = sighting
    if (this.originators.size < LEGS_MAX) this.originators.add(originator.address)
    const listener = this.listenerAt(sighting)
    if (listener === null) return
    listener.isCertain ||= summary.rolesKnown
    listener.taps.add(sighting.tap)
    if (path.first === sighting && path.isJoined) this.joined(path.sightings, path.joinedBy[0] ?? '')
    // Another tap has shown it already, and who called before an address was translated.
    if (path.isJoined && path.sightings.find((one) => isSameListener(one, sighting)) !== sighting) return
    listener.connections++
    if (listener.clients.size < CLIENTS_MAX) listener.clients.add(originator.address)
    const sni = sighting.tls?.client?.serverName ?? null
    if (sni !== null) addName(listener, sni, 'SNI')
    if (sighting.resolvedName !== null) addName(listener, sighting.resolvedName, 'DNS')
    if (sighting.agent !== null) listener.identifiedBy.add(sighting.agent.identifiedBy)
    this.rhythm.connection(sighting, summary)
  }

  private requested(sighting: TrackedSighting, request: HttpRequest): void {
    if (sighting.leg === 'internal' || sighting.leg === 'probe') return
    const listener = this.listenerAt(sighting)
    if (listener !== null && sighting.requests === 1) addHost(listener, request)
    if (listener !== null && sighting.tls === null) this.heardInClear(listener)
    this.identity.request(sighting, request)
  }

  /** A product that always speaks TLS, and is known by its port alone, is not there. */
  private heardInClear(listener: ListenerFacts): void {
    listener.isInClear = true
    if (listener.profile === TLS_ONLY) listener.profile = 'generic'
  }

  private listenerAt({ responder, service }: TrackedSighting): ListenerFacts | null {
    const text = endpointText(responder)
    let listener = this.listeners.get(text)
    if (listener === undefined) {
      if (this.listeners.size >= ENDPOINTS_MAX) return null
      listener = {
        endpoint: responder,
        text,
        service: service.name,
        profile: service.profile,
        connections: 0,
        isCertain: false,
        clients: new Set(),
        taps: new Set(),
        names: new Map(),
        identifiedBy: new Set(),
        isInClear: false,
      }
      this.listeners.set(text, listener)
    }
    // A request may give the product away after others did not.
    if (service.profile !== 'generic' && !(listener.isInClear && service.profile === TLS_ONLY))
      Object.assign(listener, { service: service.name, profile: service.profile })
    return listener
  }

  private proxied({ source, destination }: ProxyHeader, sighting: TrackedSighting | null): void {
    if (sighting === null || source === null || destination === null) return
    this.relay(destination, sighting.originator.address, sighting.responder, 'PROXY header')
  }

  private opening({ side, text, protocol, time }: Opening, sighting: TrackedSighting | null): void {
    if (side !== 0 || sighting === null || protocol === 'tls' || text.length < OPENING_MIN) return
    this.said(sighting, text, time, 'same first octets')
  }

  /** The first request of a connection, for a client that a relay names. */
  private asked(sighting: TrackedSighting, request: HttpRequest): void {
    const { leg, originator, requests } = sighting
    if (leg === 'internal' || leg === 'probe' || requests !== 1) return
    const client = forwardedNodes(request).at(-1)?.address ?? originator.address
    const text = `${client} ${request.method} ${request.target}`
    this.said(sighting, text, request.time, 'same request of one client')
  }

  /** What is said alike at two taps at once, and once at each, is one connection. */
  private said(sighting: TrackedSighting, text: string, time: Micros, why: string): void {
    const { tap } = sighting
    const all = this.openings.get(text) ?? []
    const known = all.filter(({ start }) => Math.abs(time - start) <= OPENING_WITHIN)
    const elsewhere = known.filter((other) => other.tap !== tap)
    const isOnceEach = elsewhere.length === known.length && isApart(elsewhere.map((other) => other.tap))
    const front = isOnceEach ? elsewhere.find((other) => !isSameWay(other, sighting)) : undefined
    if (front !== undefined) this.joined([front, sighting], why)
    this.openings.delete(text)
    if (this.openings.size >= OPENINGS_MAX) this.openings.delete(this.openings.keys().next().value!)
    this.openings.set(text, [...known, sighting].slice(-4))
  }

  private joined(sightings: readonly TrackedSighting[], why: string): void {
    const [first, ...others] = sightings.toSorted((a, b) => a.start - b.start)
    if (first === undefined) return
    for (const other of others) {
      if (!this.isNew(first, other)) continue
      const [a, b] = [first.responder, other.responder]
      if (a.address !== b.address) this.relay(a, other.originator.address, b, why)
      else if (first.originator.address !== other.originator.address) this.translate(first, other)
    }
  }

  /** More than one thing may join two connections: they count once. */
  private isNew(first: TrackedSighting, other: TrackedSighting): boolean {
    const known = this.joinedWith.get(other)
    if (known?.includes(first) === true) return false
    if (known === undefined) this.joinedWith.set(other, [first])
    else known.push(first)
    return true
  }

  private relay(vip: Endpoint, relay: string, server: Endpoint, why: string): void {
    const key = `${endpointText(vip)}|${relay}|${endpointText(server)}`
    let facts = this.relayed.get(key)
    if (facts === undefined) {
      if (this.relayed.size >= LEGS_MAX) return
      facts = { vip, relay, server, seen: new Map() }
      this.relayed.set(key, facts)
    }
    facts.seen.set(why, (facts.seen.get(why) ?? 0) + 1)
  }

  private translate({ originator: { address: inside } }: TrackedSighting, other: TrackedSighting): void {
    const outside = other.originator.address
    const key = `${inside}|${outside}`
    const known = this.translated.get(key)
    if (known !== undefined) known.connections++
    else if (this.translated.size < LEGS_MAX) this.translated.set(key, { inside, outside, connections: 1 })
  }
}

/** Of a connection's requests the 1st, 2nd, 4th, 8th and so on, which show what stays and what does not. */
const isLookedAt = ({ requests }: TrackedSighting): boolean => (requests & (requests - 1)) === 0

const isApart = (taps: readonly string[]): boolean => new Set(taps).size === taps.length

const isSameListener = (a: TrackedSighting, b: TrackedSighting): boolean =>
  a.responder.address === b.responder.address && a.responder.port === b.responder.port

const isSameWay = (a: TrackedSighting, b: TrackedSighting): boolean =>
  a.originator.address === b.originator.address && a.responder.address === b.responder.address

/** A name of the name service, or of a person's choice; an address is none, and says nothing more. */
const NAME = /^(?![\d.]+$)[\w.-]{1,255}$/

function addHost(listener: ListenerFacts, request: HttpRequest): void {
  const host = headerValue(request, 'host')
  if (host !== null) addName(listener, host.replace(/:\d+$/, ''), 'Host')
}

function addName({ names }: ListenerFacts, text: string, source: NameSource): void {
  const name = text.toLowerCase()
  if (!NAME.test(name)) return
  let sources = names.get(name)
  if (sources === undefined) {
    if (names.size >= NAMES_MAX) return
    names.set(name, (sources = new Map()))
  }
  sources.set(source, (sources.get(source) ?? 0) + 1)
}
