/**
 * One incident with all that explains it: evidence sheet, timer, history, captures, and what else is wrong.
 */
import type { AttributionItem, Details, TimerEstimate } from '../../model/incident.ts'
import { isoTime, toSeconds } from '../../model/time.ts'
import type { IncidentState, IncidentView, StateChange, TimerView } from '../../model/view.ts'
import { inOrder } from './in-order.ts'
import { prepared } from '../store.ts'
import type { Store } from '../store.ts'
import { excludedDevices } from './excluded-devices.ts'
import { incidentRowOf, severityOf, storedIncident } from './incidents.ts'
import type { StoredIncident } from './incidents.ts'
import { incidentName } from './names.ts'

/** Silences of each kind told with a timer. */
const SILENCES_MAX = 2_000
/** Latest entries of the history, captures and other incidents told. */
const HISTORY_MAX = 500
const CAPTURES_MAX = 100
const RELATED_MAX = 8
/** Latest occurrences of which the kept packets are counted. */
const PROVED_MAX = 10_000

/** One incident by its number; null if there is none. */
export function incidentView(store: Store, id: number): IncidentView | null {
  const stored = storedIncident(store, id)
  if (stored === undefined) return null
  const details = JSON.parse(stored.details) as Details
  return {
    ...incidentRowOf(store, stored, {}),
    remedy: stored.remedy,
    filter: stored.filter,
    details,
    attribution: (details['attribution'] as AttributionItem[] | undefined) ?? [],
    timer: timerOf(store, stored, details['timer'] as TimerEstimate | undefined),
    history: historyOf(store, id),
    captures: capturesOf(store, id),
    related: relatedTo(store, stored),
    packets: prepared<{ n: number }>(store, PACKETS).get(id)?.n ?? 0,
  }
}

const CAPTURES = `
  SELECT DISTINCT c.id, c.name, i.tap, a.collector IS NOT NULL AS live FROM incident_share s
    JOIN analysis a ON a.id = s.analysis
    JOIN analysis_input i ON i.analysis = s.analysis JOIN capture c ON c.id = i.capture
  WHERE s.incident = ? ORDER BY c.id DESC, i.tap LIMIT ${CAPTURES_MAX}`

function capturesOf(store: Store, incident: number): IncidentView['captures'] {
  type Row = { readonly id: number; readonly name: string; readonly tap: string; readonly live: number }
  const rows = prepared<Row>(store, CAPTURES).all(incident)
  return rows.map(({ live, ...row }) => ({ ...row, isLive: live !== 0 }))
}

const PACKETS = `
  SELECT count(DISTINCT e.kept) AS n
  FROM (SELECT id FROM occurrence WHERE incident = ? ORDER BY at DESC, id DESC LIMIT ${PROVED_MAX}) o
    CROSS JOIN evidence e ON e.occurrence = o.id AND e.kept IS NOT NULL`

const HISTORY = `
  SELECT at, state, who, note FROM incident_history WHERE incident = ? ORDER BY id DESC LIMIT ${HISTORY_MAX}`

interface StoredChange {
  readonly at: number
  readonly state: IncidentState
  readonly who: string
  readonly note: string
}

/** In the order in which it happened. */
const historyOf = (store: Store, id: number): StateChange[] =>
  inOrder<StoredChange>(store, HISTORY, id).map(({ at, state, who, note }) => ({
    at: isoTime(at),
    state,
    by: who,
    note,
  }))

const RELATED = `
  SELECT id, type, severity, state, title FROM incident
  WHERE service = $service AND state <> 'resolved' AND id <> $id AND start <= $end AND "end" >= $start
  ORDER BY severity DESC, "end" DESC LIMIT ${RELATED_MAX}`

/** What else is wrong with the service at that time, and not resolved; the worst first. */
const relatedTo = (store: Store, { service, id, start, end }: StoredIncident): IncidentView['related'] =>
  service === null
    ? []
    : prepared<Pick<StoredIncident, 'id' | 'type' | 'severity' | 'state' | 'title'>>(store, RELATED)
        .all({ service, id, start, end })
        .map((other) => ({
          ...other,
          id: incidentName(other.id),
          severity: severityOf(other.severity) ?? 'info',
        }))

const SEVERED = `
  SELECT details ->> '$.silenceSeconds' AS seconds FROM occurrence
  WHERE incident = ? AND details ->> '$.silenceIsAtLeast' IS NULL
  ORDER BY at DESC, id DESC LIMIT ${SILENCES_MAX}`
const SURVIVED = `
  SELECT survived FROM connection WHERE service = ? AND survived > 0 ORDER BY survived DESC LIMIT ${SILENCES_MAX}`

/**
 * What is known of the timer, and the silences that bound it: the latest severed ones of the incident, and
 * the longest survived one of each connection of its service.
 */
function timerOf(
  store: Store,
  { id, service }: StoredIncident,
  timer: TimerEstimate | undefined,
): TimerView | null {
  if (timer === undefined) return null
  const { lowerSeconds, upperSeconds, survived, severed, candidates, safeKeepAliveSeconds } = timer
  const severedSeconds = prepared<{ seconds: number | null }>(store, SEVERED)
    .all(id)
    .flatMap(({ seconds }) => (typeof seconds === 'number' ? [seconds] : []))
  const survivedSeconds = prepared<{ survived: number }>(store, SURVIVED)
    .all(service)
    .map((row) => toSeconds(row.survived))
  return {
    lowerSeconds,
    upperSeconds,
    survived,
    severed,
    candidates,
    safeKeepAliveSeconds,
    excluded: excludedDevices(timer),
    severedSeconds,
    survivedSeconds,
  }
}
