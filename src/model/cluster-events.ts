/** What detectors are told of servers among themselves, of the checks that ask whether they live, and of
 * those that they pass mail to. */
import type { ConnectionId } from './connection.ts'
import type { ConfiguredServer } from './deployment.ts'
import type { Endpoint, PacketReference } from './packet.ts'
import type { Agent, Server, Service, Sighting } from './party.ts'
import type { Micros } from './time.ts'
import type { Certificate } from './tls.ts'

/** A server of a service as the end of a connection. */
export interface Member {
  readonly service: Service
  readonly server: ConfiguredServer
  readonly endpoint: Endpoint
  /** The end is one of its addresses for traffic between servers. */
  readonly isOwnInterface: boolean
}

/** One server of a service opened a connection to another one, at a port of replication. */
export interface ReplicationOpened extends PacketReference {
  readonly kind: 'replication-opened'
  readonly connection: ConnectionId
  readonly from: Member
  readonly to: Member
}

/** One server could not reach another one for replication: told at each failure, with those before it. */
export interface ReplicationFailed extends PacketReference {
  readonly kind: 'replication-failed'
  readonly connection: ConnectionId
  readonly from: Member
  readonly to: Member
  readonly manner: 'refused' | 'unanswered'
  /** Failures in a row, this one included. */
  readonly failures: number
  readonly first: PacketReference
  /** SYNs sent in this try. */
  readonly attempts: number
  /** The same try is told again: it stayed without an answer. */
  readonly isLasting: boolean
}

/** A member showed its certificate to another one. */
export interface ReplicationCertificate extends PacketReference {
  readonly kind: 'replication-certificate'
  readonly connection: ConnectionId
  readonly from: Member
  readonly to: Member
  readonly certificate: Certificate
}

/** Somebody who is no member talks to an address that is for traffic between servers. */
export interface ReplicationInterfaceUsed {
  readonly kind: 'replication-interface-used'
  readonly sighting: Sighting
  readonly member: Member
  readonly at: Micros
  readonly packet: number
}

/** A client was told at one member that what it had been served at another shortly before does not exist. */
export interface ReplicaMissed {
  readonly kind: 'replica-missed'
  readonly sighting: Sighting
  readonly agent: Agent | null
  readonly target: string
  readonly server: Server
  readonly status: number
  readonly at: Micros
  readonly packet: number
  readonly before: PacketReference & { readonly server: Server; readonly method: string }
}

/** How a server failed to say what is expected of it. */
export interface Shortcoming extends PacketReference {
  readonly connection: ConnectionId
  /** `silent`: no octet before the other side gave up; `closed`: it hung up without a word; `dismissed`:
   * after a word of its own, before it was asked anything; `refused` and `unanswered`: no connection;
   * `reply`: it said that it cannot serve. */
  readonly manner: 'silent' | 'closed' | 'dismissed' | 'refused' | 'unanswered' | 'reply'
  /** The code of a reply. */
  readonly code: number | null
  readonly text: string
}

/** Checks of a server failed so many times in a row, although its port is open. Told once for a row. */
export interface HealthCheckFailing {
  readonly kind: 'health-check-failing'
  readonly check: 'smtp' | 'http'
  readonly server: Server
  /** Who checks. */
  readonly by: string
  readonly sighting: Sighting
  /** In order; the first is when it began. */
  readonly failures: readonly Shortcoming[]
  /** What the server itself could not reach meanwhile. */
  readonly nextHop: NextHopFailing | null
}

/** A mail server that mail is handed on to does not take it, or a server cannot reach what it relies on. Told
 * once for a row of failures. */
export interface NextHopFailing {
  readonly kind: 'next-hop-failing'
  readonly service: Service
  readonly nextHop: Endpoint
  /** Who tried; its name where the configuration gives it one. */
  readonly from: Endpoint
  readonly name: string | null
  readonly failures: readonly Shortcoming[]
  readonly attempts: number
}

/** What a server relies on answers, but takes longer than its vendor allows. Told once until it is quick
 * again. */
export interface SlowHop {
  readonly kind: 'next-hop-slow'
  readonly service: Service
  readonly nextHop: Endpoint
  readonly from: Endpoint
  readonly name: string | null
  /** Of the handshakes' round trips. */
  readonly median: Micros
  readonly samples: readonly (PacketReference & { readonly connection: ConnectionId; readonly rtt: Micros })[]
}

export type ClusterEvent =
  | ReplicationOpened
  | ReplicationFailed
  | ReplicationCertificate
  | ReplicationInterfaceUsed
  | ReplicaMissed
  | HealthCheckFailing
  | NextHopFailing
  | SlowHop
