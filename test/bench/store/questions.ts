/** What is asked of a filled database, with random filters: one row per list and detail of the server. */
import { INCIDENT_TYPES } from '../../../src/model/incident.ts'
import type { Micros } from '../../../src/model/time.ts'
import type { Page } from '../../../src/model/view.ts'
import { END_REASONS } from '../../../src/store/codes.data.ts'
import { agentView } from '../../../src/store/queries/agent-view.ts'
import { listAgents } from '../../../src/store/queries/agents.ts'
import { analysisRow, listAnalyses } from '../../../src/store/queries/analyses.ts'
import { captureRow, listCaptures } from '../../../src/store/queries/captures.ts'
import { connectionView, listConnections } from '../../../src/store/queries/connections.ts'
import type { ConnectionFilter, Filter, PageRequest } from '../../../src/store/queries/filter.ts'
import { incidentView } from '../../../src/store/queries/incident-view.ts'
import { listIncidents } from '../../../src/store/queries/incidents.ts'
import { listOccurrences, occurrenceView } from '../../../src/store/queries/occurrences.ts'
import { counts, overview } from '../../../src/store/queries/overview.ts'
import { listRequirements } from '../../../src/store/queries/requirements.ts'
import { listServers } from '../../../src/store/queries/servers.ts'
import { serviceView } from '../../../src/store/queries/service-view.ts'
import { listServices } from '../../../src/store/queries/services.ts'
import type { Store } from '../../../src/store/store.ts'
import { agentName, HOUR, SERVICES } from './plan.ts'
import type { Plan } from './plan.ts'
import type { Random } from './random.ts'

export interface Question {
  readonly name: string
  /** Milliseconds that 95 of 100 may take. */
  readonly limit: number
  ask(r: Random): { readonly asked: unknown; readonly answer: () => unknown }
}

const LIST_MS = 100
const TEXT_MS = 300
const OVERVIEW_MS = 300
const LIMIT = 50

const TEXTS = [
  'idle cookie',
  'firmw',
  'load balancer',
  '10.10.2.17',
  'ticket 4711',
  'sticky timeout vp',
  'nothing-like-this',
  'EPA-000123',
  'a',
]

const times = (r: Random, plan: Plan): { from?: Micros; to?: Micros } => {
  const from = Math.floor(plan.from + r.next() * (plan.to - plan.from))
  const to = Math.floor(from + r.next() ** 3 * (plan.to - from))
  return r.pick([{}, { from }, { to }, { from, to }, { from: plan.to - 24 * HOUR }])
}

/** Each dimension is asked with the chance `share`. */
function filterOf(r: Random, plan: Plan, share: number): Filter {
  const maybe = <T>(value: () => T): T | undefined => (r.next() < share ? value() : undefined)
  const service = r.pick(SERVICES)
  return {
    state: maybe(() => [r.pick(['open', 'acknowledged', 'resolved', 'reopened'] as const)]),
    severity: maybe(() => [r.pick(['critical', 'warning', 'info'] as const)]),
    type: maybe(() => [r.pick(INCIDENT_TYPES)]),
    service: maybe(() => [service.name]),
    agent: r.next() < share / 3 ? [agentName(1 + r.below(plan.agents))] : undefined,
    server: maybe(() => [r.pick(service.servers).name]),
    capture: r.next() < share / 3 ? [1 + r.below(2 * plan.analyses)] : undefined,
    ...(r.next() < share ? times(r, plan) : {}),
  }
}

function connectionFilter(r: Random, plan: Plan): ConnectionFilter {
  const { service, agent, server, capture, from, to } = filterOf(r, plan, 0.4)
  const endReason = r.next() < 0.3 ? [r.pick(END_REASONS)] : undefined
  return { service, agent, server, capture, from, to, endReason }
}

/** The page asked for is the first, or one some pages on. */
function paged<F>(
  store: Store,
  ask: (store: Store, filter: F, page: PageRequest) => Page<unknown>,
  of: (r: Random) => F,
): Question['ask'] {
  const list = (filter: F, page: PageRequest): Page<unknown> => ask(store, filter, page)
  return (r) => {
    const filter = of(r)
    let cursor: string | null = null
    for (let page = r.pick([0, 0, 1, 4]); page > 0; page--)
      cursor = list(filter, { cursor, limit: LIMIT }).next
    const asked = { ...filter, cursor: cursor !== null }
    return { asked, answer: () => list(filter, { cursor, limit: LIMIT }) }
  }
}

function detail(count: number, view: (id: number) => unknown): Question['ask'] {
  return (r) => {
    // Half of the time one of the first: those are the large ones.
    const id = 1 + r.below(r.next() < 0.5 ? Math.min(50, count) : count)
    return { asked: id, answer: () => view(id) }
  }
}

export function questions(store: Store, plan: Plan): Question[] {
  const plain = (name: string, answer: () => unknown, limit = LIST_MS): Question => ({
    name,
    limit,
    ask: () => ({ asked: null, answer }),
  })
  const row = (name: string, ask: Question['ask'], limit = LIST_MS): Question => ({ name, limit, ask })
  const serviceTimes = (r: Random) => ({ name: r.pick(SERVICES).name, ...times(r, plan) })
  return [
    plain('overview', () => overview(store), OVERVIEW_MS),
    plain('counts', () => counts(store)),
    row(
      'incidents',
      paged(store, listIncidents, (r) => filterOf(r, plan, 0.3)),
    ),
    row(
      'incidents, text',
      paged(store, listIncidents, (r) => ({ ...filterOf(r, plan, 0.15), text: r.pick(TEXTS) })),
      TEXT_MS,
    ),
    row(
      'incident',
      detail(plan.incidents, (id) => incidentView(store, id)),
    ),
    row(
      'incident, occurrences',
      paged(store, listOccurrences, (r) => ({ incident: 1 + r.below(r.next() < 0.5 ? 20 : plan.incidents) })),
    ),
    row(
      'occurrences',
      paged(store, listOccurrences, (r) => filterOf(r, plan, 0.3)),
    ),
    row(
      'occurrences, one filter',
      paged(store, listOccurrences, (r) => {
        const [name, value] = r.pick(Object.entries(filterOf(r, plan, 1)))
        return { [name]: value }
      }),
    ),
    row(
      'occurrences, text',
      paged(store, listOccurrences, (r) => ({ ...filterOf(r, plan, 0.15), text: r.pick(TEXTS) })),
      TEXT_MS,
    ),
    row(
      'occurrence',
      detail(plan.occurrences, (id) => occurrenceView(store, id)),
    ),
    row(
      'agents',
      paged(store, listAgents, (r) => {
        const { service, server } = filterOf(r, plan, 0.3)
        return { service, server }
      }),
    ),
    row(
      'agents, text',
      paged(store, listAgents, (r) => ({ text: r.pick(['EPA-00', '17', '10.20.3', '10.21.', 'no such']) })),
      TEXT_MS,
    ),
    row('agent', (r) => {
      const name = agentName(1 + r.below(plan.agents))
      const range = times(r, plan)
      return { asked: { name, ...range }, answer: () => agentView(store, name, range) }
    }),
    row('services', (r) => {
      const range = times(r, plan)
      return { asked: range, answer: () => listServices(store, range) }
    }),
    row('service', (r) => {
      const { name, ...range } = serviceTimes(r)
      return { asked: { name, ...range }, answer: () => serviceView(store, name, range) }
    }),
    row(
      'servers',
      paged(store, listServers, () => ({})),
    ),
    row(
      'connections',
      paged(store, listConnections, (r) => connectionFilter(r, plan)),
    ),
    row(
      'connections, one filter',
      paged(store, listConnections, (r) => {
        const [name, value] = r.pick(
          Object.entries({ ...filterOf(r, plan, 1), endReason: [r.pick(END_REASONS)] }),
        )
        return { [name]: value }
      }),
    ),
    row(
      'connection',
      detail(plan.connections, (id) => connectionView(store, id)),
    ),
    row(
      'captures',
      paged(
        store,
        (of, _, page) => listCaptures(of, page),
        () => ({}),
      ),
    ),
    row(
      'capture',
      detail(2 * plan.analyses, (id) => captureRow(store, id)),
    ),
    row(
      'analyses',
      paged(store, listAnalyses, () => ({})),
    ),
    row(
      'analysis',
      detail(plan.analyses, (id) => analysisRow(store, id)),
    ),
    plain('requirements', () => listRequirements(store)),
  ]
}
