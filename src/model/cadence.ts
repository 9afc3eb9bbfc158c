/**
 * What detectors are told of rhythm and of upheaval: check-ins that did not come, calls to agents,
 * connections that ended all at once. Members of the union in event.ts.
 */
import type { Leg, Agent, Server, Service, Sighting } from './party.ts'
import type { PacketReference } from './packet.ts'
import type { PreferenceList } from './policy.ts'
import type { Micros } from './time.ts'

/** An agent did not check in for longer than its product allows. Told once for each time that it is away. */
export interface CheckInMissed {
  readonly kind: 'check-in-missed'
  readonly agent: Agent
  /** Where it was last, and the address that it came from. */
  readonly server: Server
  readonly address: string | null
  readonly last: PacketReference
  /** When it should have come next. */
  readonly due: Micros
  readonly interval: Micros
  readonly basis: 'configured' | 'learned'
  /** Intervals of this agent that were seen before. */
  readonly samples: number
  /** Check-ins that did not come, as far as is known. */
  readonly missed: number
  /** A sign that its host was up when it should have come; null: only its rhythm speaks for that. */
  readonly life: (PacketReference & { readonly what: string }) | null
  /** Check-ins of others at the same service meanwhile. */
  readonly others: number
  /** When it came again; null: it has not. */
  readonly next: (PacketReference & { readonly server: Server }) | null
}

/** A server called an agent, so that it checks in at once. Told when the agent has come, or should have. */
export interface Woken {
  readonly kind: 'woken'
  readonly service: Service
  readonly server: Server
  readonly agent: Agent
  /** Where the call went. */
  readonly address: string
  readonly port: number
  readonly call: PacketReference
  /** What became of the call itself. */
  readonly answer: 'taken' | 'refused' | 'unanswered'
  readonly within: Micros
  /** The check-in that followed; null: none did. */
  readonly followed: PacketReference | null
  /** The time was captured to its end, and check-ins with it. */
  readonly isWatched: boolean
  /** The agent was seen shortly before, so that its host was up. */
  readonly isPresent: boolean
}

/** So large a share of all that were open is everybody's: of a relay's, not of one server behind it. */
export const EVERYBODY = 0.9

/** Many connections through one device, or to one server, or all of them, ended at the same moment. */
export interface MassEnd {
  readonly kind: 'mass-end'
  readonly service: Service
  readonly leg: Leg
  /** Who ended them: the end of these connections that has this address. */
  readonly address: string
  /** It is the server itself, as far as this tap shows. */
  readonly isServer: boolean
  /** It is a relay, and the servers behind it had ended most of them: it passed that on. */
  readonly isPassedOn: boolean
  /** Of most of them nothing but the relay's side towards the server was captured: the agents may have
   * ended them. */
  readonly isBehindOnly: boolean
  readonly manner: 'fin' | 'rst'
  readonly first: PacketReference
  readonly last: PacketReference
  /** Connections that ended, distinct agents among them, and connections that were open right before. */
  readonly ends: number
  readonly agents: number
  readonly open: number
  /** Names of servers that they led to, as far as known. */
  readonly servers: readonly string[]
  readonly sighting: Sighting
}

/** After such an end, many came back at once. */
export interface MassReturn {
  readonly kind: 'mass-return'
  readonly end: MassEnd
  readonly first: PacketReference
  readonly last: PacketReference
  readonly returns: number
  readonly sighting: Sighting
}

/** A service is used for the first time on this kind of leg, by way of whoever listens there. */
export interface ServiceUsed {
  readonly kind: 'service-used'
  readonly service: Service
  readonly sighting: Sighting
  readonly at: Micros
  readonly packet: number
}

/** An agent fetched content from a server that its list does not name. */
export interface ContentAstray {
  readonly kind: 'content-astray'
  readonly agent: Agent
  readonly server: Server
  readonly list: PreferenceList
  readonly sighting: Sighting
  readonly at: Micros
  readonly packet: number
}

/** A server fetched the same content again that it should have kept. */
export interface ContentAgain {
  readonly kind: 'content-again'
  readonly service: Service
  readonly server: Server
  /** Where it was fetched from. */
  readonly from: string
  readonly target: string
  readonly bytes: number | null
  /** How often since the first time, that one included. */
  readonly times: number
  readonly first: PacketReference
  readonly last: PacketReference
}

/** A connection in use was ended at the age at which others were. Told of each, once enough of them were. */
export interface CutAtAge {
  readonly kind: 'cut-at-age'
  readonly sighting: Sighting
  readonly at: Micros
  readonly packet: number
  readonly age: Micros
  /** Since the last packet before. */
  readonly idle: Micros
  readonly manner: 'fin' | 'rst'
  /** Ages of all of them, the ends among them, and distinct agents. */
  readonly youngest: Micros
  readonly oldest: Micros
  readonly ends: number
  readonly agents: number
}

/** An agent whose product keeps one connection all the time was without one for much of it, though its host
 * was up. Told once for each. */
export interface SeldomConnected {
  readonly kind: 'seldom-connected'
  readonly agent: Agent
  /** The latest of its connections. */
  readonly sighting: Sighting
  /** The share of the time in which it was connected, and how long it was followed. */
  readonly duty: number
  readonly observed: Micros
  readonly connections: number
  /** Its first contact with the server that it was at before. */
  readonly first: PacketReference
}

export type CadenceEvent =
  | CutAtAge
  | CheckInMissed
  | Woken
  | MassEnd
  | MassReturn
  | ServiceUsed
  | ContentAstray
  | ContentAgain
  | SeldomConnected
