/** Ten million connections, the sessions that they carry, and the counters that are kept of them. */
import type { Database } from 'better-sqlite3'
import { SECOND } from '../../../src/model/time.ts'
import { factsPacker } from '../../../src/store/connection-facts.ts'
import { HANDSHAKE_STEPS_PER_DECADE, SILENCE_STEPS_PER_DECADE } from '../../../src/store/codes.data.ts'
import { inserter, withoutIndexes } from './insert.ts'
import { agentOctets, analysisAt, HOUR, serverNumber, SERVICES } from './plan.ts'
import type { Plan } from './plan.ts'
import { random } from './random.ts'

/** Share of each reason, in the order of `END_REASONS` (codes.data.ts). */
const REASON_WEIGHTS = [5, 45, 30, 8, 8, 0.5, 1.5, 1.999, 0.001]
const CONNECTIONS_PER_SESSION = 20
const MINUTE = 60 * SECOND

const COLUMNS = [
  'analysis',
  'input',
  'number',
  'service',
  'agent',
  'server',
  'start',
  'end',
  'end_reason',
  'survived',
  'tap',
  'facts',
]

/** From the handshake to the captured duplicates; stream, round trip, requests and responses. */
const USUAL = [2, 31, 28, 4211, 18_233, 0, 0, 2, 0]
const USUALLY_MISSING = [-1, 14_200, -1, -1]

const octets = (address: string): Buffer => Buffer.from(address.split('.').map(Number))

/** A connection's number within its analysis is its number in the table less that of the analysis' first. */
export function fillConnections(db: Database, plan: Plan, tell: (done: number) => void): void {
  const r = random(1)
  const tallies = counters()
  const insert = inserter(db, 'connection', COLUMNS)
  const weights = SERVICES.map(({ weight }) => weight)
  const serverWeights = SERVICES.map(({ servers }) => servers.map(({ weight }) => weight))
  const addresses = SERVICES.map(({ servers }) => servers.map(({ address }) => octets(address)))
  const numbers = SERVICES.map(({ servers }, its) => servers.map((_, place) => serverNumber(its, place)))
  const packer = factsPacker()
  const step = (plan.to - plan.from) / plan.connections
  let analysis = 0
  let number = 0
  withoutIndexes(db, 'connection', () => {
    for (let id = 0; id < plan.connections; id++) {
      const start = Math.floor(plan.from + (id + r.next()) * step)
      const its = analysisAt(plan, start)
      number = its === analysis ? number + 1 : 1
      analysis = its
      const service = r.weighted(weights)
      const place = r.weighted(serverWeights[service]!)
      const agent = agentOf(r.next(), service, plan)
      const length = Math.floor(r.next() ** 4 * 6 * HOUR) + SECOND
      const reason = r.weighted(REASON_WEIGHTS)
      const isLong = r.next() < 0.4
      const survived = isLong ? Math.floor((r.next() ** 3 * length) / 1000) * 1000 : 0
      const server = numbers[service]![place]!
      const client = agentOctets(agent, Math.floor((start - plan.from) / (24 * HOUR)))
      const bytes = [r.below(20_000), r.below(200_000)]
      packer.begin(client, addresses[service]![place]!, 0)
      for (const value of [
        1024 + (id % 60_000),
        SERVICES[service]!.port,
        ...bytes,
        survived,
        r.below(length),
      ])
        packer.number(value)
      for (const value of USUAL) packer.number(value)
      for (const value of USUALLY_MISSING) packer.optional(value)
      packer.text('')
      packer.text('')
      insert.add(
        analysis,
        id & 1,
        number,
        service + 1,
        agent,
        server,
        start,
        start + length,
        reason,
        survived,
        id & 1 ? 'server' : 'client',
        packer.end(),
      )
      tallies.count(analysis, service + 1, server, start, reason === 0, survived)
      if (id % 1_000_000 === 0) tell(id)
    }
    insert.end()
  })
  tallies.write(db)
}

/** Agents belong to one service each, one in eight to all. */
export function agentOf(chance: number, service: number, { agents }: Plan): number {
  const place = Math.floor(chance * agents)
  return 1 + ((place % 8 === 0 ? place : place - (place % 8) + (service % 6) + 1) % agents)
}

interface Counters {
  count(
    analysis: number,
    service: number,
    server: number,
    start: number,
    open: boolean,
    survived: number,
  ): void
  write(db: Database): void
}

function counters(): Counters {
  const minutes = new Map<number, number>()
  const silences = new Map<number, number>()
  const tallies = new Map<number, { connections: number; open: number }>()
  const add = (to: Map<number, number>, key: number): void => void to.set(key, (to.get(key) ?? 0) + 1)
  return {
    count(analysis, service, server, start, open, survived) {
      const minute = Math.floor(start / MINUTE)
      add(minutes, keyOf(analysis, service, server, minute))
      if (survived >= SECOND)
        add(
          silences,
          keyOf(analysis, service, 0, Math.floor(SILENCE_STEPS_PER_DECADE * Math.log10(survived / SECOND))),
        )
      const key = keyOf(analysis, service, server, 0)
      const tally = tallies.get(key)
      if (tally === undefined) tallies.set(key, { connections: 1, open: open ? 1 : 0 })
      else {
        tally.connections++
        if (open) tally.open++
      }
    },
    write(db) {
      const handshakes = JSON.stringify({
        [Math.floor(HANDSHAKE_STEPS_PER_DECADE * Math.log10(0.014))]: 900,
        '-30': 100,
      })
      const tally = inserter(db, 'tally', [
        'analysis',
        'service',
        'server',
        'connections',
        'open',
        'handshakes',
      ])
      for (const [key, { connections, open }] of tallies) {
        const { analysis, service, server } = partsOf(key)
        tally.add(analysis, service, server, connections, open, handshakes)
      }
      tally.end()
      const silence = inserter(db, 'silence', ['analysis', 'service', 'step', 'survived', 'severed'])
      for (const [key, survived] of silences) {
        const { analysis, service, value } = partsOf(key)
        silence.add(analysis, service, value, survived, 3)
      }
      silence.end()
      const columns = [
        'analysis',
        'service',
        'minute',
        'server',
        'opened',
        'closed',
        'bytes',
        'critical',
        'warning',
        'info',
      ]
      const minute = inserter(db, 'minute', columns)
      for (const [key, opened] of minutes) {
        const { analysis, service, server, value } = partsOf(key)
        minute.add(analysis, service, value, server, opened, opened, opened * 90_000, 0, 0, 0)
      }
      minute.end()
      db.exec(ALL_SERVERS)
    },
  }
}

/** Four small numbers as one that a map finds fast. */
const keyOf = (analysis: number, service: number, server: number, value: number): number =>
  ((value * 1024 + analysis) * 16 + service) * 64 + server

const partsOf = (key: number): { analysis: number; service: number; server: number; value: number } => ({
  server: key % 64,
  service: Math.floor(key / 64) % 16,
  analysis: Math.floor(key / 1024) % 1024,
  value: Math.floor(key / 1048576),
})

const ALL_SERVERS = `
  INSERT INTO minute SELECT analysis, service, minute, 0, sum(opened), sum(closed), sum(bytes), 0, 0, 0
  FROM minute GROUP BY service, minute, analysis`

export function fillSessions(db: Database, plan: Plan): void {
  const r = random(2)
  const columns = [
    'analysis',
    'service',
    'agent',
    'server',
    'start',
    'end',
    'connections',
    'bytes',
    'ended_by',
  ]
  const insert = inserter(db, 'session', columns)
  const sessions = Math.round(plan.connections / CONNECTIONS_PER_SESSION)
  const step = (plan.to - plan.from) / sessions
  const ends = ['agent', 'severed', 'hop', 'server', 'capture-end']
  for (let id = 0; id < sessions; id++) {
    const start = Math.floor(plan.from + id * step)
    const service = r.weighted(SERVICES.map(({ weight }) => weight))
    const { servers } = SERVICES[service]!
    const { name } = servers[r.weighted(servers.map(({ weight }) => weight))]!
    const end = Math.min(plan.to, start + Math.floor(r.next() * 24 * HOUR))
    insert.add(
      analysisAt(plan, start),
      service + 1,
      agentOf(r.next(), service, plan),
      name,
      start,
      end,
      20,
      2_000_000,
      r.pick(ends),
    )
  }
  insert.end()
}
