/**
 * Web sessions that change servers, as the clients' side alone shows it: a request presents the load
 * balancer's cookie for one server together with its session, and the response sets that cookie for another
 * one. Told only where the server before is seen to serve others afterwards: a load balancer moves the
 * clients of one that failed by the same sign (domain knowledge 7.4, S2-31).
 */
import type { CookieFacts } from '../model/cookie.ts'
import type { HttpTransaction } from '../model/observation.ts'
import type { PacketReference } from '../model/packet.ts'
import { seconds, type Micros } from '../model/time.ts'
import type { SessionNode } from '../model/web.ts'
import { identityInRequest } from './identity.ts'
import type { Follower, Surroundings } from './follower.ts'
import type { TrackedSighting } from './sighting.ts'
import { hasWebSessions, isAtItsEnds, sessionCookie, symptomOf } from './web-sessions.ts'

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
  isTold: boolean
}

export const followClientNodes = (around: Surroundings): Follower => new ClientNodes(around).follower

class ClientNodes {
  private readonly around: Surroundings
  private readonly sessions = new Map<string, Session>()
  /** When each node was last seen to answer a client that presented it, by service. */
  private readonly served = new Map<string, Micros>()

  constructor(around: Surroundings) {
    this.around = around
  }

  readonly follower: Follower = {
    observe: {
      'http-transaction': (o, sighting) => {
        if (sighting !== null && o.requestFrom === 0 && sighting.leg === 'front' && hasWebSessions(sighting))
          this.answered(sighting, o)
      },
    },
  }

  private answered(sighting: TrackedSighting, o: HttpTransaction): void {
    const { request, response } = o
    if (request === null || response === null) return
    const presented = (request.cookies ?? []).find(isNodes)
    const session = sessionCookie(request.cookies ?? [], sighting)
    const set = response.setCookies.find(
      (one) => isNodes(one) && one.name === presented?.name && !one.expired,
    )
    if (presented === undefined) return
    const from = nodeOf(presented)
    const hasMoved = set !== undefined && nodeOf(set) !== from
    if (!hasMoved && response.status < 500) this.noteServed(sighting, from, response.time)
    if (session === null || isAtItsEnds(request.target)) return
    const known = this.sessionOf(`${sighting.service.name}|${session.name}|${session.valueHash}`, o)
    const before = { ...known }
    known.requests++
    known.last = { tap: o.tap, packet: request.packet, at: request.time }
    if (!hasMoved || before.isTold) return
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
      const here = { tap: o.tap, packet: response.packet, at: response.time }
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

  private sessionOf(key: string, { tap, request }: HttpTransaction): Session {
    let session = this.sessions.get(key)
    if (session === undefined) {
      if (this.sessions.size >= SESSIONS_MAX) this.sessions.delete(this.sessions.keys().next().value!)
      session = { requests: 0, last: { tap, packet: request!.packet, at: request!.time }, isTold: false }
      this.sessions.set(key, session)
    }
    return session
  }
}

/** The load balancer's word for one of its servers. */
const isNodes = ({ role, changeMeansHop, valueLength }: CookieFacts): boolean =>
  role === 'persistence' && changeMeansHop && valueLength > 0

const nodeOf = ({ name, backend, valueHash }: CookieFacts): string =>
  backend ?? `${name} ${valueHash.slice(0, NAME_DIGITS)}`
