/** Services, servers, agents and captures of the generated database, and the analyses that read these. */
import type { Database } from 'better-sqlite3'
import { inserter } from './insert.ts'
import { agentAddress, agentName, HOUR, SERVICES } from './plan.ts'
import type { Plan } from './plan.ts'
import { random } from './random.ts'

/** An agent gets another address after so long. */
const LEASE_HOURS = 24
const REQUIREMENTS = 112
const SUMMARY = '{"captures":2,"incidents":{"critical":1,"warning":2,"info":3}}'

export function fillParties(db: Database, plan: Plan): void {
  const service = inserter(db, 'service', ['name', 'first_seen', 'last_seen'])
  for (const { name } of SERVICES) service.add(name, plan.from, plan.to)
  service.end()
  const server = inserter(db, 'server', ['service', 'name', 'address', 'port', 'identified_by', 'last_seen'])
  for (const [place, { servers, port }] of SERVICES.entries())
    for (const { name, address } of servers) server.add(place + 1, name, address, port, 'config', plan.to)
  server.end()
  const columns = ['name', 'identified_by', 'confidence', 'first_seen', 'last_seen', 'occurrences', 'worst']
  const agent = inserter(db, 'agent', columns)
  for (let id = 1; id <= plan.agents; id++)
    agent.add(agentName(id), 'http-header', 0.95, plan.from + id, plan.to - id, 0, 0)
  agent.end()
  fillCaptures(db, plan)
  fillAddresses(db, plan)
  fillRequirements(db, plan)
}

/** Every analysis reads two captures: before and behind the load balancer. */
function fillCaptures(db: Database, plan: Plan): void {
  const span = Math.floor((plan.to - plan.from) / plan.analyses)
  const capture = inserter(db, 'capture', ['sha256', 'name', 'size', 'stored', 'uploaded'])
  const analysis = inserter(db, 'analysis', [
    'state',
    'stage',
    'fraction',
    'packets',
    'created',
    'started',
    'finished',
    'summary',
    'published',
  ])
  const input = inserter(db, 'analysis_input', [
    'analysis',
    'ordinal',
    'capture',
    'tap',
    'format',
    'packets',
    'bytes',
    'start',
    'end',
    'quality',
  ])
  for (let id = 1; id <= plan.analyses; id++) {
    const start = plan.from + (id - 1) * span
    const end = start + span
    analysis.add('done', 'prove', 1, 2_000_000, end, end, end + HOUR / 60, SUMMARY, 1)
    for (const [ordinal, tap] of ['client', 'server'].entries()) {
      const number = 2 * id - 1 + ordinal
      const hash = number.toString(16).padStart(64, '0')
      capture.add(hash, `${tap}-${id}.pcapng`, 1_200_000_000, null, end) // removed by age
      input.add(id, ordinal, number, tap, 'pcapng', 1_000_000, 1_200_000_000, start, end, '{}')
    }
  }
  for (const one of [capture, analysis, input]) one.end()
}

function fillAddresses(db: Database, plan: Plan): void {
  const span = (plan.to - plan.from) / plan.analyses
  const address = inserter(db, 'agent_address', ['agent', 'analysis', 'address', 'start', 'end'])
  const leases = Math.ceil((plan.to - plan.from) / (LEASE_HOURS * HOUR))
  for (let id = 1; id <= plan.agents; id++)
    for (let lease = 0; lease < leases; lease++) {
      const start = plan.from + lease * LEASE_HOURS * HOUR
      const analysis = 1 + Math.min(plan.analyses - 1, Math.floor((start - plan.from) / span))
      address.add(id, analysis, agentAddress(id, lease), start + id, start + LEASE_HOURS * HOUR - 1)
    }
  address.end()
}

function fillRequirements(db: Database, plan: Plan): void {
  const { pick, below } = random(7)
  const columns = ['analysis', 'id', 'service', 'title', 'status', 'observations', 'incidents', 'needs']
  const requirement = inserter(db, 'requirement', columns)
  for (let analysis = 1; analysis <= plan.analyses; analysis++)
    for (let place = 0; place < REQUIREMENTS; place++) {
      const id = `S${place % 6}-${String(place).padStart(2, '0')}`
      const status = pick(['met', 'met', 'met', 'violated', 'at-risk', 'not-observed'])
      const incidents = status === 'violated' ? '["HF-1","HF-2"]' : '[]'
      const { name } = SERVICES[place % 6]!
      requirement.add(analysis, id, name, `Requirement ${id} holds`, status, below(10_000), incidents, null)
    }
  requirement.end()
}
