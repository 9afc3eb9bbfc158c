/**
 * A stored incident is what the analyses say of one cause, put together: counts are sums, words are those
 * of the share that ends last, and say so. Each share keeps the incident's record as that analysis made it.
 */
import type { Actor, Incident, Severity } from '../model/incident.ts'
import { SEVERITIES } from './codes.data.ts'
import { refreshText } from './incident-text.ts'
import { prepared, type Store } from './store.ts'

/** What one analysis says: its incident, with the name of the device that did it. */
export interface Share extends Omit<Incident, 'actor'> {
  readonly actor: Actor & { readonly name: string | null }
}

export const severityCode = (severity: Severity): number => SEVERITIES.indexOf(severity)

/**
 * Puts the shares of an incident together anew, within the caller's transaction. One without shares keeps
 * its words and counts nothing.
 */
export function refreshIncident(store: Store, incident: number, at: number): void {
  const select = 'SELECT record FROM incident_share WHERE incident = ? ORDER BY "end", analysis'
  const shares = prepared<{ record: string }>(store, select)
    .all(incident)
    .map(({ record }) => JSON.parse(record) as Share)
  const latest = shares.at(-1)
  if (latest === undefined)
    prepared(store, 'UPDATE incident SET occurrences = 0, agents = 0, changed = ? WHERE id = ?').run(
      at,
      incident,
    )
  else writeIncident(store, incident, at, shares, latest)
  refreshText(store, incident)
}

function writeIncident(
  store: Store,
  incident: number,
  at: number,
  shares: readonly Share[],
  latest: Share,
): void {
  const surest = shares.reduce((a, b) => (b.actor.confidence >= a.actor.confidence ? b : a)).actor
  prepared(store, UPDATE).run({
    incident,
    at,
    severity: Math.max(...shares.map((s) => severityCode(s.severity))),
    title: latest.title,
    summary: shares.length === 1 ? latest.summary : `${latest.summary} ${ofSeveral(shares.length)}`,
    remedy: latest.remedy,
    filter: latest.filter,
    role: surest.role,
    address: surest.address,
    name: surest.name,
    sure: surest.confidence,
    confidence: Math.max(...shares.map((s) => s.confidence)),
    requirements: JSON.stringify([...new Set(shares.flatMap((s) => s.requirements))].sort()),
    details: JSON.stringify(latest.details),
    occurrences: shares.reduce((sum, s) => sum + s.occurrences, 0),
    agents: Math.max(...shares.map((s) => s.agents)),
    start: Math.min(...shares.map((s) => s.start)),
    end: Math.max(...shares.map((s) => s.end)),
  })
}

/** The words count what one analysis saw; the numbers that stand beside them are of all. */
const ofSeveral = (analyses: number): string =>
  `So says the latest of ${analyses} analyses; the numbers of agents and times are of all of them.`

// Agents that have a name are counted once, however many analyses met them; those without one are only
// counted.
const UPDATE = `UPDATE incident SET severity = $severity, title = $title, summary = $summary,
    remedy = $remedy, filter = $filter, actor_role = $role, actor_address = $address, actor_name = $name,
    actor_confidence = $sure, confidence = $confidence, requirements = $requirements, details = $details,
    occurrences = $occurrences, start = $start, "end" = $end, changed = $at,
    agents = max($agents, (SELECT count(*) FROM incident_agent WHERE incident = $incident))
  WHERE id = $incident`
