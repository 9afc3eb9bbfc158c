/**
 * Follows what changes in the database and turns it into deliveries: what was told and what is to be sent are
 * written in one transaction, so that a process that dies between any two steps tells nothing twice and
 * forgets nothing.
 */
import type { Micros } from '../model/time.ts'
import type { OccurrenceRow } from '../model/view.ts'
import {
  alertPlace,
  dueIncidents,
  incidentsChangedSince,
  noteAlertPlace,
  noteDue,
  noteTold,
  type Place,
  toldOf,
} from '../store/alerts.ts'
import { CHANGES_MAX, changesAfter, lastChange } from '../store/changes.ts'
import { addDelivery, boundDeliveries } from '../store/deliveries.ts'
import { severityCode } from '../store/incident-shares.ts'
import { incidentRowOf, severityOf, storedIncident, type StoredIncident } from '../store/queries/incidents.ts'
import { listOccurrences } from '../store/queries/occurrences.ts'
import { atomically, type Store } from '../store/store.ts'
import { decide, type Kind, type Standing, type Told } from './decision.ts'
import { alertRecord } from './record.ts'
import type { AlertSettings } from './settings.ts'

/** Changes, and incidents that are due, that are looked at in one transaction. */
const BATCH = 200

/** What became of incidents that were looked at. */
export interface Planned {
  readonly told: number
  readonly suppressed: number
  /** Deliveries that became dead letters because too many waited. */
  readonly crowdedOut: number
  /** There is more to look at. */
  readonly hasMore: boolean
}

export interface Planner {
  /** Looks at one batch of what is new or due. */
  look(): Planned
}

interface Planning {
  readonly store: Store
  readonly settings: AlertSettings
  readonly now: () => Micros
}

/** Begins where the last process stopped; the first time with what comes from now on. */
export function planner({ store, settings, now }: Planning): Planner {
  let place = alertPlace(store) ?? begun(store, now())
  // Of incidents that have to be looked at without the list of changes: it was pruned meanwhile.
  const backlog: number[] = []
  return {
    look() {
      const at = now()
      let next = place
      if (backlog.length === 0 && lastChange(store) - place.change > CHANGES_MAX) {
        backlog.push(...incidentsChangedSince(store, place.at))
        next = { change: lastChange(store), at }
      }
      const missed = backlog.splice(0, BATCH)
      const changes = missed.length > 0 ? [] : changesAfter(store, next.change, BATCH)
      const last = changes.at(-1)
      if (last !== undefined) next = { change: last.id, at }
      const due = dueIncidents(store, at, BATCH)
      const changed = changes.filter(({ kind }) => kind === 'incident').map(({ subject }) => subject)
      const counts = { told: 0, suppressed: 0, crowdedOut: 0 }
      const all = new Set([...missed, ...changed, ...due])
      // Most changes are progress of analyses: of those nothing is written.
      if (all.size > 0)
        atomically(store, () => {
          for (const incident of all) consider({ store, settings, at, counts }, incident)
          for (const { name } of settings.outputs) counts.crowdedOut += boundDeliveries(store, name, at)
          if (backlog.length === 0) noteAlertPlace(store, next)
        })
      place = next
      return { ...counts, hasMore: backlog.length > 0 || changes.length === BATCH || due.length === BATCH }
    },
  }
}

function begun(store: Store, at: Micros): Place {
  const place = { change: lastChange(store), at }
  atomically(store, () => noteAlertPlace(store, place))
  return place
}

interface Considering {
  readonly store: Store
  readonly settings: AlertSettings
  readonly at: Micros
  readonly counts: { told: number; suppressed: number; crowdedOut: number }
}

/** Within a transaction. */
function consider(considering: Considering, id: number): void {
  const { store, settings, at, counts } = considering
  const stored = storedIncident(store, id)
  if (stored === undefined) return
  const standing = standingOf(stored)
  for (const { name } of settings.outputs) {
    const row = toldOf(store, name, id)
    const told: Told | null = row === null ? null : { ...row, severity: severityOf(row.severity) ?? 'info' }
    const decision = decide(settings, name, { now: at, standing, told })
    if (decision.do === 'tell') {
      tell(considering, stored, { output: name, kind: decision.kind, told })
      counts.told++
    } else if (decision.do === 'wait') noteDue(store, name, id, decision.until)
    else if (row !== null) noteDue(store, name, id, null)
    if (decision.do === 'suppress') counts.suppressed++
  }
}

const standingOf = ({
  type,
  service_name,
  severity,
  state,
  occurrences,
  start,
  end,
}: StoredIncident): Standing => ({
  type,
  service: service_name,
  severity: severityOf(severity) ?? 'info',
  state,
  occurrences,
  start,
  end,
})

function tell(
  { store, settings, at }: Considering,
  stored: StoredIncident,
  { output, kind, told }: { readonly output: string; readonly kind: Kind; readonly told: Told | null },
): void {
  const { id, remedy, filter, details, title, severity, occurrences, state } = stored
  const record = alertRecord({
    kind,
    at,
    incident: { ...incidentRowOf(store, stored, {}), remedy, filter, details: JSON.parse(details) as never },
    latest: latestOf(store, id),
    newOccurrences: Math.max(0, occurrences - (told?.occurrences ?? 0)),
    link: settings.link,
  })
  const words = { severity: record.data.severity, title, kind }
  addDelivery(store, {
    output,
    incident: id,
    body: JSON.stringify(record),
    at,
    ...words,
  })
  noteTold(store, {
    output,
    incident: id,
    at,
    severity: severityCode(severityOf(severity) ?? 'info'),
    isOver: state === 'resolved',
    occurrences,
  })
}

const latestOf = (store: Store, incident: number): OccurrenceRow | null =>
  listOccurrences(store, { incident }, { cursor: null, limit: 1 }).items[0] ?? null
