/** Servers that should stand by are given agents although the first one is well. */
import type { Assigned, Assignment, World } from '../../model/event.ts'
import type { Finding } from '../../model/incident.ts'
import type { Server, Service } from '../../model/party.ts'
import { SECOND } from '../../model/time.ts'
import { detector, PROVED, ratio, span } from '../detector.ts'
import { P_MAX, SAMPLE_MIN } from './algorithms.ts'
import { causeOf, chance, openingsFilter, allAgentsFinding } from './relay.ts'
import { Standing } from '../standing.ts'
import { binomialTail } from '../../model/statistics.ts'

export const notActiveStandby = detector({
  type: 'not-active-standby',
  asserts: 'Where one server is to serve and others to stand by, others are given new agents all the same.',
  notThis: [
    'the first server had failed, or is just back',
    'agents that stay at the server which they were moved to: first contacts count',
    'a connection or two: an operator at work',
    'too few connections to tell',
    'policy is not an ordered list',
  ],
  requirements: ['S2-29', 'S2-47', 'S2-50'],
  flows: PROVED,
  parameters: {
    shareMax: ratio(0.01, 'of connections that others may be given while the first server is well'),
    failureWithin: span(60 * SECOND, 'a failure of the first server this long before explains the choice'),
    servedWithin: span(
      60 * SECOND,
      'the first server is in use if the load balancer gave it connections this shortly before and after',
    ),
  },
  watch({ shareMax, failureWithin, servedWithin }, world, raise) {
    const standing = new Standing(raise)
    return {
      assigned(event) {
        const found = judged(event)
        if (found === null) standing.contradict(causeOf(event))
        else standing.tell(found, found.details['p'] as number)
        if (event.isWhole) standing.forget(causeOf(event))
      },
    }
    function judged(event: Assigned): Finding | null {
      const { service } = event
      if (service.persistence !== 'ordered' || service.configured?.smtp != null) return null
      const list = firstContacts(event.assignments)
      const top = topOf(service, list)
      if (top === null) return null
      const seen = inService(list, top, { failureWithin, servedWithin }, world)
      const astray = seen.filter(({ server }) => server !== top)
      if (seen.length < SAMPLE_MIN || astray.length === 0) return null
      const p = binomialTail(astray.length, seen.length, shareMax)
      if (p >= P_MAX) return null
      return finding({ ...event, assignments: astray }, top, seen.length, p, world)
    }
  },
  describe(findings) {
    const first = findings[0]
    const { top, others, connections, p, ports } = first.details as unknown as StandbyDetails
    return {
      title: `Standby servers of ${first.service} are in use beside ${top}`,
      summary: `${others} of ${connections} new connections went to another server than ${top}, which was well (by chance, if 1 % may: ${chance(p)}).`,
      remedy:
        'Set the load balancer to an ordered list or priority groups: the first server for all, the next one only while it is down. A cluster of this product is for availability, not for load.',
      filter: openingsFilter(first.actor.address, ports),
      details: first.details,
    }
  },
})

interface StandbyDetails {
  readonly top: string
  readonly others: number
  readonly connections: number
  readonly share: number
  readonly p: number
  readonly ports: readonly number[]
}

/** Each agent's first connection; every one, where no agent can be told apart. */
function firstContacts(assignments: readonly Assignment[]): readonly Assignment[] {
  const isTold = assignments.some(({ agent }) => agent !== null)
  return isTold
    ? assignments.filter(({ agent, previous }) => agent !== null && previous === null)
    : assignments
}

/** The server that is preferred: by configuration, else by use. */
function topOf({ configured }: Service, list: readonly Assignment[]): Server | null {
  const counts = new Map<Server, number>()
  for (const { server } of list) counts.set(server, (counts.get(server) ?? 0) + 1)
  const ranked = (configured?.servers ?? []).filter((s) => s.priority !== null)
  const least = Math.min(...ranked.map((s) => s.priority!))
  const preferred = ranked.filter((s) => s.priority === least)
  // Several of one rank share: no standby is among them.
  if (preferred.length > 1) return null
  if (preferred.length === 1) return [...counts.keys()].find((s) => s.name === preferred[0]!.name) ?? null
  return [...counts].toSorted(([, a], [, b]) => b - a)[0]?.[0] ?? null
}

const hasRanks = ({ configured }: Service): boolean =>
  configured?.servers.some(({ priority }) => priority !== null) === true

/** Choices that were made while the first server was in use and well. */
function inService(
  list: readonly Assignment[],
  top: Server,
  { failureWithin, servedWithin }: { failureWithin: number; servedWithin: number },
  world: World,
): readonly Assignment[] {
  let before = -Infinity
  const after = new Map<Assignment, number>()
  let next = Infinity
  for (const choice of list.toReversed()) {
    if (choice.server === top) next = choice.at
    after.set(choice, next)
  }
  return list.filter((choice) => {
    if (choice.server === top) before = choice.at
    return (
      choice.at - before <= servedWithin &&
      after.get(choice)! - choice.at <= servedWithin &&
      world.failureOf(top, choice.at - failureWithin, choice.at) === null
    )
  })
}

function finding(
  event: Parameters<typeof allAgentsFinding>[0],
  top: Server,
  connections: number,
  p: number,
  world: World,
): Finding {
  const { assignments, service } = event
  const details: StandbyDetails = {
    top: top.name,
    others: assignments.length,
    connections,
    share: assignments.length / connections,
    p,
    ports: [...new Set(assignments.map(({ server }) => server.port))],
  }
  return {
    type: 'not-active-standby',
    // What an operator states is asked for; what only the vendor recommends is worth knowing.
    severity: hasRanks(service) ? 'warning' : 'info',
    at: assignments[0]!.at,
    ...allAgentsFinding(event, world),
    confidence: 0.9,
    details: { ...details },
    requirements: ['S2-29', 'S2-47', 'S2-50'],
  }
}
