/** Occurrences as rows, fetched by their numbers: whoever lists them only looks for the numbers. */
import type { ActorRole, Details, IncidentType, Manner } from '../../model/incident.ts'
import { isoTime } from '../../model/time.ts'
import type { OccurrenceRow } from '../../model/view.ts'
import { prepared } from '../store.ts'
import type { Store } from '../store.ts'
import { actorOf, severityOf } from './incidents.ts'
import { incidentName } from './names.ts'

interface StoredOccurrence {
  readonly id: number
  readonly incident: number
  readonly type: IncidentType
  readonly severity: number
  readonly at: number
  readonly tap: string
  readonly service_name: string | null
  readonly agent_name: string | null
  readonly agent_address: string | null
  readonly server_name: string | null
  readonly server_address: string | null
  readonly server_port: number | null
  readonly actor_role: ActorRole
  readonly actor_address: string | null
  readonly actor_name: string | null
  readonly actor_confidence: number
  readonly manner: Manner | null
  readonly sentence: string
  readonly remedy: string
  readonly confidence: number
  readonly details: string
  readonly connection: number | null
}

// The incident knows the name of the device; it is the occurrence's too if they blame the same address.
const BY_ID = `
  SELECT o.*, i.remedy, CASE WHEN i.actor_address IS o.actor_address THEN i.actor_name END AS actor_name,
    s.name AS service_name, a.name AS agent_name,
    (SELECT c.id FROM connection c WHERE c.analysis = o.analysis AND c.number = o.connection_number LIMIT 1) AS connection
  FROM occurrence o JOIN incident i ON i.id = o.incident
    LEFT JOIN service s ON s.id = o.service LEFT JOIN agent a ON a.id = o.agent
  WHERE o.id = ?`

/** Rows in the order of the keys; an occurrence that has gone in between is left out. */
export function occurrenceRows(store: Store, keys: readonly { readonly id: number }[]): OccurrenceRow[] {
  const find = prepared<StoredOccurrence>(store, BY_ID)
  return keys.flatMap(({ id }) => {
    const stored = find.get(id)
    return stored === undefined ? [] : [occurrenceRowOf(stored)]
  })
}

const occurrenceRowOf = (o: StoredOccurrence): OccurrenceRow => ({
  id: o.id,
  incident: incidentName(o.incident),
  type: o.type,
  severity: severityOf(o.severity) ?? 'info',
  at: isoTime(o.at),
  tap: o.tap,
  service: o.service_name,
  agent: o.agent_name === null ? null : { id: o.agent_name, address: o.agent_address },
  server:
    o.server_name === null || o.server_address === null || o.server_port === null
      ? null
      : { name: o.server_name, address: o.server_address, port: o.server_port },
  actor: actorOf(o),
  manner: o.manner,
  sentence: o.sentence,
  remedy: o.remedy,
  confidence: o.confidence,
  details: JSON.parse(o.details) as Details,
  connection: o.connection,
})
