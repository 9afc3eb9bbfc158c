/**
 * What an analysis emits, into tables. Connections, sessions, agents and servers go in as they come, in
 * transactions so short that others get a turn; incidents and occurrences are held back until all is there,
 * and published in one. Until then nothing of the analysis counts: if it is broken off, `clearAnalysis`
 * takes the rest away.
 */
import { deviceNames } from '../model/device-name.ts'
import type { Deployment } from '../model/deployment.ts'
import type {
  AgentRecord,
  AnalysisRecord,
  CaptureRecord,
  ConnectionRecord,
  RequirementRecord,
  ServerRecord,
  SessionRecord,
  SummaryRecord,
} from '../model/record.ts'
import type { Micros } from '../model/time.ts'
import type { ConnectionBatch } from './connection-batch.ts'
import { connectionRows } from './connection-rows.ts'
import { Counters } from './counters.ts'
import { inputByTap } from './evidence.ts'
import { type Names, storedNames } from './names.ts'
import { type Discovery, publish } from './publication.ts'
import { hashedSecrets, openSecrets } from './secrets.ts'
import { atomically, giveTurn, prepared, type Store, StoreError } from './store.ts'

export interface AnalysisRowsOptions {
  /** The clock, for what is noted as now. */
  now(): Micros
  /** What stands in between, for the names of devices. */
  readonly devices?: Deployment['devices']
  /** Secrets from captures are stored as they are. */
  readonly plainSecrets?: boolean
}

/** All records but connections, which come in batches. */
export type OtherRecord = Exclude<AnalysisRecord, ConnectionRecord>

export interface AnalysisRows {
  batch(batch: ConnectionBatch): void
  records(records: readonly OtherRecord[]): void
  /** Writes what is held back and publishes the findings: all is committed when it returns. */
  finish(): void
  /** Nothing more is written. What was written is taken away when the analysis is ended or begun anew. */
  abandon(): void
}

/**
 * Rows of one transaction: about 80 ms on the machine where this was measured, the longest that another
 * writer waits. Larger ones are hardly faster (16,384 rows: 5 %).
 */
export const COMMIT_ROWS = 8_192

export function analysisRows(store: Store, analysis: number, options: AnalysisRowsOptions): AnalysisRows {
  if (prepared(store, 'SELECT 1 FROM analysis WHERE id = ?').get(analysis) === undefined)
    throw new StoreError(`there is no analysis ${analysis}`)
  const names = storedNames(store)
  const counters = new Counters(store, analysis)
  const connections = connectionRows(store, analysis, { names, counters, inputOf: inputsOf(store, analysis) })
  const others = otherRows(store, analysis, names)
  const held: Held = { captures: [], discoveries: new Map(), requirements: [], summary: null }
  let batches: ConnectionBatch[] = []
  let records: (AgentRecord | ServerRecord | SessionRecord)[] = []
  let waiting = 0
  let isOver = false
  const commit = (): void => {
    if (waiting === 0) return
    atomically(store, () => {
      for (const batch of batches) connections.insert(batch)
      for (const record of records) others(record)
      counters.write()
    })
    batches = []
    records = []
    waiting = 0
  }
  const wait = (rows: number): void => {
    waiting += rows
    if (waiting < COMMIT_ROWS) return
    commit()
    giveTurn()
  }
  return {
    batch(batch) {
      if (isOver) return
      batches.push(batch)
      wait(batch.rows)
    },
    records(list) {
      if (isOver) return
      for (const record of list) {
        if (hold(held, record)) continue
        records.push(record as AgentRecord | ServerRecord | SessionRecord)
        wait(1)
      }
    },
    finish() {
      if (isOver) return
      isOver = true
      commit()
      const { captures, requirements, summary } = held
      const discoveries = [...held.discoveries.values()]
      const secrets = options.plainSecrets === true ? openSecrets : hashedSecrets(store)
      const parts = { names, counters, secrets, deviceAt: deviceNames(options.devices ?? []) }
      publish(store, { analysis, captures, discoveries, requirements, summary, now: options.now() }, parts)
    },
    abandon() {
      isOver = true
      batches = []
      records = []
      held.discoveries.clear()
    },
  }
}

/** What is published at the end. As large as what the analysis itself holds of its findings. */
interface Held {
  readonly captures: CaptureRecord[]
  /** By the incident's id within the analysis. */
  readonly discoveries: Map<string, Discovery>
  readonly requirements: RequirementRecord[]
  summary: SummaryRecord | null
}

/** False: the record is a row of its own. */
function hold(held: Held, record: OtherRecord): boolean {
  switch (record.kind) {
    case 'capture':
      held.captures.push(record)
      return true
    case 'incident':
      held.discoveries.set(record.id, { incident: record, findings: [] })
      return true
    case 'occurrence':
      held.discoveries.get(record.incident)?.findings.push(record.finding)
      return true
    case 'requirement':
      held.requirements.push(record)
      return true
    case 'summary':
      held.summary = record
      return true
    // An answer to who asked, and no part of what the captures hold.
    case 'what-if':
      return true
    case 'agent':
    case 'server':
    case 'session':
      return false
  }
}

/** A tap that is nobody's is taken for the first input's. */
export function inputsOf(store: Store, analysis: number): (tap: string) => number {
  const select = 'SELECT tap FROM analysis_input WHERE analysis = ? ORDER BY ordinal'
  const taps = prepared<{ tap: string }>(store, select).all(analysis)
  const place = inputByTap(taps.map((row) => row.tap))
  return (tap) => Math.max(0, place(tap))
}

export function otherRows(
  store: Store,
  analysis: number,
  names: Names,
): (record: AgentRecord | ServerRecord | SessionRecord) => void {
  const session = prepared(store, INSERT_SESSION)
  const agent = prepared(store, KNOW_AGENT)
  const address = prepared(store, INSERT_ADDRESS)
  const server = prepared(store, KNOW_SERVER)
  return (record) => {
    if (record.kind === 'session') {
      const { start, end, connections, bytes, endedBy } = record
      const service = names.service(record.service, start)
      const id = names.agent(record.agent, start)
      session.run(analysis, service, id, record.server, start, end, connections, bytes, endedBy)
      widenAgent(store, id, start, end)
    } else if (record.kind === 'agent') {
      const { identifiedBy: by, confidence, addresses } = record
      const id = names.agent(record.id, addresses[0]?.start ?? 0)
      agent.run({ id, by, confidence })
      for (const stay of addresses) {
        address.run(id, analysis, stay.address, stay.start, stay.end)
        widenAgent(store, id, stay.start, stay.end)
      }
    } else {
      const { identifiedBy, port } = record
      const service = names.service(record.service, 0)
      const id = names.server(service, record.name, record.address, port)
      server.run(record.address, port, identifiedBy, id)
    }
  }
}

/** The agent was there from then to then. */
export const widenAgent = (store: Store, agent: number, start: Micros, end: Micros): void =>
  void prepared(store, WIDEN_AGENT).run({ start, end, agent })

const INSERT_SESSION = `INSERT INTO session
  (analysis, service, agent, server, start, "end", connections, bytes, ended_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`
/** The surest way in which anybody identified it. */
const KNOW_AGENT =
  'UPDATE agent SET identified_by = $by, confidence = $confidence WHERE id = $id AND confidence <= $confidence'
/** 0: nobody could say when. */
const WIDEN_AGENT = `UPDATE agent SET first_seen = min(coalesce(nullif(first_seen, 0), $start), $start),
  last_seen = max(last_seen, $end) WHERE id = $agent`
const INSERT_ADDRESS = `INSERT INTO agent_address (agent, analysis, address, start, "end") VALUES (?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET "end" = max("end", excluded."end")`
const KNOW_SERVER = 'UPDATE server SET address = ?, port = ?, identified_by = ? WHERE id = ?'
