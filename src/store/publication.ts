/**
 * The findings of an analysis become part of the incidents: all at once, in one transaction, together with
 * the withdrawal of what earlier analyses of the same captures said. Findings of one type and cause belong
 * to one incident, whichever analysis made them.
 */
import { isAtLeast, type Finding, type Severity } from '../model/incident.ts'
import type { CaptureRecord, IncidentRecord, RequirementRecord, SummaryRecord } from '../model/record.ts'
import { SECOND, type Micros } from '../model/time.ts'
import type { IncidentState } from '../model/view.ts'
import { replacedBy } from './analyses.ts'
import { pruneChanges, recordChange } from './changes.ts'
import { withdrawFindings } from './clearing.ts'
import type { Counters } from './counters.ts'
import { evidenceWriter } from './evidence.ts'
import { type Share, refreshIncident, severityCode } from './incident-shares.ts'
import { addHistory } from './incidents.ts'
import type { Names } from './names.ts'
import type { Secrets } from './secrets.ts'
import { writeVerdicts } from './verdicts.ts'
import { sentenceOf } from './sentence.ts'
import { atomically, prepared, type Store } from './store.ts'

/** What one cause was found to have done, as the analysis tells it. */
export interface Discovery {
  readonly incident: IncidentRecord
  readonly findings: Finding[]
}

export interface Publication {
  readonly analysis: number
  readonly captures: readonly CaptureRecord[]
  readonly discoveries: readonly Discovery[]
  readonly requirements: readonly RequirementRecord[]
  readonly summary: SummaryRecord | null
  readonly now: Micros
}

export interface PublicationParts {
  readonly names: Names
  readonly counters: Counters
  readonly secrets: Secrets
  /** The configured name of the device at an address. */
  deviceAt(address: string): string | null
}

export function publish(store: Store, publication: Publication, parts: PublicationParts): void {
  atomically(store, () => {
    const { analysis, now } = publication
    const replaced = replacedBy(store, analysis)
    const merge = merging(store, publication, parts, replaced.length > 0)
    for (const discovery of publication.discoveries) merge.discovery(discovery)
    merge.announce()
    writeVerdicts(store, analysis, publication.requirements, merge.numbers)
    // After the new shares are there: an incident that is found again keeps its number.
    for (const other of replaced) {
      withdrawFindings(store, other)
      prepared(store, 'UPDATE analysis SET replaced = ? WHERE id = ?').run(analysis, other)
    }
    parts.counters.write()
    describeInputs(store, publication)
    prepared(store, PUBLISHED).run(JSON.stringify(publication.summary), analysis)
    recordChange(store, 'analysis', analysis, false, now)
    pruneChanges(store)
  })
}

const PUBLISHED = "UPDATE analysis SET published = 1, stage = 'prove', fraction = 0, summary = ? WHERE id = ?"

function describeInputs(store: Store, { analysis, captures }: Publication): void {
  const update = prepared(
    store,
    `UPDATE analysis_input SET format = ?, link_types = ?, packets = ?, bytes = ?, start = ?, "end" = ?,
      quality = ?, skipped = ? WHERE analysis = ? AND ordinal = ?`,
  )
  for (const [i, c] of captures.entries()) {
    const [links, quality, skipped] = [c.linkTypes, c.quality, c.skipped].map((part) => JSON.stringify(part))
    update.run(c.format, links, c.packets, c.bytes, c.start, c.end, quality, skipped, analysis, i)
  }
}

export interface Known {
  readonly id: number
  readonly state: IncidentState
}

interface Merging {
  discovery(discovery: Discovery): void
  /** Of the incidents, by their ids in the analysis. */
  readonly numbers: ReadonlyMap<string, number>
  /** Tells followers, in the order in which things happened. */
  announce(): void
}

/** `mayRepeat`: what earlier analyses of the same captures said is still there, and is no news. */
function merging(
  store: Store,
  { analysis, now }: Publication,
  { names, counters, secrets, deviceAt }: PublicationParts,
  mayRepeat: boolean,
): Merging {
  const occurrences = occurrenceWriter(store, analysis, names, secrets)
  const evidence = evidenceWriter(store, analysis)
  const news: { readonly id: number; readonly at: Micros }[] = []
  const incidents: { readonly id: number; readonly isNew: boolean }[] = []
  const numbers = new Map<string, number>()
  return {
    numbers,
    discovery({ incident, findings }) {
      const service = incident.service === null ? null : names.service(incident.service, incident.start)
      const known = knownIncident(store, incident, findings)
      const id = known?.id ?? newIncident(store, incident, findings, service, now)
      const knownBefore = mayRepeat && known !== null
      const proof = evidence.ofIncident(findings.length)
      for (const [i, finding] of findings.entries()) {
        const isNews = !knownBefore || isFirst(store, id, finding)
        const occurrence = occurrences.write(id, finding)
        proof(occurrence.id, i, finding)
        if (isNews) news.push({ id: occurrence.id, at: finding.at })
        count(counters, finding, service ?? 0, occurrence.server ?? 0)
      }
      addAgents(store, id, analysis)
      addShare(store, id, analysis, {
        ...incident,
        details: secrets.details(incident.details),
        actor: { ...incident.actor, name: nameOf(incident, deviceAt) },
      })
      if (known?.state === 'resolved') reopenIfLater(store, id, incident.end, now)
      refreshIncident(store, id, now)
      incidents.push({ id, isNew: known === null })
      numbers.set(incident.id, id)
    },
    announce() {
      for (const { id, isNew } of incidents) recordChange(store, 'incident', id, isNew, now)
      for (const { id } of news.toSorted((a, b) => a.at - b.at))
        recordChange(store, 'occurrence', id, true, now)
    },
  }
}

export const nameOf = ({ actor }: IncidentRecord, deviceAt: PublicationParts['deviceAt']): string | null =>
  actor.address === null ? null : deviceAt(actor.address)

const causeOf = (findings: readonly Finding[]): string => findings[0]?.cause ?? ''

export const knownIncident = (
  store: Store,
  { type }: IncidentRecord,
  findings: readonly Finding[],
): Known | null =>
  prepared<Known>(store, 'SELECT id, state FROM incident WHERE type = ? AND cause = ?').get(
    type,
    causeOf(findings),
  ) ?? null

/** The row, with what `refreshIncident` is about to put right. */
export function newIncident(
  store: Store,
  { type, start, end }: IncidentRecord,
  findings: readonly Finding[],
  service: number | null,
  now: Micros,
): number {
  const insert = `INSERT INTO incident (type, cause, severity, state, service, title, summary, remedy, filter,
      actor_role, actor_confidence, confidence, requirements, details, occurrences, agents, start, "end",
      created, changed)
    VALUES (?, ?, 1, 'open', ?, '', '', '', '', 'unknown', 0, 0, '[]', '{}', 0, 0, ?, ?, ?, ?)`
  const values = [type, causeOf(findings), service, start, end, now, now]
  return Number(prepared(store, insert).run(...values).lastInsertRowid)
}

/** No analysis has told of it. */
function isFirst(store: Store, incident: number, { at, connection }: Finding): boolean {
  const select = 'SELECT 1 FROM occurrence WHERE incident = ? AND at = ? AND connection_number IS ? LIMIT 1'
  return prepared(store, select).get(incident, at, connection) === undefined
}

export function count(counters: Counters, finding: Finding, service: number, server: number): void {
  const { at, severity, needs } = finding
  counters.occurrence(service, server, at, severity)
  const silence = severedAfter(finding)
  if (silence !== null && needs === undefined) counters.severed(service, silence)
}

interface Counted {
  readonly service: number
  readonly server: number
  readonly before: Severity
}

/** An occurrence that was counted is of another severity now. A silence that nobody may have severed is told
 * as info. */
export function recount(counters: Counters, finding: Finding, { service, server, before }: Counted): void {
  const { at, severity } = finding
  counters.occurrence(service, server, at, before, -1)
  counters.occurrence(service, server, at, severity)
  const silence = severedAfter(finding)
  if (silence === null) return
  if (before === 'info') counters.severed(service, silence)
  else if (severity === 'info') counters.severed(service, silence, -1)
}

/** Null: nothing was, or not after a length that is known. */
function severedAfter({ type, details }: Finding): Micros | null {
  const { silenceSeconds } = details
  const isKnown = typeof silenceSeconds === 'number' && !isAtLeast(details)
  return type === 'severed-idle' && isKnown ? Math.round(silenceSeconds * SECOND) : null
}

/** Happened again after somebody said that it was over. */
export function reopenIfLater(store: Store, incident: number, end: Micros, now: Micros): void {
  const select = "SELECT max(at) AS at FROM incident_history WHERE incident = ? AND state = 'resolved'"
  const at = prepared<{ at: Micros | null }>(store, select).get(incident)?.at ?? null
  if (at === null || end <= at) return
  addHistory(store, incident, { state: 'reopened', by: 'holdfast', note: 'It happened again.', at: now })
}

function addShare(store: Store, incident: number, analysis: number, share: Share & { kind?: unknown }): void {
  const { occurrences, start, end } = share
  const insert = `INSERT INTO incident_share (incident, analysis, occurrences, start, "end", record)
    VALUES (?, ?, ?, ?, ?, ?)`
  prepared(store, insert).run(incident, analysis, occurrences, start, end, JSON.stringify(share))
}

/** The agents that the occurrences of this analysis hit. */
function addAgents(store: Store, incident: number, analysis: number): void {
  const select = `SELECT agent, count(*) AS count, max(at) AS last, max(severity) AS worst FROM occurrence
    WHERE incident = ? AND analysis = ? AND agent IS NOT NULL GROUP BY agent`
  const rows = prepared<{ agent: number; count: number; last: Micros; worst: number }>(store, select)
  for (const { agent, count, last, worst } of rows.all(incident, analysis)) {
    prepared(store, ADD_AGENT).run(incident, agent, count, last)
    prepared(store, RAISE_AGENT).run(count, worst, agent)
  }
}

const ADD_AGENT = `INSERT INTO incident_agent (incident, agent, occurrences, last) VALUES (?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET occurrences = occurrences + excluded.occurrences, last = max(last, excluded.last)`
const RAISE_AGENT = 'UPDATE agent SET occurrences = occurrences + ?, worst = max(worst, ?) WHERE id = ?'

export interface OccurrenceWriter {
  write(incident: number, finding: Finding): { readonly id: number; readonly server: number | null }
}

export function occurrenceWriter(
  store: Store,
  analysis: number,
  names: Names,
  secrets: Secrets,
): OccurrenceWriter {
  const insert = prepared(
    store,
    `INSERT INTO occurrence (incident, analysis, type, severity, at, tap, service, agent, agent_address,
        server, server_name, server_address, server_port, actor_role, actor_address, actor_confidence, manner,
        confidence, connection_number, sentence, details)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  return {
    write(incident, f) {
      const service = f.service === null ? null : names.service(f.service, f.at)
      const { name = null, address = null, port = null } = f.server ?? {}
      const server =
        service === null || f.server === null
          ? null
          : names.server(service, f.server.name, f.server.address, f.server.port)
      const { lastInsertRowid } = insert.run(
        incident,
        analysis,
        f.type,
        severityCode(f.severity satisfies Severity),
        f.at,
        f.tap,
        service,
        f.agent === null ? null : names.agent(f.agent.id, f.at),
        f.agent?.address ?? null,
        server,
        name,
        address,
        port,
        f.actor.role,
        f.actor.address,
        f.actor.confidence,
        f.manner,
        f.confidence,
        f.connection,
        sentenceOf(f),
        JSON.stringify(secrets.details(f.details)),
      )
      return { id: Number(lastInsertRowid), server }
    },
  }
}
