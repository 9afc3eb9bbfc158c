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
import type { Attachment } from './attachment.ts'
import { NO_CONNECTION, TrackedSighting } from './sighting.ts'
import type { Stay } from './stay.ts'

/** Rows kept, a power of two: a connection's place follows from its number. Numbers are given in order, so it
 * is the oldest connection that gives way; if it is its agent's latest, it becomes a sighting, otherwise it is
 * forgotten. */
const ROWS = 1 << 16

export class Quiet {
  private readonly connections = new Float64Array(ROWS).fill(NO_CONNECTION)
  private readonly starts = new Float64Array(ROWS)
  private readonly packets = new Uint32Array(ROWS)
  private readonly ports = new Uint16Array(ROWS)
  /** -1 for null. */
  private readonly hopLimits = new Int16Array(ROWS)
  private readonly handshakes: (HandshakeSeen | null)[] = []
  private readonly taps: Tap[] = []
  private readonly addresses: string[] = []
  private readonly stays: Stay[] = []
  /** The agent's connection before it, and the one after it: by number if that is a row, too. */
  private readonly before = new Float64Array(ROWS)
  private readonly after = new Float64Array(ROWS)
  private readonly next: (TrackedSighting | null)[] = []
  private readonly known: ReadonlyMap<ConnectionId, TrackedSighting>

  /** `known`: sightings that are objects. */
  constructor(known: ReadonlyMap<ConnectionId, TrackedSighting>) {
    this.known = known
  }

  /** Keeps what a sighting says, as the latest visit of a stay. The sighting itself is not used any more. */
  keep(sighting: TrackedSighting, stay: Stay): void {
    const { connection } = sighting
    const row = rowOf(connection)
    this.makeRoom(row)
    this.connections[row] = connection
    this.starts[row] = sighting.start
    this.packets[row] = sighting.startPacket
    this.ports[row] = sighting.originator.port
    this.hopLimits[row] = sighting.responderHopLimit ?? -1
    this.handshakes[row] = sighting.handshake
    this.taps[row] = sighting.tap
    // The same text, but the one that is kept anyway.
    const { id } = stay.agent
    this.addresses[row] = id === sighting.originator.address ? id : sighting.originator.address
    this.stays[row] = stay
    this.after[row] = NO_CONNECTION
    this.next[row] = null
    this.before[row] = this.follow(stay.attachment, sighting)
    stay.visit = null
    stay.quiet = connection
    stay.attachment.last = null
    stay.attachment.quiet = connection
  }

  /** The sighting of a connection, which is no row any more; null if it was none. */
  take(connection: ConnectionId): TrackedSighting | null {
    const row = this.find(connection)
    if (row < 0) return null
    this.connections[row] = NO_CONNECTION
    const stay = this.stays[row]!
    const sighting = this.made(connection, row, stay)
    if (stay.attachment.quiet === connection) {
      stay.attachment.quiet = NO_CONNECTION
      stay.attachment.last = sighting
    }
    if (stay.quiet === connection) {
      stay.quiet = NO_CONNECTION
      const { agent, server } = stay
      stay.visit = { agent, server, sighting, at: sighting.start, packet: sighting.startPacket }
    }
    this.replaceAfter(this.before[row]!, sighting)
    return sighting
  }

  private made(connection: ConnectionId, row: number, stay: Stay): TrackedSighting {
    const { server, agent } = stay
    const hopLimit = this.hopLimits[row]!
    const sighting = new TrackedSighting({
      connection,
      tap: this.taps[row]!,
      originator: { address: this.addresses[row]!, port: this.ports[row]! },
      responder: { address: server.address, port: server.port },
      start: this.starts[row]!,
      startPacket: this.packets[row]!,
      handshake: this.handshakes[row]!,
      responderHopLimit: hopLimit < 0 ? null : hopLimit,
      leg: 'direct',
      service: server.service,
      server,
    })
    sighting.agent = agent
    sighting.stay = stay
    sighting.visited = true
    sighting.path.reach(server)
    sighting.path.next = this.next[row]!
    sighting.path.quietNext = this.after[row]!
    return sighting
  }

  /** The agent's latest connection learns of its next one; that one's number, if it is a row or has one. */
  private follow({ last, quiet }: Attachment, next: TrackedSighting): ConnectionId {
    if (last !== null) {
      if (last.path.hasNext || next.start <= last.start) return NO_CONNECTION
      last.path.quietNext = next.connection
      return last.connection
    }
    const row = this.find(quiet)
    if (row < 0 || this.next[row] !== null || this.after[row] !== NO_CONNECTION) return NO_CONNECTION
    if (next.start <= this.starts[row]!) return NO_CONNECTION
    this.after[row] = next.connection
    return quiet
  }

  /** A row became a sighting: the connection before it refers to that now. */
  private replaceAfter(before: ConnectionId, sighting: TrackedSighting): void {
    const row = this.find(before)
    if (row >= 0 && this.after[row] === sighting.connection) {
      this.after[row] = NO_CONNECTION
      this.next[row] = sighting
    }
    const path = this.known.get(before)?.path
    if (path?.quietNext === sighting.connection) path.follow(sighting)
  }

  /** The row of a connection; -1 if it has none. */
  private find(connection: ConnectionId): number {
    const row = rowOf(connection)
    return connection !== NO_CONNECTION && this.connections[row] === connection ? row : -1
  }

  private makeRoom(row: number): void {
    const connection = this.connections[row]!
    if (connection === NO_CONNECTION) return
    const stay = this.stays[row]!
    if (stay.quiet === connection || stay.attachment.quiet === connection) this.take(connection)
  }
}

/** Connections are numbered in steps, or one by one. */
const rowOf = (connection: ConnectionId): number => (connection ^ (connection / ROWS)) & (ROWS - 1)
