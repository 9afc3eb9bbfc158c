/**
 * Taking away what an analysis says: its share of the incidents in one transaction, so that counts and
 * lists agree at any moment, the mass of its rows in short ones. Broken off anywhere, it can be done again.
 */
import { recordChange } from './changes.ts'
import { refreshIncident } from './incident-shares.ts'
import { removeText } from './incident-text.ts'
import { atomically, giveTurn, prepared, type Store } from './store.ts'

/** Rows that go in one transaction: about 50 ms with all indexes. */
const ROWS_AT_ONCE = 5_000

/** All that an analysis wrote, but its own row. */
export function clearAnalysis(store: Store, analysis: number): void {
  atomically(store, () => withdrawFindings(store, analysis))
  clearRows(store, analysis)
}

/** The mass: connections, sessions and addresses. */
export function clearRows(store: Store, analysis: number): void {
  for (const table of ['connection', 'session']) {
    const some = `SELECT id FROM ${table} WHERE analysis = ? LIMIT ${ROWS_AT_ONCE}`
    inSteps(store, `DELETE FROM ${table} WHERE id IN (${some})`, [analysis])
  }
  const key = 'agent, start, address'
  const some = `SELECT ${key} FROM agent_address WHERE analysis = ? LIMIT ${ROWS_AT_ONCE}`
  const addresses = `DELETE FROM agent_address WHERE analysis = ? AND (${key}) IN (${some})`
  inSteps(store, addresses, [analysis, analysis])
  // What was counted before any finding was published.
  atomically(store, () => dropCounters(store, analysis))
}

/** What charts add up over analyses goes with the findings: nothing is counted that is not there. */
const COUNTERS = ['minute', 'silence', 'tally', 'requirement']

function dropCounters(store: Store, analysis: number): void {
  for (const table of COUNTERS) prepared(store, `DELETE FROM ${table} WHERE analysis = ?`).run(analysis)
}

function inSteps(store: Store, sql: string, values: readonly unknown[]): void {
  for (;;) {
    const { changes } = atomically(store, () => prepared(store, sql).run(...values))
    if (changes < ROWS_AT_ONCE) return
    giveTurn()
  }
}

/**
 * Takes the share of an analysis out of the incidents, within the caller's transaction. `but`: incidents
 * that keep theirs. An incident that nobody says anything of any more goes, unless a person has touched it.
 */
export function withdrawFindings(
  store: Store,
  analysis: number,
  but: (incident: number) => boolean = () => false,
): void {
  const shares = prepared<{ incident: number }>(
    store,
    'SELECT incident FROM incident_share WHERE analysis = ?',
  ).all(analysis)
  const going = shares.map((share) => share.incident).filter((incident) => !but(incident))
  for (const incident of going) withdrawShare(store, analysis, incident)
  if (going.length < shares.length) return
  dropCounters(store, analysis)
  prepared(store, 'UPDATE analysis SET published = 0 WHERE id = ?').run(analysis)
}

function withdrawShare(store: Store, analysis: number, incident: number): void {
  const theirs = [incident, analysis]
  const agents = prepared<{ agent: number; count: number }>(store, AGENTS_OF_SHARE).all(...theirs)
  prepared(store, 'DELETE FROM occurrence WHERE incident = ? AND analysis = ?').run(...theirs)
  for (const { agent, count } of agents) prepared(store, LOWER_AGENT).run({ agent, count })
  prepared(store, 'DELETE FROM incident_share WHERE incident = ? AND analysis = ?').run(...theirs)
  const changed = 'SELECT changed AS at FROM incident WHERE id = ?'
  const at = prepared<{ at: number }>(store, changed).get(incident)?.at ?? 0
  if (isForgotten(store, incident)) removeIncident(store, incident)
  else {
    prepared(store, 'DELETE FROM incident_agent WHERE incident = ?').run(incident)
    prepared(store, AGENTS_ANEW).run(incident)
    refreshIncident(store, incident, at)
  }
  recordChange(store, 'incident', incident, false, at)
}

const AGENTS_OF_SHARE = `SELECT agent, count(*) AS count FROM occurrence
  WHERE incident = ? AND analysis = ? AND agent IS NOT NULL GROUP BY agent`
const LOWER_AGENT = `UPDATE agent SET occurrences = occurrences - $count,
  worst = coalesce((SELECT max(severity) FROM occurrence WHERE agent = $agent), 0) WHERE id = $agent`
const AGENTS_ANEW = `INSERT INTO incident_agent (incident, agent, occurrences, last)
  SELECT incident, agent, count(*), max(at) FROM occurrence
  WHERE incident = ? AND agent IS NOT NULL GROUP BY agent`

const isForgotten = (store: Store, incident: number): boolean =>
  prepared(store, 'SELECT 1 FROM incident_share WHERE incident = ? LIMIT 1').get(incident) === undefined &&
  prepared(store, "SELECT 1 FROM incident_history WHERE incident = ? AND who <> 'holdfast' LIMIT 1").get(
    incident,
  ) === undefined

/** The incident with all that hangs on it, within the caller's transaction. */
export function removeIncident(store: Store, incident: number): void {
  removeText(store, incident)
  prepared(store, 'DELETE FROM incident WHERE id = ?').run(incident)
}

/** Octets that prove nothing any more, in steps. */
export const dropUnusedPackets = (store: Store): void =>
  inRanges(store, 'packet', (from, to) => prepared(store, UNUSED_PACKETS).run(from, to))

const UNUSED_PACKETS = `DELETE FROM packet WHERE id >= ? AND id < ?
  AND NOT EXISTS (SELECT 1 FROM evidence WHERE kept = packet.id)`

/** All rows of a table by their numbers, so many in a transaction. */
function inRanges(
  store: Store,
  table: 'packet' | 'agent',
  work: (from: number, to: number) => unknown,
): void {
  const last = prepared<{ id: number | null }>(store, `SELECT max(id) AS id FROM ${table}`).get()?.id ?? 0
  for (let from = 0; from <= last; from += ROWS_AT_ONCE) {
    atomically(store, () => work(from, from + ROWS_AT_ONCE))
    giveTurn()
  }
}

/** Agents with their places, servers and services that no row refers to, in steps. */
export function dropUnusedNames(store: Store): void {
  inRanges(store, 'agent', (from, to) => {
    prepared(store, UNSEEN_PLACES).run(from, to)
    prepared(store, UNUSED_AGENTS).run(from, to)
  })
  atomically(store, () => {
    prepared(store, UNUSED_SERVERS).run()
    prepared(store, UNUSED_SERVICES).run()
  })
}

const without = (table: string, column: string, of: string): string =>
  `NOT EXISTS (SELECT 1 FROM ${table} WHERE ${table}.${column} = ${of}.id)`

// Places that no session made rest on connections.
const UNSEEN_PLACES = `DELETE FROM placement WHERE agent >= ? AND agent < ? AND session = 0 AND NOT EXISTS (
  SELECT 1 FROM connection c WHERE c.agent = placement.agent AND +c.service = placement.service
    AND c.server IS NULL)`

const UNUSED_AGENTS = `DELETE FROM agent WHERE id >= ? AND id < ? AND ${[
  'agent_address',
  'session',
  'connection',
  'occurrence',
  'incident_agent',
]
  .map((table) => without(table, 'agent', 'agent'))
  .join(' AND ')}`

// Every connection is in a tally; occurrences are asked for by service, which has an index.
const UNUSED_SERVERS = `DELETE FROM server WHERE NOT EXISTS
    (SELECT 1 FROM tally WHERE tally.service = server.service AND tally.server = server.id)
  AND NOT EXISTS (SELECT 1 FROM session WHERE session.service = server.service AND session.server = server.name)
  AND NOT EXISTS (SELECT 1 FROM occurrence WHERE occurrence.service = server.service
    AND occurrence.server = server.id)`

const UNUSED_SERVICES = `DELETE FROM service WHERE ${[
  'server',
  'session',
  'connection',
  'occurrence',
  'incident',
]
  .map((table) => without(table, 'service', 'service'))
  .join(' AND ')}`
