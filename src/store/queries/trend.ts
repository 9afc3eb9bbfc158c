/**
 * Counts over time, in equal steps. A step that an occurrence falls into is found from its time; where
 * hours are read instead of occurrences or minutes, an hour belongs to the step of its middle. Numbers are
 * bound as REAL, so SQL casts what it divides by them.
 */
import type { Severity } from '../../model/incident.ts'
import { type Micros, SECOND } from '../../model/time.ts'
import { prepared } from '../store.ts'
import type { Store } from '../store.ts'

export const INCIDENT_STEPS = 24
export const SERVICE_STEPS = 48

export const MINUTE: Micros = 60 * SECOND
export const HOUR: Micros = 60 * MINUTE
export const DAY: Micros = 24 * HOUR

/**
 * From this span on a step is three hours or more, and hours are exact enough: an incident has at most 24
 * rows of them a day, and any number of occurrences.
 */
const HOURS_ENOUGH: Micros = 3 * DAY

export const SEVERITY_NAMES: readonly Severity[] = ['critical', 'warning', 'info']

export type SeverityTrend = { readonly [severity in Severity]: readonly number[] }

export interface Steps {
  readonly from: Micros
  readonly to: Micros
  /** How many. */
  readonly count: number
  /** Length of one; need not be whole. */
  readonly span: number
}

/** Equal steps; the last one holds `to` as well. */
export const stepsOf = (from: Micros, to: Micros, count: number): Steps => ({
  from,
  to,
  count,
  span: Math.max(1, to - from) / count,
})

/** The step of a time; the first or last one for times outside. */
export const stepAt = ({ from, span, count }: Steps, at: Micros): number =>
  Math.min(count - 1, Math.max(0, Math.floor((at - from) / span)))

export const zeros = (count: number): number[] => new Array<number>(count).fill(0)

interface Counted {
  readonly step: number
  readonly n: number
}

const BY_OCCURRENCE = `
  SELECT min(CAST((at - $from) / $span AS INTEGER), ${INCIDENT_STEPS - 1}) AS step, count(*) AS n FROM occurrence
  WHERE incident = $incident AND at BETWEEN $from AND $to GROUP BY 1`
const BY_HOUR = `
  SELECT hour, occurrences AS n FROM incident_hour WHERE incident = $incident AND hour BETWEEN $from AND $to`

/** Occurrences of an incident in each step. */
export function incidentTrend(store: Store, incident: number, from: Micros, to: Micros): number[] {
  const steps = stepsOf(from, to, INCIDENT_STEPS)
  const counts = zeros(steps.count)
  const add = (step: number, n: number): void => void (counts[step] = (counts[step] ?? 0) + n)
  if (to - from >= HOURS_ENOUGH) {
    const hours = { incident, from: Math.floor(from / HOUR), to: Math.floor(to / HOUR) }
    for (const { hour, n } of prepared<{ hour: number; n: number }>(store, BY_HOUR).iterate(hours))
      add(stepAt(steps, hour * HOUR + HOUR / 2), n)
  } else {
    const bounds = { incident, from, to, span: steps.span }
    for (const { step, n } of prepared<Counted>(store, BY_OCCURRENCE).iterate(bounds)) add(step, n)
  }
  return counts
}

const BY_MINUTE = `
  SELECT min(CAST((max(minute * 60000000, $from) - $from) / $span AS INTEGER), ${SERVICE_STEPS - 1}) AS step,
    sum(critical) AS critical, sum(warning) AS warning, sum(info) AS info
  FROM minute WHERE service = $service AND server = 0 AND minute BETWEEN $first AND $last GROUP BY 1`

const OF_SERVICE_BY_HOUR = `
  SELECT hour, critical, warning, info FROM service_hour WHERE service = ? AND hour BETWEEN ? AND ?`

/** Occurrences of a service in each step, by severity. */
export function serviceTrend(store: Store, service: number, steps: Steps): SeverityTrend {
  const trend = { critical: zeros(steps.count), warning: zeros(steps.count), info: zeros(steps.count) }
  const { from, to, span } = steps
  if (to - from >= HOURS_ENOUGH) {
    const hours = prepared<{ hour: number } & Record<Severity, number>>(store, OF_SERVICE_BY_HOUR)
    for (const row of hours.iterate(service, Math.floor(from / HOUR), Math.floor(to / HOUR))) {
      const step = stepAt(steps, row.hour * HOUR + HOUR / 2)
      for (const severity of SEVERITY_NAMES)
        trend[severity][step] = (trend[severity][step] ?? 0) + row[severity]
    }
    return trend
  }
  const rows = prepared<{ step: number } & Record<Severity, number>>(store, BY_MINUTE)
  const bounds = { service, from, span, first: Math.floor(from / MINUTE), last: Math.floor(to / MINUTE) }
  for (const row of rows.iterate(bounds)) {
    trend.critical[row.step] = row.critical
    trend.warning[row.step] = row.warning
    trend.info[row.step] = row.info
  }
  return trend
}
