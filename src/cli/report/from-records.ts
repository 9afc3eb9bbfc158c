/**
 * A report from the records of a running analysis, in bounded memory: what is told of each incident is kept,
 * what is beyond is counted.
 */
import { statSync } from 'node:fs'
import { basename } from 'node:path'
import type { DeviceAt } from '../../model/device-name.ts'
import { isAtLeast, type AttributionItem, type Finding, type TimerEstimate } from '../../model/incident.ts'
import type {
  AnalysisRecord,
  CaptureRecord,
  ConnectionRecord,
  IncidentRecord,
  OccurrenceRecord,
  RecordKind,
} from '../../model/record.ts'
import type { Micros } from '../../model/time.ts'
import type { TimerView } from '../../model/view.ts'
import { sentenceOf } from '../../store/sentence.ts'
import { inputName } from '../input-name.ts'
import { bySeverity, collect, type Collected, emptyCollection, REPORT_KINDS } from '../output/collected.ts'
import { counted } from '../output/quantities.ts'
import { listed } from '../../model/listed.ts'
import { isSeveralTaps, silencesOf } from '../output/report.ts'
import { whatIfGroups } from '../output/what-if-words.ts'
import {
  AGENTS_MAX,
  INCIDENTS_FULL,
  INCIDENTS_LISTED,
  INPUTS_MAX,
  type Proof,
  PROOF_PACKETS_MAX,
  MISFITS_MAX,
  RELAYS_MAX,
  type ReportData,
  type ReportIncident,
  type ReportInput,
  SILENCES_MAX,
  TIMES_MAX,
} from './data.ts'

export const REPORTED_KINDS: ReadonlySet<RecordKind> = new Set<RecordKind>([...REPORT_KINDS, 'connection'])

/** Agents that are counted for each incident, of which the most often hit are told. */
const COUNTED_AGENTS_MAX = 10_000
/** Services of which the survived silences are kept. */
const SERVICES_MAX = 200
/** Captures that are named in the title. */
const NAMES_MAX = 3
/** Incidents of which agents and times are kept: those of `collect`. */
const CASES_MAX = 1_000

export interface ReportMaker {
  take(record: AnalysisRecord): void
  made(about: {
    readonly version: string
    readonly now: Micros
    readonly idleSeconds: number
    readonly deviceAt: DeviceAt
  }): ReportData
}

/** What `collect` does not keep of an incident. */
interface Case {
  readonly agents: Map<string, { address: string | null; occurrences: number; last: Micros }>
  times: Micros[]
  silences: number[]
}

export function reportMaker(): ReportMaker {
  const collected = emptyCollection()
  const cases = new Map<string, Case>()
  const survived = new Map<string, number[]>()
  return {
    take(record) {
      collect(collected, record)
      if (record.kind === 'occurrence') takeOccurrence(cases, record)
      if (record.kind === 'connection') takeConnection(survived, record)
    },
    made(about) {
      return dataOf(collected, cases, survived, about)
    },
  }
}

function takeOccurrence(cases: Map<string, Case>, { incident, finding }: OccurrenceRecord): void {
  let known = cases.get(incident)
  if (known === undefined) {
    if (cases.size >= CASES_MAX) return
    known = { agents: new Map(), times: [], silences: [] }
    cases.set(incident, known)
  }
  known.times.push(finding.at)
  if (known.times.length > 2 * TIMES_MAX) known.times = latest(known.times)
  const seconds = finding.details['silenceSeconds']
  const isKnown = typeof seconds === 'number' && !isAtLeast(finding.details)
  if (isKnown && known.silences.length < SILENCES_MAX) known.silences.push(seconds)
  if (finding.agent === null) return
  const { id, address } = finding.agent
  const agent = known.agents.get(id)
  if (agent !== undefined) {
    agent.occurrences++
    agent.last = Math.max(agent.last, finding.at)
  } else if (known.agents.size < COUNTED_AGENTS_MAX) {
    known.agents.set(id, { address, occurrences: 1, last: finding.at })
  }
}

const latest = (times: readonly Micros[]): Micros[] => times.toSorted((a, b) => a - b).slice(-TIMES_MAX)

/** The longest silences that were survived, one of each connection. */
function takeConnection(
  survived: Map<string, number[]>,
  { service, longestSurvivedSeconds }: ConnectionRecord,
): void {
  if (service === null || !(longestSurvivedSeconds > 0)) return
  const known = survived.get(service)
  if (known === undefined) {
    if (survived.size < SERVICES_MAX) survived.set(service, [longestSurvivedSeconds])
    return
  }
  known.push(longestSurvivedSeconds)
  if (known.length > 2 * SILENCES_MAX) survived.set(service, longest(known))
}

const longest = (seconds: readonly number[]): number[] =>
  seconds.toSorted((a, b) => b - a).slice(0, SILENCES_MAX)

function dataOf(
  collected: Collected,
  cases: ReadonlyMap<string, Case>,
  survived: ReadonlyMap<string, readonly number[]>,
  { version, now, idleSeconds, deviceAt }: Parameters<ReportMaker['made']>[0],
): ReportData {
  const { captures, capturesDropped, summary, servers, serversDropped, agentsBy } = collected
  const sorted = bySeverity(collected.incidents)
  const full = sorted.slice(0, INCIDENTS_FULL)
  const further = sorted.slice(INCIDENTS_FULL, INCIDENTS_FULL + INCIDENTS_LISTED)
  const connections = summary?.connections ?? 0
  const inputs = captures.slice(0, INPUTS_MAX)
  return {
    version,
    made: now,
    source: sourceOf(captures, capturesDropped),
    inputs: inputs.map((capture) => inputOf(capture, captures.length === 1 ? connections : null)),
    inputsLeftOut: captures.length - inputs.length + capturesDropped,
    relays: (summary?.relays ?? []).slice(0, RELAYS_MAX),
    misfits: (summary?.misfits ?? []).slice(0, MISFITS_MAX),
    totals: {
      packets: summary?.packets ?? 0,
      connections,
      agents: summary?.agents ?? [...agentsBy.values()].reduce((sum, n) => sum + n, 0),
      servers: summary?.servers ?? servers.length + serversDropped,
      incidents: summary?.incidents ?? { critical: 0, warning: 0, info: 0 },
    },
    requirements: collected.requirements.length === 0 ? null : collected.requirements,
    whatIfs: whatIfGroups(collected.whatIfs, isSeveralTaps(collected)),
    incidents: full.map((incident) =>
      incidentOf(incident, {
        findings: collected.examples.get(incident.id)?.findings ?? [],
        known: cases.get(incident.id),
        survived: survived.get(incident.service ?? '') ?? [],
        deviceAt,
      }),
    ),
    listed: further.map((incident) => ({ ...incident, state: null })),
    leftOut: sorted.length - full.length - further.length + collected.incidentsDropped,
    silences: summary === null ? null : silencesOf(summary),
    idleSeconds,
  }
}

/** Names where there are few. */
function sourceOf(captures: readonly CaptureRecord[], dropped: number): string {
  const names = captures.map(({ path }) => basename(inputName(path)))
  return names.length + dropped <= NAMES_MAX ? listed(names) : counted(names.length + dropped, 'capture')
}

function inputOf(capture: CaptureRecord, connections: number | null): ReportInput {
  const { path, tap, sha256, format, packets, start, end, quality, skipped, others } = capture
  return {
    name: path,
    tap,
    sha256,
    sizeBytes: sizeOf(path),
    format,
    packets,
    start,
    end,
    quality,
    connections,
    skipped,
    ...(others === undefined ? {} : { others }),
  }
}

/** Null for what is no file, or no longer one. */
function sizeOf(path: string): number | null {
  if (path === '-') return null
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats?.isFile() === true ? stats.size : null
}

interface Kept {
  readonly findings: readonly Finding[]
  readonly known: Case | undefined
  readonly survived: readonly number[]
  readonly deviceAt: DeviceAt
}

function incidentOf(incident: IncidentRecord, { findings, known, survived, deviceAt }: Kept): ReportIncident {
  const { id, type, severity, service, title, summary, start, end, occurrences, agents } = incident
  const { requirements, remedy, filter, confidence, details, actor } = incident
  return {
    id,
    type,
    severity,
    service,
    title,
    summary,
    start,
    end,
    occurrences,
    agents,
    requirements,
    remedy,
    filter,
    confidence,
    state: null,
    actor: { ...actor, name: actor.address === null ? null : deviceAt(actor.address) },
    attribution: (details['attribution'] as readonly AttributionItem[] | undefined) ?? [],
    timer: timerOf(details['timer'] as TimerEstimate | undefined, known?.silences ?? [], longest(survived)),
    proofs: findings.toSorted((a, b) => a.at - b.at).map(proofOf),
    agentList: [...(known?.agents ?? [])]
      .map(([agent, facts]) => ({ id: agent, ...facts }))
      .toSorted((a, b) => b.occurrences - a.occurrences || b.last - a.last)
      .slice(0, AGENTS_MAX),
    times: latest(known?.times ?? []),
    history: [],
  }
}

const timerOf = (
  timer: TimerEstimate | undefined,
  severedSeconds: readonly number[],
  survivedSeconds: readonly number[],
): TimerView | null => (timer === undefined ? null : { ...timer, severedSeconds, survivedSeconds })

const proofOf = (finding: Finding): Proof => ({
  at: finding.at,
  sentence: sentenceOf(finding),
  packets: finding.evidence
    .slice(0, PROOF_PACKETS_MAX)
    .map(({ tap, packet, at, note }) => ({ tap, number: packet, at, note, segment: null })),
  packetsLeftOut: Math.max(0, finding.evidence.length - PROOF_PACKETS_MAX),
})
