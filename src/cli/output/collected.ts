/**
 * What a report for people needs of an analysis, in bounded memory: totals of what comes by the thousand, a
 * few examples of the rest. What is left out is counted.
 */
import type { Finding, Severity } from '../../model/incident.ts'
import type {
  AnalysisRecord,
  CaptureRecord,
  IdentifiedBy,
  IncidentRecord,
  OccurrenceRecord,
  RecordKind,
  RequirementRecord,
  ServerRecord,
  SummaryRecord,
} from '../../model/record.ts'
import type { WhatIfRecord } from '../../model/what-if.ts'
import { WHAT_IFS_MAX } from './what-if-words.ts'

/** Incidents that are kept whole; a deployment with more has one cause that is told by these. */
const INCIDENTS_MAX = 1_000
const SERVERS_MAX = 500
const CAPTURES_MAX = 500
/** Verdicts that are kept: a hundred for each service whose product is known. */
const REQUIREMENTS_MAX = 5_000
/** Occurrences whose evidence is shown for each incident. */
export const OCCURRENCES_SHOWN = 3
/** Agents whose names are kept for each incident. */
const AGENTS_MAX = 20

/** The kinds that a report rests on. Sessions tell nothing that is not in incidents. */
export const REPORT_KINDS: ReadonlySet<RecordKind> = new Set<RecordKind>([
  'capture',
  'agent',
  'server',
  'incident',
  'occurrence',
  'requirement',
  'what-if',
  'summary',
])

export interface Examples {
  /** Of different agents, if there are several. */
  readonly findings: Finding[]
  readonly agents: Set<string>
}

export interface Collected {
  readonly captures: CaptureRecord[]
  readonly servers: ServerRecord[]
  readonly incidents: IncidentRecord[]
  readonly requirements: RequirementRecord[]
  readonly whatIfs: WhatIfRecord[]
  /** By incident id. */
  readonly examples: Map<string, Examples>
  readonly agentsBy: Map<IdentifiedBy, number>
  /** Incidents beyond those that are kept. */
  incidentsDropped: number
  serversDropped: number
  capturesDropped: number
  summary: SummaryRecord | null
}

export const emptyCollection = (): Collected => ({
  captures: [],
  servers: [],
  incidents: [],
  requirements: [],
  whatIfs: [],
  examples: new Map(),
  agentsBy: new Map(),
  incidentsDropped: 0,
  serversDropped: 0,
  capturesDropped: 0,
  summary: null,
})

export function collect(into: Collected, record: AnalysisRecord): void {
  switch (record.kind) {
    case 'capture':
      if (into.captures.length < CAPTURES_MAX) into.captures.push(record)
      else into.capturesDropped++
      return
    case 'server':
      if (into.servers.length < SERVERS_MAX) into.servers.push(record)
      else into.serversDropped++
      return
    case 'agent':
      into.agentsBy.set(record.identifiedBy, (into.agentsBy.get(record.identifiedBy) ?? 0) + 1)
      return
    case 'incident':
      if (into.incidents.length < INCIDENTS_MAX) into.incidents.push(record)
      else into.incidentsDropped++
      return
    case 'requirement':
      if (into.requirements.length < REQUIREMENTS_MAX) into.requirements.push(record)
      return
    case 'what-if':
      if (into.whatIfs.length < WHAT_IFS_MAX) into.whatIfs.push(record)
      return
    case 'occurrence':
      return collectOccurrence(into, record)
    case 'summary':
      into.summary = record
      return
    case 'connection':
    case 'session':
      return
  }
}

function collectOccurrence(into: Collected, { incident, finding }: OccurrenceRecord): void {
  let examples = into.examples.get(incident)
  if (examples === undefined) {
    if (into.examples.size >= INCIDENTS_MAX) return
    examples = { findings: [], agents: new Set() }
    into.examples.set(incident, examples)
  }
  const { findings, agents } = examples
  const agent = finding.agent?.id
  const isNewAgent = agent !== undefined && !agents.has(agent)
  if (isNewAgent && agents.size < AGENTS_MAX) agents.add(agent)
  if (findings.length < OCCURRENCES_SHOWN) findings.push(finding)
  else if (isNewAgent && agents.size <= OCCURRENCES_SHOWN) replaceRepeated(findings, finding)
}

/** Another agent's example says more than a second one of the same agent. */
function replaceRepeated(findings: Finding[], finding: Finding): void {
  const repeated = findings.findLastIndex(
    (one, i) => findings.findIndex((other) => other.agent?.id === one.agent?.id) < i,
  )
  if (repeated < 0) return
  findings.splice(repeated, 1)
  findings.push(finding)
}

export const SEVERITY_ORDER: readonly Severity[] = ['critical', 'warning', 'info']

/** The worst first; of equal severity, the one that hit more agents, then the earlier one. */
export function bySeverity(incidents: readonly IncidentRecord[]): IncidentRecord[] {
  const rank = (incident: IncidentRecord): number => SEVERITY_ORDER.indexOf(incident.severity)
  return incidents.toSorted((a, b) => rank(a) - rank(b) || b.agents - a.agents || a.start - b.start)
}
