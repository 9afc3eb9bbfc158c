/** What detectors are told: observations with names, once what the other taps saw of them is known too. */
import type { ConnectionContinued, HttpTransaction } from './observation.ts'
import type { Agent, Leg, Path, Server, Service, Sighting, Visit } from './party.ts'
import type { Tap } from './packet.ts'
import type { Micros } from './time.ts'

/** A path ended, or an idle one turned out to be dead; everything about its end that any tap saw is there. */
export interface PathEnded {
  readonly kind: 'path-ended'
  readonly path: Path
  readonly at: Micros
  /** Other paths of the same server or relay that ended within two seconds: a device that restarts ends them
   * all. */
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
  readonly lastAt: Micros
  readonly lastPacket: number
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

/** A server still holds a connection of an agent that has gone to another server. */
export interface LeftOpen {
  readonly kind: 'left-open'
  readonly sighting: Sighting
  readonly elsewhere: Visit
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
  | CapturesEnded
export type EventKind = DetectorEvent['kind']
export type EventOf<K extends EventKind> = Extract<DetectorEvent, { kind: K }>

/** What a detector may ask about the world around an event. */
export interface World {
  /** Evidence that a server failed between two times: refused, unanswered, reset by it; null if there is
   * none. */
  failureOf(server: Server, from: Micros, to: Micros): ServerFailure | null
  /** A time within the span at which the server demonstrably answered somebody; null if none is known. */
  healthyAt(server: Server, from: Micros, to: Micros): { at: Micros; tap: Tap; packet: number } | null
  /** Other agents' paths to the same responder were alive within the span. */
  pathAlive(sighting: Sighting, from: Micros, to: Micros): { at: Micros; tap: Tap; packet: number } | null
  /** Groups of servers in order of preference that hold for this agent; null without a policy. */
  preferenceOf(agent: Agent, service: Service, address: string): readonly (readonly string[])[] | null
  /** The role that the configuration gives an address. */
  roleOf(address: string): string | null
  /** Devices of a role that the configuration names. */
  devicesOf(role: string): readonly string[]
  /** The configuration says that addresses of agents are translated on this path, and how. */
  natMapping(address: string): 'static' | 'shared' | 'pool' | null
  /** The configuration says that this inner address is translated on the way. */
  translatesFor(address: string): boolean
  /** Several agents that named themselves used this address at this tap at the same time. */
  isShared(tap: Tap, address: string): boolean
  /** Silences, in seconds, that connections of this service on this kind of leg survived: the longest of
   * each. */
  survived(service: string, leg: Leg): readonly number[]
}

export interface ServerFailure {
  readonly at: Micros
  readonly tap: Tap
  readonly packet: number
  readonly what: string
}
