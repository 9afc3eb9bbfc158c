/**
 * What an output is told of an incident, and when: the first time, then of news at most so often, then that
 * it is over. One incident is one cause, so alerts are grouped by cause without further ado.
 *
 * Pure: what was told before, what is so now, and the time go in; what to do comes out. Asked twice about the
 * same, it answers that nothing is to be told.
 */
import type { IncidentType, Severity } from '../model/incident.ts'
import type { Micros } from '../model/time.ts'
import type { IncidentState } from '../model/view.ts'
import { admits, maintenanceAt, quietUntil } from './calendar.ts'
import type { AlertSettings, Route } from './settings.ts'

export type Kind = 'opened' | 'updated' | 'resolved' | 'reopened'

/** An incident as far as it decides. */
export interface Standing {
  readonly type: IncidentType
  readonly service: string | null
  readonly severity: Severity
  readonly state: IncidentState
  readonly occurrences: number
  /** When it first and last happened, by the clock of the traffic. */
  readonly start: Micros
  readonly end: Micros
}

/** What the output was told last. `at` is null while the first alert waits. */
export interface Told {
  readonly at: Micros | null
  readonly severity: Severity
  readonly isOver: boolean
  readonly occurrences: number
}

export type Decision =
  | { readonly do: 'tell'; readonly kind: Kind }
  | { readonly do: 'wait'; readonly until: Micros }
  /** Nobody asked for it, or there is nothing new. */
  | { readonly do: 'nothing' }
  /** It happened in a maintenance window. */
  | { readonly do: 'suppress' }

const RANK: Readonly<Record<Severity, number>> = { info: 0, warning: 1, critical: 2 }
const NOTHING: Decision = { do: 'nothing' }

/** The first route that leads an incident to an output. */
export const routeOf = (
  { routes }: Pick<AlertSettings, 'routes'>,
  output: string,
  { service, type, severity }: Pick<Standing, 'service' | 'type' | 'severity'>,
): Route | null =>
  routes.find(
    (route) =>
      admits(route.outputs, output) &&
      (route.services.length === 0 || (service !== null && route.services.includes(service))) &&
      admits(route.types, type) &&
      RANK[severity] >= RANK[route.severity],
  ) ?? null

export function decide(
  settings: AlertSettings,
  output: string,
  { now, standing, told }: { readonly now: Micros; readonly standing: Standing; readonly told: Told | null },
): Decision {
  const route = routeOf(settings, output, standing)
  const kind = kindOf(standing, told)
  if (route === null || kind === null) return NOTHING
  if (kind !== 'resolved' && told?.at !== null && isExpected(settings, standing, told))
    return { do: 'suppress' }
  const isCritical = standing.severity === 'critical'
  const until = quietUntil(now, settings.quietHours, { output, isCritical })
  if (until !== null) return { do: 'wait', until }
  const next = (told?.at ?? -Infinity) + route.updateEvery
  const mayWait = kind === 'updated' && told !== null && RANK[standing.severity] <= RANK[told.severity]
  return mayWait && now < next ? { do: 'wait', until: next } : { do: 'tell', kind }
}

/** All that is new happened in maintenance windows. What waited before they began is told all the same. */
function isExpected(
  { maintenance }: AlertSettings,
  { start, end, service }: Standing,
  told: Told | null,
): boolean {
  const isWithin = (at: Micros): boolean => maintenanceAt(at, maintenance, service) !== null
  return isWithin(end) && (told !== null || isWithin(start))
}

/** What there is to tell; null if nothing. */
function kindOf({ state, occurrences, severity }: Standing, told: Told | null): Kind | null {
  const isOver = state === 'resolved'
  // Over before anybody was told, and nobody waits for it.
  if (told === null) return isOver ? null : 'opened'
  if (told.at === null) return 'opened'
  if (isOver) return told.isOver ? null : 'resolved'
  if (told.isOver) return 'reopened'
  if (RANK[severity] > RANK[told.severity]) return 'updated'
  // Somebody is at work on it.
  if (state === 'acknowledged') return null
  return occurrences > told.occurrences ? 'updated' : null
}
