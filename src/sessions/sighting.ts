/** The session stage's own view of a connection: what detectors read (`Sighting`), and what only this stage
 * needs; and what an agent's connections to one service have in common. They refer to each other, and so
 * stand together. */
import type { TlsHandshake } from '../model/observation.ts'
import {
  type ConnectionId,
  type ConnectionSummary,
  type HandshakeSeen,
  NUMBERS_PER_TAP,
} from '../model/connection.ts'
import { type Endpoint, endsBetween, type PacketReference, type Tap } from '../model/packet.ts'
import type { Agent, Ending, Leg, Path, Server, Service, Sighting, Visit } from '../model/party.ts'
import type { PreferenceList } from '../model/policy.ts'
import type { SessionEnd } from '../model/record.ts'
import type { Micros } from '../model/time.ts'

/** The number of no row. */
export const NO_ROW = -1
/** The number of no connection. */
export const NO_CONNECTION: ConnectionId = -1
/** The number of a connection that came, and that nobody asks for any more. */
const LET_GO: ConnectionId = -3

/** The place of a connection among so many, a power of two: of one tap's, the latest have places of their
 * own, because they are numbered one by one. Other taps begin elsewhere: they see the same connections. */
export const placeOf = (connection: ConnectionId, places: number): number =>
  (connection ^ Math.imul(connection / NUMBERS_PER_TAP, GOLDEN_RATIO)) & (places - 1)
/** 2^32 divided by it, made odd (Knuth, The Art of Computer Programming 3, 6.4): multiples are far apart. */
const GOLDEN_RATIO = 0x9e3779b1

// Of a sighting.
const CLOSED = 1 << 0
const VISITED = 1 << 1
const LEFT_BY_AGENT = 1 << 2
const SERVER_BY_COOKIE = 1 << 3
const BETWEEN_RELAYS = 1 << 4
// Above them, places in HANDSHAKES and twice in LEGS, and the hop limit of the responder's SYN and one, 0 for
// none.
const HANDSHAKE_SHIFT = 5
const LEG_SHIFT = 7
const FIRST_LEG_SHIFT = 10
const HOP_LIMIT_SHIFT = 13
const HANDSHAKES = [null, 'complete', 'partial', 'none'] as const satisfies (HandshakeSeen | null)[]
const LEGS = ['front', 'back', 'direct', 'probe', 'internal'] as const satisfies Leg[]

// Of a path; above them, the number of acts that are due.
const ENDING = 1 << 0
const RETURN_TOLD = 1 << 1
const ABANDONMENT_JUDGED = 1 << 2
const DUE_SHIFT = 3

const withFlag = (flags: number, flag: number, is: boolean): number => (is ? flags | flag : flags & ~flag)

export interface SightingFacts {
  readonly connection: ConnectionId
  readonly tap: Tap
  readonly originator: Endpoint
  readonly responder: Endpoint
  readonly start: Micros
  readonly startPacket: number
  readonly handshake: HandshakeSeen | null
  readonly responderHopLimit: number | null
  readonly leg: Leg
  readonly isBetweenRelays?: boolean
  readonly service: Service
  readonly server: Server | null
  /** The name that the client had resolved to the responder's address; null if that was not seen. */
  readonly resolvedName?: string | null
  /** Under what the originator's address goes on behind a translator; null if none says so. */
  readonly outerAddress?: string | null
}

/** What begins a sighting. */
export interface Beginning {
  readonly connection: number
  readonly tap: Tap
  readonly originator: Endpoint
  readonly responder: Endpoint
  readonly start: Micros
  readonly packet: number
}

export class TrackedSighting implements Sighting {
  readonly connection: ConnectionId
  readonly tap: Tap
  readonly originator: Endpoint
  readonly responder: Endpoint
  readonly start: Micros
  readonly startPacket: number
  readonly resolvedName: string | null
  readonly outerAddress: string | null
  service: Service
  server: Server | null
  agent: Agent | null = null
  path: TrackedPath
  ending: Ending | null = null
  initialBytes: number | null = null
  /** Who listens at the responder's end: the server, or the relay that stands for it. */
  listener: Server | null = null
  lastAt: Micros
  /** The stay that it was counted for. */
  stay: Stay | null = null
  /** How it ended, where that came before its visit could be made: the stay asks for it then. */
  closedBeforeVisit: ConnectionSummary | null = null
  /** When its end was last noted among recent ends; of one whose ending is not kept, its last end. */
  endNotedAt: Micros | null = null
  tls: TlsHandshake | null = null
  requests = 0
  responses = 0
  /** The last agent that spoke on it: a relay's connection may carry several. */
  speaker: Agent | null = null
  /** What is so or not, and small numbers, in one word: as fields they would be a third cache line. */
  private flags: number

  constructor(facts: SightingFacts) {
    this.connection = facts.connection
    this.tap = facts.tap
    this.originator = facts.originator
    this.responder = facts.responder
    this.start = facts.start
    this.startPacket = facts.startPacket
    this.resolvedName = facts.resolvedName ?? null
    this.outerAddress = facts.outerAddress ?? null
    this.service = facts.service
    this.server = facts.server
    this.lastAt = facts.start
    this.flags =
      (HANDSHAKES.indexOf(facts.handshake) << HANDSHAKE_SHIFT) |
      (LEGS.indexOf(facts.leg) << LEG_SHIFT) |
      (LEGS.indexOf(facts.leg) << FIRST_LEG_SHIFT) |
      (facts.isBetweenRelays === true ? BETWEEN_RELAYS : 0) |
      (((facts.responderHopLimit ?? -1) + 1) << HOP_LIMIT_SHIFT)
    this.path = new TrackedPath(this)
  }

  get handshake(): HandshakeSeen | null {
    return HANDSHAKES[((this.flags >> HANDSHAKE_SHIFT) & 3) as 0 | 1 | 2 | 3]
  }

  get leg(): Leg {
    return LEGS[((this.flags >> LEG_SHIFT) & 7) as 0 | 1 | 2 | 3 | 4]
  }

  set leg(leg: Leg) {
    this.flags = (this.flags & ~(7 << LEG_SHIFT)) | (LEGS.indexOf(leg) << LEG_SHIFT)
  }

  /** Where it seemed to run when it began: whoever counts open connections by leg counts it off by this one,
   * whatever it turned out to be. */
  get firstLeg(): Leg {
    return LEGS[((this.flags >> FIRST_LEG_SHIFT) & 7) as 0 | 1 | 2 | 3 | 4]
  }

  get isBetweenRelays(): boolean {
    return (this.flags & BETWEEN_RELAYS) !== 0
  }

  /** Who opened it says that it did so for a client: a relay, if that is somebody else. */
  openedFor(client: string): void {
    if (this.leg === 'direct') this.leg = 'back'
    const isAnothers = this.leg === 'front' && client !== this.originator.address
    if (isAnothers) this.flags |= BETWEEN_RELAYS
  }

  get responderHopLimit(): number | null {
    const limit = (this.flags >> HOP_LIMIT_SHIFT) - 1
    return limit < 0 ? null : limit
  }

  get closed(): boolean {
    return (this.flags & CLOSED) !== 0
  }

  set closed(is: boolean) {
    this.flags = withFlag(this.flags, CLOSED, is)
  }

  /** A visit of this connection is on the agenda, or was made. */
  get visited(): boolean {
    return (this.flags & VISITED) !== 0
  }

  set visited(is: boolean) {
    this.flags = withFlag(this.flags, VISITED, is)
  }

  /** Its agent closed it; known where its ending is not kept. */
  get leftByAgent(): boolean {
    return (this.flags & LEFT_BY_AGENT) !== 0
  }

  set leftByAgent(is: boolean) {
    this.flags = withFlag(this.flags, LEFT_BY_AGENT, is)
  }

  get serverByCookie(): boolean {
    return (this.flags & SERVER_BY_COOKIE) !== 0
  }

  set serverByCookie(is: boolean) {
    this.flags = withFlag(this.flags, SERVER_BY_COOKIE, is)
  }

  get awaitsAnswer(): boolean {
    if (this.requests > this.responses) return true
    return this.tls !== null && this.tls.client !== null && this.tls.server === null
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

/** What a connection is known as: the sighting, or its number. */
type Known = TrackedSighting | ConnectionId

const sightingOf = (known: Known): TrackedSighting | null => (typeof known === 'number' ? null : known)
const numberOf = (known: Known | Visit): ConnectionId => (typeof known === 'number' ? known : NO_CONNECTION)

const NOT_JOINED: readonly string[] = []

/** Several sightings that are one connection. */
interface Joined {
  readonly all: TrackedSighting[]
  why: readonly string[]
}

export class TrackedPath implements Path {
  readonly first: TrackedSighting
  /** Most paths have but one connection, and need no list of it. */
  private joined: Joined | null = null
  /** Servers that it was found to reach: most reach one. */
  private servers: Server | readonly Server[] | null = null
  private flags = 0
  /** The time of its end, as first told. */
  endedAt: Micros | null = null
  /** The connection whose loss it makes good, until that is told; null if none. */
  returnOf: TrackedSighting | null = null
  /** The agent's next path to the same service; or its number, while nothing is known of that but that it
   * opened. */
  private after: Known = NO_CONNECTION

  constructor(first: TrackedSighting) {
    this.first = first
  }

  get sightings(): readonly TrackedSighting[] {
    return this.joined === null ? [this.first] : this.joined.all
  }

  /** More taps or legs than one show it. */
  get isJoined(): boolean {
    return this.joined !== null
  }

  get joinedBy(): readonly string[] {
    return this.joined === null ? NOT_JOINED : this.joined.why
  }

  /** The sightings of another path, and why its own were joined, are this one's from then on. */
  join(from: TrackedPath, why: string): void {
    const into = (this.joined ??= { all: [this.first], why: NOT_JOINED })
    for (const sighting of from.sightings) {
      sighting.path = this
      into.all.push(sighting)
    }
    into.why = [...into.why, why]
    for (const server of from.reached) this.reach(server)
    // One end is told once.
    if (this.ending) from.ending = false
    else this.ending = from.ending
    this.endedAt ??= from.endedAt
    if (from.returnTold) this.tellReturn()
    this.returnOf = this.returnTold ? null : (this.returnOf ?? from.returnOf)
  }

  /** Its end is on the agenda, or was told. */
  get ending(): boolean {
    return (this.flags & ENDING) !== 0
  }

  set ending(is: boolean) {
    this.flags = withFlag(this.flags, ENDING, is)
  }

  /** Whether its agent went on without it was judged. */
  get abandonmentJudged(): boolean {
    return (this.flags & ABANDONMENT_JUDGED) !== 0
  }

  judgeAbandonment(): void {
    this.flags |= ABANDONMENT_JUDGED
  }

  /** Acts on the agenda that are about it. */
  get due(): number {
    return this.flags >> DUE_SHIFT
  }

  set due(acts: number) {
    this.flags = (acts << DUE_SHIFT) | (this.flags & ((1 << DUE_SHIFT) - 1))
  }

  private get returnTold(): boolean {
    return (this.flags & RETURN_TOLD) !== 0
  }

  /** That it makes good the loss of another one was told. */
  tellReturn(): void {
    this.returnOf = null
    this.flags |= RETURN_TOLD
  }

  /** It makes good the loss of another one. */
  get isReturn(): boolean {
    return this.returnOf !== null || this.returnTold
  }

  get hasNext(): boolean {
    return this.after !== NO_CONNECTION
  }

  /** The next one, unless it is quiet. */
  get next(): TrackedSighting | null {
    return sightingOf(this.after)
  }

  get quietNext(): ConnectionId {
    return numberOf(this.after)
  }

  follow(next: Known): void {
    this.after = next
  }

  /**
   * Once every connection of it was accounted for, and nothing is to be told of it later, that there is a
   * next path is remembered, not which: whoever holds an early path of an agent would hold all later ones
   * with it.
   */
  letGo(): void {
    if (!this.hasNext || this.due > 0) return
    if (this.joined === null ? !this.first.closed : this.joined.all.some((s) => !s.closed)) return
    this.after = LET_GO
  }

  hasReached(server: Server): boolean {
    return this.servers === server || (Array.isArray(this.servers) && this.servers.includes(server))
  }

  reach(server: Server): void {
    if (this.servers === null) this.servers = server
    else if (!this.hasReached(server)) this.servers = [...this.reached, server]
  }

  get reached(): readonly Server[] {
    const { servers } = this
    if (servers === null) return []
    return 'id' in servers ? [servers] : servers
  }
}

/** An agent and one service that it uses: what is remembered of the two together. */
export class Attachment {
  readonly service: Service
  /** The agent's time at one of the service's servers; null before its first visit. */
  stay: Stay | null = null
  /** The agent's latest connection to the service; or its number, while nothing is known of it but that it
   * opened. */
  latest: Known = NO_CONNECTION
  /** The row of its time without a connection (duties.ts). */
  duty = NO_ROW

  constructor(service: Service) {
    this.service = service
  }

  /** The latest connection, unless it is quiet. */
  get last(): TrackedSighting | null {
    return sightingOf(this.latest)
  }

  get quiet(): ConnectionId {
    return numberOf(this.latest)
  }
}

/** Whom a connection reached, as what is kept for long names it: of listeners there are few, of connections
 * many. */
export const reachedBy = (sighting: Sighting): Endpoint => {
  const { listener, responder } = sighting as TrackedSighting
  return listener?.address === responder.address && listener.port === responder.port ? listener : responder
}

/** An agent's time at one server, while it lasts: what becomes a session record. */
export class Stay {
  readonly attachment: Attachment
  readonly agent: Agent
  readonly server: Server
  readonly start: Micros
  /** Of its first visit, which was at its start: kept for each agent, and so no more than this. */
  private readonly firstTap: Tap
  private readonly firstPacket: number
  private readonly from: string
  private readonly to: Endpoint
  /** The latest visit: evidence names the last contact, not the first. Most are the beginning of their
   * connection, and that is kept instead; or the number of its connection, while nothing is known of that but
   * that it opened. */
  private latest: Known | Visit = NO_CONNECTION
  connections = 0
  end: Micros
  bytes = 0
  open = 0
  /** The agent went to another server. */
  leaving: Leaving | null = null
  endedBy: SessionEnd = 'capture-end'
  /** Why the agent came: known a little later, `unknown` for its first server. */
  arrivedBy: 'failover' | 'failback' | 'hop' | 'unknown' = 'unknown'
  /** The server before, or the one that it tried in vain before it came for the first time; null for
   * neither. */
  cameFrom: Server | null = null
  /** The list that held at its latest visit; null if none ever did. */
  listed: Listed | null = null

  constructor({ agent, server, sighting, at, packet }: Visit, attachment: Attachment) {
    this.attachment = attachment
    this.agent = agent
    this.server = server
    this.start = at
    this.end = at
    this.firstTap = sighting.tap
    this.firstPacket = packet
    this.from = sighting.originator.address
    this.to = reachedBy(sighting)
  }

  /** The packet of its first visit. */
  get first(): PacketReference {
    const { firstTap: tap, firstPacket: packet, start: at } = this
    return { tap, packet, at, ends: endsBetween(this.from, this.to) }
  }

  /** The latest visit, unless it is quiet. */
  get visit(): Visit | null {
    const { latest, agent, server } = this
    if (typeof latest === 'number') return null
    if (!(latest instanceof TrackedSighting)) return latest
    return { agent, server, sighting: latest, at: latest.start, packet: latest.startPacket }
  }

  set visit(visit: Visit) {
    const { at, packet, cookie } = visit
    const sighting = visit.sighting as TrackedSighting
    const isBeginning = at === sighting.start && packet === sighting.startPacket && cookie === undefined
    this.latest = isBeginning ? sighting : visit
  }

  get quiet(): ConnectionId {
    return numberOf(this.latest)
  }

  /** The latest visit is the beginning of a connection. */
  visitedBy(sighting: TrackedSighting): void {
    this.latest = sighting
  }

  /** The latest visit's connection is but a number from now on. */
  restAt(connection: ConnectionId): void {
    this.latest = connection
  }
}

interface Leaving {
  /** Connections that it left open do not make its stay last longer. */
  readonly at: Micros
  /** Why it moved is known. */
  isDecided: boolean
}

interface Listed {
  /** Null: none holds any more. */
  readonly list: PreferenceList | null
  /** Since when one held; null: all the time. */
  readonly since: Micros | null
  /** It was told that the agent stays below its preference. */
  isBelowTold: boolean
}
