/** An agent reached another server than before, although nothing was wrong with the one that it had. */
import type { Assignment, World } from '../../model/event.ts'
import { packetOf } from '../../model/packet.ts'
import type { Actor, Finding } from '../../model/incident.ts'
import {
  type Agent,
  isAgentSide,
  relayAddress,
  type Server,
  type Service,
  type Visit,
} from '../../model/party.ts'
import { PROFILES } from '../../model/profiles.data.ts'
import { isRecordReference } from '../../model/record-reference.ts'
import { shortName } from '../../model/short-name.ts'
import { MAIL_PORTS } from '../../model/smtp.ts'
import { SECOND, type Micros } from '../../model/time.ts'
import { balancerActor, openerKey } from '../actors.ts'
import { standsForMany } from '../many.ts'
import { counted, detector, evidence, PROVED, span, times, timesAmong } from '../detector.ts'
import { HopCauses } from '../distribution/hop-cause.ts'
import { NameMoves } from '../distribution/name-moves.ts'
import { isOfAgents } from '../distribution/relay.ts'
import { Undecided } from '../undecided.ts'
import { type Move, Parallel } from './parallel.ts'
import { about, agentOf, connectionFilter, packets, timeAway, turnedUp } from '../wording.ts'

export const serverHop = detector({
  type: 'server-hop',
  asserts:
    'The same agent landed on another server of its service, and the one before was healthy, or not seen to fail.',
  notThis: [
    'the server before had failed: a failover',
    'the agent went back to a server that it prefers: a failback',
    'policy lets the agent pick: random or weighted choice, servers of one priority group',
    'the name that the agents are given was led to the other server, and stays so',
    'another location, another list: the agent has another address',
    'a web user with a new session, or a mail server: those are not agents',
    'a health check, or a relay that stands for all its agents',
    'servers of one port that nobody stated to be one service',
  ],
  requirements: ['S0-07', 'S0-09', 'S0-16', 'S2-30', 'S2-35', 'S2-36'],
  flows: PROVED,
  parameters: {
    failureWithin: span(
      30 * SECOND,
      'a failure of the server this long before the last contact explains the move',
    ),
    proofBefore: span(
      2 * SECOND,
      'a sign of life of the server this shortly before the move shows that it was well',
    ),
    proofAfter: span(5 * SECOND, '... or this soon after it: a server that failed takes longer to come back'),
    recordsApart: span(
      60 * SECOND,
      'flow records show a server only so often: one that is well both before and after the move within this was well meanwhile (a minute is what exporters and cloud logs are set to)',
    ),
  },
  watch({ failureWithin, proofBefore, proofAfter, recordsApart }, world, raise) {
    const causes = new HopCauses()
    const names = new NameMoves()
    const undecided = new Undecided<Move>((move, last) => judge(move, last))
    const judge = (move: Move, last: boolean): void => {
      const { visit, previous } = move
      const failure = world.failureOf(previous.server, previous.at - failureWithin, visit.at)
      // One that the server got over before the agent moved explains nothing.
      if (failure !== null && world.healthyAt(previous.server, failure.at + 1, visit.at) === null) return
      const healthy =
        world.healthyAt(previous.server, visit.at - proofBefore, visit.at + proofAfter) ??
        wellAround(previous.server, visit, recordsApart, world)
      // Where policy lets agents leave a failed server, or nobody answered there, or that server was hidden
      // behind its load balancer, a move is a hop only if the server is seen to be well.
      const mayLeave =
        mayFailOver(visit.server.service) || wasUnanswered(previous) || isHidden(visit) || isHidden(previous)
      // Whether a name goes on to lead there will be seen, too.
      if ((healthy === null && mayLeave) || followsName(visit, previous, names)) {
        if (last) return
        // A fleet that moves at once is a failover, and told as one.
        if (undecided.isFull) undecided.dropOldest()
        undecided.add(move, visit.at)
        return
      }
      const found = finding(visit, previous, healthy, causes, world)
      parallel.note(move, found)
      raise(found)
    }
    const parallel = new Parallel(judge, raise)
    return {
      resolved: (answer) => names.resolved(answer),
      moved({ visit, previous, reason }) {
        if (reason !== 'hop' || previous === null || !isMove(visit, previous, world))
          parallel.settle(visit.agent)
        else parallel.moved({ visit, previous })
      },
      'time-passed': ({ at }) => undecided.timePassed(at),
      'captures-ended'() {
        parallel.ended()
        undecided.ended()
      },
    }
  },
  describe(findings, world) {
    const first = findings[0]
    const agents = new Set(findings.map((f) => f.agent?.id ?? f.details['previousServer'])).size
    const by = first.actor.role === 'load-balancer' || first.actor.role === 'middlebox'
    const cause = commonCause(findings, world)
    return {
      title: `Agents of ${first.service ?? 'the service'} hop between servers`,
      summary: `${counted(agents, 'agent')} landed on another server ${timesAmong(findings.length, agents)}; ${healthText(findings)}.`,
      remedy: by ? balancersRemedy(findings, cause) : GIVE_ONE_NAME,
      filter: connectionFilter(findings),
      details: {
        previousServer: first.details['previousServer'],
        cause,
        previousServerHealthy: findings.every(wasHealthy),
      },
    }
  },
})

const GIVE_ONE_NAME =
  'Give the agents one name that leads to one server, or a list with an order; a name that resolves to several addresses makes them hop.'
const SET_PERSISTENCE =
  'set persistence on the load balancer: by source address, for as long as the product keeps its session (TLS sessions often live for a day), and not round robin.'

/** Agents that go to another network take another address: that is not known again. */
function balancersRemedy(findings: readonly Finding[], cause: unknown): string {
  if (findings.every(({ details }) => details['addressBefore'] !== undefined))
    return 'Persistence by source address does not follow agents that take another address, as these did. Let the load balancer know them by what they keep: their TLS session, or a cookie.'
  return cause === 'unknown'
    ? `Look in the log of the load balancer whether the server before was drained or taken out of service then. If not, ${SET_PERSISTENCE}`
    : `S${SET_PERSISTENCE.slice(1)}`
}

const wasHealthy = ({ details }: Finding): boolean => details['previousServerHealthy'] === true

/** What was seen of the servers that agents left: no more than each occurrence says of its own. */
function healthText(findings: readonly Finding[]): string {
  const healthy = findings.filter(wasHealthy).length
  if (healthy === 0) return 'the server before was not seen to fail'
  if (healthy === findings.length) return 'the server before was healthy'
  return `the server before was healthy ${times(healthy)}, and otherwise not seen to fail`
}

/** Flow records tell when a slice began and ended, not what lies between: what is well on both sides of the
 * move was well. */
function wellAround(server: Server, { at, packet }: Visit, apart: Micros, world: World) {
  if (!isRecordReference(packet)) return null
  return world.healthyAt(server, at - apart, at) === null ? null : world.healthyAt(server, at, at + apart)
}

type Proof = ReturnType<World['healthyAt']>

/** `healthy`: an answer of the server before that shows that it was well; null: it was not seen to fail. */
function finding(visit: Visit, previous: Visit, healthy: Proof, causes: HopCauses, world: World): Finding {
  const cause = causeOf(visit, previous, causes, world)
  const { sighting, server } = visit
  return {
    type: 'server-hop',
    severity: 'warning',
    at: visit.at,
    ...about(sighting),
    agent: agentOf(sighting, visit.agent),
    server: { name: server.name, address: server.address, port: server.port },
    service: server.service.name,
    actor: actorOf(visit, cause, world),
    manner: null,
    confidence: visit.agent.confidence * (healthy === null ? 0.85 : 0.98),
    details: {
      previousServer: previous.server.name,
      cause,
      previousServerHealthy: healthy !== null,
      identifiedBy: visit.agent.identifiedBy,
      ...addressBefore(visit, previous),
    },
    evidence: packets(
      ...evidence(
        {
          ...packetOf(previous.sighting, previous.packet, previous.at),
          note: `the agent at ${previous.server.name}${byCookie(previous)}`,
        },
        {
          ...packetOf(sighting, visit.packet, visit.at),
          note: turnedUp(visit, previous, `at ${server.name}${byCookie(visit)}`),
        },
        healthy === null ? null : { ...healthy, note: `${previous.server.name} answers: it is well` },
      ).sort((a, b) => a.at - b.at),
    ),
    cause: `${server.service.name}|${openerKey(sighting, world, 'agents')}`,
    requirements: requirementsOf(visit, timeAway(visit, previous).span),
  }
}

/** The agent's own address at the server before, if it has another one now. */
function addressBefore(visit: Visit, previous: Visit): { readonly addressBefore?: string } {
  const [before, now] = [previous, visit].map(
    ({ sighting: { path } }) => path.sightings.find(isAgentSide)?.originator.address,
  )
  return before === undefined || now === undefined || before === now ? {} : { addressBefore: before }
}

const isHidden = ({ cookie }: Visit): boolean => cookie !== undefined

/** What the server is known by, where the load balancer's other side was not captured. */
const byCookie = ({ cookie }: Visit): string =>
  cookie === undefined ? '' : ` (by the cookie ${shortName(cookie)})`

/** The agent changed servers, and its policy does not say that it may have. */
function isMove(visit: Visit, previous: Visit, world: World): boolean {
  const { service } = visit.server
  if (!mustStay(visit, previous) || standsForMany(visit, world)) return false
  const before = preference(visit.agent, service, previous, world)
  const after = preference(visit.agent, service, visit, world)
  // An agent in another place has another list.
  if (before.list !== after.list) return false
  if (before.rank === null || after.rank === null) return true
  // Equal ranks are a group in which the agent may pick; a lower number is where it wants to be.
  return after.rank > before.rank || (after.rank === before.rank && !after.grouped)
}

/** What the vendor of the product asks for; what any agent needs, for others. */
function requirementsOf({ server, sighting }: Visit, away: Micros): readonly string[] {
  const relayed = sighting.leg === 'back'
  if (server.service.profile === 'symantec-sems') {
    if (!relayed) return ['S2-30']
    const lasts = server.service.configured?.persistenceDuration ?? 0
    return away < lasts ? ['S2-30', 'S2-35', 'S2-36'] : ['S2-30', 'S2-35']
  }
  return relayed ? ['S0-09', 'S0-16'] : ['S0-09']
}

/** The agent left because its last words there met nobody. */
const wasUnanswered = ({ sighting: { ending } }: Visit): boolean =>
  ending?.silence?.outcome === 'unanswered' && ending.silence.brokenBy === 0

const mayFailOver = (service: Service): boolean =>
  service.persistence === 'failover' || service.persistence === 'ordered'

/**
 * Products and deployments that allow their agents any server say so. Where nobody stated which servers make
 * up the service, a port is not enough: only what one relay hands out is one service.
 */
function mustStay(visit: Visit, previous: Visit): boolean {
  const { service } = visit.server
  const { configured } = service
  if (!isOfAgents(service) || MAIL_PORTS.has(visit.server.port)) return false
  if (
    service.persistence === 'random' ||
    service.persistence === 'weighted' ||
    service.persistence === 'none'
  )
    return false
  if (configured !== null) return true
  const relayed = [visit, previous].every(({ sighting }) => sighting.leg === 'back')
  const oneRelay = relayAddress(visit.sighting) === relayAddress(previous.sighting)
  return service.persistence !== null && relayed && oneRelay
}

interface Preference {
  /** Position of the server's group in the list that holds for the agent, or its priority; null: not
   * stated. */
  readonly rank: number | null
  /** More than one server has this rank. */
  readonly grouped: boolean
  /** Which list it was: an agent in another place has another. */
  readonly list: string
}

function preference(agent: Agent, service: Service, visit: Visit, world: World): Preference {
  const groups = world.preferenceOf(agent, service, visit.sighting.originator.address)
  if (groups !== null) {
    const rank = groups.findIndex((group) => group.includes(visit.server.name))
    return {
      rank: rank < 0 ? null : rank,
      grouped: (groups[rank]?.length ?? 0) > 1,
      list: JSON.stringify(groups),
    }
  }
  const same =
    service.configured?.servers.filter((s) => s.priority !== null && s.priority === visit.server.priority) ??
    []
  return { rank: visit.server.priority, grouped: same.length > 1, list: '' }
}

/** By the end more is known than at each move. */
function commonCause(findings: readonly Finding[], world: World): unknown {
  const { service, actor, details } = findings.at(-1)!
  const relay = actor.address ?? ''
  const assignments = (): readonly Assignment[] => world.assignments(service ?? '', relay)
  return new HopCauses().causeOf(relay, assignments, 0) ?? details['cause']
}

/** What moved the agent, as far as it is known by now: the first few moves of many say `unknown`. */
function causeOf(visit: Visit, previous: Visit, causes: HopCauses, world: World): string {
  const { server, sighting } = visit
  const { service } = server
  if (sighting.leg !== 'back' && !isBalanced(service)) return isLedByName(visit, previous) ? 'dns' : 'agent'
  const away = timeAway(visit, previous).span
  const relay = relayAddress(sighting)
  const shown = causes.causeOf(`${service.name}|${relay}`, () => world.assignments(service.name, relay), away)
  if (shown !== null) return shown
  const duration = service.configured?.persistenceDuration ?? PROFILES[service.profile].persistenceDuration
  return duration !== null && away >= duration ? 'persistence-expired' : 'unknown'
}

/** The same name led the agent to both servers, or must have: its name is all that agents are given. */
function isLedByName({ server, sighting }: Visit, previous: Visit): boolean {
  const { resolvedName } = sighting
  if (resolvedName !== null) return resolvedName === previous.sighting.resolvedName
  return server.service.configured?.fqdn != null
}

/** Whoever leads the name elsewhere, by hand or because a monitor does, means the agents to follow. */
function followsName({ server, sighting }: Visit, previous: Visit, names: NameMoves): boolean {
  const { resolvedName } = sighting
  if (resolvedName === null || resolvedName !== previous.sighting.resolvedName) return false
  return names.hasMoved(resolvedName, previous.server.address, server.address)
}

/** Agents of this service talk to a virtual address: whoever passes them on chooses the server, not they. */
const isBalanced = (service: Service): boolean => (service.configured?.vips.length ?? 0) > 0

function actorOf(visit: Visit, cause: string, world: World): Actor {
  if (visit.sighting.leg !== 'back' && isBalanced(visit.server.service)) {
    const address = world.devicesOf('load-balancer')[0] ?? null
    return { role: address === null ? 'middlebox' : 'load-balancer', address, confidence: 0.8 }
  }
  if (visit.sighting.leg === 'back') return balancerActor(relayAddress(visit.sighting), world)
  return { role: cause === 'dns' ? 'dns' : 'agent', address: null, confidence: 0.6 }
}
