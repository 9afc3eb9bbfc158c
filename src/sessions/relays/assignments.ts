/**
 * To which servers a relay hands new connections, in order, with what it may have gone by: the connections
 * that each server had open, and where the agent was before.
 *
 * Health checks and connections that never carried an agent's data are no choices. A relay whose two sides
 * are captured twice is followed at the tap that sees a connection first.
 */
import type { Assignment } from '../../model/event.ts'
import type { ConnectionId, ConnectionSummary } from '../../model/connection.ts'
import type { HttpRequest } from '../../model/http.ts'
import { type Agent, relayAddress, type Server, type Service } from '../../model/party.ts'
import type { Tap } from '../../model/packet.ts'
import { seconds, type Micros } from '../../model/time.ts'
import { ChoiceRows } from './choice-rows.ts'
import type { Follower, Surroundings } from '../follower.ts'
import { laterOf } from '../ends/lost-paths.ts'
import { Lately } from '../lately.ts'
import type { Stay, TrackedSighting } from '../sighting.ts'
import { attachmentOf } from '../agents/tracked-agent.ts'

/** Choices kept per service and relay; when they are this many they are told, and the count begins anew. */
export const ASSIGNMENTS_MAX = 2048
/** Choices after which they are told for the first time, for what can be said by then; again with each
 * doubling. */
export const FIRST_LOOK = 64
/** ... and once a relay made none for so long: at a small site there may never be as many. */
const AT_REST: Micros = seconds(3600)
/** Choices kept of those that were told: as many as anybody asks for. */
export const LATEST_MAX = 256
/** Services and relays that are followed: further ones are counted. */
export const TURNS_MAX = 64
/** Connections that are followed at once; the choices of further ones are left out. */
export const OPEN_MAX = 1 << 16

/** Connections of a relay that one server has open. */
interface Load {
  readonly server: Server
  open: number
}

/** The choice of a connection, until its round is told. */
interface Choice {
  readonly round: ChoiceRows
  readonly row: number
  readonly load: Load
  /** It does not count as open any more. */
  over: boolean
}

/** What one relay does for one service. */
interface Turns {
  readonly service: Service
  readonly relay: string
  readonly tap: Tap
  /** A relay has few servers: a list is looked through faster than a map. */
  readonly loads: Load[]
  /** Choices that will be told together. */
  round: ChoiceRows
  /** The latest of those that were told. */
  latest: ChoiceRows
  /** Choices at the next look at them, and at the last one. */
  nextLook: number
  looked: number
}

export const followAssignments = (around: Surroundings): Assignments => new Assignments(around)

export class Assignments implements Follower {
  /** Connections whose relay, or which themselves, were too many. */
  unfollowed = 0
  private readonly all = new Map<Service, Map<string, Turns>>()
  /** Choices of open connections that were not told yet. */
  private readonly choices = new Map<ConnectionId, Choice>()
  /** A short connection is over before its visit is made; of a health check there never is one. */
  private readonly closedLately = new Lately<ConnectionId, Choice>()
  /** What connections count for that are open, and whose choice was told: there may be very many. */
  private readonly counted = new Map<ConnectionId, Load>()
  private readonly around: Surroundings
  private followed = 0

  constructor(around: Surroundings) {
    this.around = around
  }

  readonly observe: NonNullable<Follower['observe']> = {
    'connection-opened': (_, sighting) => this.begin(sighting),
    // That a relay opened it, its first words may tell.
    'proxy-header': (_, sighting) => this.begin(sighting),
    opening: (_, sighting) => this.begin(sighting),
    // The final account of a connection comes some time after its end.
    finished: (_, sighting) => this.release(sighting),
    reset: (_, sighting) => this.release(sighting),
    'http-request': ({ request, index }, sighting) => {
      if (index === 0) this.begin(sighting)
      const choice = index > 0 ? null : this.choiceOf(sighting)
      choice?.round.setCookie(choice.row, relaysCookie(request))
    },
  }

  visited(sighting: TrackedSighting, agent: Agent): void {
    if (sighting.leg !== 'back') return
    const choice = this.choiceOf(sighting) ?? this.closedLately.get(sighting.connection)
    if (choice !== null && choice.round.agentOf(choice.row) === null) nameChoice(choice, sighting, agent)
  }

  closed(sighting: TrackedSighting, { halves, end }: ConnectionSummary): void {
    const { connection, leg } = sighting
    // A relay's connection may turn out to be something else; what an agent opened is no choice.
    if (leg === 'direct' || leg === 'front') return
    const choice = this.letGo(connection)
    if (choice === null) return
    const { round, row } = choice
    round.setCarried(row, leg === 'back' && (round.isCarried(row) || halves[0].bytes > 0))
    if (round.agentOf(row) === null) this.closedLately.put(connection, choice, end)
  }

  left({ connection }: TrackedSighting): void {
    this.letGo(connection)
  }

  timePassed(now: Micros): void {
    for (const byRelay of this.all.values())
      for (const turns of byRelay.values()) {
        const { looked, round } = turns
        if (round.length > looked && now - round.lastAt >= AT_REST) this.look(turns, now)
      }
  }

  ended(): void {
    for (const byRelay of this.all.values()) for (const turns of byRelay.values()) this.tellOf(turns)
  }

  /** The latest choices of a relay for a service, by its name, in order: as many as anybody asks for. */
  of(name: string, relay: string): readonly Assignment[] {
    for (const [service, byRelay] of this.all) {
      const turns = service.name === name ? byRelay.get(relay) : undefined
      if (turns !== undefined) {
        const now = turns.round.inOrder(Infinity, LATEST_MAX)
        const before = LATEST_MAX - now.length
        return before === 0 ? now : [...turns.latest.inOrder(Infinity, before), ...now]
      }
    }
    return []
  }

  private begin(sighting: TrackedSighting | null): void {
    if (sighting === null || sighting.leg !== 'back' || sighting.server === null) return
    const { connection } = sighting
    if (isSeenTwice(sighting) || this.choices.has(connection) || this.counted.has(connection)) return
    const turns = this.choices.size + this.counted.size >= OPEN_MAX ? null : this.turnsOf(sighting)
    if (turns === null) {
      this.unfollowed++
      return
    }
    this.choices.set(connection, choiceMade(turns, sighting, sighting.server))
    const { length } = turns.round
    if (length >= ASSIGNMENTS_MAX) this.tellOf(turns)
    else if (length >= turns.nextLook) this.planLook(turns, sighting.start)
  }

  /** Who came is known a little after it came. */
  private planLook(turns: Turns, until: Micros): void {
    const { round } = turns
    turns.nextLook = 2 * round.length
    this.around.later(until + 2 * this.around.settle, () => {
      if (turns.round === round) this.look(turns, until)
    })
  }

  /** Tells what was chosen by then, and goes on counting. */
  private look(turns: Turns, until: Micros): void {
    const { service, relay, tap, round } = turns
    turns.looked = round.length
    const assignments = round.inOrder(until)
    if (assignments.length > 0)
      this.around.tell({ kind: 'assigned', service, relay, tap, assignments, isWhole: false })
  }

  private turnsOf(sighting: TrackedSighting): Turns | null {
    const { service, tap } = sighting
    const relay = relayAddress(sighting)
    let byRelay = this.all.get(service)
    const known = byRelay?.get(relay)
    if (known !== undefined) return known
    if (this.followed >= TURNS_MAX) return null
    this.followed++
    if (byRelay === undefined) this.all.set(service, (byRelay = new Map()))
    const turns: Turns = {
      service,
      relay,
      tap,
      loads: [],
      round: new ChoiceRows(),
      latest: new ChoiceRows(),
      nextLook: FIRST_LOOK,
      looked: 0,
    }
    byRelay.set(relay, turns)
    return turns
  }

  private choiceOf(sighting: TrackedSighting | null): Choice | null {
    return sighting?.leg === 'back' ? (this.choices.get(sighting.connection) ?? null) : null
  }

  private release(sighting: TrackedSighting | null): void {
    const choice = this.choiceOf(sighting)
    if (choice !== null) release(choice)
    else if (sighting?.leg === 'back') this.discount(sighting.connection)
  }

  /** A connection is not open any more; its choice, if that was not told yet. */
  private letGo(connection: ConnectionId): Choice | null {
    const choice = this.choices.get(connection)
    if (choice === undefined) {
      this.discount(connection)
      return null
    }
    release(choice)
    this.choices.delete(connection)
    return choice
  }

  private discount(connection: ConnectionId): void {
    const load = this.counted.get(connection)
    if (load === undefined) return
    load.open--
    this.counted.delete(connection)
  }

  private tellOf(turns: Turns): void {
    const { service, relay, tap, round } = turns
    const assignments = round.inOrder()
    for (const connection of round.connections()) this.count(connection, round)
    turns.round = new ChoiceRows()
    turns.latest = round.latest(LATEST_MAX)
    turns.nextLook = FIRST_LOOK
    turns.looked = 0
    if (assignments.length > 0)
      this.around.tell({ kind: 'assigned', service, relay, tap, assignments, isWhole: true })
  }

  /** Its choice is told: that it is open is all that is remembered of it. */
  private count(connection: ConnectionId, round: ChoiceRows): void {
    const choice = this.choices.get(connection)
    if (choice?.round !== round) return
    this.choices.delete(connection)
    if (!choice.over) this.counted.set(connection, choice.load)
  }
}

/** Another tap shows the same connection on the same side of the relay, and was first. */
const isSeenTwice = (sighting: TrackedSighting): boolean =>
  sighting.path.isJoined && sighting.path.sightings.some((s) => s !== sighting && s.leg === 'back')

function choiceMade(turns: Turns, sighting: TrackedSighting, server: Server): Choice {
  const { loads, round } = turns
  const load = loadOf(server, loads)
  let least = Infinity
  let fewest = 0
  let open = 0
  for (const its of loads) {
    open += its.open
    if (its.open < least) {
      least = its.open
      fewest = 0
    }
    if (its.open === least) fewest++
  }
  const { connection, start: at, startPacket: packet } = sighting
  const isFewest = load.open === least
  const among = loads.length
  const row = round.add({ connection, at, packet, server, among, fewest, isFewest, open })
  load.open++
  return { round, row, load, over: false }
}

function loadOf(server: Server, loads: Load[]): Load {
  for (const load of loads) if (load.server === server) return load
  const fresh = { server, open: 0 }
  loads.push(fresh)
  return fresh
}

function release(choice: Choice): void {
  if (choice.over) return
  choice.over = true
  choice.load.open--
}

/** The stay is still what it was before this visit. */
function nameChoice({ round: rows, row }: Choice, sighting: TrackedSighting, agent: Agent): void {
  const at = rows.atOf(row)
  rows.setAgent(row, agent)
  rows.setCarried(row, true)
  const stay = attachmentOf(agent, sighting.server?.service ?? sighting.service)?.stay ?? null
  if (stay === null) return
  const since = (then: Micros): Micros => Math.max(0, at - then)
  rows.setPrevious(row, stay.server, since(stay.start), since(lastContact(stay)))
}

/** The end of the connection before this one; Infinity while that is open. */
function lastContact({ visit, end }: Stay): Micros {
  const before = visit?.sighting ?? null
  if (before === null) return end
  const { ending, closed, lastAt, endNotedAt } = before as TrackedSighting
  if (ending === null && closed && endNotedAt !== null) return endNotedAt
  const finished = ending === null ? null : laterOf(ending.finished)
  const reset = ending === null ? null : laterOf(ending.resets)
  if (finished !== null || reset !== null) return Math.max(finished ?? -Infinity, reset ?? -Infinity)
  return closed ? lastAt : Infinity
}

/** What a relay goes by, if it set a cookie for it: the name and the hash of the value. */
function relaysCookie({ cookies = [] }: HttpRequest): string | null {
  const cookie = cookies.find(({ role, changeMeansHop }) => role === 'persistence' && changeMeansHop)
  return cookie === undefined ? null : `${cookie.name}=${cookie.valueHash}`
}
