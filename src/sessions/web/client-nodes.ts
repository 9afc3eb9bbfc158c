/**
 * Web sessions that change servers, as the clients' side alone shows it: a request presents the cookie of one
 * server together with its session, and the response sets that cookie for another one. The cookie is the load
 * balancer's, or the session's own where its value ends with the server that keeps it (Apache Tomcat's
 * jvmRoute; domain knowledge 3.1, 4.5): whoever does not know the session begins one of its own, and whoever
 * took it over writes its own route behind it. Told only where the server before is seen to serve others
 * afterwards: the clients of one that failed are moved by the same sign (domain knowledge 7.4, S2-31).
 */
import type { CookieFacts } from '../../model/cookie.ts'
import type { HttpTransaction } from '../../model/observation.ts'
import { packetOf, type PacketReference } from '../../model/packet.ts'
import { isAgentSide } from '../../model/party.ts'
import { seconds, type Micros } from '../../model/time.ts'
import { keepsWebSessions, type SessionNode } from '../../model/web.ts'
import { identityInRequest } from '../agents/identity.ts'
import type { Follower, Surroundings } from '../follower.ts'
import { Remembered } from '../../model/remembered.ts'
import type { TrackedSighting } from '../sighting.ts'
import { IDLE_MAX, isAtItsEnds, sessionCookie, symptomOf } from './web-sessions.ts'

/** Sessions remembered; the oldest is forgotten. */
const SESSIONS_MAX = 1 << 14
/** Nodes whose latest answers are remembered; of further ones nothing is told. */
const NODES_MAX = 1 << 10
/** The server before has to answer somebody so soon after the switch. */
const PROOF_WITHIN: Micros = seconds(60)
/** Hex digits of a hash that name a session, or a node whose cookie cannot be read. */
const NAME_DIGITS = 12

interface Session {
  requests: number
  last: PacketReference
  /** Whom its latest request was sent to. */
  address: string
  isTold: boolean
}

export const followClientNodes = (around: Surroundings): Follower => new ClientNodes(around).follower

class ClientNodes {
  private readonly around: Surroundings
  private readonly sessions = new Remembered<string, Session>(SESSIONS_MAX)
  /** When each node was last seen to answer a client that presented it, by service. */
  private readonly served = new Map<string, Micros>()

  constructor(around: Surroundings) {
    this.around = around
  }

  readonly follower: Follower = {
    observe: {
      'http-transaction': (o, sighting) => {
        if (sighting === null || o.requestFrom !== 0 || !keepsWebSessions(sighting.service)) return
        if (isAgentSide(sighting)) this.answered(sighting, o)
      },
    },
  }

  private answered(sighting: TrackedSighting, o: HttpTransaction): void {
    const { request, response } = o
    if (request === null || response === null) return
    const cookies = request.cookies ?? []
    const session = sessionCookie(cookies, sighting)
    const presented = presentedNode(cookies, session, sighting)
    if (presented === null) return
    const isOwn = presented === session
    const set = response.setCookies.find(
      (one) => one.name === presented.name && !one.expired && (isOwn ? one.backend !== null : isNodes(one)),
    )
    const from = nodeOf(presented)
    const hasMoved = set !== undefined && nodeOf(set) !== from
    if (!hasMoved && response.status < 500) this.noteServed(sighting, from, response.time)
    if (session === null || isAtItsEnds(request.target)) return
    const { service, responder, leg } = sighting
    const known = this.sessionOf(`${service.name}|${session.name}|${session.valueHash}`, o, sighting)
    const before = { ...known }
    known.requests++
    known.address = responder.address
    known.last = packetOf(sighting, request.packet, request.time)
    if (!hasMoved || before.isTold) return
    // Of a session that was not seen to live, nobody knows that it was not over.
    if (isOwn && (before.requests === 0 || request.time - before.last.at > IDLE_MAX)) return
    // Who is seen to turn to another server itself needs no cookie to say so (web-sessions.ts).
    if (leg === 'direct' && before.address !== responder.address) return
    known.isTold = true
    this.consider(sighting, o, session, [from, nodeOf(set)], before)
  }

  /** Told once the server before has answered somebody else; never, if it does not. */
  private consider(
    sighting: TrackedSighting,
    o: HttpTransaction,
    session: CookieFacts,
    [from, to]: readonly [string, string],
    { requests, last }: Session,
  ): void {
    const request = o.request!
    const response = o.response!
    const node = (name: string, packet: PacketReference): SessionNode => ({
      name,
      server: null,
      packet,
      isBeginning: false,
    })
    this.around.later(response.time + PROOF_WITHIN, () => {
      const isCaptured = sighting.path.sightings.some(({ leg }) => leg === 'back')
      const servedAt = this.served.get(`${sighting.service.name}|${from}`) ?? -Infinity
      if (isCaptured || servedAt <= response.time) return
      const here = packetOf(sighting, response.packet, response.time)
      this.around.tell({
        kind: 'session-switched',
        what: 'server',
        sighting,
        front: sighting,
        agent: this.agentOf(sighting, o),
        cookie: session.name,
        session: session.valueHash.slice(0, NAME_DIGITS),
        from: node(from, last),
        to: node(to, here),
        requestsBefore: requests,
        at: response.time,
        packet: response.packet,
        target: request.target,
        sameConnection: o.index > 0,
        status: response.status,
        symptom: symptomOf(response),
      })
    })
  }

  private agentOf(sighting: TrackedSighting, { request }: HttpTransaction) {
    const { agents } = this.around
    const claim = identityInRequest(request!, sighting.service)
    return claim === null
      ? agents.at(sighting.tap, sighting.originator.address, 'address')
      : agents.named(claim)
  }

  private noteServed({ service }: TrackedSighting, node: string, at: Micros): void {
    const key = `${service.name}|${node}`
    if (this.served.has(key) || this.served.size < NODES_MAX) this.served.set(key, at)
  }

  private sessionOf(key: string, { request }: HttpTransaction, sighting: TrackedSighting): Session {
    let session = this.sessions.get(key)
    if (session === undefined) {
      const last = packetOf(sighting, request!.packet, request!.time)
      session = { requests: 0, last, address: sighting.responder.address, isTold: false }
      this.sessions.set(key, session)
    }
    return session
  }
}

/** The cookie that says on which server the session is: the load balancer's, before the session's own. Who
 * goes to a server itself has no load balancer's. */
function presentedNode(
  cookies: readonly CookieFacts[],
  session: CookieFacts | null,
  { leg }: TrackedSighting,
): CookieFacts | null {
  const balancers = leg === 'front' ? cookies.find(isNodes) : undefined
  return balancers ?? (session !== null && session.backend !== null ? session : null)
}

/** The load balancer's word for one of its servers. */
const isNodes = ({ role, changeMeansHop, valueLength }: CookieFacts): boolean =>
  role === 'persistence' && changeMeansHop && valueLength > 0

const nodeOf = ({ name, backend, valueHash }: CookieFacts): string =>
  backend ?? `${name} ${valueHash.slice(0, NAME_DIGITS)}`
