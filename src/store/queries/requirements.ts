/**
 * Requirements as judged. Several analyses may judge one for the same service: the worst verdict counts of
 * those that saw the last day of its traffic, so that what was repaired long ago no longer counts, and a
 * tap that saw nothing wrong does not outweigh one that did.
 */
import type { RequirementRow, RequirementStatus } from '../../model/view.ts'
import { prepared } from '../store.ts'
import type { Store } from '../store.ts'
import { incidentName } from './names.ts'
import { DAY } from './trend.ts'

/** The worst first. */
const STATUSES: readonly RequirementStatus[] = [
  'violated',
  'at-risk',
  'met',
  'not-observed',
  'not-applicable',
]

interface StoredVerdict {
  readonly id: string
  readonly service: string
  readonly title: string
  readonly status: RequirementStatus
  readonly observations: number
  readonly incidents: string
  readonly needs: string | null
}

// `seen`: when the traffic ended that an analysis saw. `latest`: of all that judged a requirement. Verdicts
// of a live capture stand while it runs.
const VERDICTS = `
  WITH seen AS MATERIALIZED (
    SELECT a.id AS analysis, (SELECT coalesce(max("end"), 0) FROM analysis_input i WHERE i.analysis = a.id) AS at
    FROM analysis a WHERE a.published = 1
      AND ($capture IS NULL OR EXISTS (SELECT 1 FROM analysis_input i WHERE i.analysis = a.id AND i.capture = $capture))),
  latest AS MATERIALIZED (
    SELECT r.service, r.id, max(s.at) AS at FROM requirement r JOIN seen s ON s.analysis = r.analysis
    GROUP BY r.service, r.id)
  SELECT r.id, r.service, r.title, r.status, r.observations, r.incidents, r.needs
  FROM seen s CROSS JOIN requirement r ON r.analysis = s.analysis
    JOIN latest l ON l.service = r.service AND l.id = r.id AND s.at >= l.at - ${DAY}
  WHERE s.at >= (SELECT min(at) FROM latest) - ${DAY}
  ORDER BY r.service, r.id, r.analysis`

/**
 * All that was judged, or what analyses judged that read one capture; sorted by service, then by status, then
 * by id.
 */
export function listRequirements(store: Store, capture: number | null = null): RequirementRow[] {
  const judged = prepared<StoredVerdict>(store, VERDICTS).iterate({ capture })
  const verdicts = Map.groupBy(judged, ({ id, service }) => JSON.stringify([service, id]))
  return [...verdicts.values()]
    .map(rowOf)
    .sort(
      (a, b) =>
        compare(a.service ?? '', b.service ?? '') ||
        STATUSES.indexOf(a.status) - STATUSES.indexOf(b.status) ||
        compare(a.id, b.id),
    )
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Of equally bad verdicts the latest is told. */
function rowOf(verdicts: readonly StoredVerdict[]): RequirementRow {
  const rank = ({ status }: StoredVerdict): number => STATUSES.indexOf(status)
  const worst = verdicts.reduce((a, b) => (rank(b) <= rank(a) ? b : a))
  return {
    id: worst.id,
    title: worst.title,
    status: worst.status,
    service: worst.service === '' ? null : worst.service,
    observations: verdicts.reduce((sum, { observations }) => sum + observations, 0),
    incidents: [...new Set(verdicts.flatMap(incidentsOf))],
    needs: worst.needs,
  }
}

const incidentsOf = ({ incidents }: StoredVerdict): string[] =>
  (JSON.parse(incidents) as (string | number)[]).map((id) => (typeof id === 'number' ? incidentName(id) : id))
