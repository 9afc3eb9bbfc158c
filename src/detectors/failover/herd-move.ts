/** Many of a server's agents turned to other servers at once. */
import type { AgentMoved, World } from '../../model/event.ts'
import type { Finding } from '../../model/incident.ts'
import { packetOf } from '../../model/packet.ts'
import type { Agent, Server } from '../../model/party.ts'
import { rankIn } from '../../model/policy.ts'
import { isoTime, type Micros, SECOND } from '../../model/time.ts'
import { counted, detector, evidence, PROVED, ratio, span, spoken } from '../detector.ts'
import { fact, moverOf, named } from '../policy-words.ts'
import { about, connectionFilter, packets } from '../wording.ts'

/** Moves of one server looked at together. */
const MOVES_MAX = 1 << 16

interface Herd {
  readonly server: Server
  /** In order of time; those before `first` have left it. */
  readonly moves: AgentMoved[]
  first: number
  /** How often each agent is among them. */
  readonly agents: Map<Agent, number>
  /** It is one: what follows within its time belongs to it. */
  isOne: boolean
}

export const herdMove = detector({
  type: 'herd-move',
  asserts: "A large part of a server's agents turned to other servers within a few minutes.",
  notThis: [
    'a few agents moved, or a small part of them',
    'they moved one by one, over a longer time',
    'policy lets each agent pick anew: random or weighted choice, servers of one priority',
  ],
  requirements: ['X-04'],
  flows: PROVED,
  parameters: {
    within: span(300 * SECOND, 'moves within this time are one (domain 8.2)'),
    agentsMin: { value: 10, unit: 'count', meaning: 'agents that have to move (domain 8.2)' },
    share: ratio(0.3, "share of the server's agents that has to move (domain 8.2)"),
  },
  watch({ within, agentsMin, share }, world, raise) {
    const herds = new Map<string, Herd>()
    const isLarge = ({ server, agents: { size: moved } }: Herd): boolean =>
      moved >= agentsMin && moved > share * (world.attachedTo(server) + moved)
    const tell = (herd: Herd): void => {
      if (!herd.isOne) return
      raise(finding(herd, world))
      // Told once: what comes later is another herd, or none.
      leave(herd, Infinity)
      herd.isOne = false
    }
    return {
      moved(event) {
        const { previous, visit } = event
        if (previous === null || isPick(event)) return
        const herd = herdOf(herds, previous.server)
        if (visit.at - (herd.moves[herd.first]?.visit.at ?? visit.at) > within) {
          tell(herd)
          leave(herd, visit.at - within)
        }
        join(herd, event)
        herd.isOne ||= isLarge(herd)
      },
      'time-passed'({ at }) {
        for (const herd of herds.values())
          if (herd.isOne && at - herd.moves[herd.first]!.visit.at > within) tell(herd)
      },
      'captures-ended'() {
        for (const herd of herds.values()) tell(herd)
      },
    }
  },
  describe(findings) {
    const first = findings[0]
    const { agents, of, seconds, outage, isReturn } = first.details
    const from = fact(first, 'from')
    return {
      title: `Agents of ${from} moved all together`,
      summary: `${counted(Number(agents), 'agent')} of the ${Number(of)} at ${from} turned to other servers within ${spoken(Number(seconds) * SECOND)}${outage === true ? ', as it failed' : isReturn === true ? ', back to those that they prefer' : ''}.`,
      remedy:
        outage === true
          ? `See that the servers that took them can carry them, and why ${from} failed.`
          : isReturn === true
            ? 'None, if those servers can carry all of them at once: this is how it should be.'
            : 'See what moved them: a list that was changed, a load balancer that lost its persistence, a name that leads elsewhere.',
      filter: connectionFilter(findings),
      details: { from, agents, of, seconds },
    }
  },
})

function herdOf(herds: Map<string, Herd>, server: Server): Herd {
  let herd = herds.get(server.id)
  if (herd === undefined)
    herds.set(server.id, (herd = { server, moves: [], first: 0, agents: new Map(), isOne: false }))
  return herd
}

function join(herd: Herd, move: AgentMoved): void {
  const { moves, agents, first } = herd
  const { agent } = move.visit
  if (moves.length - first >= MOVES_MAX) return
  moves.push(move)
  agents.set(agent, (agents.get(agent) ?? 0) + 1)
}

/** Moves from before that time belong to it no more. */
function leave(herd: Herd, before: Micros): void {
  const { moves, agents } = herd
  for (; (moves[herd.first]?.visit.at ?? Infinity) < before; herd.first++) {
    const { agent } = moves[herd.first]!.visit
    const rest = agents.get(agent)! - 1
    if (rest > 0) agents.set(agent, rest)
    else agents.delete(agent)
  }
  if (2 * herd.first < moves.length) return
  moves.splice(0, herd.first)
  herd.first = 0
}

/** The agent may take whichever it likes. */
function isPick({ reason, list, previous, visit }: AgentMoved): boolean {
  if (reason !== 'hop') return false
  const { persistence } = visit.server.service
  if (list === null) return persistence === null || ['random', 'weighted', 'none'].includes(persistence)
  return rankIn(list, previous!.server.name) === rankIn(list, visit.server.name)
}

function finding({ server, moves: all, first: from, agents: { size: agents } }: Herd, world: World): Finding {
  const moves = all.slice(from)
  const of = world.attachedTo(server) + agents
  const first = moves[0]!
  const last = moves.at(-1)!
  const outage = moves.filter(({ reason }) => reason === 'failover').length * 2 > moves.length
  const isReturn = moves.filter(({ reason }) => reason === 'failback').length * 2 > moves.length
  const { sighting } = first.visit
  return {
    ...about(sighting),
    type: 'herd-move',
    severity: outage || isReturn ? 'info' : 'warning',
    at: first.visit.at,
    agent: null,
    server: named(server),
    service: server.service.name,
    actor: moverOf(first.visit, world),
    manner: null,
    confidence: 0.9,
    details: {
      from: server.name,
      agents,
      of,
      seconds: (last.visit.at - first.visit.at) / SECOND,
      start: isoTime(first.visit.at),
      outage,
      isReturn,
    },
    evidence: packets(
      ...evidence(
        ...[first, last].map(({ visit }) => ({
          ...packetOf(visit.sighting, visit.packet, visit.at),
          note: `an agent of ${server.name} at ${visit.server.name}`,
        })),
      ),
    ),
    cause: `${server.id}|${first.visit.at}`,
    requirements: ['X-04'],
  }
}
