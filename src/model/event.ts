/** What detectors are told: observations with names, once what the other taps saw of them is known too. */
import type { AddressEvent } from './address-event.ts'
import type { CadenceEvent } from './cadence.ts'
import type { ClusterEvent } from './cluster-events.ts'
import type { ConnectionId } from './connection.ts'
import type { ConfiguredDevice, NatMapping } from './deployment.ts'
import type { ConnectionContinued, HttpTransaction } from './observation.ts'
import type { Agent, Leg, Path, Server, Service, Sighting, Visit } from './party.ts'
import type { PacketReference, Tap } from './packet.ts'
import type { PreferenceList } from './policy.ts'
import type { Micros } from './time.ts'
import type { WebEvent } from './web.ts'
import type { TlsEvent } from './tls-events.ts'

/** A path ended, or an idle one turned out to be dead; everything about its end that any tap saw is there. */
export interface PathEnded {
  readonly kind: 'path-ended'
  readonly path: Path
  readonly at: Micros
  /** Other paths of the same server or relay that ended within two seconds, the nearest first and no more
   * than say something: a device that restarts ends them all. */
  readonly endedTogether: readonly Sighting[]
  /** The agent's next path to the same service, if it came within the linkage time; null if none did
   * (yet). */
  readonly next: Sighting | null
  /** The sighting that shows how it was lost while idle; null if the agent closed it itself, or it was not
   * idle. */
  readonly lost: Sighting | null
}

/** An agent opened a new connection while an earlier one to the same service was silent and had never been
 * closed. */
export interface PathAbandoned {
  readonly kind: 'path-abandoned'
  readonly path: Path
  readonly sighting: Sighting
  readonly next: Sighting
  readonly at: Micros
}

/** An agent came to a server. */
export interface AgentVisit {
  readonly kind: 'visit'
  readonly visit: Visit
  /** The same agent's last visit to a server of the same service; null if this is its first. */
  readonly previous: Visit | null
}

/** An agent's traffic comes from another address than before. */
export interface AddressChanged {
  readonly kind: 'address-changed'
  readonly agent: Agent
  readonly tap: Tap
  readonly from: string
  readonly to: string
  readonly sighting: Sighting
  /** Where it was before; null if that is not known any more. */
  readonly before: Sighting | null
  /** One connection went on under the new address. */
  readonly continued: boolean
  readonly at: Micros
  readonly packet: number
  /** The last packet from there. */
  readonly last: PacketReference
}

/** The bytes of one connection went on under another tuple, without a handshake. */
export interface PathContinued {
  readonly kind: 'path-continued'
  readonly observation: ConnectionContinued
  readonly before: Sighting | null
  readonly after: Sighting
}

/** A response came back to an agent, with what the server's side of a relay shows of the same exchange. */
export interface Exchange {
  readonly kind: 'exchange'
  readonly sighting: Sighting
  readonly transaction: HttpTransaction
  /** The same request and response on the relay's server side; null if that was not captured. */
  readonly behind: { readonly sighting: Sighting; readonly transaction: HttpTransaction } | null
  /** What the agent did next: the next request on the path or of the agent within a minute; null if
   * nothing. */
  readonly next: HttpTransaction | null
  /** The minute was captured to its end: who has not gone on by then does not. */
  readonly watched: boolean
  /** It was told before, when less was known. */
  readonly amends?: boolean
}

/** An agent came back after its connection had been lost: what the return cost. */
export interface Returned {
  readonly kind: 'returned'
  readonly lost: Sighting
  readonly sighting: Sighting
  /** Octets that the server sent until it fell silent, or in the first minute. */
  readonly bytes: number
  /** The same measure for an ordinary minute of agents of this service; null if there is none to compare. */
  readonly usualBytes: number | null
  readonly duration: Micros
}

/** Requests of several agents pass on one connection of a relay: what it opens to the servers of the service
 * is nobody's own. Told once. */
export interface ConnectionsShared {
  readonly kind: 'connections-shared'
  readonly service: Service
  /** The relay's address towards the servers. */
  readonly relay: string
}

/** A server still holds a connection of an agent that has gone to another server. */
export interface LeftOpen {
  readonly kind: 'left-open'
  readonly sighting: Sighting
  readonly elsewhere: Visit
  readonly at: Micros
}

/** A new connection that a relay handed to a server: one of its choices. */
export interface Assignment {
  readonly connection: ConnectionId
  readonly at: Micros
  readonly packet: number
  readonly server: Server
  /** Whose connection it is; null where agents cannot be told apart. */
  readonly agent: Agent | null
  /** The server where this agent was before; null: this is its first contact, or it is not known. */
  readonly previous: Server | null
  /** Since the agent was first and last heard of at that server. */
  readonly sinceFirst: Micros | null
  readonly sinceLast: Micros | null
  /** The relay's own cookie in the first request, its value hashed; null without one. */
  readonly cookie: string | null
  /** Servers known by then; how many of them had the fewest connections open through this relay; whether this
   * was one of those. */
  readonly among: number
  readonly fewest: number
  readonly isFewest: boolean
  /** Connections that were open through this relay, before this one. Absent: not counted. */
  readonly open?: number
}

/** Choices of a relay, in the order in which it made them: told when there are many, and at the end; and in
 * between, each time that they have become twice as many. */
export interface Assigned {
  readonly kind: 'assigned'
  readonly service: Service
  /** The relay's address towards the servers. */
  readonly relay: string
  readonly tap: Tap
  readonly assignments: readonly Assignment[]
  /** The next ones are told without these. */
  readonly isWhole: boolean
}

/** A name server told somebody the addresses of a name that leads to a service. */
export interface Resolved {
  readonly kind: 'resolved'
  readonly name: string
  /** `A` or `AAAA`. */
  readonly type: string
  /** The service whose name it is, or whose addresses they are; null: a name that the configuration lists. */
  readonly service: Service | null
  readonly client: string
  readonly resolver: string
  /** In the order of the answer; never empty. */
  readonly addresses: readonly string[]
  readonly ttlSeconds: number
  readonly tap: Tap
  readonly at: Micros
  readonly packet: number
}

/** A relay's cookie was returned, and the request came to another server than the one it stands for. */
export interface CookieAstray {
  readonly kind: 'cookie-astray'
  readonly sighting: Sighting
  readonly cookie: string
  readonly vendor: string | null
  /** Where the cookie should have led, and how that is known. */
  readonly expected: Server
  readonly knownBy: 'its value' | 'an earlier request'
  readonly server: Server
  readonly at: Micros
  readonly packet: number
  /** The request that came to the expected server with the same cookie; null if the value tells it. */
  readonly before: PacketReference | null
}

/** A client was given a relay's cookie again and again, and never returned it. */
export interface CookieNotReturned {
  readonly kind: 'cookie-not-returned'
  readonly sighting: Sighting
  readonly agent: Agent | null
  readonly cookie: string
  readonly vendor: string | null
  /** Why it could not be, by its attributes; null if they allow it. */
  readonly why: string | null
  readonly given: number
  readonly requests: number
  readonly first: PacketReference
  readonly last: PacketReference
}

/** An agent turned to another server, and why is known as well as it will be. */
export interface AgentMoved {
  readonly kind: 'moved'
  readonly visit: Visit
  /** Its last visit before; null if this is its first success, after tries that failed. */
  readonly previous: Visit | null
  /** `failover`: a server failed for it; `failback`: it went back to one that it prefers; `hop`: neither. */
  readonly reason: 'failover' | 'failback' | 'hop'
  /** The server that failed, and how: of a failover. */
  readonly failed: Server | null
  readonly failure: ServerFailure | null
  /** The outage that it belongs to; null if it failed for this agent alone, as far as is known. */
  readonly outage: Outage | null
  /** The lists that held for the agent, before and now, are one; null: it has none. */
  readonly list: PreferenceList | null
}

/** A try of an agent to reach a server came to nothing. */
export interface AttemptFailed {
  readonly kind: 'attempt-failed'
  readonly agent: Agent
  readonly server: Server
  readonly failure: ServerFailure
  /** This and those right before it, without any that succeeded at the same service. */
  readonly run: { readonly since: Micros; readonly attempts: number; readonly servers: readonly string[] }
  /** A server that the agent may use, did not try, and that served others during these tries. */
  readonly alternative: { readonly server: Server; readonly proof: PacketReference } | null
}

/** Somebody met an outage: told for each, once it is certain that the server is out. */
export interface OutageMet {
  readonly kind: 'outage-met'
  readonly outage: Outage
  /** Null for a relay. */
  readonly agent: Agent | null
  readonly failure: ServerFailure
}

/** An agent is still at a server although one that it prefers has served others for all the time that policy
 * gives it to return. Told once for its stay. */
export interface BelowPreference {
  readonly kind: 'below-preference'
  readonly agent: Agent
  readonly server: Server
  readonly list: PreferenceList
  /** The first packet of its first visit there. */
  readonly first: PacketReference
  /** The latest sign of it. */
  readonly sighting: Sighting
  readonly at: Micros
  readonly packet: number
  /** How it came there; `unknown` if that was not seen. */
  readonly arrivedBy: 'failover' | 'failback' | 'hop' | 'unknown'
  readonly better: Server
  readonly healthySince: Micros
  readonly proof: PacketReference
}

/** An agent is at a server that its list does not name. */
export interface OutsideList {
  readonly kind: 'outside-list'
  readonly agent: Agent
  readonly service: Service
  /** Null: the configuration does not know it. */
  readonly server: Server | null
  readonly list: PreferenceList
  readonly sighting: Sighting
  readonly at: Micros
  readonly packet: number
  /** Another location whose list names the server. */
  readonly elsewhere: string | null
  /** Since when the agent is known to have this list. */
  readonly since: Micros
  /** A server of its list failed for it shortly before. */
  readonly afterFailure: boolean
}

/** Time has come to `at`: told every minute of it at most, with or without traffic. Who waits for a number of
 * things to happen, or for the end, would wait for ever in a capture that goes on. */
export interface TimePassed {
  readonly kind: 'time-passed'
  readonly at: Micros
}

/** Nothing more will come: what waits for proof is decided on what there is. */
export interface CapturesEnded {
  readonly kind: 'captures-ended'
}

export type DetectorEvent =
  | PathEnded
  | PathAbandoned
  | AgentVisit
  | AddressChanged
  | PathContinued
  | Exchange
  | Returned
  | LeftOpen
  | ConnectionsShared
  | AgentMoved
  | AttemptFailed
  | OutageMet
  | BelowPreference
  | OutsideList
  | Assigned
  | Resolved
  | CookieAstray
  | CookieNotReturned
  | CadenceEvent
  | WebEvent
  | AddressEvent
  | TimePassed
  | CapturesEnded
  | TlsEvent
  | ClusterEvent
export type EventKind = DetectorEvent['kind']
export type EventOf<K extends EventKind> = Extract<DetectorEvent, { kind: K }>

/** What a detector may ask about the world around an event. */
export interface World {
  /** `packet 12`, and where several captures are one tap `packet 12 of rx`: as people say it. */
  packetName(reference: Pick<PacketReference, 'tap' | 'packet'>): string
  /** Evidence that a server failed between two times: refused, unanswered, reset by it; null if there is
   * none. */
  failureOf(server: Server, from: Micros, to: Micros): ServerFailure | null
  /** The configured servers of a service that failed between two times, by name. */
  failedOf(service: Service, from: Micros, to: Micros): readonly string[]
  /** A configured server of a service answered somebody at some time. */
  isServing(service: Service, name: string): boolean
  /** A time within the span at which the server demonstrably answered somebody; null if none is known. */
  healthyAt(server: Server, from: Micros, to: Micros): PacketReference | null
  /** The server kept a connection that began before the span, and answered on it after the span: null if none
   * is known to its end. */
  keptThrough(server: Server, from: Micros, to: Micros): PacketReference | null
  /** Other agents' paths to the same responder were alive within the span. */
  pathAlive(sighting: Sighting, from: Micros, to: Micros): PacketReference | null
  /** The outage of a server (by its id) at a time; null if none is known. */
  outageAt(server: string, at: Micros): Outage | null
  /** Agents that were at the server when last seen, and not seen elsewhere since. */
  attachedTo(server: Server): number
  /** Agents that are at one of the service's servers. */
  agentsOf(service: Service): number
  /** Groups of servers in order of preference that hold for this agent; null without a policy. */
  preferenceOf(agent: Agent, service: Service, address: string): readonly (readonly string[])[] | null
  /** The role that the configuration gives an address. */
  roleOf(address: string): string | null
  /** The configuration gives the addresses to two devices. */
  areApart(address: string, other: string): boolean
  /** What a device is known by, whichever of its addresses it uses: the first that the configuration states
   * for it; the address itself where it states none. */
  deviceOf(address: string): string
  /** Devices of a role that the configuration names. */
  devicesOf(role: string): readonly string[]
  /** Configured devices on the way of a connection that have an idle timeout: relays that hold one of its
   * ends, and whatever else stands between. */
  timersOn(sighting: Sighting): readonly ConfiguredDevice[]
  /** The configuration says that addresses of agents are translated on this path, and how. */
  natMapping(address: string): NatMapping | null
  /** The configuration states both as outer addresses of one translation. */
  areOfOneTranslator(address: string, other: string): boolean
  /** The configuration says that this inner address is translated on the way. */
  translatesFor(address: string): boolean
  /** Several agents that named themselves used this address at this tap at the same time. */
  isShared(tap: Tap, address: string): boolean
  /** The latest choices of a relay for a service, by its name, in order; empty if it is not known as one. */
  assignments(service: string, relay: string): readonly Assignment[]
  /** Silences, in seconds, that connections of this service on this kind of leg survived: the longest of
   * each. */
  survived(service: string, leg: Leg): readonly number[]
  /** A server ended a connection behind a relay of the service at that time, after a silence as long; nothing
   * says whose that was. */
  isServersEnd(service: Service, at: Micros, idle: Micros): boolean
  /** Agents' connections to a relay of the service were seen. */
  isFrontCaptured(service: Service): boolean
}

/** The packet that shows how a server failed somebody. */
export interface ServerFailure extends PacketReference {
  readonly what: string
  /** The address that tried. */
  readonly by: string
  readonly manner: FailureManner
}

export type FailureManner = 'refused' | 'unanswered' | 'http-error' | 'tls-failed'

/** A server served nobody for a while, as those who tried met it. */
export interface Outage {
  readonly server: Server
  /** The first failure; where nobody was seen to try, the last answer. */
  readonly from: Micros
  /** The last failure. */
  readonly last: Micros
  /** The next answer; null if none came. */
  readonly until: Micros | null
  readonly attempts: number
  readonly manner: FailureManner
  /** What the first one met. */
  readonly what: string
  /** No try was captured: all agents left, and nothing reached the server meanwhile. */
  readonly isInferred: boolean
}
