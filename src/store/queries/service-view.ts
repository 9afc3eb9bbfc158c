/**
 * One service over a time: its servers, how its agents divide among them, its silences, and what is wrong.
 */
import type { TimerEstimate } from '../../model/incident.ts'
import { isoTime } from '../../model/time.ts'
import type { ServerRow, ServiceView, SilenceHistogram } from '../../model/view.ts'
import { SILENCE_STEPS_PER_DECADE } from '../codes.data.ts'
import { prepared } from '../store.ts'
import type { Store } from '../store.ts'
import { attachmentsOf } from './attachments.ts'
import { checkRange } from './filter.ts'
import type { TimeRange } from './filter.ts'
import { incidentRowOf } from './incidents.ts'
import type { StoredIncident } from './incidents.ts'
import { incidentName } from './names.ts'
import { placesOf } from './places.ts'
import { serverRow } from './servers.ts'
import { serviceRowOf, storedService, timesAsked } from './services.ts'
import { SERVICE_STEPS, stepsOf } from './trend.ts'

/** Servers told of one service, those with the most connections first. */
const SERVERS_MAX = 100
/** Open incidents told of one service, the worst first. */
const INCIDENTS_MAX = 20

/** One service; without times, the last 24 h in which it was seen. Null if none bears the name. */
export function serviceView(store: Store, name: string, range: TimeRange = {}): ServiceView | null {
  checkRange(range)
  const service = storedService(store, name)
  if (service === undefined) return null
  const { from, to } = timesAsked(range, {
    from: service.first_seen,
    to: service.last_seen,
  })
  const steps = stepsOf(from, to, SERVICE_STEPS)
  const { servers, shares, attached } = attachmentsOf(store, service.id, steps)
  return {
    ...serviceRowOf(store, service, steps, attached),
    from: isoTime(from),
    to: isoTime(to),
    serverList: serversOf(store, service.id),
    silences: silencesOf(store, service.id),
    shares: {
      servers,
      points: shares.map((agents, step) => ({ at: isoTime(Math.round(from + step * steps.span)), agents })),
    },
    places: placesOf(store, service.id),
    incidents: prepared<StoredIncident>(store, OPEN)
      .all(service.id)
      .map((incident) => incidentRowOf(store, incident, {})),
  }
}

const OPEN = `
  SELECT i.*, s.name AS service_name FROM incident i JOIN service s ON s.id = i.service
  WHERE i.service = ? AND i.state <> 'resolved' ORDER BY i.severity DESC, i."end" DESC LIMIT ${INCIDENTS_MAX}`

const SERVERS = `
  SELECT v.id FROM server v LEFT JOIN tally t ON t.service = v.service AND t.server = v.id
  WHERE v.service = ? GROUP BY v.id ORDER BY sum(t.connections) DESC, v.id LIMIT ${SERVERS_MAX}`

const serversOf = (store: Store, service: number): ServerRow[] =>
  prepared<{ id: number }>(store, SERVERS)
    .all(service)
    .flatMap(({ id }) => serverRow(store, id) ?? [])
    .sort((a, b) => (a.name < b.name ? -1 : 1))

const SILENCES = `
  SELECT step, sum(survived) AS survived, sum(severed) AS severed FROM silence WHERE service = ? GROUP BY step`

/** From the shortest to the longest silence that was seen, empty steps between them included. */
function silencesOf(store: Store, service: number): SilenceHistogram {
  type Step = { readonly step: number; readonly survived: number; readonly severed: number }
  const stored = new Map(
    prepared<Step>(store, SILENCES)
      .all(service)
      .map((row) => [row.step, row]),
  )
  const last = Math.max(-1, ...stored.keys())
  const lower = (step: number): number => Number((10 ** (step / SILENCE_STEPS_PER_DECADE)).toPrecision(4))
  return {
    bins: Array.from({ length: last + 1 }, (_, step) => ({
      fromSeconds: lower(step),
      toSeconds: lower(step + 1),
      survived: stored.get(step)?.survived ?? 0,
      severed: stored.get(step)?.severed ?? 0,
    })),
    timer: timerOf(store, service),
  }
}

const SEVERING = `
  SELECT id, actor_role, details FROM incident
  WHERE service = ? AND state <> 'resolved' AND type = 'severed-idle' ORDER BY severity DESC, "end" DESC LIMIT 1`

function timerOf(store: Store, service: number): SilenceHistogram['timer'] {
  const worst = prepared<Pick<StoredIncident, 'id' | 'actor_role' | 'details'>>(store, SEVERING).get(service)
  if (worst === undefined) return null
  const { timer } = JSON.parse(worst.details) as { timer?: TimerEstimate }
  if (timer === undefined) return null
  const { lowerSeconds, upperSeconds } = timer
  return { incident: incidentName(worst.id), lowerSeconds, upperSeconds, role: worst.actor_role }
}
