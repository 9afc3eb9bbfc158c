/**
 * A million occurrences of ten thousand incidents. How many an incident has falls with its rank (Zipf), as
 * causes do: a few boxes cut everybody off, most faults hit few.
 */
import type { Database } from 'better-sqlite3'
import { INCIDENT_TYPES } from '../../../src/model/incident.ts'
import type { Micros } from '../../../src/model/time.ts'
import { refreshText } from '../../../src/store/incident-text.ts'
import type { Store } from '../../../src/store/store.ts'
import { inserter } from './insert.ts'
import { agentOf } from './connections.ts'
import { agentAddress, analysisAt, HOUR, serverNumber, SERVICES } from './plan.ts'
import type { Plan } from './plan.ts'
import { random } from './random.ts'
import type { Random } from './random.ts'

const STATES = ['resolved', 'open', 'acknowledged', 'reopened']
const STATE_WEIGHTS = [60, 22, 13, 5]
const WORDS = [
  'idle',
  'cookie',
  'sticky',
  'timeout',
  'rebalanced',
  'firmware',
  'vpn',
  'maintenance',
  'backup',
  'wifi',
]
const ATTRIBUTION = [
  { test: 'hop-limit', weight: 3, observed: 'the resets carry hop limit 63, the server sends 128' },
  { test: 'window', weight: 1, observed: 'the window of the resets is 0' },
]
/** One occurrence in so many has its packets kept. */
const KEPT_OF = 40

interface IncidentPlan {
  readonly id: number
  readonly type: string
  readonly severity: number
  readonly service: number
  readonly start: Micros
  readonly end: Micros
  readonly wanted: number
}

interface OccurrencePlan {
  readonly incident: IncidentPlan
  readonly at: Micros
  readonly agent: number
  readonly place: number
  readonly analysis: number
}

export function fillFindings(store: Store, plan: Plan): void {
  const { db } = store
  const r = random(3)
  const incidents = Array.from({ length: plan.incidents }, (_, rank) => incidentPlan(r, plan, rank))
  const occurrences = incidents.flatMap((incident) => [...occurrencesOf(r, plan, incident)])
  occurrences.sort((a, b) => a.analysis - b.analysis || a.incident.id - b.incident.id || a.at - b.at)
  fillIncidents(db, r, plan, incidents)
  fillOccurrences(db, r, occurrences)
  db.exec(SHARES)
  for (const { id } of incidents) refreshText(store, id)
}

function incidentPlan(r: Random, plan: Plan, rank: number): IncidentPlan {
  const harmonic = Math.log(plan.incidents) + 0.5772
  const wanted = Math.max(1, Math.round(plan.occurrences / harmonic / (rank + 1)))
  const whole = plan.to - plan.from
  const span = wanted > 1 ? Math.max(HOUR, Math.floor(whole * r.next() ** (rank < 100 ? 0.3 : 3))) : 0
  const start = Math.floor(plan.from + r.next() * (whole - span))
  const type = r.pick(INCIDENT_TYPES)
  const severity = type === 'severed-idle' ? 3 : type === 'server-idle-close' ? 1 : 2
  const service = r.weighted(SERVICES.map(({ weight }) => weight))
  return { id: rank + 1, type, severity, service, start, end: start + span, wanted }
}

function* occurrencesOf(r: Random, plan: Plan, incident: IncidentPlan): Generator<OccurrencePlan> {
  const { start, end, wanted, service } = incident
  const weights = SERVICES[service]!.servers.map(({ weight }) => weight)
  for (let n = 0; n < wanted; n++) {
    const at = n === 0 ? start : n === 1 ? end : Math.floor(start + r.next() * (end - start))
    const agent = agentOf(wanted < 20 ? (incident.id % 997) / 997 : r.next(), service, plan)
    yield { incident, at, agent, place: r.weighted(weights), analysis: analysisAt(plan, at) }
  }
}

function fillIncidents(db: Database, r: Random, plan: Plan, incidents: readonly IncidentPlan[]): void {
  const columns = [
    'type',
    'cause',
    'severity',
    'state',
    'service',
    'title',
    'summary',
    'remedy',
    'filter',
    'actor_role',
    'actor_address',
    'actor_name',
    'actor_confidence',
    'confidence',
    'requirements',
    'details',
    'occurrences',
    'agents',
    'start',
    'end',
    'created',
    'changed',
  ]
  const insert = inserter(db, 'incident', columns)
  const history = inserter(db, 'incident_history', ['incident', 'at', 'state', 'who', 'note'])
  for (const { id, type, severity, service, start, end, wanted } of incidents) {
    const state = STATES[r.weighted(STATE_WEIGHTS)]!
    const box = `10.10.2.${id % 250}`
    const timer = {
      lowerSeconds: 299.9,
      upperSeconds: 300.1,
      survived: 1110,
      severed: wanted,
      candidates: ['F5 BIG-IP'],
      safeKeepAliveSeconds: 239.9,
    }
    const details = {
      signature: 'fin',
      silenceSeconds: 300,
      ...(severity === 3 ? { timer } : {}),
      attribution: ATTRIBUTION,
    }
    const title = `The load balancer ${box} ${r.pick(WORDS)} ${r.pick(WORDS)} ${wanted} agents`
    const text = [
      title,
      `${title} after 300 s of silence, without telling either side.`,
      'Raise the idle timeout.',
    ]
    insert.add(
      type,
      `cause ${id}`,
      severity,
      state,
      service + 1,
      ...text,
      `ip.addr == ${box}`,
      'load-balancer',
      box,
      'lb1',
      0.9,
      0.9,
      '["S0-04"]',
      JSON.stringify(details),
      wanted,
      wanted,
      start,
      end,
      Math.min(plan.to, start + HOUR),
      end,
    )
    if (state !== 'open') history.add(id, end, state, 'ops', `${r.pick(WORDS)} ticket ${id}`)
  }
  insert.end()
  history.end()
}

function fillOccurrences(db: Database, r: Random, occurrences: readonly OccurrencePlan[]): void {
  const insert = inserter(db, 'occurrence', [
    'incident',
    'analysis',
    'type',
    'severity',
    'at',
    'tap',
    'service',
    'agent',
    'agent_address',
    'server',
    'server_name',
    'server_address',
    'server_port',
    'actor_role',
    'actor_address',
    'actor_confidence',
    'manner',
    'confidence',
    'connection_number',
    'sentence',
    'details',
  ])
  const packet = inserter(db, 'packet', [
    'capture',
    'number',
    'time',
    'nanoseconds',
    'link_type',
    'wire_length',
    'segment',
    'bytes',
  ])
  const evidence = inserter(db, 'evidence', ['occurrence', 'ordinal', 'tap', 'packet', 'at', 'note', 'kept'])
  const bytes = Buffer.alloc(74, 7)
  let packets = 0
  for (const [place, o] of occurrences.entries()) {
    const { id, type, severity, service } = o.incident
    const server = SERVICES[service]!.servers[o.place]!
    const details = `{"signature":"fin","silenceSeconds":${300 + (place % 100) / 100}}`
    const address = agentAddress(o.agent, 0)
    insert.add(
      id,
      o.analysis,
      type,
      severity,
      o.at,
      'client',
      service + 1,
      o.agent,
      address,
      serverNumber(service, o.place),
      server.name,
      server.address,
      SERVICES[service]!.port,
      'load-balancer',
      `10.10.2.${id % 250}`,
      0.9,
      'fin',
      0.9,
      1 + r.below(10_000),
      `The load balancer cut ${address} from ${server.name} after 300 s of silence.`,
      details,
    )
    for (let ordinal = 0; ordinal < 2; ordinal++) {
      const isKept = place % KEPT_OF === 0
      if (isKept) packet.add(2 * o.analysis - 1, ++packets, o.at, 0, 1, 74, SEGMENT, bytes)
      evidence.add(
        place + 1,
        ordinal,
        'client',
        2 * place + ordinal + 1,
        o.at,
        'the FIN',
        isKept ? packets : null,
      )
    }
  }
  for (const one of [insert, packet, evidence]) one.end()
}

const SEGMENT = JSON.stringify({
  source: { address: '10.20.0.3', port: 50_000 },
  destination: { address: '10.10.2.10', port: 10_443 },
  flags: ['ACK', 'FIN'],
  payloadBytes: 0,
  hopLimit: 63,
  sequence: 1,
  acknowledgment: 1,
  window: 0,
  wireBytes: 74,
})

/** What follows from the occurrences. */
const SHARES = `
  INSERT INTO incident_share (incident, analysis, occurrences, start, "end", record)
    SELECT incident, analysis, count(*), min(at), max(at), '{}' FROM occurrence GROUP BY 1, 2;
  INSERT INTO incident_agent (incident, agent, occurrences, last)
    SELECT incident, agent, count(*), max(at) FROM occurrence GROUP BY 1, 2;
  UPDATE incident SET
    occurrences = (SELECT count(*) FROM occurrence WHERE incident = incident.id),
    agents = (SELECT count(*) FROM incident_agent WHERE incident = incident.id);
  WITH counted AS (SELECT agent, count(*) AS n, max(severity) AS worst FROM occurrence GROUP BY agent)
    UPDATE agent SET occurrences = counted.n, worst = counted.worst FROM counted WHERE counted.agent = agent.id;
  INSERT INTO minute (analysis, service, minute, server, opened, closed, bytes, critical, warning, info)
    SELECT analysis, service, at / 60000000, 0, 0, 0, 0, sum(severity = 3), sum(severity = 2), sum(severity = 1)
    FROM occurrence WHERE TRUE GROUP BY 1, 2, 3
    ON CONFLICT DO UPDATE SET critical = excluded.critical, warning = excluded.warning, info = excluded.info;
`
