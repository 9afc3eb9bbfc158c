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

interface Choice extends Assignment {
  agent: Agent | null
  previous: Server | null
  sinceFirst: Micros | null
  sinceLast: Micros | null
  cookie: string | null
  /** Open connections of its relay, by server. */
  readonly load: Map<Server, number>
  /** It carried data of an agent. */
  carried: boolean
  /** It does not count as open any more. */
  over: boolean
  closed: boolean
  told: boolean
}

/** What one relay does for one service. */
interface Turns {
  readonly service: Service
  readonly relay: string
  readonly tap: Tap
  /** Open connections by server. */
  readonly load: Map<Server, number>
  choices: Choice[]
  /** The latest of those that were told. */
  latest: readonly Assignment[]
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
      if (choice !== undefined) choice.cookie = relaysCookie(request)
    },
  }

  visited(sighting: TrackedSighting, agent: Agent): void {
    const choice = this.choiceOf(sighting)
    if (choice === undefined) return
    if (choice.agent === null) nameChoice(choice, sighting, agent)
    if (choice.closed) this.byConnection.delete(sighting.connection)
  }

  closed(sighting: TrackedSighting, { halves }: ConnectionSummary): void {
    const choice = this.byConnection.get(sighting.connection)
    if (choice === undefined) return
    release(choice)
    choice.carried = sighting.leg === 'back' && (choice.carried || halves[0].bytes > 0)
    choice.closed = true
    // A short connection is over before its visit is made.
    if (choice.agent !== null || choice.told) this.byConnection.delete(sighting.connection)
  }

  timePassed(now: Micros): void {
    for (const byRelay of this.all.values())
      for (const turns of byRelay.values()) {
        const last = turns.choices.at(-1)
        if (last !== undefined && turns.choices.length > turns.looked && now - last.at >= AT_REST)
          this.look(turns, now)
      }
  }

  ended(): void {
    for (const byRelay of this.all.values()) for (const turns of byRelay.values()) this.tellOf(turns)
  }

  /** The latest choices of a relay for a service, by its name, in order. */
  of(name: string, relay: string): readonly Assignment[] {
    for (const [service, byRelay] of this.all) {
      const turns = service.name === name ? byRelay.get(relay) : undefined
      if (turns !== undefined) return [...turns.latest, ...inOrder(turns.choices)]
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
    if (turns.choices.push(choice) >= ASSIGNMENTS_MAX) this.tellOf(turns)
    else if (turns.choices.length >= turns.nextLook) this.planLook(turns, choice.at)
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
    const assignments = inOrder(choices).filter(({ at }) => at <= until)
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
      choices: [],
      latest: [],
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
    const assignments = inOrder(choices)
    for (const choice of choices) {
      choice.told = true
      if (choice.closed) this.byConnection.delete(choice.connection)
    }
    turns.choices = []
    turns.latest = assignments.slice(-LATEST_MAX)
    turns.nextLook = FIRST_LOOK
    turns.looked = 0
    if (assignments.length > 0)
      this.around.tell({ kind: 'assigned', service, relay, tap, assignments, isWhole: true })
  }
}

/** Another tap shows the same connection on the same side of the relay, and was first. */
const isSeenTwice = (sighting: TrackedSighting): boolean =>
  sighting.path.isJoined && sighting.path.sightings.some((s) => s !== sighting && s.leg === 'back')

function choiceMade({ load }: Turns, sighting: TrackedSighting, server: Server): Choice {
  if (!load.has(server)) load.set(server, 0)
  const least = Math.min(...load.values())
  let fewest = 0
  let all = 0
  for (const open of load.values()) {
    all += open
    if (open === least) fewest++
  }
  const choice: Choice = {
    connection: sighting.connection,
    at: sighting.start,
    packet: sighting.startPacket,
    server,
    agent: null,
    previous: null,
    sinceFirst: null,
    sinceLast: null,
    cookie: null,
    among: load.size,
    fewest,
    isFewest: load.get(server) === least,
    open: all,
    load,
    carried: false,
    over: false,
    closed: false,
    told: false,
  }
  load.set(server, load.get(server)! + 1)
  return choice
}

function release(choice: Choice): void {
  if (choice.over) return
  choice.over = true
  choice.load.set(choice.server, choice.load.get(choice.server)! - 1)
}

/** The stay is still what it was before this visit. */
function nameChoice(choice: Choice, sighting: TrackedSighting, agent: Agent): void {
  choice.agent = agent
  choice.carried = true
  const stay = attachmentOf(agent, sighting.server?.service ?? sighting.service)?.stay ?? null
  if (stay === null) return
  choice.previous = stay.server
  choice.sinceFirst = Math.max(0, choice.at - stay.start)
  choice.sinceLast = Math.max(0, choice.at - lastContact(stay))
}

/** The end of the connection before this one; Infinity while that is open. */
function lastContact({ visit, end }: Stay): Micros {
  const before = visit?.sighting ?? null
  if (before === null) return end
  const { ending, closed, lastAt, endNotedAt } = before as TrackedSighting
  if (ending === null && closed && endNotedAt > -Infinity) return endNotedAt
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

const inOrder = (choices: readonly Choice[]): readonly Assignment[] =>
  choices.filter(({ carried }) => carried).toSorted((a, b) => a.at - b.at)
