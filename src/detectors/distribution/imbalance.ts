/** Servers that should serve alike do not: some have far more agents than chance explains, or none. */
import type { World } from '../../model/event.ts'
import type { Finding } from '../../model/incident.ts'
import { relayAddress, type Service, type Visit } from '../../model/party.ts'
import { SECOND } from '../../model/time.ts'
import { balancerActor, openerKey } from '../actors.ts'
import { detector, PROVED, ratio, span } from '../detector.ts'
import { packets } from '../wording.ts'
import { P_MAX, SAMPLE_MIN } from './algorithms.ts'
import { type Contacts, FirstContacts } from './first-contacts.ts'
import { chance, openingsFilter, sharesText } from './relay.ts'
import { Standing } from '../standing.ts'
import { chiSquare } from '../../model/statistics.ts'

export const imbalance = detector({
  type: 'imbalance',
  asserts: 'Servers of equal rank have shares of the agents that chance does not explain.',
  notThis: [
    'too few agents to tell',
    'shares that differ by chance',
    'servers of different priority, an ordered list, or stated weights',
    'a server had failed: its agents are with the others',
    'agents that each have a server of their own: nobody balances them',
    'many connections of few agents: agents count, not connections',
  ],
  requirements: ['S0-17', 'S1-04', 'S4-03', 'S4-14'],
  flows: PROVED,
  parameters: {
    failureWithin: span(60 * SECOND, 'an agent that comes this soon after a failure is not counted'),
    shareOff: ratio(0.5, 'a share that is off by no more of what is expected matters to nobody'),
    expectedMin: {
      value: 5,
      unit: 'count',
      meaning: 'agents expected at each server, below which chi-square does not hold (Cochran 1954)',
    },
  },
  watch({ failureWithin, shareOff, expectedMin }, world, raise) {
    const contacts = new FirstContacts()
    const standing = new Standing(raise)
    const judge = (seen: Contacts): void => {
      const found = judged(seen, { shareOff, expectedMin }, world)
      if (found !== null) standing.tell(found, found.details['p'] as number)
      else standing.contradict(seen.cause)
    }
    return {
      visit({ visit, previous }) {
        if (previous !== null) return
        const peers = peersOf(visit, world)
        if (peers === null || peers.length < 2) return
        if (world.failedOf(visit.server.service, visit.at - failureWithin, visit.at).length > 0) return
        const group = `${openerKey(visit.sighting, world, 'agents')}|${peers.join(',')}`
        const due = contacts.note(visit, group)
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
    const { shares, agents, p, ports } = first.details as unknown as ImbalanceDetails
    const relay = first.actor.address
    return {
      title: `Servers of ${first.service} have unequal shares of the agents`,
      summary: `${agents} agents came for the first time: ${shares}. Chance gives such a spread with a probability of ${chance(p)}.`,
      remedy:
        relay === null
          ? 'Look whether all agents have all servers of the group in their list, and whether those that are left out can be reached by all.'
          : 'Look at the method of the load balancer, at members that are disabled or limited, and at persistence by source address behind address translation: all agents of one address are one source.',
      filter: openingsFilter(relay, ports),
      details: first.details,
    }
  },
})

interface ImbalanceDetails {
  readonly shares: string
  readonly observed: Readonly<Record<string, number>>
  readonly agents: number
  readonly chiSquare: number
  readonly p: number
  readonly ports: readonly number[]
}

/**
 * Names of the servers that have the same rank for this agent as the one that it came to; null where nothing
 * is to be balanced. Agents that choose for themselves do so by chance among equals (SEP, ePO); a load
 * balancer that holds on to them does at first contact.
 */
function peersOf({ server, sighting, agent }: Visit, world: World): readonly string[] | null {
  const { service } = server
  const { configured } = service
  if (configured === null || configured.web !== null || configured.smtp !== null) return null
  const groups = world.preferenceOf(agent, service, sighting.originator.address)
  if (groups !== null) return groups.find((group) => group.includes(server.name)) ?? null
  if (!isBalanced(service, sighting.leg === 'back')) return null
  const { servers } = configured
  if (servers.some((s) => s.weight !== null)) return null
  return servers.filter((s) => s.priority === server.priority).map((s) => s.name)
}

function isBalanced({ persistence, configured }: Service, isRelayed: boolean): boolean {
  if (persistence === 'random') return true
  if (persistence === 'failover') return configured!.servers.every((s) => s.priority !== null)
  return isRelayed && (persistence === 'sticky' || persistence === 'none')
}

function judged(
  seen: Contacts,
  { shareOff, expectedMin }: { shareOff: number; expectedMin: number },
  world: World,
): Finding | null {
  const [opener = '', names = ''] = seen.group.split('|')
  const reached = seen.servers
  const counts = reached.map((s) => seen.countOf(s))
  // One that nobody reaches counts if it is seen to be well; otherwise it is out of service, for all we know.
  const starved = names
    .split(',')
    .filter((name) => !reached.some((s) => s.name === name) && world.isServing(seen.service, name))
  const all = [...counts, ...starved.map(() => 0)]
  const agents = all.reduce((a, b) => a + b, 0)
  const expected = agents / all.length
  if (all.length < 2 || agents < SAMPLE_MIN || expected < expectedMin) return null
  const fit = chiSquare(
    all,
    all.map(() => 1),
  )
  if (fit.p >= P_MAX || !all.some((count) => Math.abs(count / expected - 1) > shareOff)) return null
  const details: ImbalanceDetails = {
    shares: [sharesText(reached, counts), ...starved.map((name) => `${name} 0`)].join(', '),
    observed: Object.fromEntries([
      ...reached.map((s, i) => [s.name, counts[i]!] as const),
      ...starved.map((name) => [name, 0] as const),
    ]),
    agents,
    chiSquare: fit.statistic,
    p: fit.p,
    ports: [...new Set(reached.map((s) => s.port))],
  }
  return {
    type: 'imbalance',
    severity: 'warning',
    at: seen.last.at,
    tap: seen.last.sighting.tap,
    agent: null,
    server: null,
    service: seen.service.name,
    connection: null,
    tuple: null,
    actor:
      opener === 'agents'
        ? { role: 'unknown', address: null, confidence: 0.3 }
        : balancerActor(relayAddress(seen.last.sighting), world),
    manner: null,
    confidence: 0.85,
    details: { ...details },
    evidence: packets(...seen.evidence()),
    cause: seen.cause,
    requirements: requirementsOf(seen.service),
  }
}

function requirementsOf({ profile }: Service): readonly string[] {
  if (profile === 'symantec-sepm') return ['S1-04']
  return profile === 'mcafee-epo' ? ['S4-03', 'S4-14'] : ['S0-17']
}
