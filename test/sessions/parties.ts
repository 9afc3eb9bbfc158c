/** Parties of the session stage for unit tests: sightings, observations and summaries with little to say. */
import { BlindTimes } from '../../src/sessions/blind-times.ts'
import type { ConnectionSummary, HalfSummary } from '../../src/model/connection.ts'
import type * as O from '../../src/model/observation.ts'
import type { Endpoint, Tap } from '../../src/model/packet.ts'
import type { Leg, Visit } from '../../src/model/party.ts'
import { seconds } from '../../src/model/time.ts'
import { Agents } from '../../src/sessions/agents/agents.ts'
import type { Health } from '../../src/sessions/servers/health.ts'
import { Inventory } from '../../src/sessions/servers/inventory.ts'
import { Policy } from '../../src/sessions/servers/policy.ts'
import { Pools } from '../../src/sessions/relays/pools.ts'
import { ServerMoves } from '../../src/sessions/servers/server-moves.ts'
import { Services } from '../../src/sessions/servers/services.ts'
import { TrackedSighting } from '../../src/sessions/sighting.ts'
import { deployment } from '../detectors/analysis.ts'

export const AGENT: Endpoint = { address: '10.0.0.5', port: 50_000 }
export const SERVER: Endpoint = { address: '192.0.2.10', port: 443 }

export interface SightingParts {
  readonly tap?: Tap
  readonly from?: Endpoint
  readonly to?: Endpoint
  readonly leg?: Leg
  /** Seconds. */
  readonly start?: number
  readonly handshake?: O.ConnectionOpened['handshake']
  /** Initial sequence numbers. */
  readonly sequence?: readonly [number, number]
}

/** Who is who under a configuration; connections are numbered as they are made. */
export class Parties {
  readonly inventory: Inventory
  readonly services: Services
  readonly agents: Agents
  readonly pools = new Pools(() => {})
  private connections = 0
  private readonly sequences = new Map<TrackedSighting, readonly [number, number]>()

  constructor(config: unknown = {}) {
    this.inventory = new Inventory(deployment(config))
    this.services = new Services(this.inventory)
    this.agents = new Agents(this.inventory)
  }

  sighting(parts: SightingParts = {}): TrackedSighting {
    const { tap = 'client', from = AGENT, to = SERVER, leg = 'direct', start = 0 } = parts
    const service = this.services.serviceAt(to)
    const connection = ++this.connections
    const facts = { connection, tap, originator: from, responder: to, start: seconds(start), startPacket: 1 }
    const server = leg === 'front' ? null : this.services.serverAt(service, to)
    const opened = { handshake: parts.handshake ?? 'complete', responderHopLimit: null }
    const sighting = new TrackedSighting({ ...facts, ...opened, leg, service, server })
    if (parts.sequence !== undefined) this.sequences.set(sighting, parts.sequence)
    return sighting
  }

  /** The initial sequence numbers that a sighting was given. */
  sequenceOf(sighting: TrackedSighting): O.ConnectionOpened['initialSequence'] {
    return this.sequences.get(sighting) ?? [null, null]
  }

  visit(sighting: TrackedSighting, agentId: string, at: number): Visit {
    const agent = this.agents.named({ id: agentId, by: 'http-header', confidence: 0.99 })
    return { agent, server: sighting.server!, sighting, at: seconds(at), packet: 1 }
  }
}

interface Facts {
  readonly connection: number
  readonly tap: Tap
  readonly originator: Endpoint
  readonly responder: Endpoint
}

const on = ({ connection, tap, originator, responder }: Facts): Facts => ({
  connection,
  tap,
  originator,
  responder,
})

/** A silence of a minute and more: from `start` to `end`, in seconds. */
export function silence(
  sighting: Facts,
  outcome: O.SilenceOutcome,
  parts: Partial<O.Silence> & { from?: number; to?: number } = {},
): O.Silence {
  const { from = 10, to = 310, ...rest } = parts
  return {
    kind: 'silence',
    time: seconds(to),
    ...on(sighting),
    start: seconds(from),
    startPacket: 5,
    startSide: 1,
    end: seconds(to),
    endPacket: 6,
    brokenBy: 0,
    breaker: 'data',
    lastFrom: [seconds(from), seconds(from)],
    outcome,
    outcomePacket: null,
    outcomeAt: null,
    retransmissions: 0,
    lastRetransmission: null,
    lastRetransmissionAt: null,
    keepAlivesBefore: 0,
    inFlight: 0,
    tapSilence: 0,
    bytes: [100, 200],
    ...rest,
  }
}

export function reset(sighting: Facts, from: 0 | 1, at: number, parts: Partial<O.Reset> = {}): O.Reset {
  return {
    kind: 'reset',
    time: seconds(at),
    ...on(sighting),
    packet: 7,
    from,
    sequence: 1,
    sequenceOffset: 0,
    acknowledges: true,
    window: 0,
    payload: '',
    hopLimit: 64,
    usualHopLimit: 64,
    identification: 1,
    previousIdentification: 1,
    hardware: null,
    usualHardware: null,
    provokedBy: null,
    sinceProvocation: null,
    idleBefore: 0,
    sinceOwn: 0,
    legRtt: null,
    bytes: [100, 200],
    afterFin: false,
    ...parts,
  }
}

export const finished = (sighting: Facts, from: 0 | 1, at: number): O.Finished => ({
  kind: 'finished',
  time: seconds(at),
  ...on(sighting),
  packet: 7,
  from,
  idleBefore: 0,
  first: true,
  bytes: [100, 200],
  hopLimit: 64,
  usualHopLimit: 64,
})

export function half(parts: Partial<HalfSummary> = {}): HalfSummary {
  return {
    packets: 3,
    bytes: 100,
    uniqueBytes: 100,
    retransmissions: 0,
    outOfOrder: 0,
    keepAlives: 0,
    zeroWindows: 0,
    captureDuplicates: 0,
    missingBytes: 0,
    lastPacketAt: seconds(20),
    finAt: null,
    finPacket: null,
    rstAt: null,
    unanswered: 0,
    unansweredSince: null,
    unansweredPacket: null,
    hopLimit: 64,
    hardware: null,
    ...parts,
  }
}

export function summaryOf(
  sighting: TrackedSighting,
  parts: Partial<ConnectionSummary> = {},
): ConnectionSummary {
  return {
    ...on(sighting),
    stream: 0,
    rolesKnown: true,
    start: sighting.start,
    end: seconds(20),
    firstPacket: 1,
    lastPacket: 9,
    handshake: 'complete',
    handshakeRtt: null,
    halves: [half(), half()],
    maxIdle: 0,
    longestSurvived: 0,
    idleBeforeEnd: 0,
    endReason: 'client-fin',
    endedBy: 0,
    ...parts,
  }
}

/** Moves of agents that are never told to anybody. */
export const movesOf = ({ inventory }: Parties, health: Health): ServerMoves =>
  new ServerMoves({
    health,
    blind: new BlindTimes(),
    policy: new Policy(inventory),
    later: () => {},
    tell: () => {},
  })
