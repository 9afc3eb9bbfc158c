/**
 * Every try of an agent to reach a server, with its outcome: answered, refused, unanswered, refused at
 * TLS, HTTP 5xx. Tells of those that failed, of outages that somebody met, and of agents that are where
 * policy does not want them: below a server that serves others, or outside their list.
 *
 * A relay's tries and health checks are not an agent's; they count for the health of servers alone.
 */
import type { FailureManner, Outage, ServerFailure } from '../../model/event.ts'
import type * as O from '../../model/observation.ts'
import { packetOf } from '../../model/packet.ts'
import { type Agent, isAgentSide, type Server, type Service } from '../../model/party.ts'
import { contactInterval, type PreferenceList, rankIn } from '../../model/policy.ts'
import { PROFILES } from '../../model/profiles.data.ts'
import { seconds, type Micros } from '../../model/time.ts'
import type { Follower, Surroundings } from '../follower.ts'
import { triesFor } from './inventory.ts'
import { betterThan } from './policy.ts'
import { Remembered } from '../../model/remembered.ts'
import type { Stay, TrackedSighting } from '../sighting.ts'
import { attachmentOf } from '../agents/tracked-agent.ts'

/** Clients whose tries fail, remembered until one succeeds; the oldest is forgotten. */
const RUNS_MAX = 1 << 14
/** Servers named in one run. */
const SERVERS_MAX = 16
/** Endpoints of one server that are looked at. */
const ENDPOINTS_MAX = 16
/** Tries that fail further apart are no run. */
const RUN_GAP_MAX: Micros = seconds(86_400)
/** How long ago a server may have answered others to be known as well; two check-ins, if those are rarer. */
const RECENT: Micros = seconds(60)
/** RFC 8446 §6: closing is no failure, and these say what is wrong with the client. */
const NO_FAILURE: ReadonlySet<number> = new Set([0, 42, 43, 44, 45, 46, 48, 90, 116])
const FATAL = 2
/** Who is not answered asks again by itself, three times within this (RFC 6298 §2.1 and §5.5: after 1 s, 2 s
 * and 4 s): what ends before cost nobody more than a wait, and others may have been well all the time. */
const UNNOTICED: Micros = seconds(7)

interface Run {
  since: Micros
  last: Micros
  attempts: number
  readonly servers: string[]
  /** The connection of the last try, where it had one, and what was met there. */
  connection: number
  manner: FailureManner | null
}

export function followAttempts(surroundings: Surroundings): Follower {
  return new Attempts(surroundings).follower
}

class Attempts {
  private readonly around: Surroundings
  private readonly runs = new Remembered<string, Run>(RUNS_MAX)
  private readonly concerned = new Map<Service, boolean>()
  /** Endpoints of servers that were visited or tried, by the server's id. */
  private readonly known = new Map<string, Server[]>()

  constructor(around: Surroundings) {
    this.around = around
    around.health.onOutage = (outage, failure) => {
      if (outage.manner !== 'unanswered' || outage.isInferred) this.met(outage, failure)
      else around.later(outage.from + UNNOTICED, () => wasNoticed(outage) && this.met(outage, failure))
    }
  }

  private met(outage: Outage, failure: ServerFailure): void {
    const { inventory, agents, tell } = this.around
    const agent = inventory.rolesOf(failure.by).relays ? null : agents.at(failure.tap, failure.by, 'address')
    tell({ kind: 'outage-met', outage, agent, failure })
  }

  readonly follower: Follower = {
    observe: {
      'connection-failed': (o) => this.failed(o),
      'http-transaction': (o, sighting) => this.responded(o, sighting),
      'tls-alert': (o, sighting) => this.alerted(o, sighting),
    },
    visited: (sighting, agent, at, packet) => this.visited(sighting, agent, at, packet),
    closed: (sighting, summary) => {
      const { stay, agent, server } = sighting
      if (stay === null || agent === null || server === null || stay.leaving !== null) return
      const at = summary.halves[0].lastPacketAt
      if (at !== null && this.isConcerned(server.service))
        this.place(sighting, agent, server, stay, at, summary.lastPacket)
    },
  }

  private failed(o: O.ConnectionFailed): void {
    if (o.manner === 'aborted') return
    const { services, inventory } = this.around
    const service = services.triedAt(o.responder)
    if (service === null || !isKnown(service)) return
    if (triesFor(inventory.rolesOf(o.originator.address), false) !== 'itself') return
    const server = services.serverAt(service, o.responder)
    const { manner } = o
    const what = `${manner} by ${server.name}`
    const failure = { ...packetOf(o, o.packet, o.start), what, by: o.originator.address, manner }
    this.note(server, failure, o.connection)
  }

  private responded(o: O.HttpTransaction, sighting: TrackedSighting | null): void {
    if (sighting === null || o.response === null || o.response.status < 500 || !isAgentSide(sighting)) return
    const server = sighting.server ?? sighting.listener
    if (server === null || !isKnown(server.service)) return
    const { status, time, packet } = o.response
    const what = `HTTP ${status} from ${server.name}`
    const by = sighting.originator.address
    this.note(server, { ...packetOf(sighting, packet, time), what, by, manner: 'http-error' }, o.connection)
  }

  private alerted(o: O.TlsAlert, sighting: TrackedSighting | null): void {
    if (sighting?.server == null || o.from !== 1 || o.level !== FATAL || !isKnown(sighting.service)) return
    if (o.description === null || NO_FAILURE.has(o.description)) return
    const { server, originator } = sighting
    const what = `TLS alert ${o.description} from ${server.name}`
    const failure: ServerFailure = {
      ...packetOf(sighting, o.packet, o.time),
      what,
      by: originator.address,
      manner: 'tls-failed',
    }
    this.around.health.failed(server, failure)
    if (isAgentSide(sighting)) this.note(server, failure, o.connection)
  }

  private note(server: Server, failure: ServerFailure, connection: number): void {
    this.learn(server)
    const run = this.runOf(server.service, failure)
    run.attempts++
    run.last = failure.at
    run.connection = connection
    run.manner = failure.manner
    if (!run.servers.includes(server.name) && run.servers.length < SERVERS_MAX) run.servers.push(server.name)
    const agent = this.around.agents.at(failure.tap, failure.by, 'address')
    const { since, attempts, servers } = run
    this.around.tell({
      kind: 'attempt-failed',
      agent,
      server,
      failure,
      run: { since, attempts, servers: [...servers] },
      alternative: attempts < 2 ? null : this.alternativeTo(agent, server, failure, run),
    })
  }

  private runOf(service: Service, { tap, by, at }: ServerFailure): Run {
    const key = `${service.name}|${tap}|${by}`
    const known = this.runs.get(key)
    if (known !== undefined && at - known.last <= RUN_GAP_MAX) return known
    const run: Run = { since: at, last: at, attempts: 0, servers: [], connection: -1, manner: null }
    this.runs.set(key, run)
    return run
  }

  /** A server that the agent may use, has not tried since `run` began, and that served others meanwhile. */
  private alternativeTo(agent: Agent, server: Server, { at, by }: ServerFailure, run: Run) {
    const { policy, health } = this.around
    const { service } = server
    const list = policy.listOf(agent, service, by)
    const { servers = [], vips = [] } = service.configured ?? {}
    const names = list?.groups.flat() ?? (vips.length > 0 ? [] : servers.map(({ name }) => name))
    for (const name of names) {
      if (run.servers.includes(name)) continue
      for (const other of this.known.get(`${service.name}/${name}`) ?? []) {
        const since = health.healthySince(other)
        const proof = since === null ? null : health.answerOf(other, Math.max(since, run.since), at)
        if (proof !== null) return { server: other, proof }
      }
    }
    return null
  }

  private visited(sighting: TrackedSighting, agent: Agent, at: Micros, packet: number): void {
    if (this.runs.size > 0) this.succeeded(sighting)
    const { server, service } = sighting
    if (server === null || sighting.leg === 'front') return
    if (service.configured === null) return this.strayed(sighting, agent, at, packet)
    if (service.configured.servers.length > 1) this.learn(server)
    if (!this.isConcerned(service)) return
    const stay = attachmentOf(agent, service)?.stay ?? null
    this.place(sighting, agent, server, stay?.server === server ? stay : null, at, packet)
  }

  private succeeded({ service, path, connection }: TrackedSighting): void {
    for (const { tap, originator } of path.sightings) {
      const key = `${service.name}|${tap}|${originator.address}`
      const run = this.runs.get(key)
      if (run !== undefined && (run.connection !== connection || isTriedAgain(run))) this.runs.delete(key)
    }
  }

  /** Where the agent is, against the list that holds for it. `stay`: it has been there before. */
  private place(
    sighting: TrackedSighting,
    agent: Agent,
    server: Server,
    stay: Stay | null,
    at: Micros,
    packet: number,
  ): void {
    const { policy, health, tell } = this.around
    const { service } = server
    const list = policy.listFor(agent, service, sighting)
    if (stay !== null) noteList(stay, list, at)
    if (list === null) return
    const rank = rankIn(list, server.name)
    if (rank === null && list.source !== 'service') {
      const elsewhere =
        list.source === 'location' ? policy.locationWith(server.name, service, list.name) : null
      const since = stay === null ? at : listSince(stay)
      const afterFailure = health.explainsAbsence(sighting, service, list, at)
      tell({
        kind: 'outside-list',
        agent,
        service,
        server,
        list,
        sighting,
        at,
        packet,
        elsewhere,
        since,
        afterFailure,
      })
    } else if (rank !== null && rank > 0 && stay !== null && stay.listed?.isBelowTold !== true)
      this.below(sighting, stay, list, at, packet)
  }

  private below(
    sighting: TrackedSighting,
    stay: Stay,
    list: PreferenceList,
    at: Micros,
    packet: number,
  ): void {
    const { service, name } = stay.server
    const delay = delayOf(service)
    if (delay === null) return
    const arrived = listSince(stay)
    for (const better of betterThan(list, name).flatMap(
      (n) => this.known.get(`${service.name}/${n}`) ?? [],
    )) {
      const well = this.around.health.healthySince(better)
      if (well === null || at - Math.max(well, arrived) <= delay) continue
      const recent = Math.max(RECENT, 2 * (contactInterval(service) ?? 0))
      const proof = this.around.health.answerOf(better, Math.max(well, arrived, at - recent), at)
      if (proof === null) continue
      if (stay.listed !== null) stay.listed.isBelowTold = true
      const { agent, server, arrivedBy, first } = stay
      this.around.tell({
        kind: 'below-preference',
        agent,
        server,
        list,
        first,
        sighting,
        at,
        packet,
        arrivedBy,
        better,
        healthySince: well,
        proof,
      })
      return
    }
  }

  /** A server of the same product that the configuration does not know: whose list should have led
   * elsewhere? */
  private strayed(sighting: TrackedSighting, agent: Agent, at: Micros, packet: number): void {
    const { policy, health, services, tell } = this.around
    for (const { name } of policy.kinOf(sighting.service)) {
      const service = services.configured(name)
      const list = policy.listFor(agent, service, sighting)
      if (list === null) continue
      const afterFailure = health.explainsAbsence(sighting, service, list, at)
      const since = at
      tell({
        kind: 'outside-list',
        agent,
        service,
        server: null,
        list,
        sighting,
        at,
        packet,
        elsewhere: null,
        since,
        afterFailure,
      })
      return
    }
  }

  private isConcerned(service: Service): boolean {
    let isConcerned = this.concerned.get(service)
    if (isConcerned === undefined)
      this.concerned.set(service, (isConcerned = this.around.policy.concerns(service)))
    return isConcerned
  }

  private learn(server: Server): void {
    const list = this.known.get(server.id)
    if (list === undefined) this.known.set(server.id, [server])
    else if (list.length < ENDPOINTS_MAX && !list.includes(server)) list.push(server)
  }
}

const wasNoticed = ({ from, until }: Outage): boolean => until === null || until - from >= UNNOTICED

/** At first it is not known yet which list holds; later it is the agent that came elsewhere. */
function noteList(stay: Stay, list: PreferenceList | null, at: Micros): void {
  const before = stay.listed
  if (list === (before?.list ?? null)) return
  const since = before === null || before.list === null ? (before?.since ?? null) : at
  stay.listed = { list, since, isBelowTold: before?.isBelowTold ?? false }
}

/** Since when the list of a stay holds. */
const listSince = (stay: Stay): Micros => stay.listed?.since ?? stay.start

/** Configured, or a product that is known: not just anybody's connection to anything. */
const isKnown = (service: Service): boolean => service.configured !== null || service.profile !== 'generic'

/** A handshake of which a packet was lost is tried again: who speaks on the connection was answered. What a
 * server refuses by TLS or HTTP, it refuses on a connection that opened, and that is no success. */
const isTriedAgain = ({ manner }: Run): boolean => manner === 'unanswered' || manner === 'refused'

/** How long an agent may stay below its preference; null: it need not return, or nobody said when. */
function delayOf(service: Service): Micros | null {
  const { failback } = service.configured ?? {}
  const defaults = PROFILES[service.profile]
  if (!(failback?.expected ?? defaults.failbackExpected)) return null
  const delay = failback?.delay ?? defaults.failbackDelay
  // The vendor's time runs from one contact to another (article 177570: 24 h; 156653: 300 s and up to as
  // much).
  return delay === defaults.failbackDelay && delay !== null
    ? delay + 2 * (contactInterval(service) ?? 0)
    : delay
}
