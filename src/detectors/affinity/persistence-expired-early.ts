/** The load balancer forgets agents before the time that it should remember them for. */
import type { Assigned, Assignment, World } from '../../model/event.ts'
import type { Finding } from '../../model/incident.ts'
import { endsBetween } from '../../model/packet.ts'
import type { Service } from '../../model/party.ts'
import { PROFILES } from '../../model/profiles.data.ts'
import { SECOND, toSeconds, type Micros } from '../../model/time.ts'
import { balancerActor } from '../actors.ts'
import { choicesOf } from '../distribution/choices.ts'
import { type PersistenceTimer, persistenceTimer, type Return } from '../distribution/persistence.ts'
import { mustStay, openingsFilter } from '../distribution/relay.ts'
import { turnTaking } from '../distribution/turn-taking.ts'
import { detector, evidence, span, spoken, times, unseen } from '../detector.ts'
import { packets } from '../wording.ts'

export const persistenceExpiredEarly = detector({
  type: 'persistence-expired-early',
  asserts:
    'Agents that return within the persistence time land elsewhere, after pauses that others did not survive.',
  notThis: [
    'the time that the load balancer should remember agents for had passed, or is not stated',
    'the server before had failed',
    'no memory at all: round robin, or a random choice',
    'too few returns to tell a timer by',
    'policy does not hold on to agents',
  ],
  requirements: ['S0-16', 'S2-35', 'S2-36', 'X-02'],
  flows: unseen('which agent returns: the load balancer’s address stands for all of them'),
  parameters: {
    failureWithin: span(
      60 * SECOND,
      'a failure of the server this long before the last contact explains the move',
    ),
    movesMin: {
      value: 3,
      unit: 'count',
      meaning: 'moves after pauses, below which nothing shows a timer (as many as make a regular sever)',
    },
  },
  watch({ failureWithin, movesMin }, world, raise) {
    const seen = new Map<string, Remembered>()
    const tellMoves = (memory: Remembered): void => {
      const { moves } = memory
      if (moves.length === 0) return
      const timer = moves.length < movesMin && !memory.isTold ? null : timerOf(memory)
      if (timer !== null) for (const move of moves) raise(finding(move, timer, world))
      memory.isTold ||= timer !== null
      moves.length = 0
    }
    const isTimed = (memory: Remembered): boolean =>
      memory.moves.length >= movesMin && timerOf(memory) !== null
    return {
      assigned(event) {
        const { service, relay } = event
        const required = requiredOf(service)
        if (required === null || !mustStay(service)) return
        const key = `${service.name}|${relay}`
        let memory = seen.get(key)
        if (memory === undefined) seen.set(key, (memory = nothing()))
        const choices = choicesOf(event.assignments)
        if (turnTaking(choices.list, choices.servers.length).isRoundRobin) {
          if (event.isWhole) memory.until = event.assignments.at(-1)!.at
          return
        }
        remember(memory, event, required, failureWithin, world)
        // Once as many returns are known as are kept, the timer is known as well as it will be.
        if (memory.last.length >= KEPT_MAX || memory.moves.length >= KEPT_MAX) tellMoves(memory)
        else if (memory.isTold) tellMoves(memory)
        else if (memory.last.length >= memory.nextLook) {
          memory.nextLook *= 2
          if (isTimed(memory)) tellMoves(memory)
        }
      },
      'time-passed'({ at }) {
        for (const memory of seen.values()) {
          if (memory.until === memory.restedAt || at - memory.until < AT_REST) continue
          memory.restedAt = memory.until
          if (isTimed(memory)) tellMoves(memory)
        }
      },
      'captures-ended'() {
        for (const memory of seen.values()) tellMoves(memory)
      },
    }
  },
  describe(findings) {
    const first = findings[0]
    const { timer, requiredSeconds, ports } = first.details as unknown as ExpiryDetails
    const lower =
      timer.lowerSeconds === null ? '' : `after up to ${spoken(timer.lowerSeconds * SECOND)} they did not; `
    return {
      title: `Persistence for ${first.service} ends too early`,
      summary:
        `Agents landed on another server ${times(findings.length)} although ${spoken(requiredSeconds * SECOND)} had not passed; ` +
        `${lower}the load balancer forgets them by ${spoken(timer.upperSeconds * SECOND)} after the ${timer.clock === 'last-contact' ? 'last' : 'first'} contact.`,
      remedy: `Set the persistence time on the load balancer to ${spoken(requiredSeconds * SECOND)}, longer than the interval at which agents come.`,
      filter: openingsFilter(first.actor.address, ports),
      details: first.details,
    }
  },
})

/** Returns after which a timer is looked for the first time, and again with each doubling. */
const FIRST_LOOK = 64
/** ... and once the load balancer chose nothing for so long. */
const AT_REST: Micros = 3600 * SECOND
/** Returns kept for each relay of a service: the first ones; and moves that are not told yet. */
const KEPT_MAX = 4096

interface Move {
  /** Not the event itself: it holds all the choices that it tells of. */
  readonly event: Pick<Assigned, 'service' | 'relay' | 'tap'>
  readonly choice: Assignment
  readonly required: Micros
}

interface Remembered {
  /** Returns as numbers, `packed`: there are thousands for each relay. */
  readonly last: number[]
  readonly first: number[]
  /** Those that are not told yet. */
  readonly moves: Move[]
  isTold: boolean
  /** Choices up to that time were looked at. */
  until: Micros
  /** ... when no more came for long, the last time. */
  restedAt: Micros
  nextLook: number
}

const nothing = (): Remembered => ({
  last: [],
  first: [],
  moves: [],
  isTold: false,
  until: -Infinity,
  restedAt: -Infinity,
  nextLook: FIRST_LOOK,
})

interface ExpiryDetails {
  readonly previousServer: string
  readonly awaySeconds: number
  readonly requiredSeconds: number
  readonly timer: PersistenceTimer
  readonly ports: readonly number[]
}

/** Seconds; below zero, and one less, for who came elsewhere. */
const packed = ({ seconds, stayed }: Return): number => (stayed ? seconds : -1 - seconds)
const unpacked = (value: number): Return =>
  value < 0 ? { seconds: -1 - value, stayed: false } : { seconds: value, stayed: true }
const timerOf = ({ last, first }: Remembered): PersistenceTimer | null =>
  persistenceTimer(last.map(unpacked), first.map(unpacked))

const requiredOf = ({ configured, profile }: Service): Micros | null =>
  configured?.persistenceDuration ?? PROFILES[profile].persistenceDuration

function remember(
  memory: Remembered,
  event: Assigned,
  required: Micros,
  failureWithin: Micros,
  world: World,
): void {
  const { until } = memory
  const { service, relay, tap } = event
  const of = { service, relay, tap }
  for (const choice of event.assignments) {
    const { previous, sinceLast, sinceFirst, server, at } = choice
    if (at <= until) continue
    memory.until = at
    if (previous === null || sinceLast === null || sinceFirst === null) continue
    const stayed = previous === server
    if (!stayed && world.failureOf(previous, at - sinceLast - failureWithin, at) !== null) continue
    if (memory.last.length < KEPT_MAX) {
      memory.last.push(packed({ seconds: toSeconds(sinceLast), stayed }))
      memory.first.push(packed({ seconds: toSeconds(sinceFirst), stayed }))
    }
    if (!stayed && sinceLast < required && memory.moves.length < KEPT_MAX)
      memory.moves.push({ event: of, choice, required })
  }
}

function finding({ event, choice, required }: Move, timer: PersistenceTimer, world: World): Finding {
  const { agent, server, previous, at, packet, connection, sinceLast } = choice
  const details: ExpiryDetails = {
    previousServer: previous!.name,
    awaySeconds: toSeconds(sinceLast!),
    requiredSeconds: toSeconds(required),
    timer,
    ports: [server.port],
  }
  return {
    type: 'persistence-expired-early',
    severity: 'warning',
    at,
    tap: event.tap,
    agent:
      agent === null || !agent.nameable
        ? null
        : { id: agent.id, address: agent.addresses.at(-1)?.address ?? null },
    server: { name: server.name, address: server.address, port: server.port },
    service: event.service.name,
    connection,
    tuple: null,
    actor: balancerActor(event.relay, world),
    manner: null,
    confidence: 0.9,
    details: { ...details },
    evidence: packets(
      ...evidence({
        tap: event.tap,
        packet,
        at,
        ends: endsBetween(event.relay, server),
        note: `${spoken(sinceLast!)} after its last contact with ${previous!.name} the agent comes to ${server.name}`,
      }),
    ),
    cause: `${event.service.name}|${event.relay}`,
    requirements: requirementsOf(event.service),
  }
}

function requirementsOf({ profile }: Service): readonly string[] {
  if (profile === 'symantec-sems') return ['S2-35', 'S2-36']
  return profile === 'symantec-dlp' || profile === 'symantec-dlp-12.5' ? ['S0-16', 'X-02'] : ['S2-36']
}
