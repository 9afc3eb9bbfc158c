/**
 * Connections that opened, were an agent's next visit to the server where it was before, and have not been
 * heard of since: most of a large capture's, most of the time. Each is a row of columns here instead of an
 * object; when more is told of it, its sighting is made again as it was.
 *
 * Who refers to such a connection does so by number: its agent (`Attachment.quiet`, `Stay.quiet`), and the
 * agent's connection before it (`TrackedPath.quietNext`, or that one's own row). They are handed the sighting
 * when it is made.
 */
import type { ConnectionId, HandshakeSeen } from '../model/connection.ts'
import type { Tap } from '../model/packet.ts'
import { type Attachment, NO_CONNECTION, placeOf, type Stay, TrackedSighting } from './sighting.ts'

/** Rows kept, a power of two: a connection's place follows from its number. Numbers are given in order, so it
 * is the oldest connection that gives way; if it is its agent's latest, it becomes a sighting, otherwise it
 * is forgotten. */
const ROWS = 1 << 16

/** What a row holds, side by side: one cache line. */
const WORDS = 8
const CONNECTION = 0
const START = 1
const PACKET = 2
const PORT = 3
/** -1 for null. */
const HOP_LIMIT = 4
/** The agent's connection before it, if that has to be told of it. */
const BEFORE = 5
/** The agent's connection after it. */
const AFTER = 6

/** AFTER of a row whose next connection is a sighting. */
const IN_NEXT: ConnectionId = -2

export class Quiet {
  /** 4 MiB, made when the first row is kept: few small captures have one. */
  private rows = new Float64Array(0)
  private readonly handshakes: (HandshakeSeen | null)[] = []
  private readonly taps: Tap[] = []
  private readonly addresses: string[] = []
  private readonly names: (string | null)[] = []
  private readonly stays: Stay[] = []
  /** The agent's connections after those of rows, where they are no rows any more. */
  private readonly next = new Map<ConnectionId, TrackedSighting>()
  private readonly sightingOf: (connection: ConnectionId) => TrackedSighting | null

  /** `sightingOf` finds sightings that are objects. */
  constructor(sightingOf: (connection: ConnectionId) => TrackedSighting | null) {
    this.sightingOf = sightingOf
  }

  /** Keeps what a sighting says, as the latest visit of a stay. The sighting itself is not used any more. */
  keep(sighting: TrackedSighting, stay: Stay): void {
    if (this.rows.length === 0) this.rows = new Float64Array(ROWS * WORDS).fill(NO_CONNECTION)
    const { rows } = this
    const { connection, originator } = sighting
    const row = placeOf(connection, ROWS)
    this.makeRoom(row)
    const at = row * WORDS
    rows[at + CONNECTION] = connection
    rows[at + START] = sighting.start
    rows[at + PACKET] = sighting.startPacket
    rows[at + PORT] = originator.port
    rows[at + HOP_LIMIT] = sighting.responderHopLimit ?? -1
    rows[at + BEFORE] = this.follow(stay.attachment, sighting)
    rows[at + AFTER] = NO_CONNECTION
    this.handshakes[row] = sighting.handshake
    this.taps[row] = sighting.tap
    this.names[row] = sighting.resolvedName
    // The same text, but the one that is kept anyway.
    this.addresses[row] = stay.agent.id === originator.address ? stay.agent.id : originator.address
    this.stays[row] = stay
    stay.restAt(connection)
    stay.attachment.latest = connection
  }

  /** The sighting of a connection, which is no row any more; null if it was none. */
  take(connection: ConnectionId): TrackedSighting | null {
    const row = this.find(connection)
    if (row < 0) return null
    const stay = this.stays[row]!
    const sighting = this.made(connection, row, stay)
    if (stay.attachment.quiet === connection) stay.attachment.latest = sighting
    if (stay.quiet === connection) stay.visitedBy(sighting)
    this.tell(this.rows[row * WORDS + BEFORE]!, sighting)
    this.remove(row)
    return sighting
  }

  private made(connection: ConnectionId, row: number, stay: Stay): TrackedSighting {
    const { rows } = this
    const { server, agent } = stay
    const at = row * WORDS
    const hopLimit = rows[at + HOP_LIMIT]!
    const sighting = new TrackedSighting({
      connection,
      tap: this.taps[row]!,
      originator: { address: this.addresses[row]!, port: rows[at + PORT]! },
      responder: { address: server.address, port: server.port },
      start: rows[at + START]!,
      startPacket: rows[at + PACKET]!,
      handshake: this.handshakes[row]!,
      responderHopLimit: hopLimit < 0 ? null : hopLimit,
      leg: 'direct',
      service: server.service,
      server,
      resolvedName: this.names[row]!,
    })
    sighting.agent = agent
    sighting.stay = stay
    sighting.visited = true
    const { path } = sighting
    path.reach(server)
    const after = rows[at + AFTER]!
    if (after === IN_NEXT) path.follow(this.next.get(connection)!)
    else path.follow(after)
    return sighting
  }

  /** The agent's latest connection learns of its next one; that one's number, if it has to be told when
   * `next` is a sighting again. */
  private follow({ last, quiet }: Attachment, next: TrackedSighting): ConnectionId {
    if (last !== null) {
      if (last.path.hasNext || next.start <= last.start) return NO_CONNECTION
      last.path.follow(next.connection)
      return last.connection
    }
    const at = this.find(quiet) * WORDS
    if (at < 0 || this.rows[at + AFTER] !== NO_CONNECTION || next.start <= this.rows[at + START]!)
      return NO_CONNECTION
    this.rows[at + AFTER] = next.connection
    return quiet
  }

  /** A row became a sighting: the connection before it refers to that now. */
  private tell(before: ConnectionId, sighting: TrackedSighting): void {
    if (before === NO_CONNECTION) return
    const row = this.find(before)
    if (row < 0) {
      const path = this.sightingOf(before)?.path
      if (path?.quietNext === sighting.connection) path.follow(sighting)
    } else {
      this.rows[row * WORDS + AFTER] = IN_NEXT
      this.next.set(before, sighting)
    }
  }

  /** The row of a connection; -1 if it has none. */
  private find(connection: ConnectionId): number {
    const row = placeOf(connection, ROWS)
    return connection !== NO_CONNECTION && this.rows[row * WORDS + CONNECTION] === connection ? row : -1
  }

  private makeRoom(row: number): void {
    const connection = this.rows[row * WORDS + CONNECTION]!
    if (connection === NO_CONNECTION) return
    const stay = this.stays[row]!
    if (stay.quiet === connection || stay.attachment.quiet === connection) this.take(connection)
    else this.remove(row)
  }

  private remove(row: number): void {
    const { rows } = this
    if (rows[row * WORDS + AFTER] === IN_NEXT) this.next.delete(rows[row * WORDS + CONNECTION]!)
    rows[row * WORDS + CONNECTION] = NO_CONNECTION
  }
}
