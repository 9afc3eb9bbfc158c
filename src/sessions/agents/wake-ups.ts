/**
 * Calls of servers to agents, so that they check in at once, and what followed.
 *
 * A call is a connection from a server to the port on which agents wait for it (`wakeUp` in the
 * configuration; 8081 of ePO, article KB66797), or a request that says so. What became of it is told when
 * the agent has come, or the time for it is over.
 */
import type { Woken } from '../../model/cadence.ts'
import { type Agent, isAgentSide, type Server, type Service } from '../../model/party.ts'
import { type Endpoint, packetOf, type PacketReference, type Tap } from '../../model/packet.ts'
import { PROFILES } from '../../model/profiles.data.ts'
import { seconds, type Micros } from '../../model/time.ts'
import type { Follower, Surroundings } from '../follower.ts'
import { becomeWakeUp } from '../servers/probes.ts'
import type { TrackedSighting } from '../sighting.ts'

/** Where agents of ePO wait for calls unless told otherwise (KB66797). */
const EPO_PORT = 8081
/** An agent that was called comes within a minute, or, with randomisation, within five: later it comes by
 * itself (starting value; the configuration says otherwise). */
const WITHIN: Micros = seconds(300)
/** Calls that wait for their agents at once; further ones are not followed. */
const CALLS_MAX = 1 << 14
/** Servers of ePO known by their addresses; agents whose last check-in is remembered. */
const SERVERS_MAX = 1 << 10
const SEEN_MAX = 1 << 18

interface Call {
  readonly service: Service
  readonly server: Server
  readonly tap: Tap
  readonly to: Endpoint
  readonly proof: PacketReference
  readonly at: Micros
  readonly within: Micros
  answer: Woken['answer']
  followed: Woken['followed']
}

interface Facts {
  readonly originator: Endpoint
  readonly responder: Endpoint
  readonly tap: Tap
  readonly packet: number
}

export function followWakeUps(surroundings: Surroundings): Follower {
  return new WakeUps(surroundings).follower
}

class WakeUps {
  private readonly around: Surroundings
  private readonly ports = new Set([EPO_PORT])
  /** By the agent's address. */
  private readonly calls = new Map<string, Call[]>()
  private waiting = 0
  /** Servers of ePO that agents reached. */
  private readonly reached = new Map<string, Server>()
  /** When an address last checked in. */
  private readonly seen = new Map<string, Micros>()
  /** Services whose agents' check-ins the captures show. */
  private readonly shown = new Set<Service>()
  /** How far the captures go that are over: the shortest of them; null while all go on. */
  private end: Micros | null = null

  constructor(around: Surroundings) {
    this.around = around
    for (const { wakeUp } of around.inventory.deployment.services)
      if (wakeUp !== null) this.ports.add(wakeUp.port)
  }

  readonly follower: Follower = {
    observe: {
      'connection-opened': (o, sighting) => this.connected(o, sighting, o.start, 'taken'),
      'connection-failed': (o) => {
        if (o.manner !== 'aborted') this.connected(o, null, o.start, o.manner)
      },
      'agent-request': (o, sighting) => {
        if (o.message.purpose !== 'wake-up' || sighting === null) return
        const { originator, responder, tap, start, startPacket: packet } = sighting
        this.connected({ originator, responder, tap, packet }, sighting, start, 'taken')
      },
      'capture-ended': (o) => {
        this.end = Math.min(this.end ?? Infinity, o.time)
      },
    },
    visited: (sighting, agent, at, packet) => {
      const { service, server, originator } = sighting
      if (service.profile === 'mcafee-epo' && server !== null && this.reached.size < SERVERS_MAX)
        this.reached.set(server.address, server)
      if (this.calls.size > 0) this.came(sighting, agent, at, packet)
      if (!isCalled(service)) return
      this.shown.add(service)
      if (!isAgentSide(sighting)) return
      const { seen } = this
      if (seen.size < SEEN_MAX || seen.has(originator.address)) seen.set(originator.address, at)
    },
  }

  private connected(
    facts: Facts,
    sighting: TrackedSighting | null,
    at: Micros,
    answer: Call['answer'],
  ): void {
    const { port } = facts.responder
    const server = this.ports.has(port) ? this.callerAt(facts.originator, port) : null
    if (server === null) return
    if (sighting !== null) becomeWakeUp(sighting, server.service)
    this.called(facts, at, server, answer)
  }

  /** The server whose address it is, if it calls agents at this port. */
  private callerAt({ address }: Endpoint, port: number): Server | null {
    const { inventory, services } = this.around
    const reached = this.reached.get(address) ?? null
    for (const { service, server } of inventory.rolesOf(address).serverOf) {
      const { wakeUp, profile, ports } = service
      if (wakeUp === null ? profile !== 'mcafee-epo' || port !== EPO_PORT : wakeUp.port !== port) continue
      const listens = ports[0] ?? PROFILES[profile].ports[0] ?? 0
      const { name, priority } = server
      return (
        reached ?? {
          index: -1,
          id: `${service.name}/${name}`,
          name,
          service: services.configured(service.name),
          address,
          port: listens,
          priority,
          identifiedBy: 'config',
        }
      )
    }
    return port === EPO_PORT ? reached : null
  }

  private called(facts: Facts, at: Micros, server: Server, answer: Call['answer']): void {
    const { responder: to, tap, packet } = facts
    const { settle, later } = this.around
    const proof = packetOf(facts, packet, at)
    const list = this.calls.get(to.address) ?? []
    // The same call at another tap; or one that was lost, and taken when it was repeated.
    const known = list.find((call) => call.server.id === server.id && Math.abs(call.at - at) <= settle)
    if (known !== undefined && answer === 'taken') known.answer = 'taken'
    if (known !== undefined || this.waiting >= CALLS_MAX) return
    const { service } = server
    const within = service.configured?.wakeUp?.within ?? WITHIN
    const call: Call = { service, server, tap, to, proof, at, within, answer, followed: null }
    this.calls.set(to.address, [...list, call])
    this.waiting++
    later(at + within + 2 * settle, () => this.decide(call))
  }

  private decide(call: Call): void {
    const { service, server, tap, to, proof, at, within, answer, followed } = call
    const rest = this.calls.get(to.address)!.filter((other) => other !== call)
    if (rest.length === 0) this.calls.delete(to.address)
    else this.calls.set(to.address, rest)
    this.waiting--
    const isCaptured = this.end === null || at + within <= this.end
    const isShown = this.shown.has(service)
    const checkIn = service.configured?.checkIn ?? PROFILES[service.profile].checkIn ?? WITHIN
    const { agents, tell, blind } = this.around
    tell({
      kind: 'woken',
      service,
      server,
      agent: agents.at(tap, to.address, 'address'),
      address: to.address,
      port: to.port,
      call: proof,
      answer,
      within,
      followed,
      isWatched: followed !== null || (isCaptured && isShown && !blind.touches(at, at + within)),
      isPresent: at - (this.seen.get(to.address) ?? -Infinity) <= 2 * checkIn,
    })
  }

  /** By the address that was called, or another one of the same agent. */
  private came(sighting: TrackedSighting, agent: Agent, at: Micros, packet: number): void {
    const checkIn = packetOf(sighting, packet, at)
    for (const { originator } of sighting.path.sightings) this.follow(originator.address, checkIn)
    for (const { address } of agent.addresses) this.follow(address, checkIn)
  }

  private follow(address: string, checkIn: PacketReference): void {
    for (const call of this.calls.get(address) ?? [])
      if (checkIn.at >= call.at && checkIn.at <= call.at + call.within) call.followed ??= checkIn
  }
}

/** Its agents are called. */
const isCalled = ({ configured, profile }: Service): boolean =>
  configured?.wakeUp != null || profile === 'mcafee-epo'
