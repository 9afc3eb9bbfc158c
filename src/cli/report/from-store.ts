/** A report from a store: of all that is kept, or of one capture and those that were analysed with it. */
import { endpointText } from '../../model/packet.ts'
import { SECOND, type Micros } from '../../model/time.ts'
import { IDLE_THRESHOLD } from '../../model/profiles.data.ts'
import type { SummaryRecord } from '../../model/record.ts'
import type { CaptureRow, IncidentRow, IncidentView, OccurrenceRow, SegmentView } from '../../model/view.ts'
import { listAnalyses } from '../../store/queries/analyses.ts'
import { captureRow, listCaptures, skippedOf } from '../../store/queries/captures.ts'
import { incidentView } from '../../store/queries/incident-view.ts'
import { listIncidents } from '../../store/queries/incidents.ts'
import { incidentNumber } from '../../store/queries/names.ts'
import { listOccurrences, occurrenceView } from '../../store/queries/occurrences.ts'
import { counts } from '../../store/queries/overview.ts'
import { liveTotals } from '../../store/queries/live-totals.ts'
import { listRequirements } from '../../store/queries/requirements.ts'
import type { Store } from '../../store/store.ts'
import { momentOf } from '../analyze/time-text.ts'
import { failure } from '../failure.ts'
import { SEVERITY_ORDER } from '../output/collected.ts'
import { silencesOf } from '../output/report.ts'
import {
  AGENTS_MAX,
  type AffectedAgent,
  type IncidentFacts,
  INCIDENTS_FULL,
  INCIDENTS_LISTED,
  INPUTS_MAX,
  type Proof,
  PROOF_PACKETS_MAX,
  PROOFS_MAX,
  MISFITS_MAX,
  RELAYS_MAX,
  type ReportData,
  type ReportIncident,
  type ReportInput,
  TIMES_MAX,
  type Totals,
} from './data.ts'

const PAGE_ROWS = 500
/** Incidents, captures and analyses that are read; beyond, they are counted at best. */
const ROWS_MAX = 5_000
/** Occurrences of each incident that agents and times are taken from, the latest ones. */
const OCCURRENCES_MAX = 2_000

export interface Scope {
  readonly version: string
  readonly now: Micros
  /** A capture's number; null: all. */
  readonly capture: number | null
}

/** Throws a failure if there is no such capture. */
export function reportOfStore(store: Store, { version, now, capture }: Scope): ReportData {
  const analyses = analysesOf(store, capture)
  const inputs = inputsOf(store, capture, analyses)
  const { rows, total } = incidentsOf(store, capture)
  const full = rows.slice(0, INCIDENTS_FULL)
  const listed = rows.slice(INCIDENTS_FULL, INCIDENTS_FULL + INCIDENTS_LISTED)
  const requirements = listRequirements(store, capture)
  const silences = analyses.flatMap(({ summary }) => (summary === null ? [] : [silencesOf(summary)]))
  return {
    version,
    made: now,
    source: capture === null ? `all that ${store.path} holds` : `capture ${capture} of ${store.path}`,
    inputs: inputs.slice(0, INPUTS_MAX),
    inputsLeftOut: Math.max(0, inputs.length - INPUTS_MAX),
    relays: relaysOf(analyses).slice(0, RELAYS_MAX),
    misfits: misfitsOf(analyses).slice(0, MISFITS_MAX),
    totals: totalsOf(store, capture, analyses, rows),
    // Violations alone are told with the incidents: they do not say what else was judged.
    whatIfs: [],
    requirements: requirements.every(({ status }) => status === 'violated') ? null : requirements,
    incidents: full.flatMap((row) => incidentOf(store, row, capture)),
    listed: listed.map(factsOf),
    leftOut: total - full.length - listed.length,
    silences:
      silences.length === 0
        ? null
        : {
            longestSeconds: Math.max(...silences.map(({ longestSeconds }) => longestSeconds)),
            survivedSeconds: Math.max(...silences.map(({ survivedSeconds }) => survivedSeconds)),
          },
    idleSeconds: IDLE_THRESHOLD / SECOND,
  }
}

/** Those of several analyses, each once. */
const relaysOf = (analyses: readonly Analysed[]): string[] => [
  ...new Set(analyses.flatMap(({ summary }) => summary?.relays ?? [])),
]

/** What one analysis misses, another may have seen. */
const misfitsOf = ([first, ...rest]: readonly Analysed[]): string[] =>
  (first?.summary?.misfits ?? []).filter((misfit) =>
    rest.every(({ summary }) => summary?.misfits?.includes(misfit) === true),
  )

interface Analysed {
  readonly captures: readonly number[]
  readonly summary: SummaryRecord | null
}

/** Those that are done, the latest first; of one capture the latest alone. */
function analysesOf(store: Store, capture: number | null): Analysed[] {
  const done: Analysed[] = []
  let cursor: string | null = null
  do {
    const page = listAnalyses(store, { state: ['done'] }, { cursor, limit: PAGE_ROWS })
    for (const { inputs, summary } of page.items) {
      const captures = inputs.map((input) => input.capture)
      if (capture !== null && !captures.includes(capture)) continue
      done.push({ captures, summary: summary as SummaryRecord | null })
      if (capture !== null) return done
    }
    cursor = page.next
  } while (cursor !== null && done.length < ROWS_MAX)
  return done
}

function inputsOf(store: Store, capture: number | null, analyses: readonly Analysed[]): ReportInput[] {
  if (capture === null) {
    const rows: CaptureRow[] = []
    let cursor: string | null = null
    do {
      const page = listCaptures(store, { cursor, limit: PAGE_ROWS })
      rows.push(...page.items)
      cursor = page.next
    } while (cursor !== null && rows.length < ROWS_MAX)
    return rows.toReversed().map((row) => inputOf(store, row, analyses))
  }
  const asked = captureRow(store, capture)
  if (asked === null) throw failure(`there is no capture ${capture} in ${store.path}`)
  const numbers = analyses[0]?.captures ?? [capture]
  return numbers
    .flatMap((number) => captureRow(store, number) ?? [])
    .map((row) => inputOf(store, row, analyses))
}

function inputOf(store: Store, row: CaptureRow, analyses: readonly Analysed[]): ReportInput {
  const alone = analyses.find(({ captures }) => captures.length === 1 && captures[0] === row.id)
  return {
    name: row.name,
    tap: row.tap ?? '',
    sha256: row.sha256 === '' ? null : row.sha256,
    sizeBytes: row.sizeBytes,
    format: row.format,
    packets: row.packets,
    start: timeOrNull(row.start),
    end: timeOrNull(row.end),
    quality: row.quality,
    connections: alone?.summary?.connections ?? null,
    skipped: skippedOf(store, row.id),
  }
}

const timeOf = (text: string): Micros => {
  const moment = momentOf(text)
  return 'at' in moment ? moment.at : 0
}
const timeOrNull = (text: string | null): Micros | null => (text === null ? null : timeOf(text))

function incidentsOf(store: Store, capture: number | null): { rows: IncidentRow[]; total: number } {
  const rows: IncidentRow[] = []
  const filter = capture === null ? {} : { capture: [capture] }
  let cursor: string | null = null
  let total = 0
  do {
    const page = listIncidents(store, filter, { cursor, limit: PAGE_ROWS })
    rows.push(...page.items)
    total = page.total ?? rows.length
    cursor = page.next
  } while (cursor !== null && rows.length < ROWS_MAX)
  const rank = ({ severity, state }: IncidentRow): number =>
    SEVERITY_ORDER.indexOf(severity) + (state === 'resolved' ? SEVERITY_ORDER.length : 0)
  rows.sort((a, b) => rank(a) - rank(b) || b.agents - a.agents || (a.start < b.start ? -1 : 1))
  return { rows, total }
}

/** The same servers may be in several analyses: more than there are is never told. */
function totalsOf(
  store: Store,
  capture: number | null,
  analyses: readonly Analysed[],
  rows: readonly IncidentRow[],
): Totals {
  const most = (of: (summary: SummaryRecord) => number, isAdded: boolean): number =>
    analyses.reduce((n, { summary }) => {
      const more = summary === null ? 0 : of(summary)
      return isAdded ? n + more : Math.max(n, more)
    }, 0)
  const incidents = { critical: 0, warning: 0, info: 0 }
  for (const { severity } of rows) incidents[severity]++
  // A live capture has no end, and so no summary.
  const live = liveTotals(store, capture)
  const agents = most((summary) => summary.agents, false)
  return {
    packets: most(({ packets }) => packets, true) + live.packets,
    connections: most(({ connections }) => connections, true) + live.connections,
    agents: capture === null ? counts(store).agents : Math.max(agents, live.agents),
    servers: Math.max(
      most(({ servers }) => servers, false),
      live.servers,
    ),
    incidents,
  }
}

function factsOf(row: IncidentRow): IncidentFacts {
  const { id, type, severity, state, service, title, occurrences, agents, start, end } = row
  return {
    id,
    type,
    severity,
    state,
    service,
    title,
    occurrences,
    agents,
    start: timeOf(start),
    end: timeOf(end),
  }
}

/** Empty if it has gone in between. */
function incidentOf(store: Store, row: IncidentRow, capture: number | null): ReportIncident[] {
  const number = incidentNumber(row.id)
  const view = number === null ? null : incidentView(store, number)
  if (number === null || view === null) return []
  const occurrences = occurrencesOf(store, number, capture)
  const { summary, actor, requirements, remedy, filter, confidence, attribution, timer, history } = view
  return [
    {
      ...factsOf(row),
      ...(capture === null ? {} : scoped(view, occurrences)),
      summary,
      actor,
      requirements,
      remedy,
      filter,
      confidence,
      attribution,
      timer,
      history,
      proofs: examples(occurrences).flatMap(({ id }) => proofOf(store, id)),
      agentList: agentsOf(occurrences),
      times: occurrences.map(({ at }) => timeOf(at)).slice(-TIMES_MAX),
    },
  ]
}

/** In order of time. */
function occurrencesOf(store: Store, incident: number, capture: number | null): OccurrenceRow[] {
  const filter = { incident, ...(capture === null ? {} : { capture: [capture] }) }
  const rows: OccurrenceRow[] = []
  let cursor: string | null = null
  do {
    const page = listOccurrences(store, filter, { cursor, limit: PAGE_ROWS })
    rows.push(...page.items)
    cursor = page.next
  } while (cursor !== null && rows.length < OCCURRENCES_MAX)
  return rows.toReversed()
}

/** What one capture shows of an incident that others show as well. */
function scoped({ occurrences }: IncidentView, rows: readonly OccurrenceRow[]): Partial<IncidentFacts> {
  const [first, last] = [rows[0], rows.at(-1)]
  if (first === undefined || last === undefined || rows.length >= OCCURRENCES_MAX) return { occurrences }
  return {
    occurrences: rows.length,
    agents: new Set(rows.flatMap(({ agent }) => agent?.id ?? [])).size,
    start: timeOf(first.at),
    end: timeOf(last.at),
  }
}

/** The latest ones, of different agents first. */
function examples(rows: readonly OccurrenceRow[]): OccurrenceRow[] {
  const latest = rows.toReversed()
  const ofEach = [...Map.groupBy(latest, ({ agent }) => agent?.id).values()].map(([one]) => one!)
  return [...new Set([...ofEach, ...latest])].slice(0, PROOFS_MAX).toSorted((a, b) => (a.at < b.at ? -1 : 1))
}

function proofOf(store: Store, occurrence: number): Proof[] {
  const view = occurrenceView(store, occurrence)
  if (view === null) return []
  const { at, sentence, evidence } = view
  const packets = evidence.slice(0, PROOF_PACKETS_MAX).map((item) => ({
    tap: item.tap,
    number: item.packet,
    at: timeOf(item.at),
    note: item.note,
    segment: item.segment === null ? null : segmentText(item.segment),
  }))
  return [{ at: timeOf(at), sentence, packets, packetsLeftOut: evidence.length - packets.length }]
}

const segmentText = ({ source, destination, flags, payloadBytes, hopLimit }: SegmentView): string =>
  `${endpointText(source)} > ${endpointText(destination)} ${flags.join(' ')}, ` +
  `${payloadBytes} octets, hop limit ${hopLimit}`

function agentsOf(rows: readonly OccurrenceRow[]): AffectedAgent[] {
  const agents = new Map<string, { id: string; address: string | null; occurrences: number; last: Micros }>()
  for (const { agent, at } of rows) {
    if (agent === null) continue
    const known = agents.get(agent.id)
    if (known === undefined) agents.set(agent.id, { ...agent, occurrences: 1, last: timeOf(at) })
    else Object.assign(known, { occurrences: known.occurrences + 1, last: timeOf(at) })
  }
  return [...agents.values()]
    .toSorted((a, b) => b.occurrences - a.occurrences || b.last - a.last)
    .slice(0, AGENTS_MAX)
}
