/**
 * What a live analysis tells, into tables, as it comes: findings at once, connections and sessions within a
 * moment, everything that was buffered in one transaction.
 *
 * Contract: an occurrence is known by its incident, time, tap, connection and agent, a connection by its
 * number and start: told again after a restart, neither counts twice. Counts are those of the database, so
 * they survive a process that forgot.
 */
import type { Finding } from '../model/incident.ts'
import type {
  AgentRecord,
  CaptureRecord,
  ConnectionRecord,
  IncidentRecord,
  LastingSession,
  RequirementRecord,
  ServerRecord,
  SessionRecord,
} from '../model/record.ts'
import { SECOND, type Micros } from '../model/time.ts'
import type { LiveState } from '../model/view.ts'
import { type AnalysisRowsOptions, inputsOf, otherRows, widenAgent } from './analysis-rows.ts'
import { deviceNames } from '../model/device-name.ts'
import { pruneChanges, recordChange } from './changes.ts'
import { SEVERITIES } from './codes.data.ts'
import { batchEncoder, type ConnectionBatch } from './connection-batch.ts'
import { type ConnectionRows, connectionRows } from './connection-rows.ts'
import { Counters } from './counters.ts'
import {
  type EvidenceWriter,
  evidenceWriter,
  evidenceWanted,
  keepPackets,
  type ProvingPacket,
} from './evidence.ts'
import { refreshIncident, severityCode } from './incident-shares.ts'
import { addHistory } from './incidents.ts'
import type { Collection } from './live.ts'
import { noteLive } from './live.ts'
import { type Names, storedNames } from './names.ts'
import {
  count,
  knownIncident,
  nameOf,
  newIncident,
  occurrenceWriter,
  type OccurrenceWriter,
  recount,
  reopenIfLater,
} from './publication.ts'
import { hashedSecrets, openSecrets, type Secrets } from './secrets.ts'
import { sentenceOf } from './sentence.ts'
import { atomically, prepared, type Store } from './store.ts'
import { writeVerdicts } from './verdicts.ts'

/** Findings of one incident that wait to be described; more are written first. */
export const PENDING_MAX = 4_096
/** Sessions that last and are written at once, which takes a tenth of a second: of more, each time others. */
const LASTING_AT_ONCE = 5_000

export interface LiveStanding {
  readonly causes: readonly { readonly id: string; readonly type: string; readonly cause: string }[]
  readonly capture: CaptureRecord
  readonly agents: readonly AgentRecord[]
  readonly servers: readonly ServerRecord[]
  /** Those that last. */
  readonly sessions: readonly LastingSession[]
  readonly requirements: readonly RequirementRecord[]
}

export interface LiveWriterOptions extends AnalysisRowsOptions {
  /** The incident of that id, as far as it is known by now. */
  incident(id: string): IncidentRecord | null
  /** The octets of packets, where they are still there. */
  packet(number: number): ProvingPacket | null
}

export interface LiveWriter {
  record(record: ConnectionRecord | SessionRecord): void
  found(finding: Finding, incident: string): void
  /** Writes what waits; all is committed when it returns. */
  flush(): void
  /** Who is there, and what requirements come to. */
  stand(standing: LiveStanding): void
  note(state: LiveState): void
  /** Incidents of this collector without a new occurrence since `before` are over; answers how many. */
  resolve(before: Micros, note: string): number
}

interface Parts {
  readonly store: Store
  readonly collection: Collection
  readonly options: LiveWriterOptions
  readonly names: Names
  readonly counters: Counters
  readonly secrets: Secrets
  readonly connections: ConnectionRows
  readonly others: ReturnType<typeof otherRows>
  readonly occurrences: OccurrenceWriter
  readonly evidence: EvidenceWriter
  deviceAt(address: string): string | null
  /** Numbers in the database, by ids in the analysis. */
  readonly numbers: Map<string, number>
}

export function liveWriter(store: Store, collection: Collection, options: LiveWriterOptions): LiveWriter {
  const parts = partsOf(store, collection, options)
  let batches: ConnectionBatch[] = []
  let sessions: SessionRecord[] = []
  let findings: { readonly finding: Finding; readonly incident: string }[] = []
  const encoder = batchEncoder((batch) => void batches.push(batch))
  const wasWritten = writtenBefore(parts)
  let standings = 0
  const flush = (): void => {
    encoder.flush()
    if (batches.length + sessions.length + findings.length === 0) return
    atomically(store, () => {
      for (const batch of batches) parts.connections.insert(batch)
      for (const session of sessions) writeSession(parts, session)
      writeFindings(parts, findings)
      parts.counters.write()
      pruneChanges(store)
    })
    batches = []
    sessions = []
    findings = []
  }
  return {
    record(record) {
      if (record.kind === 'session') sessions.push(record)
      else if (!wasWritten(record)) encoder.add(record)
    },
    found(finding, incident) {
      findings.push({ finding, incident })
      if (findings.length >= PENDING_MAX) flush()
    },
    flush,
    stand(standing) {
      flush()
      atomically(store, () => writeStanding(parts, standing, standings++))
    },
    note(state) {
      atomically(store, () => noteLive(store, collection, state, options.now()))
    },
    resolve: (before, note) => resolveQuiet(store, collection, { before, note, now: options.now() }),
  }
}

function partsOf(store: Store, collection: Collection, options: LiveWriterOptions): Parts {
  const { analysis } = collection
  const names = storedNames(store)
  const counters = new Counters(store, analysis)
  counters.resume()
  const secrets = options.plainSecrets === true ? openSecrets : hashedSecrets(store)
  return {
    store,
    collection,
    options,
    names,
    counters,
    secrets,
    connections: connectionRows(store, analysis, { names, counters, inputOf: inputsOf(store, analysis) }),
    others: otherRows(store, analysis, names),
    occurrences: occurrenceWriter(store, analysis, names, secrets),
    evidence: evidenceWriter(store, analysis),
    deviceAt: deviceNames(options.devices ?? []),
    numbers: new Map(),
  }
}

const KNOWN_CONNECTION = 'SELECT 1 FROM connection WHERE analysis = ? AND number = ? AND start = ? LIMIT 1'

/** Whether an earlier process wrote the connection: asked only for numbers that it had come to. */
function writtenBefore({ store, collection }: Parts): (record: ConnectionRecord) => boolean {
  const select = 'SELECT max(number) AS last FROM connection WHERE analysis = ?'
  const last = prepared<{ last: number | null }>(store, select).get(collection.analysis)?.last ?? -1
  return ({ id, start }) =>
    id <= last && prepared(store, KNOWN_CONNECTION).get(collection.analysis, id, start) !== undefined
}

/** Whichever day it began on. */
const KNOWN_SESSION = `SELECT id, "end", ended_by AS endedBy FROM session
  WHERE agent = ? AND start = ? AND service = ? AND server = ?
    AND analysis IN (SELECT analysis FROM analysis_input WHERE capture = ?) LIMIT 1`
const SESSION_GOES_ON = 'UPDATE session SET "end" = ?, connections = ?, bytes = ?, ended_by = ? WHERE id = ?'

/** A session that lasts has its row all the time: an agent that never leaves is somewhere too. */
function writeSession({ store, collection, names, counters, others }: Parts, session: LastingSession): void {
  const { start, end, connections, bytes, endedBy } = session
  const service = names.service(session.service, start)
  const agent = names.agent(session.agent, start)
  counters.seen(service, start, end)
  type Row = { readonly id: number; readonly end: Micros; readonly endedBy: string }
  const known = prepared<Row>(store, KNOWN_SESSION)
  const row = known.get(agent, start, service, session.server, collection.capture)
  if (row === undefined) return others({ kind: 'session', id: '', ...session })
  if (row.end === end && row.endedBy === endedBy) return
  prepared(store, SESSION_GOES_ON).run(end, connections, bytes, endedBy, row.id)
  widenAgent(store, agent, start, end)
}

function writeFindings(
  parts: Parts,
  findings: readonly { readonly finding: Finding; readonly incident: string }[],
): void {
  if (findings.length === 0) return
  const news: { readonly id: number; readonly at: Micros }[] = []
  for (const [id, list] of Map.groupBy(findings, ({ incident }) => incident)) {
    const record = parts.options.incident(id)
    if (record !== null)
      news.push(
        ...writeIncident(
          parts,
          record,
          list.map(({ finding }) => finding),
        ),
      )
  }
  provePackets(parts)
  for (const { id } of news.toSorted((a, b) => a.at - b.at))
    recordChange(parts.store, 'occurrence', id, true, parts.options.now())
}

/** The occurrences that are new. */
function writeIncident(
  parts: Parts,
  incident: IncidentRecord,
  findings: readonly Finding[],
): { readonly id: number; readonly at: Micros }[] {
  const { store, names, counters, options } = parts
  const now = options.now()
  const service = incident.service === null ? null : names.service(incident.service, incident.start)
  const known = knownIncident(store, incident, findings)
  const id = known?.id ?? newIncident(store, incident, findings, service, now)
  parts.numbers.set(incident.id, id)
  const proof = parts.evidence.ofIncident(Infinity)
  const before = occurrencesOf(parts, id)
  const news: { readonly id: number; readonly at: Micros }[] = []
  for (const finding of findings) {
    const again = occurrenceAt(parts, id, finding)
    if (again !== null) {
      if (finding.amends === true) amend(parts, again, finding, service ?? 0)
      continue
    }
    const occurrence = parts.occurrences.write(id, finding)
    proof(occurrence.id, before + news.length, finding)
    addAgent(parts, id, finding)
    count(counters, finding, service ?? 0, occurrence.server ?? 0)
    news.push({ id: occurrence.id, at: finding.at })
  }
  putShare(parts, id, incident, before + news.length)
  if (known?.state === 'resolved' && news.length > 0) reopenIfLater(store, id, incident.end, now)
  takeBack(parts, id, incident, known?.state ?? 'open')
  refreshIncident(store, id, now)
  recordChange(store, 'incident', id, known === null, now)
  return news
}

interface Told {
  readonly id: number
  readonly severity: number
  readonly agent: number | null
  readonly server: number | null
}

const SAME = `SELECT id, severity, agent, server FROM occurrence WHERE incident = ? AND at = ? AND tap = ? AND connection_number IS ?
  AND agent_address IS ? LIMIT 1`

function occurrenceAt({ store }: Parts, incident: number, f: Finding): Told | null {
  const values = [incident, f.at, f.tap, f.connection, f.agent?.address ?? null]
  return prepared<Told>(store, SAME).get(...values) ?? null
}

/** More is known by now of what was told. */
function amend(parts: Parts, { id, ...told }: Told, finding: Finding, service: number): void {
  const { store, secrets, options } = parts
  const update = 'UPDATE occurrence SET severity = ?, confidence = ?, sentence = ?, details = ? WHERE id = ?'
  const details = JSON.stringify(secrets.details(finding.details))
  prepared(store, update).run(
    severityCode(finding.severity),
    finding.confidence,
    sentenceOf(finding),
    details,
    id,
  )
  reweigh(parts, told, finding, service)
  recordChange(store, 'occurrence', id, false, options.now())
}

const WORST = `UPDATE agent SET worst = coalesce((SELECT max(severity) FROM occurrence WHERE agent = $agent), 0)
  WHERE id = $agent`

/** What is counted by severity goes with it. */
function reweigh(
  { store, counters }: Parts,
  told: Omit<Told, 'id'>,
  finding: Finding,
  service: number,
): void {
  const before = SEVERITIES[told.severity] ?? null
  if (before === null || before === finding.severity) return
  recount(counters, finding, { service, server: told.server ?? 0, before })
  if (told.agent !== null) prepared(store, WORST).run({ agent: told.agent })
}

const TAKEN_BACK = 'More observations do not bear it out: chance explains it.'
const LAST_NOTE = 'SELECT note FROM incident_history WHERE incident = ? ORDER BY id DESC LIMIT 1'

/** What was taken back is over; what is borne out after all goes on, unless somebody else had ended it. */
function takeBack({ store, options }: Parts, id: number, incident: IncidentRecord, before: string): void {
  const withdrawn = incident.withdrawn === true
  const isOver = before === 'resolved'
  if (isOver === withdrawn) return
  const note = prepared<{ note: string }>(store, LAST_NOTE).get(id)?.note
  if (isOver && note !== TAKEN_BACK) return
  const state = withdrawn ? 'resolved' : 'reopened'
  const why = withdrawn ? TAKEN_BACK : 'It is borne out after all.'
  addHistory(store, id, { state, by: 'holdfast', note: why, at: options.now() })
}

function occurrencesOf({ store, collection }: Parts, incident: number): number {
  const select = 'SELECT occurrences AS n FROM incident_share WHERE incident = ? AND analysis = ?'
  return prepared<{ n: number }>(store, select).get(incident, collection.analysis)?.n ?? 0
}

const ADD_AGENT = `INSERT INTO incident_agent (incident, agent, occurrences, last) VALUES (?, ?, 1, ?)
  ON CONFLICT DO UPDATE SET occurrences = occurrences + 1, last = max(last, excluded.last)`
const RAISE_AGENT = 'UPDATE agent SET occurrences = occurrences + 1, worst = max(worst, ?) WHERE id = ?'

function addAgent({ store, names }: Parts, incident: number, { agent, at, severity }: Finding): void {
  if (agent === null) return
  const id = names.agent(agent.id, at)
  prepared(store, ADD_AGENT).run(incident, id, at)
  prepared(store, RAISE_AGENT).run(severityCode(severity), id)
  widenAgent(store, id, at, at)
}

const PUT_SHARE = `INSERT INTO incident_share (incident, analysis, occurrences, start, "end", record)
  VALUES ($incident, $analysis, $occurrences, $start, $end, $record)
  ON CONFLICT DO UPDATE SET occurrences = $occurrences, start = min(start, $start), "end" = max("end", $end),
    record = $record`

function putShare(
  { store, collection, secrets, deviceAt }: Parts,
  id: number,
  incident: IncidentRecord,
  occurrences: number,
): void {
  const agents = prepared<{ n: number }>(
    store,
    'SELECT count(*) AS n FROM incident_agent WHERE incident = ?',
  ).get(id)
  const share = {
    ...incident,
    occurrences,
    agents: Math.max(incident.agents, agents?.n ?? 0),
    details: secrets.details(incident.details),
    actor: { ...incident.actor, name: nameOf(incident, deviceAt) },
  }
  prepared(store, PUT_SHARE).run({
    incident: id,
    analysis: collection.analysis,
    occurrences,
    start: incident.start,
    end: incident.end,
    record: JSON.stringify(share),
  })
}

/** Fetches the octets of what proves something while they are there; nobody comes again for the others. */
function provePackets({ store, collection, options }: Parts): void {
  const { analysis } = collection
  const { plainSecrets: plain = false } = options
  for (const { capture, numbers } of evidenceWanted(store, analysis)) {
    const packets = numbers.flatMap((number) => options.packet(number) ?? [])
    keepPackets(store, analysis, capture, packets, { plain })
  }
  prepared(store, 'DELETE FROM evidence_wanted WHERE analysis = ?').run(analysis)
}

function writeStanding(parts: Parts, standing: LiveStanding, nth: number): void {
  const { store, collection, numbers } = parts
  const { causes, capture, agents, servers, sessions, requirements } = standing
  for (const { id, type, cause } of causes) {
    const known = numbers.has(id) ? undefined : prepared<{ id: number }>(store, BY_CAUSE).get(type, cause)
    if (known !== undefined) numbers.set(id, known.id)
  }
  const turns = Math.ceil(sessions.length / LASTING_AT_ONCE)
  for (const [i, session] of sessions.entries()) if (i % turns === nth % turns) writeSession(parts, session)
  for (const record of agents) parts.others(record)
  for (const record of servers) parts.others(record)
  prepared(store, 'DELETE FROM requirement WHERE analysis = ?').run(collection.analysis)
  writeVerdicts(store, collection.analysis, requirements, parts.numbers)
  parts.counters.write()
  const update = `UPDATE analysis_input SET format = ?, link_types = ?, packets = ?, bytes = ?, start = ?,
    "end" = ?, quality = ?, skipped = ? WHERE analysis = ? AND ordinal = 0`
  const { format, linkTypes, packets, bytes, start, end, quality, skipped } = capture
  const [links, quality_, skipped_] = [linkTypes, quality, skipped].map((part) => JSON.stringify(part))
  prepared(store, update).run(
    format,
    links,
    packets,
    bytes,
    start,
    end,
    quality_,
    skipped_,
    collection.analysis,
  )
}

const BY_CAUSE = 'SELECT id FROM incident WHERE type = ? AND cause = ?'

interface Quiet {
  readonly before: Micros
  readonly note: string
  readonly now: Micros
}

/** Of incidents that this collector's captures tell of. */
function resolveQuiet(store: Store, { capture }: Collection, { before, note, now }: Quiet): number {
  return atomically(store, () => {
    const rows = prepared<{ id: number }>(store, QUIET).all(before, capture)
    for (const { id } of rows) {
      addHistory(store, id, { state: 'resolved', by: 'holdfast', note, at: now })
      recordChange(store, 'incident', id, false, now)
    }
    return rows.length
  })
}

const QUIET = `SELECT id FROM incident WHERE state <> 'resolved' AND "end" < ? AND EXISTS (
  SELECT 1 FROM incident_share s JOIN analysis_input i ON i.analysis = s.analysis
  WHERE s.incident = incident.id AND i.capture = ?)`

/** Seconds as people read them in a note. */
export const quietNote = (quiet: Micros): string =>
  `It did not happen again for ${Math.round(quiet / SECOND)} s while Holdfast listened.`
