/**
 * Who is who: services, servers, agents and the connections between them, as inferred from traffic and
 * configuration.
 *
 * These are the session stage's own objects; detectors read them and change nothing.
 */
import type { ConnectionId, ConnectionSummary, HandshakeSeen } from './connection.ts'
import type { ConfiguredService, ConnectionStyle, PersistencePolicy, ProfileName } from './deployment.ts'
import type { Finished, Reset, Silence, Unanswered } from './observation.ts'
import { hopsTravelled } from './hop-limit.ts'
import type { Endpoint, Tap } from './packet.ts'
import type { IdentifiedBy } from './record.ts'
import type { Micros } from './time.ts'

/** A service, configured or discovered by who listens. */
export interface Service {
  readonly name: string
  readonly profile: ProfileName
  readonly configured: ConfiguredService | null
  readonly style: ConnectionStyle | null
  readonly persistence: PersistencePolicy | null
  /** A silence this long counts as idle. */
  readonly idleThreshold: Micros
  /** The server closes idle connections itself after this long, by design; null: never, or not known. */
  readonly serverIdleTimeout: Micros | null
}

export interface Server {
  /** Position among the servers of the analysis; -1 for one of too many. */
  readonly index: number
  readonly id: string
  readonly name: string
  readonly service: Service
  readonly address: string
  readonly port: number
  /** 1 is preferred; null: not stated. */
  readonly priority: number | null
  readonly identifiedBy: 'config' | 'discovered'
}

export interface Agent {
  readonly id: string
  readonly identifiedBy: IdentifiedBy
  readonly confidence: number
  /** It can be named to a person: by an id of its own or by an address that is its own, not a relay's. */
  readonly nameable: boolean
  /** Addresses that it was seen to use, by tap, in order of first use. */
  readonly addresses: readonly AgentAddress[]
}

export interface AgentAddress {
  readonly tap: Tap
  readonly address: string
  start: Micros
  end: Micros
}

/**
 * Where a connection runs: `front` from an agent to a device that relays, `back` from that device to a
 * server, `direct` from an agent to a server; `probe` is a health check, `internal` runs between servers or
 * from a server outwards.
 */
export type Leg = 'front' | 'back' | 'direct' | 'probe' | 'internal'

/** What was seen of a connection's end at one tap. */
export interface Ending {
  /** The last silence that was not survived. */
  silence: Silence | null
  readonly resets: [Reset | null, Reset | null]
  readonly finished: [Finished | null, Finished | null]
  readonly unanswered: [Unanswered | null, Unanswered | null]
  summary: ConnectionSummary | null
}

/** A connection at one tap, with names. */
export interface Sighting {
  readonly connection: ConnectionId
  readonly tap: Tap
  readonly originator: Endpoint
  readonly responder: Endpoint
  readonly start: Micros
  readonly startPacket: number
  /** How much of the handshake was seen; null if the connection was first heard of in another way. */
  readonly handshake: HandshakeSeen | null
  /** Hop limit of the responder's SYN; null if it was not seen. */
  readonly responderHopLimit: number | null
  /** The name that the originator had resolved to the responder's address, or asked it for, as a log of flows
   * says; null if that was not seen. */
  readonly resolvedName: string | null
  leg: Leg
  /** Of a front leg: a relay opened it, to another relay. It is the back of the one and the front of the
   * other, and no agent's own. */
  readonly isBetweenRelays: boolean
  service: Service
  /** The real server, where this tap or another leg shows it, or a cookie of its load balancer names it. */
  server: Server | null
  /** It is known by such a cookie only. */
  serverByCookie: boolean
  agent: Agent | null
  /** The connection as a whole, over all taps and legs. */
  path: Path
  ending: Ending | null
  /** The end of the first exchange: octets that the responder sent until it fell silent, or in the first
   * minute. */
  initialBytes: number | null
  /** What the agent asked last has no answer: a request, or a ClientHello. False where that is not read. */
  readonly awaitsAnswer: boolean
  /** Last packet known of, and who sent it. */
  lastAt: Micros
  closed: boolean
}

/** All sightings of what is, for the agent, one connection: at several taps, on both legs of a device that
 * relays. */
export interface Path {
  readonly sightings: readonly Sighting[]
  /** How sightings of different tuples were found to be one: the reasons, strongest first. */
  readonly joinedBy: readonly string[]
}

/** An agent reached a server: the first request or the first octets of a connection, or a later request on a
 * relay's connection. */
export interface Visit {
  readonly agent: Agent
  readonly server: Server
  readonly sighting: Sighting
  readonly at: Micros
  readonly packet: number
  /** The load balancer's cookie by which the server is known, where its own side was not captured. */
  readonly cookie?: string
}

/**
 * The address of the relay that opened a connection to a server: the originator's, or, where the relay keeps
 * its client's address, the one that the client called.
 */
export function relayAddress({ path, originator: { address } }: Sighting): string {
  if (path.joinedBy.length === 0) return address
  const kept = path.sightings.find(
    (s) => s.leg === 'front' && !s.isBetweenRelays && s.originator.address === address,
  )
  return kept === undefined ? address : kept.responder.address
}

/** A tap is nearer to the servers' end of a connection than another that sees it as well, by the routers that
 * the responder's packets had passed; false where that is not known. */
export function isNearerServer(one: Sighting, other: Sighting): boolean {
  if (one.responderHopLimit === null || other.responderHopLimit === null) return false
  return hopsTravelled(one.responderHopLimit) < hopsTravelled(other.responderHopLimit)
}

/** An agent opened it itself, to a relay or to the server. */
export const isAgentSide = ({ leg, isBetweenRelays }: Sighting): boolean =>
  leg === 'direct' || (leg === 'front' && !isBetweenRelays)

/** Of a path through a relay, nothing was captured on the agents' side. */
export const isBehindOnly = ({ sightings }: Path): boolean => !sightings.some(isAgentSide)
