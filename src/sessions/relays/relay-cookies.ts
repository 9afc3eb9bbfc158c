/**
 * What becomes of the cookies by which relays hold on to clients: one that is returned and leads elsewhere,
 * one that never comes back. Only services whose clients have to stay, and only cookies of known devices
 * whose value stands for a server.
 */
import type { CookieAstray, CookieNotReturned } from '../../model/event.ts'
import type { CookieFacts, SetCookie } from '../../model/cookie.ts'
import { headerValue, type HttpRequest } from '../../model/http.ts'
import type { HttpRequestSeen, HttpTransaction } from '../../model/observation.ts'
import { isAgentSide, type Server } from '../../model/party.ts'
import { packetOf, type PacketReference } from '../../model/packet.ts'
import { isWithin, requestPath } from '../../model/request-path.ts'
import type { Follower, Surroundings } from '../follower.ts'
import { Remembered } from '../../model/remembered.ts'
import type { TrackedSighting } from '../sighting.ts'

/** Values of cookies whose server is remembered, and clients that were given one; the oldest is forgotten. */
const VALUES_MAX = 1 << 14
const CLIENTS_MAX = 1 << 12
/** A client that was given a cookie so often, and asked so often without it, does not return it. */
export const GIVEN_MIN = 3
export const ASKED_MIN = 3

interface Known {
  readonly server: Server
  readonly proof: PacketReference
  /** The connection on which it was last told to lead elsewhere. */
  toldOf: number
}

interface Given {
  readonly cookie: SetCookie
  readonly first: PacketReference
  given: number
  requests: number
  why: string | null
}

export const followRelayCookies = (surroundings: Surroundings): Follower => new RelayCookies(surroundings)

class RelayCookies implements Follower {
  private readonly surroundings: Surroundings
  private readonly values = new Remembered<string, Known>(VALUES_MAX)
  private readonly clients = new Remembered<string, Given>(CLIENTS_MAX)

  constructor(surroundings: Surroundings) {
    this.surroundings = surroundings
  }

  readonly observe: NonNullable<Follower['observe']> = {
    'http-request': (o, sighting) => {
      if (sighting === null || o.requestFrom !== 0 || !isHeld(sighting)) return
      if (sighting.leg === 'back') this.returned(o, sighting)
      else if (this.clients.size > 0) this.asked(o, sighting)
    },
    'http-transaction': (o, sighting) => {
      if (sighting === null || o.requestFrom !== 0 || !isHeld(sighting)) return
      if (o.response === null || o.response.setCookieLines === 0) return
      if (isAgentSide(sighting)) this.given(o, sighting)
    },
  }

  /** A request behind the relay: where does its cookie lead? */
  private returned({ request }: HttpRequestSeen, sighting: TrackedSighting): void {
    const { server, connection, service } = sighting
    const cookie = request.cookies?.find(isRelays)
    if (cookie === undefined || server === null) return
    const key = `${service.name}|${cookie.name}|${cookie.valueHash}`
    let known = this.values.get(key)
    if (known === undefined) {
      const named = this.backendOf(cookie, sighting) ?? server
      const proof = packetOf(sighting, request.packet, request.time)
      known = { server: named, proof, toldOf: -1 }
      this.values.set(key, known)
    }
    if (known.server === server || known.toldOf === connection) return
    known.toldOf = connection
    this.surroundings.tell(astray(cookie, known, sighting, server, request))
  }

  /** The server that a value names beyond doubt, if it is one of the service's. */
  private backendOf(
    { backend, backendConfidence }: CookieFacts,
    { service }: TrackedSighting,
  ): Server | null {
    const match = backendConfidence === 'certain' ? /^\[?([\d.a-f:]+?)\]?:(\d+)$/.exec(backend ?? '') : null
    if (match === null) return null
    const { inventory, services } = this.surroundings
    const endpoint = { address: match[1]!, port: Number(match[2]) }
    const owners = inventory.rolesOf(endpoint.address).serverOf
    const isOurs = owners.some((owner) => owner.service === service.configured)
    return isOurs ? services.serverAt(service, endpoint) : null
  }

  private asked({ request, decrypted }: HttpRequestSeen, sighting: TrackedSighting): void {
    const key = clientKey(sighting)
    const known = this.clients.get(key)
    if (known === undefined) return
    if (request.cookies?.some(({ name }) => name === known.cookie.name) === true) this.clients.delete(key)
    else {
      known.requests++
      known.why ??= whyNot(known.cookie, request, decrypted)
    }
  }

  private given({ request, response }: HttpTransaction, sighting: TrackedSighting): void {
    const cookie = response!.setCookies.find((c) => isRelays(c) && !c.expired)
    if (cookie === undefined) return
    const key = clientKey(sighting)
    const proof = packetOf(sighting, response!.packet, response!.time)
    const known = this.clients.get(key)
    if (known === undefined || known.cookie.name !== cookie.name) {
      const isReturned = request?.cookies?.some(({ name }) => name === cookie.name) === true
      if (!isReturned) this.clients.set(key, { cookie, first: proof, given: 1, requests: 0, why: null })
      return
    }
    known.given++
    if (known.given < GIVEN_MIN || known.requests < ASKED_MIN) return
    this.clients.delete(key)
    this.surroundings.tell(notReturned(known, sighting, proof))
  }
}

function astray(
  { name, vendor, backend }: CookieFacts,
  known: Known,
  sighting: TrackedSighting,
  server: Server,
  request: HttpRequest,
): CookieAstray {
  const isNamed = backend?.startsWith(known.server.address) === true
  return {
    kind: 'cookie-astray',
    sighting,
    cookie: name,
    vendor,
    expected: known.server,
    knownBy: isNamed ? 'its value' : 'an earlier request',
    server,
    at: request.time,
    packet: request.packet,
    before: isNamed ? null : known.proof,
  }
}

const isHeld = ({ service }: TrackedSighting): boolean =>
  service.persistence !== null && service.persistence !== 'none' && service.persistence !== 'random'

const isRelays = ({ role, changeMeansHop }: CookieFacts): boolean => role === 'persistence' && changeMeansHop

/** Whoever named itself, or else whoever speaks on this connection: an address may be several clients'. */
const clientKey = ({ speaker, connection, tap, service }: TrackedSighting): string =>
  speaker === null ? `${connection}` : `${tap}|${service.name}|${speaker.id}`

function notReturned(
  { cookie, given, requests, why, first }: Given,
  sighting: TrackedSighting,
  last: CookieNotReturned['last'],
): CookieNotReturned {
  const { name, vendor } = cookie
  const { agent } = sighting
  return {
    kind: 'cookie-not-returned',
    sighting,
    agent,
    cookie: name,
    vendor,
    why,
    given,
    requests,
    first,
    last,
  }
}

/** Why a user agent must not send a cookie with this request (RFC 6265 §5.4); null: it should. */
function whyNot({ path, domain, secure }: SetCookie, request: HttpRequest, isTls: boolean): string | null {
  const target = requestPath(request.target)
  if (path !== null && !isWithin(target, path)) return `its Path is ${path}, and ${target} is asked for`
  const host = headerValue(request, 'host')?.replace(/:\d+$/, '').toLowerCase()
  if (domain !== null && host !== undefined && host !== domain && !host.endsWith(`.${domain}`))
    return `its Domain is ${domain}, and the host is ${host}`
  return secure && !isTls ? 'it has Secure: it is not sent where the connection is not encrypted' : null
}
