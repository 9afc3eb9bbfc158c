/**
 * What full-text search finds an incident by: one row of `incident_text` for each, under the incident's
 * number.
 */
import { prepared, type Store } from './store.ts'

/** Names of agents that are searched for each incident, those hit last first. */
const AGENTS_MAX = 10_000

/** Writes the row anew, within the caller's transaction; an incident that is gone has none. */
export function refreshText(store: Store, id: number): void {
  removeText(store, id)
  prepared(store, INSERT).run({ id, agents: AGENTS_MAX })
}

export const removeText = (store: Store, id: number): void =>
  void prepared(store, 'DELETE FROM incident_text WHERE rowid = ?').run(id)

const INSERT = `
  INSERT INTO incident_text (rowid, title, summary, remedy, type, service, agents, servers, notes)
  SELECT i.id, i.title, i.summary, i.remedy, i.type,
    coalesce((SELECT name FROM service WHERE id = i.service), ''),
    coalesce((SELECT group_concat(name, ' ') FROM (
      SELECT a.name FROM incident_agent ia JOIN agent a ON a.id = ia.agent
      WHERE ia.incident = i.id ORDER BY ia.last DESC LIMIT $agents)), ''),
    coalesce((SELECT group_concat(server_name, ' ') FROM (
      SELECT DISTINCT server_name FROM occurrence WHERE incident = i.id AND server_name IS NOT NULL)), ''),
    coalesce((SELECT group_concat(note, ' ') FROM incident_history WHERE incident = i.id), '')
  FROM incident i WHERE i.id = $id`
