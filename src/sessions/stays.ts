/**
 * Which agent is attached to which server, since when: visits in order become stays, and stays become session
 * records.
 */
import type { ConnectionSummary } from '../model/connection.ts'
import type { Agent, Server, Visit } from '../model/party.ts'
import type { LastingSession, SessionEnd, SessionRecord } from '../model/record.ts'
import type { Micros } from '../model/time.ts'
import { attachmentOf } from './agents/tracked-agent.ts'
import { lostSighting } from './ends/lost-paths.ts'
import type { ServerMoves } from './servers/server-moves.ts'
import { type Attachment, Stay, type TrackedSighting } from './sighting.ts'

export class Stays {
  private readonly moves: ServerMoves
  /** What is remembered of agents and services, in order of their first visit. */
  private readonly attachments: Attachment[] = []
  /** The agent is elsewhere; how a last connection ended is told only some time after its last packet, and so
   * is why the agent left. */
  private readonly left = new Set<Stay>()
  private emit: ((record: SessionRecord) => void) | null = null
  private numbered = 0
  private readonly attached = new Map<Server, number>()
  /** Servers that agents were at, known by name or not. */
  readonly servers = new Set<Server>()
  /** Visits that are part of no stay: the agent is not remembered, or uses more services than are followed,
   * or the server is one of too many. */
  unfollowed = 0

  constructor(moves: ServerMoves) {
    this.moves = moves
  }

  /** Session records go there as they end. */
  reportTo(emit: (record: SessionRecord) => void): void {
    this.emit = emit
  }

  /** The agent is at a server: the visit before this one, or null. */
  visit(visit: Visit): Visit | null {
    const attachment = attachmentOf(visit.agent, visit.server.service)
    // A server of too many is another object each time: nobody would stay there.
    if (attachment === null || visit.server.index < 0) return this.leave(visit)
    const { stay } = attachment
    const previous = stay?.visit ?? null
    if (stay?.server === visit.server) {
      this.add(stay, visit)
      return previous
    }
    this.servers.add(visit.server)
    const next = (attachment.stay = new Stay(visit, attachment))
    this.attached.set(visit.server, this.attachedTo(visit.server) + 1)
    this.add(next, visit)
    if (stay === null) {
      this.attachments.push(attachment)
      this.moves.came(next, visit)
    } else this.depart(stay, previous!, next, visit)
    return previous
  }

  /** Whether a visit only adds to the agent's stay at the server: then it is counted. Otherwise nothing is
   * done. */
  goesOn(agent: Agent, server: Server, sighting: TrackedSighting, at: Micros, packet: number): boolean {
    const stay = attachmentOf(agent, server.service)?.stay ?? null
    if (stay?.server !== server) return false
    if (at === sighting.start && packet === sighting.startPacket) {
      this.count(stay, sighting, at)
      stay.visitedBy(sighting)
    } else this.add(stay, { agent, server, sighting, at, packet })
    return true
  }

  /** Agents whose latest visit to their service was at this server. */
  attachedTo(server: Server): number {
    return this.attached.get(server) ?? 0
  }

  closed(sighting: TrackedSighting, summary: ConnectionSummary): void {
    const { stay } = sighting
    if (stay === null) {
      // Over before its visit is made: then it counts, and closes.
      if (sighting.visited) sighting.closedBeforeVisit = summary
      // Behind a relay it served somebody, though whom is not known.
      if (sighting.leg === 'back' && sighting.server !== null && summary.halves[1].bytes > 0)
        this.note(sighting.server)
      return
    }
    this.lasted(stay, summary.end)
    stay.bytes += summary.halves[0].bytes + summary.halves[1].bytes
    this.release(stay)
    if (stay.leaving !== null) return
    if (summary.endReason === 'open') stay.endedBy = 'open'
    else if (summary.endReason === 'silent' || wasSevered(sighting, summary)) stay.endedBy = 'severed'
    else stay.endedBy = summary.endedBy === 0 ? 'agent' : summary.endedBy === 1 ? 'server' : 'capture-end'
  }

  /** A connection was left behind: its stay does not wait for it to end, no more than others do. */
  letGo(sighting: TrackedSighting): void {
    const { stay, lastAt } = sighting
    if (stay === null) return
    this.lasted(stay, lastAt)
    sighting.stay = null
    this.release(stay)
  }

  /** The capture is over: every stay that lasts is told. */
  ended(now: Micros): void {
    this.moves.ended()
    for (const stay of this.left) this.finish(stay)
    for (const attachment of this.attachments) {
      const stay = attachment.stay!
      if (stay.open > 0) stay.end = Math.max(stay.end, now)
      this.finish(stay)
    }
    this.attachments.length = 0
  }

  /** Every stay that lasts, as it would be told if the capture were over `now`. */
  *lasting(now: Micros): Generator<LastingSession> {
    for (const { stay } of this.attachments) {
      if (stay === null) continue
      const isOpen = stay.open > 0
      const end = isOpen ? Math.max(stay.end, now) : stay.end
      yield { ...factsOf(stay), end, endedBy: isOpen ? 'open' : stay.endedBy }
    }
    // How they ended is not known yet, but where the agent went is.
    for (const stay of this.left)
      yield { ...factsOf(stay), end: Math.max(stay.end, stay.open > 0 ? stay.leaving!.at : -Infinity) }
  }

  /** A connection is part of a stay from a time on. */
  count(stay: Stay, sighting: TrackedSighting, at: Micros): void {
    stay.end = Math.max(stay.end, at)
    if (sighting.stay === stay) return
    if (sighting.stay !== null) this.release(sighting.stay)
    sighting.stay = stay
    stay.connections++
    stay.open++
    const { closedBeforeVisit } = sighting
    sighting.closedBeforeVisit = null
    if (closedBeforeVisit !== null) this.closed(sighting, closedBeforeVisit)
  }

  private add(stay: Stay, visit: Visit): void {
    this.count(stay, visit.sighting as TrackedSighting, visit.at)
    stay.visit = visit
  }

  /** One of its connections was heard of until then. */
  private lasted(stay: Stay, until: Micros): void {
    stay.end = Math.max(stay.end, Math.min(until, stay.leaving?.at ?? Infinity))
  }

  /** A connection is not, or no longer, part of a stay. */
  private release(stay: Stay): void {
    stay.open--
    if (stay.open === 0 && stay.leaving?.isDecided === true) this.finish(stay)
  }

  private note(server: Server): void {
    if (server.index >= 0) this.servers.add(server)
  }

  private leave({ server }: Visit): null {
    this.unfollowed++
    this.note(server)
    return null
  }

  private depart(stay: Stay, previous: Visit, next: Stay, visit: Visit): void {
    const leaving = { at: visit.at, isDecided: false }
    stay.leaving = leaving
    this.attached.set(stay.server, this.attachedTo(stay.server) - 1)
    this.left.add(stay)
    const decided = (reason: SessionEnd): void => {
      stay.endedBy = reason
      leaving.isDecided = true
      if (stay.open === 0) this.finish(stay)
    }
    this.moves.moved({ from: stay, previous, to: next, visit, decided })
  }

  private finish(stay: Stay): void {
    this.left.delete(stay)
    this.emit?.({ kind: 'session', id: `S${++this.numbered}`, ...factsOf(stay) })
  }
}

const factsOf = ({ agent, server, start, end, connections, bytes, endedBy }: Stay): LastingSession => ({
  service: server.service.name,
  agent: agent.id,
  server: server.name,
  start,
  end,
  connections,
  bytes,
  endedBy,
})

/** Lost while idle, and not by the word of either of its two ends. */
function wasSevered({ path, leg, ending }: TrackedSighting, { endedBy }: ConnectionSummary): boolean {
  const outcome = ending?.silence?.outcome
  if (outcome === undefined || lostSighting(path) === null) return false
  if (outcome === 'unanswered' || outcome === 'reset') return true
  return (leg === 'front' && endedBy === 1) || (leg === 'back' && endedBy === 0)
}
