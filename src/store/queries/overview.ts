/** Everything at one glance, and the numbers beside the names of the pages. */
import type { Severity } from '../../model/incident.ts'
import { isoTime, type Micros } from '../../model/time.ts'
import type { Counts, Overview } from '../../model/view.ts'
import { prepared } from '../store.ts'
import type { Store } from '../store.ts'
import { analysisRow } from './analyses.ts'
import { listCaptures } from './captures.ts'
import { incidentRows, severityOf } from './incidents.ts'
import { listServices, timesAsked, timesSeen } from './services.ts'
import { SERVICE_STEPS, zeros } from './trend.ts'
import type { SeverityTrend } from './trend.ts'

/** Incidents told as new; the list of incidents tells all of them. */
const FRESH_MAX = 10
const CAPTURES_MAX = 10
const JOBS_MAX = 10

/** The last 24 h that were seen. New are the incidents first stored after `since`; without it, those
 * that are open. */
export function overview(store: Store, { since }: { readonly since?: Micros | undefined } = {}): Overview {
  const seen = timesSeen(store)
  const { from, to } = seen === null ? { from: null, to: null } : timesAsked({}, seen)
  const services = listServices(store)
  return {
    from: from === null ? null : isoTime(from),
    to: to === null ? null : isoTime(to),
    services,
    trend: addedUp(services.map(({ trend }) => trend)),
    fresh: freshOf(store, since),
    open: openOf(store),
    counts: counts(store),
    captures: listCaptures(store, { limit: CAPTURES_MAX }).items,
    jobs: prepared<{ id: number }>(store, JOBS)
      .all()
      .flatMap(({ id }) => analysisRow(store, id) ?? []),
  }
}

function addedUp(trends: readonly SeverityTrend[]): SeverityTrend {
  const sum = (severity: Severity): number[] =>
    zeros(SERVICE_STEPS).map((_, step) => trends.reduce((n, trend) => n + (trend[severity][step] ?? 0), 0))
  return { critical: sum('critical'), warning: sum('warning'), info: sum('info') }
}

const WORST_FIRST = `ORDER BY severity DESC, "end" DESC, id DESC LIMIT ${FRESH_MAX}`
const FRESH = `SELECT id FROM incident WHERE created > ? ${WORST_FIRST}`
const FRESH_TOTAL = 'SELECT count(*) AS n FROM incident WHERE created > ?'
const OPEN_FIRST = `SELECT id FROM incident WHERE state <> 'resolved' ${WORST_FIRST}`
const OPEN_TOTAL = `SELECT count(*) AS n FROM incident WHERE state <> 'resolved'`

/** The worst first, of these the latest. There is no next page: the list of incidents has filters for
 * both. */
function freshOf(store: Store, since: Micros | undefined): Overview['fresh'] {
  const asked = since === undefined ? [] : [since]
  const keys = prepared<{ id: number }>(store, since === undefined ? OPEN_FIRST : FRESH).all(...asked)
  const count = prepared<{ n: number }>(store, since === undefined ? OPEN_TOTAL : FRESH_TOTAL)
  return { items: incidentRows(store, keys, {}), next: null, total: count.get(...asked)?.n ?? 0 }
}

const OPEN = `SELECT severity, count(*) AS n FROM incident WHERE state <> 'resolved' GROUP BY severity`

/** Incidents that are not resolved, by severity. */
function openOf(store: Store): Overview['open'] {
  const open = { critical: 0, warning: 0, info: 0 }
  for (const { severity, n } of prepared<{ severity: number; n: number }>(store, OPEN).all()) {
    const name = severityOf(severity)
    if (name !== null) open[name] = n
  }
  return open
}

// Those that run or wait first, then the ones that ended last.
const JOBS = `
  SELECT id FROM (
    SELECT id, 0 AS rank FROM (SELECT id FROM analysis WHERE state = 'running' AND collector IS NULL ORDER BY id LIMIT ${JOBS_MAX})
    UNION ALL SELECT id, 1 FROM (SELECT id FROM analysis WHERE state = 'queued' ORDER BY id LIMIT ${JOBS_MAX})
    UNION ALL SELECT id, 2 FROM (
      SELECT id FROM analysis WHERE state NOT IN ('running', 'queued') AND collector IS NULL ORDER BY id DESC LIMIT ${JOBS_MAX}))
  ORDER BY rank, CASE rank WHEN 2 THEN -id ELSE id END LIMIT ${JOBS_MAX}`

const COUNTS = `
  SELECT
    (SELECT count(*) FROM agent) AS agents,
    (SELECT count(*) FROM service) AS services,
    (SELECT count(*) FROM capture) AS captures,
    (SELECT count(*) FROM analysis WHERE state IN ('queued', 'running') AND collector IS NULL) AS runningJobs,
    (SELECT count(*) FROM (SELECT DISTINCT id, service FROM requirement)) AS requirements`

/** What the rail shows. Open is what is not resolved. */
export function counts(store: Store): Counts {
  const { critical, warning, info } = openOf(store)
  const counted = prepared<Omit<Counts, 'openIncidents' | 'criticalIncidents'>>(store, COUNTS).get()
  const nothing = { agents: 0, services: 0, captures: 0, runningJobs: 0, requirements: 0 }
  return {
    openIncidents: critical + warning + info,
    criticalIncidents: critical,
    ...nothing,
    ...counted,
  }
}
