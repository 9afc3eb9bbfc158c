/**
 * Agents as a list: most occurrences first; of equal numbers the earlier stored one first. Where an agent is
 * (its services, its server) is what its latest session with each service says; where a relay hides the
 * servers of a service, its connections name that alone.
 */
import { sql } from 'kysely'
import { isoTime } from '../../model/time.ts'
import type { AgentRow, Page } from '../../model/view.ts'
import { prepared } from '../store.ts'
import type { Store } from '../store.ts'
import { cut, sortKeyOf } from './cursor.ts'
import { checkFilter, checkPage, isSet } from './filter.ts'
import type { AgentFilter, PageRequest } from './filter.ts'
import { oneOf } from './incident-filter.ts'
import { severityOf } from './incidents.ts'
import { serviceNumbers } from './names.ts'
import { rowsOf, sqlite } from './tables.ts'

const LIST = 'agents'
/** Addresses told of an agent in a list, the latest first. */
export const ADDRESSES_SHOWN = 16
/** Above every character that an address is written with: what begins with a text is less than this. */
const ABOVE = '\u{10ffff}'

/** Agents that a filter admits. A text is looked for in ids, and at the beginning of addresses. */
export function listAgents(store: Store, filter: AgentFilter, page: PageRequest): Page<AgentRow> {
  checkPage(page)
  checkFilter(filter)
  const after = sortKeyOf(LIST, page.cursor)
  const matching = matchingAgents(store, filter)
  let query = matching.select(['a.id', 'a.occurrences'])
  if (after !== null)
    query = query.where(
      sql<boolean>`a.occurrences <= ${after[0]} AND (a.occurrences < ${after[0]} OR a.id > ${after[1]})`,
    )
  const keys = rowsOf(
    store,
    query
      .orderBy('a.occurrences', 'desc')
      .orderBy('a.id')
      .limit(page.limit + 1),
  )
  const { shown, next } = cut(LIST, keys, page.limit, (key) => [key.occurrences, key.id])
  const [counted] = rowsOf(store, matching.select(sql<number>`count(*)`.as('n')))
  return { items: shown.flatMap(({ id }) => agentRowOf(store, id) ?? []), next, total: counted?.n ?? 0 }
}

function matchingAgents(store: Store, { service, server, text }: AgentFilter) {
  let query = sqlite.selectFrom('agent as a')
  const parts = [sql<boolean>`p.agent = a.id`]
  if (isSet(service)) parts.push(oneOf('p.service', serviceNumbers(store, service)))
  if (isSet(server)) parts.push(oneOf('p.server', server))
  if (parts.length > 1)
    query = query.where(sql<boolean>`EXISTS (SELECT 1 FROM placement p WHERE ${sql.join(parts, sql` AND `)})`)
  const words = text?.trim() ?? ''
  if (words !== '') {
    const pattern = `%${words.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`
    query = query.where(sql<boolean>`(a.name LIKE ${pattern} ESCAPE '\\'
      OR a.id IN (SELECT agent FROM agent_address WHERE address >= ${words} AND address < ${words + ABOVE}))`)
  }
  return query
}

export interface StoredAgent {
  readonly id: number
  readonly name: string
  readonly identified_by: string
  readonly confidence: number
  readonly first_seen: number
  readonly last_seen: number
  readonly occurrences: number
  readonly worst: number
}

const BY_ID = 'SELECT * FROM agent WHERE id = ?'
const ADDRESSES = `
  SELECT address FROM agent_address WHERE agent = ? GROUP BY address ORDER BY max("end") DESC LIMIT ${ADDRESSES_SHOWN}`
const PLACEMENTS = `
  SELECT s.name AS service, p.server FROM placement p JOIN service s ON s.id = p.service
  WHERE p.agent = ? ORDER BY p."end" DESC, s.name`

/** All of a row but the addresses. */
export function agentFacts(store: Store, agent: StoredAgent): Omit<AgentRow, 'addresses'> {
  const places = prepared<{ service: string; server: string }>(store, PLACEMENTS).all(agent.id)
  return {
    id: agent.name,
    identifiedBy: agent.identified_by,
    confidence: agent.confidence,
    services: places.map(({ service }) => service).sort(),
    server: places.find(({ server }) => server !== '')?.server ?? null,
    occurrences: agent.occurrences,
    worst: severityOf(agent.worst),
    firstSeen: isoTime(agent.first_seen),
    lastSeen: isoTime(agent.last_seen),
  }
}

function agentRowOf(store: Store, id: number): AgentRow | null {
  const agent = prepared<StoredAgent>(store, BY_ID).get(id)
  if (agent === undefined) return null
  const addresses = prepared<{ address: string }>(store, ADDRESSES).all(id)
  return { ...agentFacts(store, agent), addresses: addresses.map(({ address }) => address) }
}
