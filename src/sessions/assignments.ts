/**
 * To which servers a relay hands new connections, in order, with what it may have gone by: the connections
 * that each server had open, and where the agent was before.
 *
 * Health checks and connections that never carried an agent's data are no choices. A relay whose two sides
 * are captured twice is followed at the tap that sees a connection first.
 */
import type { Assignment } from '../model/event.ts'
import type { ConnectionId, ConnectionSummary } from '../model/connection.ts'
import type { HttpRequest } from '../model/http.ts'
import type { Agent, Server, Service } from '../model/party.ts'
import type { Tap } from '../model/packet.ts'
import { seconds, type Micros } from '../model/time.ts'
import { ChoiceRows } from './choice-rows.ts'
import type { Follower, Surroundings } from './follower.ts'
import type { Stay, TrackedSighting } from './sighting.ts'
import { attachmentOf } from './tracked-agent.ts'

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

/** The choice of a connection that is open, or whose agent is not known yet. */
interface Choice {
  readonly server: Server
  /** Where it stands; null once it was told: then it counts as open, and that is all. */
  rows: ChoiceRows | null
  readonly row: number
  /** Open connections of its relay, by server. */
  readonly load: Map<Server, number>
  /** It does not count as open any more. */
  over: boolean
  closed: boolean
}

/** What one relay does for one service. */
interface Turns {
  readonly service: Service
  readonly relay: string
  readonly tap: Tap
  /** Open connections by server. */
  readonly load: Map<Server, number>
  choices: ChoiceRows
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
  /** Choices of open connections, and of closed ones whose agent is not known yet. */
  private readonly byConnection = new Map<ConnectionId, Choice>()
  private readonly around: Surroundings
  private followed = 0

  constructor(around: Surroundings) {
    this.around = around
  }

  readonly observe: NonNullable<Follower['observe']> = {
    'connection-opened': (_, sighting) => this.begin(sighting),
    'proxy-header': (_, sighting) => this.begin(sighting),
    // The final account of a connection comes some time after its end.
    finished: (_, sighting) => this.release(sighting),
    reset: (_, sighting) => this.release(sighting),
    'http-request': ({ request, index }, sighting) => {
      const choice = index > 0 ? undefined : this.choiceOf(sighting)
      choice?.rows?.setCookie(choice.row, relaysCookie(request))
    },
  }

  visited(sighting: TrackedSighting, agent: Agent): void {
    const choice = this.choiceOf(sighting)
    if (choice === undefined) return
    const { rows, row } = choice
    if (rows !== null && rows.agentOf(row) === null) nameChoice(rows, choice, sighting, agent)
    if (choice.closed) this.byConnection.delete(sighting.connection)
  }

  closed(sighting: TrackedSighting, { halves }: ConnectionSummary): void {
    const choice = this.byConnection.get(sighting.connection)
    if (choice === undefined) return
    release(choice)
    choice.closed = true
    const { rows, row } = choice
    if (rows !== null)
      rows.setCarried(row, sighting.leg === 'back' && (rows.isCarried(row) || halves[0].bytes > 0))
    // A short connection is over before its visit is made.
    if (rows === null || rows.agentOf(row) !== null) this.byConnection.delete(sighting.connection)
  }

  timePassed(now: Micros): void {
    for (const byRelay of this.all.values())
      for (const turns of byRelay.values()) {
        const { choices, looked } = turns
        if (choices.length > looked && now - choices.lastAt >= AT_REST) this.look(turns, now)
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
        const now = turns.choices.inOrder(Infinity, LATEST_MAX)
        const before = LATEST_MAX - now.length
        return before === 0 ? now : [...turns.latest.inOrder(Infinity, before), ...now]
      }
    }
    return []
  }

  private begin(sighting: TrackedSighting | null): void {
    if (sighting === null || sighting.leg !== 'back' || sighting.server === null) return
    if (isSeenTwice(sighting) || this.byConnection.has(sighting.connection)) return
    const turns = this.byConnection.size >= OPEN_MAX ? null : this.turnsOf(sighting)
    if (turns === null) {
      this.unfollowed++
      return
    }
    const choice = choiceMade(turns, sighting, sighting.server)
    this.byConnection.set(sighting.connection, choice)
    if (turns.choices.length >= ASSIGNMENTS_MAX) this.tellOf(turns)
    else if (turns.choices.length >= turns.nextLook) this.planLook(turns, sighting.start)
  }

  /** Who came is known a little after it came. */
  private planLook(turns: Turns, until: Micros): void {
    turns.nextLook = 2 * turns.choices.length
    const { choices } = turns
    this.around.later(until + 2 * this.around.settle, () => {
      if (turns.choices === choices) this.look(turns, until)
    })
  }

  /** Tells what was chosen by then, and goes on counting. */
  private look(turns: Turns, until: Micros): void {
    const { service, relay, tap, choices } = turns
    turns.looked = choices.length
    const assignments = choices.inOrder(until)
    if (assignments.length > 0)
      this.around.tell({ kind: 'assigned', service, relay, tap, assignments, isWhole: false })
  }

  private turnsOf({ service, originator, tap }: TrackedSighting): Turns | null {
    const { address: relay } = originator
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
      load: new Map(),
      choices: new ChoiceRows(),
      latest: new ChoiceRows(),
      nextLook: FIRST_LOOK,
      looked: 0,
    }
    byRelay.set(relay, turns)
    return turns
  }

  private choiceOf(sighting: TrackedSighting | null): Choice | undefined {
    return sighting?.leg === 'back' ? this.byConnection.get(sighting.connection) : undefined
  }

  private release(sighting: TrackedSighting | null): void {
    const choice = this.choiceOf(sighting)
    if (choice !== undefined) release(choice)
  }

  private tellOf(turns: Turns): void {
    const { service, relay, tap, choices } = turns
    const assignments = choices.inOrder()
    for (const [connection, choice] of this.byConnection) {
      if (choice.rows !== choices) continue
      choice.rows = null
      if (choice.closed) this.byConnection.delete(connection)
    }
    turns.choices = new ChoiceRows()
    turns.latest = choices.latest(LATEST_MAX)
    turns.nextLook = FIRST_LOOK
    turns.looked = 0
    if (assignments.length > 0)
      this.around.tell({ kind: 'assigned', service, relay, tap, assignments, isWhole: true })
  }
}

/** Another tap shows the same connection on the same side of the relay, and was first. */
const isSeenTwice = (sighting: TrackedSighting): boolean =>
  sighting.path.isJoined && sighting.path.sightings.some((s) => s !== sighting && s.leg === 'back')

function choiceMade({ load, choices }: Turns, sighting: TrackedSighting, server: Server): Choice {
  if (!load.has(server)) load.set(server, 0)
  const least = Math.min(...load.values())
  let fewest = 0
  let open = 0
  for (const its of load.values()) {
    open += its
    if (its === least) fewest++
  }
  const { connection, start: at, startPacket: packet } = sighting
  const isFewest = load.get(server) === least
  const row = choices.add({ connection, at, packet, server, among: load.size, fewest, isFewest, open })
  load.set(server, load.get(server)! + 1)
  return { server, rows: choices, row, load, over: false, closed: false }
}

function release(choice: Choice): void {
  if (choice.over) return
  choice.over = true
  choice.load.set(choice.server, choice.load.get(choice.server)! - 1)
}

/** The stay is still what it was before this visit. */
function nameChoice(rows: ChoiceRows, { row }: Choice, sighting: TrackedSighting, agent: Agent): void {
  const at = rows.atOf(row)
  rows.setAgent(row, agent)
  rows.setCarried(row, true)
  const stay = attachmentOf(agent, sighting.server?.service ?? sighting.service)?.stay ?? null
  if (stay === null) return
  const [sinceFirst, sinceLast] = [stay.start, lastContact(stay)].map((since) => Math.max(0, at - since))
  rows.setPrevious(row, stay.server, sinceFirst!, sinceLast!)
}

/** The end of the connection before this one; Infinity while that is open. */
function lastContact({ visit, end }: Stay): Micros {
  const before = visit?.sighting ?? null
  if (before === null) return end
  const { ending, closed, lastAt, endNotedAt } = before as TrackedSighting
  if (ending === null && closed && endNotedAt !== null) return endNotedAt
  const ends = [...(ending?.finished ?? []), ...(ending?.resets ?? [])].flatMap((o) =>
    o === null ? [] : [o.time],
  )
  if (ends.length > 0) return Math.max(...ends)
  return closed ? lastAt : Infinity
}

/** What a relay goes by, if it set a cookie for it: the name and the hash of the value. */
function relaysCookie({ cookies = [] }: HttpRequest): string | null {
  const cookie = cookies.find(({ role, changeMeansHop }) => role === 'persistence' && changeMeansHop)
  return cookie === undefined ? null : `${cookie.name}=${cookie.valueHash}`
}
