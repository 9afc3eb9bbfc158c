/** Connections of a service are handed to the servers in turn, agents that come back included. */
import type { Assigned, World } from '../../model/event.ts'
import type { Finding } from '../../model/incident.ts'
import type { Service } from '../../model/party.ts'
import { detector, ratio } from '../detector.ts'
import { packets } from '../wording.ts'
import { SAMPLE_MIN, testsOf } from './algorithms.ts'
import { choicesOf, countsOf } from './choices.ts'
import {
  causeOf,
  chance,
  choicesAsEvidence,
  mustStay,
  openingsFilter,
  relayFinding,
  sharesText,
} from './relay.ts'
import { Standing } from './standing.ts'
import { turnTaking, type TurnTaking } from './turn-taking.ts'

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
  ],
  requirements: ['S0-17', 'S2-46', 'S2-49'],
  parameters: {
    confidence: ratio(0.97, 'where the open connections speak against any other explanation'),
    confidenceIdle: ratio(0.88, 'where the fewest open connections would explain the choices as well'),
  },
  watch({ confidence, confidenceIdle }, world, raise) {
    const standing = new Standing(raise)
    return {
      assigned(event) {
        if (!mustStay(event.service)) return
        const { servers, list } = choicesOf(event.assignments)
        const taking = turnTaking(list, servers.length)
        if (taking.isRoundRobin)
          standing.tell(finding(event, taking, taking.leastFits ? confidenceIdle : confidence, world))
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
        `Of ${returns} returns of agents ${kept} came to the server that knew them.${others}`,
      remedy:
        'Set persistence by source address, for as long as the product keeps its session, and choose servers by open connections or load; for availability alone, an ordered list in which only the first server is used.',
      filter: openingsFilter(first.actor.address, ports),
      details: { ...first.details, servers },
    }
  },
})

interface RoundRobinDetails {
  readonly servers: readonly string[]
  readonly ports: readonly number[]
  readonly shares: string
  readonly share: number
  readonly sample: number
  readonly p: number
  readonly returns: number
  readonly kept: number
  readonly leastConnectionsFit: boolean
}

function finding(event: Assigned, taking: TurnTaking, confidence: number, world: World): Finding {
  const { service, assignments, tap } = event
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
    kept: taking.kept,
    leastConnectionsFit: taking.leastFits,
    tests: testsOf(list, servers.length),
  }
  return {
    type: 'round-robin',
    severity: 'warning',
    at: decisive.at,
    ...relayFinding(event, world),
    evidence: packets(...choicesAsEvidence(middle, tap)),
    confidence,
    details: { ...details },
    requirements: requirementsOf(service),
  }
}

const requirementsOf = ({ profile }: Service): readonly string[] =>
  profile === 'symantec-sems' ? ['S2-46', 'S2-49'] : ['S0-17']
