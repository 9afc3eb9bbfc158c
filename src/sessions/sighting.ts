/** The session stage's own view of a connection: what detectors read (`Sighting`), and what only this stage
 * needs. */
import type { ConnectionOpened, TlsHandshake } from '../model/observation.ts'
import type { ConnectionId, HandshakeSeen } from '../model/connection.ts'
import type { Endpoint, Tap } from '../model/packet.ts'
import type { Agent, Ending, Leg, Path, Server, Service, Sighting } from '../model/party.ts'
import type { Micros } from '../model/time.ts'
import type { Stay } from './stay.ts'

export interface SightingFacts {
  readonly connection: ConnectionId
  readonly tap: Tap
  readonly originator: Endpoint
  readonly responder: Endpoint
  readonly start: Micros
  readonly startPacket: number
  /** What began it; null if it was first heard of in another way. */
  readonly opened: ConnectionOpened | null
  readonly leg: Leg
  readonly service: Service
  readonly server: Server | null
}

export class TrackedSighting implements Sighting {
  readonly connection: ConnectionId
  readonly tap: Tap
  readonly originator: Endpoint
  readonly responder: Endpoint
  readonly start: Micros
  readonly startPacket: number
  readonly handshake: HandshakeSeen | null
  readonly responderHopLimit: number | null
  leg: Leg
  service: Service
  server: Server | null
  agent: Agent | null = null
  path: TrackedPath
  ending: Ending | null = null
  initialBytes: number | null = null
  /** Who listens at the responder's end: the server, or the relay that stands for it. */
  listener: Server | null = null
  lastAt: Micros
  closed = false
  /** The stay that it was counted for. */
  stay: Stay | null = null
  /** When its end was last noted among recent ends. */
  endNotedAt: Micros = -Infinity
  tls: TlsHandshake | null = null
  requests = 0
  responses = 0
  /** A visit of this connection is on the agenda, or was made. */
  visited = false
  /** The last agent that spoke on it: a relay's connection may carry several. */
  speaker: Agent | null = null

  constructor(facts: SightingFacts) {
    this.connection = facts.connection
    this.tap = facts.tap
    this.originator = facts.originator
    this.responder = facts.responder
    this.start = facts.start
    this.startPacket = facts.startPacket
    // The whole observation is a thousand octets; this is what is asked for later.
    this.handshake = facts.opened?.handshake ?? null
    this.responderHopLimit = facts.opened?.syn[1]?.hopLimit ?? null
    this.leg = facts.leg
    this.service = facts.service
    this.server = facts.server
    this.lastAt = facts.start
    this.path = new TrackedPath(this)
  }

  /** The facts of its end; made when the first comes. */
  get end(): Ending {
    return (this.ending ??= {
      silence: null,
      resets: [null, null],
      finished: [null, null],
      unanswered: [null, null],
      summary: null,
    })
  }
}

const NOT_JOINED: readonly string[] = []

export class TrackedPath implements Path {
  readonly sightings: TrackedSighting[]
  joinedBy: readonly string[] = NOT_JOINED
  /** Servers that it was found to reach. */
  private reachedServers: Server[] | null = null
  /** Its end is on the agenda, or was told. */
  ending = false
  /** The time of its end, as first told. */
  endedAt: Micros | null = null
  /** The connection whose loss it makes good; null if none. */
  returnOf: TrackedSighting | null = null
  returnTold = false
  abandonedTold = false
  /** The agent's next path to the same service. */
  next: TrackedSighting | null = null

  constructor(first: TrackedSighting) {
    this.sightings = [first]
  }

  hasReached(server: Server): boolean {
    return this.reachedServers?.includes(server) === true
  }

  reach(server: Server): void {
    if (!this.hasReached(server)) (this.reachedServers ??= []).push(server)
  }

  get reached(): readonly Server[] {
    return this.reachedServers ?? []
  }
}
