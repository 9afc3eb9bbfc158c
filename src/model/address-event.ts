/** What is told of the addresses under which agents and servers meet: events for detectors. */
import type { MappingChanged } from './observation.ts'
import type { PacketReference, Tap } from './packet.ts'
import type { Agent, Server, Service, Sighting } from './party.ts'
import type { Micros } from './time.ts'

/** An agent went to a server itself, at a place where others of the service go through its relay. Told once
 * per agent and server. */
export interface VipBypassed {
  readonly kind: 'vip-bypassed'
  readonly sighting: Sighting
  readonly agent: Agent
  readonly server: Server
  /** A connection that does go through the relay, at the same tap. */
  readonly relayed: { readonly from: string; readonly to: string } & PacketReference
}

/** A connection's responses do not pass where its requests do, and reach the client all the same; or requests
 * come from the relay's station, and responses are sent to another one. Told once per server and tap. */
export interface ReturnBypassed {
  readonly kind: 'return-bypassed'
  readonly sighting: Sighting
  /** Another tap that saw both directions of the connection; null: the client's packets show that answers
   * came. */
  readonly elsewhere: { readonly tap: Tap; readonly packet: PacketReference } | null
  readonly server: Server | null
  /** Connections of which this was seen by then, and those at the same tap with both directions. */
  readonly oneWay: number
  readonly twoWay: number
  /** Hardware addresses: where requests come from, which is the relay's, and where they are answered to.
   * Null: it is known by the packets that do not pass. */
  readonly stations: { readonly asked: string; readonly answered: string } | null
}

/** A translator says that an agent's inner address goes on under another outer one than before, towards the
 * same server. */
export interface OuterAddressChanged {
  readonly kind: 'outer-address-changed'
  /** Its originator is the inner address. */
  readonly sighting: Sighting
  readonly before: Sighting
  readonly from: string
  readonly to: string
  readonly at: Micros
  readonly packet: number
  /** When it was last connected under the former one, as far as is known. */
  readonly lastAt: Micros
  /** What said so last, and when. */
  readonly lastPacket: number
  readonly lastToldAt: Micros
}

/** A translator says that an open connection goes on under another address or port. */
export interface OuterMappingChanged {
  readonly kind: 'mapping-changed'
  readonly sighting: Sighting
  readonly observation: MappingChanged
}

/** Several agents use one address at once or in turn: agents that name themselves; where a translator says
 * whose address it is, inner addresses. Told when it is found, and again as more agents are known there. */
export interface AddressShared {
  readonly kind: 'address-shared'
  readonly sighting: Sighting
  readonly address: string
  /** How many are known to use it. */
  readonly agents: number
  /** The first few of them, by the names or inner addresses that tell them apart, with a packet of each from
   * there. */
  readonly shown: readonly UserShown[]
}

/** A packet shows that an agent used an address. */
export interface UserShown {
  readonly user: string
  readonly packet: PacketReference
}

/** Users of a shared address that are shown: two prove it, and more of them show more. */
export const USERS_SHOWN = 3

/** A relay's own address stands for many agents, and nothing on the servers' side tells them apart. Told
 * when it is certain enough, again as more connections come, and at the end. */
export interface AgentsHidden {
  readonly kind: 'agents-hidden'
  readonly service: Service
  readonly sighting: Sighting
  readonly relay: string
  readonly connections: number
  /** Those open at once, at most. */
  readonly atOnce: number
  /** Connections of the same relay whose agents are known. */
  readonly known: number
}

export type AddressEvent =
  | VipBypassed
  | ReturnBypassed
  | OuterAddressChanged
  | OuterMappingChanged
  | AddressShared
  | AgentsHidden
