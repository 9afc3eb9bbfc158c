/** New agents are spread over the servers in another proportion than the weights that were stated. */
import type { World } from '../../model/event.ts'
import type { Finding } from '../../model/incident.ts'
import { relayAddress, type Server, type Service } from '../../model/party.ts'
import { SECOND } from '../../model/time.ts'
import { balancerActor, openerKey } from '../actors.ts'
import { detector, ratio, span, unseen } from '../detector.ts'
import { packets } from '../wording.ts'
import { P_MAX, SAMPLE_MIN } from './algorithms.ts'
import { FirstContacts, type Contacts } from './first-contacts.ts'
import { chance, openingsFilter } from './relay.ts'
import { Standing } from '../standing.ts'
import { binomialBeyond, chiSquare, expectedOf } from '../../model/statistics.ts'

export const weightMismatch = detector({
  type: 'weight-mismatch',
  asserts: 'Agents that come for the first time are not spread by the weights that the servers have.',
  notThis: [
    'too few agents to tell',
    'the proportion is that of the weights, as far as chance allows',
    'returns of agents to the server that knows them: first contacts count, once for each agent',
    'a server was down for a part of the time',
    'no weights are stated',
  ],
  requirements: ['S2-46', 'S2-49', 'S2-52'],
  flows: unseen('which agents come for the first time: the load balancer’s address stands for all of them'),
  parameters: {
    failureWithin: span(
      60 * SECOND,
      'an agent that comes this soon after a failure of any server is not counted',
    ),
    ratioOff: ratio(0.2, 'a proportion of two servers that is off by no more is as good as stated'),
  },
  watch({ failureWithin, ratioOff }, world, raise) {
    const contacts = new FirstContacts()
    const standing = new Standing(raise)
    const judge = (seen: Contacts): void => {
      const found = judged(seen, ratioOff, world)
      if (found !== null) standing.tell(found, found.details['p'] as number)
      else standing.contradict(seen.cause)
    }
    return {
      visit({ visit, previous }) {
        if (previous !== null || visit.sighting.leg !== 'back') return
        const weights = weightsOf(visit.server.service)
        if (weights === null) return
        // A server that is out leaves its share to the others, for as long.
        const failed = world.failedOf(visit.server.service, visit.at - failureWithin, visit.at)
        if (failed.some((name) => weights.has(name))) return
        const due = contacts.note(visit, openerKey(visit.sighting, world, ''))
        if (due !== null) judge(due)
      },
      'time-passed'({ at }) {
        for (const seen of contacts.atRest(at)) judge(seen)
      },
      'captures-ended'() {
        for (const seen of contacts.all()) judge(seen)
      },
    }
  },
  describe(findings) {
    const first = findings[0]
    const { observed, weights, agents, p, ports } = first.details as unknown as WeightDetails
    return {
      title: `Agents of ${first.service} are not spread by the weights`,
      summary: `${agents} agents came for the first time: ${pairs(observed)}; the weights are ${pairs(weights)} (by chance: ${chance(p)}).`,
      remedy:
        'Compare the weights on the load balancer with those intended: a pool that was left on its default gives every server the same; weights hold for each member, port and virtual server separately.',
      filter: openingsFilter(first.actor.address, ports),
      details: first.details,
    }
  },
})

interface WeightDetails {
  readonly weights: Readonly<Record<string, number>>
  readonly observed: Readonly<Record<string, number>>
  readonly expected: Readonly<Record<string, number>>
  readonly agents: number
  readonly chiSquare: number
  readonly p: number
  readonly ports: readonly number[]
}

const pairs = (values: Readonly<Record<string, number>>): string =>
  Object.entries(values)
    .map(([name, n]) => `${name} ${n}`)
    .join(', ')

/** By server name; null unless two servers or more have one. */
function weightsOf({ configured, persistence }: Service): ReadonlyMap<string, number> | null {
  if (configured === null || persistence !== 'weighted') return null
  const stated = configured.servers.filter((s) => s.weight !== null && s.weight > 0)
  return stated.length < 2 ? null : new Map(stated.map((s) => [s.name, s.weight!]))
}

function judged(seen: Contacts, ratioOff: number, world: World): Finding | null {
  const weights = weightsOf(seen.service)!
  // A server that nobody was seen to reach may be out of service: its share is not asked for.
  const servers = seen.servers.filter((s) => weights.has(s.name))
  const counts = servers.map((s) => seen.countOf(s))
  const agents = counts.reduce((a, b) => a + b, 0)
  if (agents < SAMPLE_MIN || servers.length < 2) return null
  const shares = servers.map((s) => weights.get(s.name)!)
  const expected = expectedOf(counts, shares)
  const p = chanceOf(counts, expected, ratioOff)
  if (p >= P_MAX) return null
  const named = (values: readonly number[]): Record<string, number> =>
    Object.fromEntries(servers.map((s, i) => [s.name, Math.round(10 * values[i]!) / 10]))
  const details: WeightDetails = {
    weights: named(shares),
    observed: named(counts),
    expected: named(expected),
    agents,
    chiSquare: chiSquare(counts, shares).statistic,
    p,
    ports: [...new Set(servers.map((s: Server) => s.port))],
  }
  return {
    type: 'weight-mismatch',
    severity: 'warning',
    at: seen.last.at,
    tap: seen.last.sighting.tap,
    agent: null,
    server: null,
    service: seen.service.name,
    connection: null,
    tuple: null,
    actor: balancerActor(relayAddress(seen.last.sighting), world),
    manner: null,
    confidence: 0.95,
    details: { ...details },
    evidence: packets(...seen.evidence()),
    cause: seen.cause,
    // Turns are what a load balancer does whose weights were not set.
    requirements: seen.areInTurn(P_MAX) ? ['S2-46', 'S2-49', 'S2-52'] : ['S2-52'],
  }
}

/**
 * The probability that chance puts some server as far off as the worst of those that are off by more than
 * that. Exact: weights as unequal as 100 to 1 leave few agents to be expected at a server, and chi-square
 * holds from five on (Cochran 1954). Any of the servers might have been the one (Bonferroni).
 */
function chanceOf(counts: readonly number[], expected: readonly number[], by: number): number {
  const agents = counts.reduce((a, b) => a + b, 0)
  const off = counts.flatMap((count, i) =>
    Math.abs(count / expected[i]! - 1) > by ? binomialBeyond(count, agents, expected[i]! / agents) : [],
  )
  return Math.min(1, counts.length * Math.min(1, ...off))
}
