/** Connections of a service are handed to the servers in turn, agents that come back included. */
import type { Assigned, World } from '../../model/event.ts'
import type { Finding } from '../../model/incident.ts'
import type { Service } from '../../model/party.ts'
import { detector, ratio, suggested } from '../detector.ts'
import { packets } from '../wording.ts'
import { SAMPLE_MIN, testsOf } from './algorithms.ts'
import { choicesOf, countsOf } from './choices.ts'
import {
  causeOf,
  chance,
  choicesAsEvidence,
  isOfAgents,
  mustStay,
  openingsFilter,
  allAgentsFinding,
  sharesText,
} from './relay.ts'
import { Standing } from '../standing.ts'
import { binomialTail } from '../../model/statistics.ts'
import { isRecordReference } from '../../model/record-reference.ts'
import { anonymousTurns, turnTaking, type TurnTaking } from './turn-taking.ts'

export const roundRobin = detector({
  type: 'round-robin',
  asserts: 'A load balancer hands connections to the servers in turn, and agents that come back as well.',
  notThis: [
    'too few connections to tell',
    'turns for first contacts only: agents that come back find their server, or addresses in a row are hashed',
    'servers in order, of which the first was out for a while: failover and failback',
    'a random choice',
    'the fewest open connections decide: that looks like turns when all servers are as busy',
    'policy lets any server serve any agent, or states weights',
    'web users, whose sessions are followed instead, and mail',
    'nobody said that agents must stay: told for what it is, and no alarm',
  ],
  requirements: ['S0-17', 'S2-46', 'S2-49'],
  flows: suggested('which agent each connection is of: the load balancer’s address stands for all of them'),
  parameters: {
    confidence: ratio(0.97, 'where the open connections speak against any other explanation'),
    confidenceIdle: ratio(0.88, 'where the fewest open connections would explain the choices as well'),
    confidenceAnonymous: ratio(0.6, 'where flow records do not tell agents apart, so that some may be new'),
  },
  watch({ confidence, confidenceIdle, confidenceAnonymous }, world, raise) {
    const standing = new Standing(raise)
    return {
      assigned(event) {
        if (!mustStay(event.service) && !isUnstated(event.service)) return
        const { servers, list } = choicesOf(event.assignments)
        const known = turnTaking(list, servers.length)
        const isOfRecords = event.assignments.every(({ packet }) => isRecordReference(packet))
        const open = event.assignments.map((a) => a.open ?? Infinity)
        const taking = (isOfRecords ? anonymousTurns(list, servers.length, open) : null) ?? known
        const p = chanceOf(taking, servers.length)
        if (!taking.isRoundRobin) standing.contradict(causeOf(event))
        else if (taking !== known)
          standing.tell({ ...finding(event, taking, confidenceAnonymous, world), suggested: true }, p)
        else standing.tell(finding(event, taking, taking.leastFits ? confidenceIdle : confidence, world), p)
        if (event.isWhole) standing.forget(causeOf(event))
      },
    }
  },
  describe(findings) {
    const first = findings[0]
    const { shares, servers, ports, share, sample, returns, kept, p, leastConnectionsFit } =
      first.details as unknown as RoundRobinDetails
    const others = leastConnectionsFit
      ? ' Least connections on servers that have nothing to do would look the same.'
      : ''
    return {
      title: `Connections of ${first.service} are handed round by ${first.actor.address}`,
      summary:
        `${Math.round(100 * share)} % of ${sample} connections went to the next server in turn (${shares}; by chance: ${chance(p)}). ` +
        `${returnsText(returns, kept)}${others}`,
      remedy:
        (first.severity === 'info' ? 'Where agents need the server that knows them: set' : 'Set') +
        ' persistence by source address, for as long as the product keeps its session, and choose servers by open connections or load; for availability alone, an ordered list in which only the first server is used.',
      filter: openingsFilter(first.actor.address, ports),
      details: { ...first.details, servers },
    }
  },
})

/** Where agents are not told apart, nobody knows who kept its server; but not all can have. */
const returnsText = (returns: number, kept: number | null): string =>
  kept === null
    ? 'Agents are not told apart here: who had been at another server before is not known.'
    : `Of ${returns} returns of agents ${kept} came to the server that knew them.`

/** That the choices are in turn by chance, or that the returns are: the latter are fewer. */
const chanceOf = ({ turns, telling, moved }: TurnTaking, servers: number): number =>
  Math.max(turns.p ?? 1, telling === 0 ? 0 : binomialTail(moved, telling, 1 / servers))

interface RoundRobinDetails {
  readonly servers: readonly string[]
  readonly ports: readonly number[]
  readonly shares: string
  readonly share: number
  readonly sample: number
  readonly p: number
  readonly returns: number
  /** Null where agents are not told apart. */
  readonly kept: number | null
  readonly leastConnectionsFit: boolean
}

function finding(event: Assigned, taking: TurnTaking, confidence: number, world: World): Finding {
  const { service, assignments } = event
  const { servers, list } = choicesOf(assignments)
  const decisive = assignments[Math.min(SAMPLE_MIN, assignments.length) - 1]!
  const middle = assignments.slice(Math.max(0, (assignments.length >> 1) - 4))
  const details: RoundRobinDetails & { readonly tests: unknown } = {
    servers: servers.map(({ name }) => name),
    ports: [...new Set(servers.map(({ port }) => port))],
    shares: sharesText(servers, countsOf(list, servers.length)),
    share: taking.turns.value!,
    sample: taking.turns.sample,
    p: taking.turns.p!,
    returns: taking.returns,
    kept: list.every(({ client }) => client === null) ? null : taking.kept,
    leastConnectionsFit: taking.leastFits,
    tests: testsOf(list, servers.length),
  }
  return {
    type: 'round-robin',
    severity: isUnstated(service) ? 'info' : 'warning',
    at: decisive.at,
    ...allAgentsFinding(event, world),
    evidence: packets(...choicesAsEvidence(middle, event)),
    confidence,
    details: { ...details },
    requirements: requirementsOf(service),
  }
}

/** Nobody said what the service needs: that its connections are handed round is worth knowing, and may be
 * meant. */
const isUnstated = (service: Service): boolean =>
  service.profile === 'generic' && service.persistence === null && isOfAgents(service)

const requirementsOf = ({ profile }: Service): readonly string[] =>
  profile === 'symantec-sems' ? ['S2-46', 'S2-49'] : ['S0-17']
